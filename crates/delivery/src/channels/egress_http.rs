//! The HTTP client: one request, one answer, without redirects and proxies, over connections that
//! count what they receive.

use std::{error::Error, io, time::Duration};

use bytes::Bytes;
use http::{
    Extensions, HeaderMap, HeaderValue, Method, Request, StatusCode,
    header::{ACCEPT, USER_AGENT},
};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{
        self, Client,
        connect::{CaptureConnection, capture_connection},
    },
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::error::Elapsed;
use url::Url;

use super::{
    egress::cause,
    egress_connect::EgressConnector,
    egress_stream::{AnswerTooLong, ReceivedBytes},
};

/// What of an answer's body is read where nothing else is asked for, in bytes.
const BODY_MAX: usize = 64 * 1024;
/// The same for HTTP/2, where a receiver sends unasked what the windows allow: one body, and two on
/// the connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 2 * STREAM_WINDOW;
/// Connections that wait for the next request, of one receiver.
const IDLE_MAX: usize = 64;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a request is sent again that the receiver says it has not looked at.
const RETRIES_MAX: usize = 2;

/// A request to send, to an address that the policy has looked at.
pub struct HttpRequest {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// What of the answer's body is read, in bytes.
    pub answer_max: usize,
}

/// What came back.
pub struct HttpAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// As much of the body as is of interest.
    pub body: Vec<u8>,
}

/// Why there is no whole answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error(transparent)]
    Address(#[from] http::uri::InvalidUri),
    #[error("the receiver {0}")]
    TooLong(#[source] AnswerTooLong),
    #[error(transparent)]
    Client(#[from] legacy::Error),
    #[error(transparent)]
    Body(#[from] hyper::Error),
}

/// Sends requests. Cheap to clone.
#[derive(Clone)]
pub struct HttpClient(Client<EgressConnector, Full<Bytes>>);

impl HttpRequest {
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Bytes::new(), answer_max: BODY_MAX }
    }

    fn build(&self) -> Result<Request<Full<Bytes>>, HttpError> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.url.as_str().parse()?;
        *request.headers_mut() = self.headers.clone();
        for (name, value) in [(ACCEPT, "*/*"), (USER_AGENT, "Wayfare")] {
            request.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
        }
        Ok(request)
    }
}

impl HttpError {
    /// There was no connection.
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Client(error) if error.is_connect())
    }

    /// The connection, or something on it, took too long.
    pub fn is_timeout(&self) -> bool {
        let of_system = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
        cause::<Elapsed>(self).is_some() || cause::<io::Error>(self).is_some_and(of_system)
    }

    /// Did the receiver say that it has not looked at the request (RFC 9113, 8.7)?
    fn is_unprocessed(&self) -> bool {
        let Self::Client(error) = self else { return false };
        cause::<h2::Error>(error).is_some_and(|error| {
            let reason = error.reason();
            error.is_remote()
                && (error.is_go_away() && reason == Some(h2::Reason::NO_ERROR)
                    || error.is_reset() && reason == Some(h2::Reason::REFUSED_STREAM))
        })
    }
}

impl HttpClient {
    pub fn new(connector: EgressConnector) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_MAX)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .build(connector);
        Self(client)
    }

    /// Sends a request and reads the answer to its end. Takes as long as the receiver does.
    ///
    /// # Errors
    /// Where there is no whole answer.
    pub async fn send(&self, request: &HttpRequest) -> Result<HttpAnswer, HttpError> {
        let mut retries = RETRIES_MAX;
        loop {
            match self.send_once(request).await {
                Err(error) if retries > 0 && error.is_unprocessed() => retries -= 1,
                answered => return answered,
            }
        }
    }

    async fn send_once(&self, request: &HttpRequest) -> Result<HttpAnswer, HttpError> {
        let most = request.answer_max;
        let mut request = request.build()?;
        let connection = capture_connection(&mut request);
        let answered = self.exchange(request, &connection, most).await;
        // Over HTTP/2 the client drops the cause of what ends a connection.
        answered.map_err(|error| match received(&connection).check() {
            Ok(()) => error,
            Err(too_long) => HttpError::TooLong(too_long),
        })
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        connection: &CaptureConnection,
        most: usize,
    ) -> Result<HttpAnswer, HttpError> {
        let (head, body) = self.0.request(request).await?.into_parts();
        let received = received(connection);
        received.reset();
        let body = read_body(body, &received, most).await?;
        Ok(HttpAnswer { status: head.status, headers: head.headers, body })
    }
}

/// A body, to so many bytes. One that breaks off is none.
async fn read_body(
    mut body: Incoming,
    received: &ReceivedBytes,
    most: usize,
) -> Result<Vec<u8>, hyper::Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        received.subtract(data.len());
        bytes.extend_from_slice(&data);
        if bytes.len() >= most {
            bytes.truncate(most);
            return Ok(bytes);
        }
    }
    received.reset();
    Ok(bytes)
}

/// The count of the connection that a request went over; of none where it went over none.
fn received(connection: &CaptureConnection) -> ReceivedBytes {
    let mut extras = Extensions::new();
    if let Some(connected) = connection.connection_metadata().as_ref() {
        connected.get_extras(&mut extras);
    }
    extras.remove().unwrap_or_default()
}

/// The innermost cause of an error, which is the one that tells something.
pub fn root(error: &(dyn Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
#[path = "egress_http_tests.rs"]
mod tests;
