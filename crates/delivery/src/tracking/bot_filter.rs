//! Was it a person who followed a link? What looks ahead (a prefetch, the preview of a chat, a
//! scanner that says what it is) was not, and does not count.

use http::{HeaderMap, Method, header};

/// What programs that preview links call themselves, in small letters. Mail services that load
/// pictures for people are not among them: they load one when someone opens the message.
const PREVIEWERS: [&str; 22] = [
    "bot/",
    "bot ",
    "bot;",
    "-bot",
    "crawler",
    "spider",
    "slackbot",
    "slack-imgproxy",
    "twitterbot",
    "telegrambot",
    "discordbot",
    "linkedinbot",
    "facebookexternalhit",
    "facebookcatalog",
    "whatsapp/",
    "skypeuripreview",
    "microsoftpreview",
    "linkpreview",
    "embedly",
    "headlesschrome",
    "barracuda",
    "proofpoint",
];
/// Headers with which browsers say that they only look ahead.
const AHEAD: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

pub fn is_human(method: &Method, headers: &HeaderMap) -> bool {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let agent = text(header::USER_AGENT.as_str());
    let ahead = AHEAD.iter().any(|name| {
        ["prefetch", "preview", "prerender"].iter().any(|word| text(name).contains(word))
    });
    *method == Method::GET && !ahead && !PREVIEWERS.iter().any(|name| agent.contains(name))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn judge(method: &Method, name: &'static str, value: &'static str) -> bool {
        is_human(
            method,
            &HeaderMap::from_iter([(
                http::HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )]),
        )
    }

    #[test]
    fn browsers_and_mail_services_count_and_what_looks_ahead_does_not() {
        for agent in [
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com \
                GoogleImageProxy)",
            "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
        ] {
            assert!(judge(&Method::GET, "user-agent", agent), "{agent}");
            assert!(!judge(&Method::HEAD, "user-agent", agent), "a look at the head is no visit");
        }
        for agent in [
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "WhatsApp/2.23.20.0",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        ] {
            assert!(!judge(&Method::GET, "user-agent", agent), "{agent}");
        }
        assert!(!judge(&Method::GET, "sec-purpose", "prefetch;prerender"));
        assert!(!judge(&Method::GET, "x-moz", "prefetch"));
        assert!(is_human(&Method::GET, &HeaderMap::new()));
    }
}
