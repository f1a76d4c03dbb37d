//! Bounces as mail servers write them (delivery status notifications, RFC 3464) and complaints
//! (ARF, RFC 5965), passed on as they are. Which message it is about stands in what they quote of
//! it: its signed name in the `Message-ID`.

use std::collections::HashMap;

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::provider_webhook::{ParsedWebhook, ProviderEvent, WebhookRejection, WebhookRequest};
use wayfare_domain::{messages::event::MessageEventKind, time::Timestamp};

/// Most names of messages that are looked for in a bounce.
const NAMES_MAX: usize = 20;
/// Messages within messages that are looked into.
const DEPTH_MAX: usize = 3;
/// What is read of a mail: a report comes first in it, and what it quotes begins with its headers.
const READ_MAX: usize = 1024 * 1024;
/// Room for as many messages within messages as these bytes can have, about thirty bytes each.
/// Memory that is not used is not taken.
const STACK_BYTES: usize = 256 * 1024 * 1024;
/// Most parts of parameters (`name*12=`, RFC 2231): the parser puts them together one by one, each
/// with all that it has so far. A report has none, or some of a file's name.
const CONTINUATIONS_MAX: usize = 1_000;
/// Longest diagnosis that is kept, in characters.
const DETAIL_MAX: usize = 300;

/// Mail that is neither a bounce nor a complaint says nothing: people answer to the address as
/// well, and machines do when people are away.
///
/// # Errors
/// Where it is no mail.
pub fn parse(call: WebhookRequest<'_>) -> Result<ParsedWebhook, WebhookRejection> {
    // The parser and what drops its result go down a call a message within a message, and a mail
    // can nest more of them than the stack of a task has room for.
    stacker::grow(STACK_BYTES, || hear_mail(call))
}

fn hear_mail(call: WebhookRequest<'_>) -> Result<ParsedWebhook, WebhookRejection> {
    if continuations(call.body).nth(CONTINUATIONS_MAX).is_some() {
        let sentence =
            format!("The email has parameters in more than {CONTINUATIONS_MAX} parts (RFC 2231).");
        return Err(WebhookRejection::Malformed(sentence));
    }
    // The parser makes something of everything; a mail says at least from whom it is, or what is in
    // it.
    let is_mail =
        |message: &Message<'_>| message.from().is_some() || message.content_type().is_some();
    let read = &call.body[..call.body.len().min(READ_MAX)];
    let message = MessageParser::default().parse(read).filter(is_mail);
    let message = message.ok_or_else(|| {
        WebhookRejection::Malformed("The body is not an email (message/rfc822).".to_string())
    })?;
    let mut heard = ParsedWebhook::default();
    let said = message.parts.iter().find_map(|part| {
        let fields = |part: &MessagePart<'_>| groups(&String::from_utf8_lossy(part.contents()));
        match subtype(part).as_deref() {
            Some("delivery-status" | "global-delivery-status") => delivery_status(&fields(part)),
            Some("feedback-report") => complaint(&fields(part)),
            _ => None,
        }
    });
    if let Some(said) = said {
        heard.statements.push(said.about(names(&message, call.body), call.now));
    }
    Ok(heard)
}

/// Where a part of a parameter, or one that names its alphabet, may begin: `*12=`, `*12*=` or `*=`.
fn continuations(mail: &[u8]) -> impl Iterator<Item = &[u8]> {
    let between = |sign: &&u8| matches!(sign, b' ' | b'\t' | b'\r' | b'+' | b'0'..=b'9');
    mail.split(|sign| *sign == b'*')
        .skip(1)
        .filter(move |rest| rest.iter().find(|sign| !between(sign)) == Some(&b'='))
}

/// What a report says, before it is known of which message.
struct BounceReport {
    kind: MessageEventKind,
    detail: Option<String>,
    address: Option<String>,
}

impl BounceReport {
    fn about(self, names: Vec<String>, at: Timestamp) -> ProviderEvent {
        ProviderEvent {
            names,
            kind: self.kind,
            at,
            detail: self.detail,
            address: self.address,
            lasting: true,
        }
    }
}

/// Of a part `message/…`, in small letters.
fn subtype(part: &MessagePart<'_>) -> Option<String> {
    let content_type = part
        .content_type()
        .filter(|content_type| content_type.ctype().eq_ignore_ascii_case("message"))?;
    content_type.subtype().map(str::to_ascii_lowercase)
}

type Fields = HashMap<String, String>;

/// Groups of header fields with an empty line between them; folded lines belong to the line before.
fn groups(text: &str) -> Vec<Fields> {
    let mut groups = vec![Fields::new()];
    let mut last = String::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            groups.push(Fields::new());
            last.clear();
            continue;
        }
        let Some(group) = groups.last_mut() else { continue };
        if line.starts_with([' ', '\t']) {
            if let Some(value) = group.get_mut(&last) {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            last = name.trim().to_ascii_lowercase();
            group.entry(last.clone()).or_insert_with(|| value.trim().to_string());
        }
    }
    groups
}

