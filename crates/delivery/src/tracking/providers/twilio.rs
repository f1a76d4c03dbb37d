//! Twilio: what became of a text message, and what people answer to one of our numbers.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac;

use super::{is_signed, receipt_of, shortened};
use crate::tracking::provider_webhook::{
    ParsedWebhook, ProviderEvent, WebhookRejection, WebhookRequest,
};
use wayfare_domain::messages::canonical_address::canonical;
use wayfare_domain::{
    messages::{
        event::MessageEventKind,
        reply::{SmsReply, reply_receipt},
        suppression::AddressKind,
    },
    profiles::profile::Channel,
    query_string::pairs,
};

/// Words by which people say that they want no more, and that they want messages again (Twilio's
/// own lists).
const STOP: [&str; 8] =
    ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"];
const START: [&str; 3] = ["START", "YES", "UNSTOP"];
/// Errors that say that the number takes no messages, not only this one: unknown, no mobile, not a
/// number, not reachable by text messages.
const LASTING: [&str; 5] = ["30005", "30006", "21211", "21614", "21217"];
/// They have answered STOP before.
const STOPPED: &str = "21610";

/// Most fields of a report; Twilio sends some thirty.
const FIELDS_MAX: usize = 1_000;

pub fn hear(call: WebhookRequest<'_>, secret: &[u8]) -> Result<ParsedWebhook, WebhookRejection> {
    let tag = call.header("x-twilio-signature").ok_or(WebhookRejection::Unsigned)?;
    let tag = STANDARD.decode(tag).map_err(|_| WebhookRejection::Forged)?;
    let text = call.text()?;
    if text.bytes().filter(|byte| *byte == b'&').count() >= FIELDS_MAX {
        return Err(WebhookRejection::Malformed("The report has too many fields.".to_string()));
    }
    let mut fields: Vec<(String, String)> = pairs(text).collect();
    fields.sort();
    fields.dedup();
    let data = fields.iter().fold(call.url.to_string(), |data, (name, value)| data + name + value);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    if !is_signed(&key, data.as_bytes(), &tag) {
        return Err(WebhookRejection::Forged);
    }
    let field = |name: &str| {
        fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    };
    let sid = field("MessageSid").or(field("SmsSid"));
    let status = field("MessageStatus").or(field("SmsStatus")).unwrap_or_default();
    let mut heard = ParsedWebhook::default();
    if status == "received" || field("OptOutType").is_some() {
        heard.replies.extend(reply(call, &field));
        heard.receipt = sid.filter(|_| !heard.replies.is_empty()).map(reply_receipt);
        return Ok(heard);
    }
    let error = field("ErrorCode").filter(|code| !code.is_empty());
    let kind = match status {
        "delivered" => MessageEventKind::Delivered,
        "read" => MessageEventKind::Viewed,
        "failed" | "undelivered" if error == Some(STOPPED) => MessageEventKind::Unsubscribed,
        "failed" | "undelivered" => MessageEventKind::Bounced,
        _ => return Ok(heard),
    };
    // What follows from these reaches beyond the message. Twilio signs no time: a request counts
    // once as long as its message is kept.
    if matches!(kind, MessageEventKind::Bounced | MessageEventKind::Unsubscribed) {
        heard.receipt = Some(receipt_of("twilio-status", &[data.as_bytes()]));
    }
    let detail = error
        .map(|code| format!("Twilio error {code} {}", field("ErrorMessage").unwrap_or_default()));
    heard.statements.push(ProviderEvent {
        names: key_of(call.url).into_iter().chain(sid.map(str::to_string)).collect(),
        kind,
        at: call.now,
        detail: detail.as_deref().and_then(shortened),
        address: field("To").map(|number| number.trim_start_matches("whatsapp:").to_string()),
        lasting: error.is_some_and(|code| LASTING.contains(&code)),
    });
    Ok(heard)
}

/// Our key, which we wrote into the address.
fn key_of(url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    pairs(query).find(|(name, _)| name == "key").map(|(_, key)| key)
}

