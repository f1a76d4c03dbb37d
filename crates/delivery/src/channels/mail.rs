//! Writes one email as it goes over the wire.

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use url::Host;

use super::{ChannelError, FailureScope, OutboundMessage, SendResult};
use wayfare_domain::messages::canonical_address::canonical;
use wayfare_domain::messages::{channel::EmailSettings, suppression::AddressKind};
use wayfare_templates::content::EmailContent;

/// Longest link in a header: a line of a message has at most 998 characters.
const LINK_MAX: usize = 900;

/// Who sends.
pub struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    /// Behind the @ of every `Message-ID`.
    domain: String,
}

/// One message with its two addresses.
pub struct Mail {
    pub from: Address,
    pub to: Address,
    /// With the dots doubled and the one at its end (RFC 5321, 4.5.2).
    pub wire: String,
}

impl Sender {
    /// # Errors
    /// Where one of its addresses cannot be written.
    pub fn new(settings: &EmailSettings) -> Result<Self, ChannelError> {
        let mailbox = |name: Option<String>, address: &str| {
            sender_of(address)
                .map(|address| Mailbox::new(name, address))
                .ok_or(ChannelError::Sender)
        };
        let name = Some(settings.from_name.clone()).filter(|name| !name.is_empty());
        let from = mailbox(name, &settings.from_address)?;
        let reply_to =
            settings.reply_to.as_deref().map(|address| mailbox(None, address)).transpose()?;
        Ok(Self { domain: from.email.domain().to_string(), from, reply_to })
    }

    /// # Errors
    /// What becomes of a message that cannot be written.
    pub fn write(
        &self,
        message: &OutboundMessage,
        content: &EmailContent,
    ) -> Result<Mail, SendResult> {
        let to = recipient(&message.to).ok_or_else(|| SendResult::Rejected {
            reason: format!(
                "“{}” is not an email address",
                message.to.chars().take(100).collect::<String>()
            ),
            fault: FailureScope::Address,
        })?;
        let unwritable = |why: String| SendResult::Rejected {
            reason: format!("the message cannot be written ({why})"),
            fault: FailureScope::Message,
        };
        // Without one the builder reads it out of the headers that it has just written.
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![to.clone()]);
        let name = message.to_name.as_deref().map(one_line).filter(|name| !name.is_empty());
        let mut builder = Message::builder()
            .envelope(envelope.map_err(|error| unwritable(error.to_string()))?)
            .from(self.from.clone())
            .to(Mailbox::new(name, to.clone()))
            .subject(one_line(&content.subject))
            .message_id(Some(format!("<{}@{}>", message.key, self.domain)));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        if let Some(link) = content.unsubscribe.as_deref().filter(|link| stands_in_header(link)) {
            builder = builder
                .raw_header(raw("List-Unsubscribe", format!("<{link}>")))
                .raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_string()));
        }
        let text = line_ends(&content.text);
        let written = match &content.html {
            Some(html) => {
                builder.multipart(MultiPart::alternative_plain_html(text, line_ends(html)))
            }
            None => builder.singlepart(SinglePart::plain(text)),
        };
        let message = written.map_err(|error| unwritable(error.to_string()))?;
        let text = String::from_utf8(message.formatted())
            .map_err(|error| unwritable(error.to_string()))?;
        Ok(Mail { from: self.from.email.clone(), to, wire: dot_stuffed(text) })
    }
}

/// As it is on the suppression list, whoever hands it over.
fn recipient(text: &str) -> Option<Address> {
    canonical(AddressKind::Email, text)?.parse().ok()
}

/// An address of ours with its domain in the letters of DNS: servers that know no others are many.
fn sender_of(text: &str) -> Option<Address> {
    let (user, domain) = text.trim().rsplit_once('@')?;
    match Host::parse(domain) {
        Ok(Host::Domain(ascii)) => Address::new(user, ascii).ok(),
        _ => Address::new(user, domain).ok(),
    }
}

fn one_line(text: &str) -> String {
    text.split(char::is_control)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A lone carriage return must not pass for the end of a line in one machine and not in the next.
fn line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn stands_in_header(link: &str) -> bool {
    link.len() <= LINK_MAX
        && link.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'))
}

/// Of text that was looked at.
fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(
        HeaderName::new_from_ascii_str(name),
        value.clone(),
        value,
    )
}

