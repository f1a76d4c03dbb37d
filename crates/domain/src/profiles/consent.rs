//! Consent as senders write it: which properties say whether messages are wanted, and how their
//! values are read (docs/rest.md, Consent). An opt-out counts in whatever form it comes, and what
//! cannot be read is refused by name: it never means that somebody may be written to.

use serde_json::Value;

use super::profile::Channel;
use crate::error::FieldError;

/// How a value says whether messages are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConsentPhrasing {
    /// “Subscribed?”
    Wanted,
    /// “On the do-not-disturb list?”
    Unwanted,
    /// “Unsubscribed?” Only a yes says something: a no is what senders write for everybody whom
    /// they know no opt-out of.
    OptedOut,
}

/// A property that says whether messages of some channels are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentField {
    /// None where the name is that of consent, but of no channel.
    channels: &'static [Channel],
    phrasing: ConsentPhrasing,
}

/// Channels that someone who is unsubscribed from everything hears nothing by. A webhook is for
/// another system.
const MESSAGES: &[Channel] = &[
    Channel::Email,
    Channel::Sms,
    Channel::Push,
    Channel::Whatsapp,
    Channel::WebPush,
    Channel::InApp,
];
const YES: [&str; 9] =
    ["true", "yes", "y", "1", "on", "subscribed", "optedin", "optin", "subscribe"];
const NO: [&str; 9] =
    ["false", "no", "n", "0", "off", "unsubscribed", "optedout", "optout", "unsubscribe"];

impl ConsentField {
    /// By the name of a property in lower case: ours, and those of CleverTap (`msg-…`), Braze
    /// (`…_subscribe`) and Customer.io (`unsubscribed`).
    pub fn of(name: &str) -> Option<Self> {
        let field = |channels, phrasing| Some(Self { channels, phrasing });
        match name {
            "email_subscribe" => field(&[Channel::Email], ConsentPhrasing::Wanted),
            "push_subscribe" => field(&[Channel::Push, Channel::WebPush], ConsentPhrasing::Wanted),
            "unsubscribed" => field(MESSAGES, ConsentPhrasing::OptedOut),
            "msg-dndemail" => field(&[Channel::Email], ConsentPhrasing::Unwanted),
            "msg-dndphone" => field(&[Channel::Sms, Channel::Whatsapp], ConsentPhrasing::Unwanted),
            _ => field(channel(name.strip_prefix("msg-")?), ConsentPhrasing::Wanted),
        }
    }

    pub fn channels(self) -> &'static [Channel] {
        self.channels
    }

    /// Whether the messages are wanted; none where the value says nothing about it.
    ///
    /// # Errors
    /// Where the value, or for which channel it is, cannot be told.
    pub fn read(self, name: &str, value: &Value) -> Result<Option<bool>, FieldError> {
        if self.channels.is_empty() {
            let keys: Vec<_> = Channel::ALL.iter().map(|channel| channel.key()).collect();
            let sentence = format!(
                "“{name}” names no channel. After “MSG-” comes one of: {}.",
                keys.join(", ").replace('_', "-")
            );
            return Err(FieldError::new(name, "unknown_value", sentence));
        }
        let Some(answer) = yes_or_no(value) else {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            let shown: String = shown.chars().take(40).collect();
            let sentence = format!(
                "“{shown}” is not a consent. Write true or false, yes or no, 1 or 0, subscribed \
                 or unsubscribed, opted_in or opted_out."
            );
            return Err(FieldError::new(name, "malformed", sentence));
        };
        Ok(match self.phrasing {
            ConsentPhrasing::Wanted => Some(answer),
            ConsentPhrasing::Unwanted => Some(!answer),
            ConsentPhrasing::OptedOut => answer.then_some(false),
        })
    }
}

/// The channel of `MSG-web-push`, which is also written `MSG-web_push`.
fn channel(key: &str) -> &'static [Channel] {
    let same = |channel: &&Channel| channel.key().replace('_', "-") == key.replace('_', "-");
    Channel::ALL.iter().find(same).map_or(&[], std::slice::from_ref)
}

fn yes_or_no(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(answer) => Some(*answer),
        Value::Number(number) if number.as_f64() == Some(1.0) => Some(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => Some(false),
        Value::String(text) => {
            let word: String =
                text.chars().filter(|letter| !matches!(letter, ' ' | '-' | '_')).collect();
            let word = word.trim().to_lowercase();
            let is_one_of = |words: [&str; 9]| words.contains(&word.as_str());
            is_one_of(YES).then_some(true).or_else(|| is_one_of(NO).then_some(false))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(name: &str, value: &Value) -> Result<Option<bool>, FieldError> {
        ConsentField::of(name).expect("a consent").read(name, value)
    }

    #[test]
    fn an_opt_out_is_an_opt_out_in_whatever_form_it_comes() {
        for value in [
            json!(false),
            json!("false"),
            json!("FALSE"),
            json!(" no "),
            json!("n"),
            json!(0),
            json!(0.0),
            json!("0"),
            json!("off"),
            json!("unsubscribed"),
            json!("Opted-Out"),
            json!("opted_out"),
            json!("opted out"),
            json!("optout"),
        ] {
            assert_eq!(read("msg-email", &value), Ok(Some(false)), "{value}");
            assert_eq!(read("msg-dndemail", &value), Ok(Some(true)), "{value}");
        }
    }

    #[test]
    fn a_subscription_is_read_in_the_same_forms() {
        for value in [
            json!(true),
            json!("True"),
            json!("yes"),
            json!(1),
            json!("1"),
            json!("subscribed"),
            json!("opted_in"),
            json!("Opted In"),
        ] {
            assert_eq!(read("msg-sms", &value), Ok(Some(true)), "{value}");
            assert_eq!(read("unsubscribed", &value), Ok(Some(false)), "{value}");
        }
    }

    #[test]
    fn what_is_neither_is_refused_by_its_name() {
        for value in [json!("maybe"), json!(""), json!(2), json!(null), json!([false]), json!({})] {
            let error = read("msg-email", &value).expect_err("it is no consent");
            assert_eq!((error.path.as_str(), error.key.as_str()), ("msg-email", "malformed"));
        }
        let error = read("msg-emial", &json!(false)).expect_err("there is no such channel");
        assert_eq!(error.key, "unknown_value");
        assert!(error.sentence.contains("email, sms, push"), "{error}");
    }

    #[test]
    fn every_channel_has_its_property() {
        for channel in Channel::ALL {
            for key in [channel.key().to_string(), channel.key().replace('_', "-")] {
                let field = ConsentField::of(&format!("msg-{key}")).expect("a consent");
                assert_eq!(field.channels(), [channel]);
            }
        }
    }

    #[test]
    fn that_somebody_is_not_unsubscribed_gives_no_consent() {
        assert_eq!(read("unsubscribed", &json!(false)), Ok(None));
        assert_eq!(ConsentField::of("subscribed"), None, "a property of its own");
    }
}
