//! TLS to a mail server: which certificates are trusted.

use std::{io, sync::Arc};

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    ChannelError,
    egress_connect::{system_authorities, tls},
};

/// What the server's certificate is checked against.
pub struct SmtpTls {
    connector: TlsConnector,
    /// The name that the certificate has to be for.
    host: String,
}

impl SmtpTls {
    /// Trusts the system's authorities and, where there is one, the private authority (PEM).
    ///
    /// # Errors
    /// Where the private authority's certificate cannot be read.
    pub fn new(host: &str, authority: Option<&str>) -> Result<Self, ChannelError> {
        let mut roots = system_authorities();
        for certificate in CertificateDer::pem_slice_iter(authority.unwrap_or_default().as_bytes())
        {
            let certificate = certificate.map_err(|_| ChannelError::Authority)?;
            roots.add(certificate).map_err(|_| ChannelError::Authority)?;
        }
        let config = tls(roots).map_err(|_| ChannelError::HostName)?;
        Ok(Self { connector: Arc::new(config).into(), host: host.to_string() })
    }

    pub async fn handshake<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| io::Error::other("domain isn't a valid DNS name"))?;
        self.connector.connect(name, stream).await
    }
}