fn reply<'f>(
    call: WebhookRequest<'_>,
    field: &impl Fn(&str) -> Option<&'f str>,
) -> Option<SmsReply> {
    let word = match field("OptOutType") {
        Some(word) => word.to_uppercase(),
        None => field("Body")?.trim().to_uppercase(),
    };
    let wanted = match word.as_str() {
        word if STOP.contains(&word) => false,
        word if START.contains(&word) => true,
        _ => return None,
    };
    let from = field("From")?;
    let (channel, number) = match from.strip_prefix("whatsapp:") {
        Some(number) => (Channel::Whatsapp, number),
        None => (Channel::Sms, from),
    };
    Some(SmsReply {
        channel,
        address: canonical(AddressKind::Phone, number)?,
        wanted,
        at: call.now,
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;
    use wayfare_domain::time::Timestamp;

    fn ask(
        url: &str,
        signature: Option<&str>,
        body: &str,
    ) -> Result<ParsedWebhook, WebhookRejection> {
        let mut headers = HeaderMap::new();
        if let Some(signature) = signature {
            headers
                .insert("x-twilio-signature", HeaderValue::from_str(signature).expect("a value"));
        }
        hear(
            WebhookRequest { url, headers: &headers, body: body.as_bytes(), now: Timestamp(0) },
            b"12345",
        )
    }

    fn sign(url: &str, body: &str) -> String {
        let mut fields: Vec<_> = pairs(body).collect();
        fields.sort();
        let data = fields.iter().fold(url.to_string(), |data, (name, value)| data + name + value);
        STANDARD.encode(hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345"),
            data.as_bytes(),
        ))
    }

    fn heard(url: &str, body: &str) -> ParsedWebhook {
        ask(url, Some(&sign(url, body)), body).expect("heard")
    }

    /// The worked example of Twilio's own documentation.
    #[test]
    fn the_signature_is_the_one_that_twilio_documents() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let body = "CallSid=CA1234567890ABCDE&Caller=%2B12349013030&Digits=1234&From=%2B12349013030&To=%2B18005551212";
        assert_eq!(
            ask(url, Some("0/KCTR6DLpKmkAf8muzZqo1nDgQ="), body),
            Ok(ParsedWebhook::default())
        );
        for (url, signature, body) in [
            (url, "0/KCTR6DLpKmkAf8muzZqo1nDgQ", body),
            (url, "1/KCTR6DLpKmkAf8muzZqo1nDgQ=", body),
            ("https://mycompany.com/myapp.php?foo=1", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", body),
            (url, "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", &body[..body.len() - 1]),
            (url, "", body),
        ] {
            assert_eq!(ask(url, Some(signature), body), Err(WebhookRejection::Forged));
        }
        assert_eq!(ask(url, None, body), Err(WebhookRejection::Unsigned));
    }

    #[test]
    fn a_number_that_does_not_exist_is_a_lasting_bounce_and_a_filtered_message_is_not() {
        let url = "https://wayfare.example/hooks/x/twilio?key=wf.1.x";
        let said = |code: &str| {
            let body = format!(
                "MessageSid=SM1&MessageStatus=undelivered&ErrorCode={code}&To=%2B4917012345"
            );
            heard(url, &body).statements.remove(0)
        };
        assert_eq!((said("30005").kind, said("30005").lasting), (MessageEventKind::Bounced, true));
        assert_eq!((said("30007").kind, said("30007").lasting), (MessageEventKind::Bounced, false));
        assert_eq!(said("21610").kind, MessageEventKind::Unsubscribed);
        assert_eq!(said("30005").names, ["wf.1.x", "SM1"]);
        assert_eq!(heard(url, "MessageSid=SM1&MessageStatus=sent"), ParsedWebhook::default());
    }

    #[test]
    fn stop_and_start_are_heard_by_twilios_word_for_them_or_by_the_text() {
        let url = "https://wayfare.example/hooks/x/twilio";
        let said = |rest: &str| {
            let heard = heard(
                url,
                &format!("MessageSid=SM1&SmsStatus=received&From=%2B49+170+12345&{rest}"),
            );
            heard.replies.first().map(|reply| (reply.address.clone(), reply.wanted))
        };
        let number = "+4917012345".to_string();
        assert_eq!(said("Body=stop"), Some((number.clone(), false)));
        assert_eq!(said("Body=Arr%C3%AAt&OptOutType=STOP"), Some((number.clone(), false)));
        assert_eq!(said("Body=+Start+"), Some((number, true)));
        assert_eq!(said("Body=Please+do+not+stop"), None);
        assert_eq!(said("Body=HELP&OptOutType=HELP"), None);
    }
}
