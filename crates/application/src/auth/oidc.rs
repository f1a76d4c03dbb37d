//! Sign-in with a provider: OpenID Connect, authorization code with PKCE (RFC 7636, OpenID Connect
//! Core 1.0, section 3.1).
//!
//! The provider is asked for its addresses and keys at each sign-in: sign-ins are rare, keys are
//! changed, and the server starts when the provider is away.

mod claims;

use std::{collections::HashMap, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;

use claims::IdentityClaims;
use wayfare_delivery::channels::{EgressClient, ExchangeError};
use wayfare_domain::{
    access::{
        account::{EmailAddress, LinkedIdentity},
        role_rules::RoleRules,
        sso::SsoIdentity,
    },
    names::PersonName,
};
use wayfare_store::access::PendingSsoSignIn;

/// Longest time that one request to the provider may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest subject, in bytes (OpenID Connect Core, 2).
const SUBJECT_MAX: usize = 255;
/// Largest answer of a provider that is read, in bytes.
const ANSWER_MAX: usize = 1024 * 1024;

/// How an ID token may be signed: with the provider's private key. What it announces beyond that is
/// not believed.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// How the provider is reached, and what its people may do.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// `https://accounts.example.com`, exactly as the provider writes it.
    pub issuer: String,
    pub client_id: String,
    /// None for a public client.
    pub client_secret: Option<String>,
    /// Beyond `openid`.
    pub scopes: Vec<String>,
    /// What the button on the sign-in page says.
    pub name: String,
    /// Where the roles are read from: `groups`, or a path such as `realm_access.roles`.
    pub role_claim: String,
    pub roles: RoleRules,
}

/// Why a sign-in with the provider did not work. People are told in general; the log has the
/// details.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("the provider cannot be used: {0}")]
    Unusable(String),
    #[error("the provider's answer cannot be trusted: {0}")]
    Untrusted(String),
}

/// Everything that the provider says beside the standard claims.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct FurtherClaims {
    #[serde(flatten)]
    all: HashMap<String, Value>,
}

impl openidconnect::AdditionalClaims for FurtherClaims {}

type TokenFields = IdTokenFields<
    FurtherClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type ProviderClient = Client<
    FurtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<TokenFields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A sign-in that may begin: where the browser goes, and what is remembered until it is back.
pub struct AuthorizationRequest {
    pub address: String,
    /// Comes back in the address, and must be what this browser was given.
    pub state: String,
    pub pending: PendingSsoSignIn,
}

pub struct OidcClient {
    pub config: ProviderConfig,
    http: EgressClient,
}

impl OidcClient {
    /// # Errors
    /// Where the configuration makes no sense.
    pub fn new(config: ProviderConfig) -> Result<Self, ProviderError> {
        let issuer = IssuerUrl::new(config.issuer.clone()).map_err(|error| {
            ProviderError::Unusable(format!("the issuer {} is no address ({error})", config.issuer))
        })?;
        let local = matches!(issuer.url().host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if issuer.url().scheme() != "https" && !local {
            return Err(ProviderError::Unusable(format!(
                "the issuer {} has to begin with https://",
                config.issuer
            )));
        }
        // The operator's own server may be in any network. No redirect is followed: a provider
        // that sends us elsewhere could send us inside.
        let http = EgressClient::to_any_network()
            .map_err(|error| ProviderError::Unusable(error.to_string()))?;
        Ok(Self { config, http })
    }

    async fn client(&self, back_to: &str) -> Result<ProviderClient, ProviderError> {
        let unusable = |error: String| ProviderError::Unusable(error);
        let issuer = IssuerUrl::new(self.config.issuer.clone())
            .map_err(|error| unusable(error.to_string()))?;
        let metadata = CoreProviderMetadata::discover_async(issuer, &self.sender())
            .await
            .map_err(|error| unusable(chain(&error)))?;
        let redirect =
            RedirectUrl::new(back_to.to_string()).map_err(|error| unusable(error.to_string()))?;
        let secret = self.config.client_secret.clone().map(ClientSecret::new);
        let client = Client::from_provider_metadata(
            metadata,
            ClientId::new(self.config.client_id.clone()),
            secret,
        );
        Ok(client.set_redirect_uri(redirect))
    }

    /// Where the browser goes to sign in. `back_to` is the address that the provider sends it back
    /// to.
    ///
    /// # Errors
    /// Where the provider cannot be reached.
    pub async fn begin(
        &self,
        back_to: &str,
        next: &str,
    ) -> Result<AuthorizationRequest, ProviderError> {
        let client = self.client(back_to).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .set_pkce_challenge(challenge);
        for scope in &self.config.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (address, state, nonce) = request.url();
        if !matches!(address.scheme(), "https" | "http") {
            let reason = "its sign-in page is not a web address".to_string();
            return Err(ProviderError::Unusable(reason));
        }
        let pending = PendingSsoSignIn {
            nonce: nonce.secret().clone(),
            pkce_verifier: verifier.secret().clone(),
            next: next.to_string(),
            links: None,
        };
        Ok(AuthorizationRequest {
            address: address.to_string(),
            state: state.secret().clone(),
            pending,
        })
    }

    /// Whom the provider says it is, from the code that the browser brought back.
    ///
    /// # Errors
    /// Where the provider refuses the code, or its answer is not signed, not for us, not for this
    /// sign-in or too old.
    pub async fn finish(
        &self,
        code: String,
        pending: &PendingSsoSignIn,
        back_to: &str,
    ) -> Result<SsoIdentity, ProviderError> {
        let client = self.client(back_to).await?;
        let http = self.sender();
        let token = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| ProviderError::Unusable(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.pkce_verifier.clone()))
            .request_async(&http)
            .await
            .map_err(|error| ProviderError::Untrusted(chain(&error)))?;
        let id_token = token
            .id_token()
            .ok_or_else(|| ProviderError::Untrusted("there is no ID token".to_string()))?;
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
        let claims = id_token
            .claims(&verifier, &Nonce::new(pending.nonce.clone()))
            .map_err(|error| ProviderError::Untrusted(chain(&error)))?;
        let party = claims.authorized_party().map(|party| party.as_str());
        self.meant_for_us(claims.subject().as_str(), party)?;
        let mut identity = IdentityClaims {
            email: claims.email().map(|email| email.to_string()),
            email_verified: claims.email_verified(),
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
            further: claims.additional_claims().all.clone(),
        };
        // Many providers keep the ID token short and tell the rest here. It has to be about the
        // same subject.
        if let Ok(request) =
            client.user_info(token.access_token().clone(), Some(claims.subject().clone()))
        {
            let info: openidconnect::UserInfoClaims<FurtherClaims, CoreGenderClaim> = request
                .request_async(&http)
                .await
                .map_err(|error| ProviderError::Untrusted(chain(&error)))?;
            identity = identity.completed_by(IdentityClaims {
                email: info.email().map(|email| email.to_string()),
                email_verified: info.email_verified(),
                name: info.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
                further: info.additional_claims().all.clone(),
            });
        }
        self.person(claims.issuer().to_string(), claims.subject().to_string(), &identity)
    }