fn dot_stuffed(text: String) -> String {
    let mut wire = text.replace("\r\n.", "\r\n..");
    if wire.starts_with('.') {
        wire.insert(0, '.');
    }
    if !wire.ends_with("\r\n") {
        wire.push_str("\r\n");
    }
    wire.push_str(".\r\n");
    wire
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;

    use super::*;
    use wayfare_domain::messages::channel::TlsMode;
    use wayfare_templates::content::Content;

    fn sender() -> Sender {
        let settings = EmailSettings {
            host: "smtp.example.com".to_string(),
            port: 587,
            security: TlsMode::Starttls,
            user: None,
            from_name: "Käte’s “Shop”".to_string(),
            from_address: "news@bücher.example".to_string(),
            reply_to: Some("help@example.com".to_string()),
            authority: None,
        };
        Sender::new(&settings).expect("a sender")
    }

    fn written(content: EmailContent) -> Mail {
        let message = OutboundMessage {
            key: "k1.2".to_string(),
            to: "ada@example.com".to_string(),
            to_name: Some("Ada\r\nBcc: eve@example.com".to_string()),
            content: Content::Email(content.clone()),
        };
        sender().write(&message, &content).expect("written")
    }

    fn content() -> EmailContent {
        EmailContent {
            subject: "Für dich\r\nBcc: eve@example.com".to_string(),
            text: "Hello\n.\nGrüße\r.\r.".to_string(),
            html: Some("<p>Grüße</p>".to_string()),
            unsubscribe: Some("https://wayfare.example.com/u/abc?x=1".to_string()),
        }
    }

    #[test]
    fn a_mail_has_its_parts_its_key_and_one_click_to_unsubscribe() {
        let mail = written(content());
        assert_eq!(mail.from.to_string(), "news@xn--bcher-kva.example");
        let read = MessageParser::default().parse(mail.wire.as_bytes()).expect("a message");
        assert_eq!(read.message_id(), Some("k1.2@xn--bcher-kva.example"));
        assert_eq!(read.subject(), Some("Für dich Bcc: eve@example.com"));
        assert_eq!(
            read.from().and_then(|from| from.first()).and_then(|from| from.name()),
            Some("Käte’s “Shop”")
        );
        assert!(read.body_html(0).is_some_and(|html| html.contains("<p>Grüße</p>")));
        assert!(read.body_text(0).is_some_and(|text| text.contains("Grüße")));
        assert!(
            mail.wire.contains("\r\nList-Unsubscribe: <https://wayfare.example.com/u/abc?x=1>\r\n")
        );
        assert!(mail.wire.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
        assert!(mail.wire.contains("\r\nReply-To: help@example.com\r\n"));
    }

    #[test]
    fn nothing_that_was_typed_becomes_a_header_or_the_end_of_the_message() {
        let mail = written(EmailContent {
            unsubscribe: Some("https://x\r\nBcc: eve@example.com".to_string()),
            ..content()
        });
        let read = MessageParser::default().parse(mail.wire.as_bytes()).expect("a message");
        assert!(read.bcc().is_none() && !mail.wire.contains("List-Unsubscribe"), "{}", mail.wire);
        assert!(mail.wire.ends_with("\r\n.\r\n"));
        assert_eq!(mail.wire.matches("\r\n.\r\n").count(), 1);
        assert!(!mail.wire.replace("\r\n", "").contains(['\r', '\n']));
        assert_eq!(dot_stuffed(".a\r\n.b\r\n".to_string()), "..a\r\n..b\r\n.\r\n");
    }

    #[test]
    fn what_is_no_address_is_the_addresses_fault() {
        let message = OutboundMessage {
            key: "k".to_string(),
            to: "nobody".to_string(),
            to_name: None,
            content: Content::Email(content()),
        };
        let refused = sender().write(&message, &content()).err().expect("refused");
        assert_eq!(
            refused,
            SendResult::Rejected {
                reason: "“nobody” is not an email address".to_string(),
                fault: FailureScope::Address
            }
        );
    }
}