/// The gravest of what is said of the recipients. What is only late, or was only put off, is not a
/// bounce.
fn delivery_status(groups: &[Fields]) -> Option<BounceReport> {
    let of_recipient = |group: &Fields| {
        let action = group.get("action")?.split_whitespace().next()?.to_ascii_lowercase();
        let status = group.get("status").map(String::as_str).unwrap_or_default();
        let kind = match action.as_str() {
            "failed" if status.is_empty() || status.starts_with('5') => MessageEventKind::Bounced,
            "delivered" => MessageEventKind::Delivered,
            _ => return None,
        };
        let address =
            ["original-recipient", "final-recipient"].iter().find_map(|name| group.get(*name));
        let diagnosis = group
            .get("diagnostic-code")
            .map(|code| after_type(code))
            .filter(|code| !code.is_empty());
        let detail =
            diagnosis.or(Some(status)).filter(|_| kind == MessageEventKind::Bounced).map(shortened);
        Some(BounceReport {
            kind,
            detail: detail.filter(|detail| !detail.is_empty()),
            address: address.and_then(|text| mailbox(text)),
        })
    };
    groups.iter().filter_map(of_recipient).max_by_key(|said| said.kind == MessageEventKind::Bounced)
}

fn complaint(groups: &[Fields]) -> Option<BounceReport> {
    let fields: Fields =
        groups.iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    let kind = match fields.get("feedback-type")?.to_ascii_lowercase().as_str() {
        "abuse" | "fraud" | "virus" => MessageEventKind::Complained,
        "opt-out" | "opt-out-list" => MessageEventKind::Unsubscribed,
        _ => return None,
    };
    Some(BounceReport {
        kind,
        detail: None,
        address: fields.get("original-rcpt-to").and_then(|text| mailbox(text)),
    })
}

/// "smtp; 550 no such user" without what kind of code it is.
fn after_type(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, rest)| rest).trim()
}

fn mailbox(value: &str) -> Option<String> {
    let address = after_type(value).trim_matches(['<', '>', ' ']);
    // Some take the name away to protect anyone who complained.
    let whole = address
        .split_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'));
    (whole && !address.contains("redacted")).then(|| address.to_string())
}

fn shortened(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(DETAIL_MAX).collect()
}

/// Everything that may name the message: the ids of what is quoted, what it answers to, and names
/// of ours in its text.
fn names(message: &Message<'_>, raw: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    quoted_ids(message, DEPTH_MAX, &mut names);
    for header in [message.in_reply_to(), message.references()] {
        names.extend(header.as_text_list().into_iter().flatten().map(ToString::to_string));
    }
    let text = String::from_utf8_lossy(raw);
    let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '.');
    names.extend(
        words
            .filter(|word| word.len() > 36 && word[..3].eq_ignore_ascii_case("wf."))
            .map(str::to_string),
    );
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names.truncate(NAMES_MAX);
    names
}

