//! The token with which Google lets us in: asked for with a signed statement (RFC 7523), kept until
//! shortly before it ends.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, Method, header};
use ring::{rand::SystemRandom, rsa, signature};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::Instant};
use url::form_urlencoded::Serializer;

use super::{
    ChannelError, FailureScope, SendResult, egress::EgressClient, egress_http::HttpRequest,
    fcm::TIMEOUT, http::Endpoint, redact::Redactor,
};
use wayfare_domain::messages::channel::{ChannelSecret, PushSettings};
use wayfare_runtime::clock::{Clock, SystemClock};

/// What the token is good for.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How long a statement of ours holds, in seconds. Google takes no longer ones.
const STATEMENT_SECONDS: i64 = 3600;
/// So long before its end another token is asked for.
const MARGIN: Duration = Duration::from_secs(120);
/// How long a token is taken to hold where its giver does not say.
const USUAL_SECONDS: u64 = 600;
/// Longest time for which one is kept, whatever is said; seconds.
const SECONDS_MAX: u64 = 24 * 3600;

pub struct Tokens {
    outside: EgressClient,
    client_email: String,
    token_url: String,
    key: rsa::KeyPair,
    /// Anyone who comes while another one asks waits for the answer instead of asking as well.
    known: Mutex<Option<Token>>,
}

struct Token {
    text: Arc<str>,
    until: Instant,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    /// Seconds; whatever else is there keeps no message from going out.
    #[serde(default)]
    expires_in: Value,
}

#[derive(Deserialize, Default)]
struct Refused {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

/// For how long a token holds, within what makes sense.
fn lifetime(said: &Value) -> Duration {
    let seconds = match said {
        Value::Number(number) => number.as_u64().unwrap_or_else(|| {
            let is_over = number.as_f64().is_none_or(|seconds| seconds < 1.0);
            if is_over { 0 } else { SECONDS_MAX }
        }),
        Value::String(text) => text.trim().parse().unwrap_or(USUAL_SECONDS),
        _ => USUAL_SECONDS,
    };
    Duration::from_secs(seconds.min(SECONDS_MAX))
}

impl Tokens {
    /// # Errors
    /// Where the service account's key cannot be used.
    pub fn new(
        settings: &PushSettings,
        secret: &ChannelSecret,
        outside: &EgressClient,
    ) -> Result<Self, ChannelError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(secret.expose().as_bytes())
            .map_err(|_| ChannelError::PrivateKey)?;
        let key = rsa::KeyPair::from_pkcs8(der.secret_pkcs8_der())
            .map_err(|_| ChannelError::PrivateKey)?;
        Ok(Self {
            outside: outside.clone(),
            client_email: settings.client_email.clone(),
            token_url: settings.token_url.clone(),
            key,
            known: Mutex::new(None),
        })
    }

    /// One that holds.
    pub async fn get(&self) -> Result<Arc<str>, SendResult> {
        let mut known = self.known.lock().await;
        if let Some(token) = known.as_ref().filter(|token| token.until > Instant::now()) {
            return Ok(Arc::clone(&token.text));
        }
        let token = self.ask().await?;
        let text = Arc::clone(&token.text);
        *known = Some(token);
        Ok(text)
    }

    /// It was refused, whatever it says about itself.
    pub async fn forget(&self, refused: &str) {
        let mut known = self.known.lock().await;
        if known.as_ref().is_some_and(|token| token.text.as_ref() == refused) {
            *known = None;
        }
    }

    async fn ask(&self) -> Result<Token, SendResult> {
        let statement = self.statement(SystemClock.now().0 / 1000)?;
        let hushed = Redactor::new([statement.clone()]);
        let receiver = Endpoint {
            name: "Google's sign-in",
            timeout: TIMEOUT,
            address_of: FailureScope::Channel,
            hushed: &hushed,
        };
        let url = self.outside.url(&self.token_url).map_err(|no_way| receiver.blocked(&no_way))?;
        let mut request = HttpRequest::new(Method::POST, url);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers.insert(header::CONTENT_TYPE, form);
        let body = Serializer::new(String::new())
            .append_pair("grant_type", GRANT)
            .append_pair("assertion", &statement)
            .finish();
        request.body = body.into();
        let answer = receiver.send(&self.outside, request).await?;
        let not_now = |reason| SendResult::Deferred {
            reason,
            wish_ms: answer.wish_ms,
            fault: FailureScope::Channel,
        };
        if answer.status.is_success() {
            let granted: Granted = serde_json::from_str(&answer.body)
                .map_err(|_| not_now("Google's sign-in returned no token".to_string()))?;
            let until = Instant::now() + lifetime(&granted.expires_in).saturating_sub(MARGIN);
            return Ok(Token { text: granted.access_token.into(), until });
        }
        let refused: Refused = serde_json::from_str(&answer.body).unwrap_or_default();
        let words = format!("{} {}", refused.error, refused.error_description);
        // Google says 400 where the account or its key is not known: that is the settings' fault
        // and not the message's.
        Err(match receiver.refusal(&answer, &words) {
            Some(SendResult::Rejected { .. }) | None => {
                let said = hushed.quoted(&words);
                not_now(format!(
                    "Google's sign-in rejects the service account{said}: check the settings"
                ))
            }
            Some(handed) => handed,
        })
    }

    /// Says who we are and what we want, signed (RS256).
    fn statement(&self, seconds: i64) -> Result<String, SendResult> {
        let head = json!({ "alg": "RS256", "typ": "JWT" });
        let claims = json!({
            "iss": self.client_email,
            "scope": SCOPE,
            "aud": self.token_url,
            "iat": seconds,
            "exp": seconds + STATEMENT_SECONDS,
        });
        let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&head), encode(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let made = self.key.sign(
            &signature::RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        );
        made.map_err(|_| SendResult::Deferred {
            reason: "the service account's key cannot sign: check the settings".to_string(),
            wish_ms: None,
            fault: FailureScope::Channel,
        })?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_for_as_long_as_is_said_within_a_day() {
        let seconds =
            |said: &str| lifetime(&serde_json::from_str(said).unwrap_or(Value::Null)).as_secs();
        assert_eq!([seconds("3600"), seconds("\"3600\"")], [3_600; 2]);
        for over in ["0", "-1", "-9223372036854775808", "0.5"] {
            assert_eq!(seconds(over), 0, "{over}");
        }
        for long in ["86401", "9223372036854775808", "18446744073709551616", "1e300"] {
            assert_eq!(seconds(long), SECONDS_MAX, "{long}");
        }
        for unsaid in ["null", "\"soon\"", "\"-1\"", "[]", "{}", "true"] {
            assert_eq!(seconds(unsaid), USUAL_SECONDS, "{unsaid}");
        }
    }
}