    /// What the crate does not look at: the token says whom, and, where it says it, was issued to
    /// us (OpenID Connect Core, 3.1.3.7).
    fn meant_for_us(&self, subject: &str, party: Option<&str>) -> Result<(), ProviderError> {
        if subject.trim().is_empty() {
            return Err(ProviderError::Untrusted("the ID token has no subject".to_string()));
        }
        if subject.len() > SUBJECT_MAX {
            return Err(ProviderError::Untrusted("its subject is too long".to_string()));
        }
        match party {
            Some(party) if party != self.config.client_id => Err(ProviderError::Untrusted(
                format!("the ID token was issued to another client, {party}"),
            )),
            _ => Ok(()),
        }
    }

    fn person(
        &self,
        issuer: String,
        subject: String,
        identity: &IdentityClaims,
    ) -> Result<SsoIdentity, ProviderError> {
        let email = identity.email.as_deref().and_then(|email| EmailAddress::parse(email).ok());
        let fallback = email.as_ref().map_or_else(|| subject.clone(), |email| email.to_string());
        let name = PersonName::parse(identity.name.as_deref().unwrap_or(&fallback))
            .or_else(|_| PersonName::parse(&fallback.chars().take(60).collect::<String>()))
            .map_err(|error| ProviderError::Untrusted(error.sentence))?;
        let roles = self.config.roles.roles_of(&identity.values(&self.config.role_claim));
        Ok(SsoIdentity {
            identity: LinkedIdentity { issuer, subject },
            email_verified: email.is_some() && identity.is_verified(),
            email,
            name,
            roles,
        })
    }

    /// The client as the crate wants it: it owns what it needs.
    fn sender(
        &self,
    ) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, SendError>> + Send + Sync + use<>
    {
        let http = self.http.clone();
        move |request| send(http.clone(), request).boxed()
    }
}

async fn send(http: EgressClient, request: HttpRequest) -> Result<HttpResponse, SendError> {
    let answered = timeout(TIMEOUT, http.exchange(request, ANSWER_MAX)).await;
    Ok(answered.map_err(|_| SendError::Late)??)
}

#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error("there was no answer within {} seconds", TIMEOUT.as_secs())]
    Late,
}

/// An error with what caused it: the outermost says little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    fn config(issuer: &str) -> ProviderConfig {
        ProviderConfig {
            issuer: issuer.to_string(),
            client_id: "wayfare".to_string(),
            client_secret: None,
            scopes: Vec::new(),
            name: "Single sign-on".to_string(),
            role_claim: "groups".to_string(),
            roles: RoleRules::default(),
        }
    }

    #[tokio::test]
    async fn a_provider_that_never_begins_its_answer_is_given_up_after_what_an_answer_may_have() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let sending = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let asked = socket.read(&mut [0; 4096]).await;
            assert!(asked.is_ok_and(|bytes| bytes > 0));
            let hints = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1_000);
            let mut sent = 0;
            while sent < 64 * 1024 * 1024 && socket.write_all(hints.as_bytes()).await.is_ok() {
                sent += hints.len();
            }
            sent
        });
        let client = OidcClient::new(config(&issuer)).expect("a client");
        let begun = client.begin("http://127.0.0.1/back", "/").await;
        let error = begun.err().expect("there is no answer").to_string();
        assert!(error.contains("sent more than an answer may have"), "{error}");
        // What the system keeps on the way is beyond what was read.
        let sent = sending.await.expect("no panic");
        assert!(sent < 16 * 1024 * 1024, "{sent} bytes");
    }

    #[test]
    fn an_issuer_without_tls_is_refused_unless_it_is_this_machine() {
        assert!(OidcClient::new(config("http://accounts.example.com")).is_err());
        assert!(OidcClient::new(config("nonsense")).is_err());
        assert!(OidcClient::new(config("https://accounts.example.com")).is_ok());
        assert!(OidcClient::new(config("http://127.0.0.1:9000")).is_ok());
    }
}
