//! Addresses at which providers report, and what a report says before it is known which message it
//! is about.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderMap;
use url::Url;
use uuid::Uuid;

use wayfare_domain::{
    error::FieldError,
    ids::ProjectId,
    messages::{event::MessageEventKind, provider_webhook::WebhookProvider, reply::SmsReply},
    time::Timestamp,
};
use wayfare_secrets::server_key::{ServerKey, SigningPurpose};

/// Bytes of an id.
const ID: usize = 16;

/// Where a provider reports for a project: `https://wayfare.example.com/hooks/…/twilio`. For
/// Twilio's status callbacks add `?key=` and the message's key ([`super::token::message_key`]): the
/// report may come before its id is known here.
pub fn webhook_url(
    base: &Url,
    server_key: &ServerKey,
    project: ProjectId,
    provider: WebhookProvider,
) -> String {
    let base = base.as_str().trim_end_matches('/');
    format!("{base}/hooks/{}/{}", webhook_token(server_key, project, provider), provider.key())
}

fn webhook_token(server_key: &ServerKey, project: ProjectId, provider: WebhookProvider) -> String {
    let mut bytes = project.0.as_bytes().to_vec();
    bytes.extend_from_slice(&server_key.sign(SigningPurpose::Hook, &signed(project, provider)));
    URL_SAFE_NO_PAD.encode(bytes)
}

fn signed(project: ProjectId, provider: WebhookProvider) -> Vec<u8> {
    [project.0.as_bytes(), provider.key().as_bytes()].concat()
}

/// The project of an address; none where it was not made here for this provider.
pub fn project_of_webhook(
    server_key: &ServerKey,
    token: &str,
    provider: WebhookProvider,
) -> Option<ProjectId> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (id, signature) = bytes.split_at_checked(ID)?;
    let project = ProjectId(Uuid::from_slice(id).ok()?);
    server_key
        .verify(SigningPurpose::Hook, &signed(project, provider), signature)
        .then_some(project)
}

/// A provider's request.
#[derive(Clone, Copy)]
pub struct WebhookRequest<'a> {
    /// The whole address, as the provider called it.
    pub url: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    pub now: Timestamp,
}

impl WebhookRequest<'_> {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn text(&self) -> Result<&str, WebhookRejection> {
        std::str::from_utf8(self.body)
            .map_err(|_| WebhookRejection::Malformed("The body is not text in UTF-8.".to_string()))
    }
}

/// What a provider says of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEvent {
    /// What may name the message: our own key, alone or within something, or the provider's id.
    pub names: Vec<String>,
    pub kind: MessageEventKind,
    pub at: Timestamp,
    pub detail: Option<String>,
    /// Where it was sent to.
    pub address: Option<String>,
    /// A bounce that says something about the address.
    pub lasting: bool,
}

/// What was understood of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParsedWebhook {
    pub statements: Vec<ProviderEvent>,
    pub replies: Vec<SmsReply>,
    /// Names the request, where it must not count twice.
    pub receipt: Option<String>,
    /// Records that make no sense, by their place.
    pub rejected: Vec<(usize, FieldError)>,
}

/// Why nothing of a request was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookRejection {
    /// It is not signed.
    Unsigned,
    /// It is signed by someone else, or was changed, or is too old.
    Forged,
    Malformed(String),
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn an_address_names_its_project_and_its_provider() {
        let server_key = |seed: u8| {
            ServerKey::open(Some(&STANDARD.encode([seed; 32])), std::path::Path::new("unused"))
                .expect("a key")
        };
        let (project, other) = (ProjectId::new(), ProjectId::new());
        let base = Url::parse("https://wayfare.example").expect("an address");
        let address = webhook_url(&base, &server_key(7), project, WebhookProvider::Twilio);
        let parts: Vec<&str> = address.rsplit('/').collect();
        assert_eq!((parts[0], parts[2]), ("twilio", "hooks"));
        let token = parts[1];
        assert_eq!(
            project_of_webhook(&server_key(7), token, WebhookProvider::Twilio),
            Some(project)
        );
        assert_eq!(
            project_of_webhook(&server_key(7), token, WebhookProvider::Bounce),
            None,
            "it is for one provider"
        );
        assert_eq!(project_of_webhook(&server_key(8), token, WebhookProvider::Twilio), None);
        let forged =
            [other.0.as_bytes().as_slice(), &URL_SAFE_NO_PAD.decode(token).expect("bytes")[16..]]
                .concat();
        assert_eq!(
            project_of_webhook(
                &server_key(7),
                &URL_SAFE_NO_PAD.encode(forged),
                WebhookProvider::Twilio
            ),
            None
        );
        for nonsense in ["", "x", &token[..token.len() - 2], "////"] {
            assert_eq!(
                project_of_webhook(&server_key(7), nonsense, WebhookProvider::Twilio),
                None,
                "{nonsense}"
            );
        }
    }
}