fn quoted_ids(message: &Message<'_>, depth: usize, names: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    for part in &message.parts {
        if let PartType::Message(quoted) = &part.body {
            names.extend(quoted.message_id().map(str::to_string));
            quoted_ids(quoted, depth - 1, names);
        }
        let headers_only = part.content_type().is_some_and(|content_type| {
            content_type.subtype().is_some_and(|subtype| {
                subtype.eq_ignore_ascii_case("rfc822-headers")
                    || subtype.eq_ignore_ascii_case("global-headers")
            })
        });
        if headers_only && let Some(quoted) = MessageParser::default().parse(part.contents()) {
            names.extend(quoted.message_id().map(str::to_string));
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use http::HeaderMap;

    use super::*;

    #[test]
    fn a_mail_with_parameters_in_more_parts_than_any_report_has_is_refused_and_one_with_some_is_read()
     {
        let with = |parts: usize| {
            let parts: String = (0..parts).map(|part| format!("; name*{part}*=a")).collect();
            let mail = format!("From: a@b.example\r\nContent-Type: text/plain{parts}\r\n\r\n");
            let headers = HeaderMap::new();
            parse(WebhookRequest {
                url: "",
                headers: &headers,
                body: mail.as_bytes(),
                now: Timestamp(0),
            })
        };
        assert!(with(CONTINUATIONS_MAX).is_ok());
        let refused = with(CONTINUATIONS_MAX + 1).expect_err("refused");
        assert!(matches!(refused, WebhookRejection::Malformed(why) if why.contains("1000 parts")));
    }

    #[test]
    fn messages_within_messages_are_read_however_deep() {
        let level = "Content-Type:message/rfc822\r\n\r\n";
        let mail = format!("From: a@b.example\r\n{}", level.repeat(4 * 1024 * 1024 / level.len()));
        let headers = HeaderMap::new();
        let call = |body| WebhookRequest { url: "", headers: &headers, body, now: Timestamp(0) };
        assert!(parse(call(mail.as_bytes())).expect("a mail").statements.is_empty());
        // Within base64, which the parser undoes.
        let inner = base64::engine::general_purpose::STANDARD.encode(level.repeat(40_000));
        let mail = format!(
            "From: a@b.example\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{inner}"
        );
        assert!(parse(call(mail.as_bytes())).expect("a mail").statements.is_empty());
    }

    const KEY: &str = "wf.21i3v9.00112233445566778899aabbccddeeff";

    fn read(sample: &str) -> ParsedWebhook {
        let sample = sample.replace("{key}", KEY).replace('\n', "\r\n");
        parse(WebhookRequest {
            url: "",
            headers: &HeaderMap::new(),
            body: sample.as_bytes(),
            now: Timestamp(0),
        })
        .expect("a mail")
    }

    fn said(sample: &str) -> ProviderEvent {
        let mut heard = read(sample);
        assert_eq!(heard.statements.len(), 1, "{heard:?}");
        heard.statements.remove(0)
    }

    fn names_our_message(said: &ProviderEvent) -> bool {
        said.names.iter().any(|name| name.contains(KEY))
    }

    #[test]
    fn a_bounce_of_postfix_is_read() {
        let said = said(include_str!("../../../../tests/fixtures/bounces/postfix.eml"));
        assert!(names_our_message(&said), "{said:?}");
        assert_eq!(
            (said.kind, said.address.as_deref()),
            (MessageEventKind::Bounced, Some("ada@example.com"))
        );
        let detail = said.detail.expect("a diagnosis");
        assert_eq!(
            detail,
            "550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown in virtual \
                mailbox table"
        );
    }

    #[test]
    fn a_bounce_of_exim_is_read() {
        let said = said(include_str!("../../../../tests/fixtures/bounces/exim.eml"));
        assert!(names_our_message(&said), "{said:?}");
        assert_eq!(
            (said.kind, said.address.as_deref()),
            (MessageEventKind::Bounced, Some("ada@example.com"))
        );
        assert_eq!(
            said.detail.as_deref(),
            Some("550-5.1.1 No such mailbox here 550 5.1.1 Ask postmaster")
        );
    }

    #[test]
    fn a_bounce_like_gmails_is_read() {
        let said = said(include_str!("../../../../tests/fixtures/bounces/gmail.eml"));
        assert!(names_our_message(&said), "{said:?}");
        assert_eq!(
            (said.kind, said.address.as_deref()),
            (MessageEventKind::Bounced, Some("ada@example.com"))
        );
        assert!(
            said.detail.is_some_and(|detail| detail.starts_with("550-5.1.1 The email account"))
        );
    }

    #[test]
    fn a_message_that_is_late_or_was_put_off_has_not_bounced() {
        assert_eq!(
            read(include_str!("../../../../tests/fixtures/bounces/delayed.eml")),
            ParsedWebhook::default()
        );
        assert_eq!(
            read(include_str!("../../../../tests/fixtures/bounces/soft.eml")),
            ParsedWebhook::default()
        );
    }

    #[test]
    fn a_complaint_is_read_and_one_that_hides_the_address_names_the_message_all_the_same() {
        let said = said(include_str!("../../../../tests/fixtures/bounces/complaint.eml"));
        assert!(names_our_message(&said), "{said:?}");
        assert_eq!((said.kind, said.address), (MessageEventKind::Complained, None));
    }

    #[test]
    fn an_answer_by_somebody_who_is_away_says_nothing() {
        assert_eq!(
            read(include_str!("../../../../tests/fixtures/bounces/away.eml")),
            ParsedWebhook::default()
        );
    }

    #[test]
    fn what_is_no_mail_is_refused_and_no_damaged_one_breaks_it() {
        let ask = |body: &[u8]| {
            parse(WebhookRequest { url: "", headers: &HeaderMap::new(), body, now: Timestamp(0) })
        };
        for nonsense in [b"".as_slice(), b"\xff\xfe\x00", b"\r\n\r\n", b"{\"what\": \"bounced\"}"] {
            assert!(matches!(ask(nonsense), Err(WebhookRejection::Malformed(_))), "{nonsense:?}");
        }
        let sample =
            include_str!("../../../../tests/fixtures/bounces/postfix.eml").replace('\n', "\r\n");
        for end in (0..sample.len()).step_by(17) {
            let _ = ask(&sample.as_bytes()[..end]);
        }
    }
}
