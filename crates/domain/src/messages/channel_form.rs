//! The form of a channel's page: texts by field, and what they mean.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    channel::{
        ChannelSecret, ChannelSettings, EmailSettings, FCM, GOOGLE_TOKENS, PER_SECOND_MAX,
        PushSettings, SecretRequirement, SmsSettings, TWILIO, TlsMode, WebhookSettings,
    },
    send_rules::FrequencyCap,
};
use crate::{error::FieldError, profiles::profile::Channel};

/// What was typed.
#[derive(Clone, Default)]
pub struct ChannelForm {
    pub fields: BTreeMap<String, String>,
    /// Empty keeps the one that is there.
    pub secret: String,
    pub forget_secret: bool,
    pub live: bool,
    pub per_second: String,
    /// Of the settings that were shown.
    pub revision: i64,
}

/// What the form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelUpdate {
    pub settings: ChannelSettings,
    pub secret: SecretUpdate,
    pub live: bool,
    pub per_second: Option<u32>,
    pub revision: i64,
}

/// What becomes of the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretUpdate {
    Keep,
    Set(ChannelSecret),
    Forget,
}

/// The parts of a service account's file that are needed. Google gives it out as JSON.
#[derive(Deserialize)]
struct ServiceAccount {
    project_id: String,
    client_email: String,
    private_key: String,
    #[serde(default)]
    token_uri: Option<String>,
}

impl ChannelForm {
    /// Reads the form of a channel whose settings were `known` until now; `has_secret` says whether
    /// there is one.
    ///
    /// # Errors
    /// Everything that makes no sense, each under its field.
    pub fn read(
        &self,
        channel: Channel,
        known: Option<&ChannelSettings>,
        has_secret: bool,
    ) -> Result<ChannelUpdate, Vec<FieldError>> {
        let (settings, typed) = self.settings(channel, known)?;
        let mut problems = settings.problems();
        let per_second = self.per_second().map_err(|error| problems.push(error)).ok().flatten();
        let secret = match self.secret_order(&settings, typed, known, has_secret) {
            Ok(secret) => secret,
            Err(error) => {
                problems.push(error);
                SecretUpdate::Keep
            }
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(ChannelUpdate { settings, secret, live: self.live, per_second, revision: self.revision })
    }

    fn text(&self, field: &str) -> String {
        self.fields.get(field).map(|text| text.trim().to_string()).unwrap_or_default()
    }

    fn optional(&self, field: &str) -> Option<String> {
        Some(self.text(field)).filter(|text| !text.is_empty())
    }

    fn address(&self, field: &str, usual: &str) -> String {
        self.optional(field)
            .map_or_else(|| usual.to_string(), |address| address.trim_end_matches('/').to_string())
    }

    fn number(&self, field: &str, usual: u16, sentence: &str) -> Result<u16, Vec<FieldError>> {
        match self.optional(field) {
            None => Ok(usual),
            Some(text) => {
                text.parse().map_err(|_| vec![FieldError::new(field, "malformed", sentence)])
            }
        }
    }

    /// The settings, and the secret that was typed with them.
    fn settings(
        &self,
        channel: Channel,
        known: Option<&ChannelSettings>,
    ) -> Result<(ChannelSettings, Option<ChannelSecret>), Vec<FieldError>> {
        let typed = Some(self.secret.as_str()).filter(|text| !text.trim().is_empty());
        if channel == Channel::Push {
            return self.push(typed, known);
        }
        let settings = match channel {
            Channel::Email => ChannelSettings::Email(self.email()?),
            Channel::Sms => ChannelSettings::Sms(SmsSettings {
                account: self.text("account"),
                from: self.text("from"),
                base_url: self.address("base_url", TWILIO),
            }),
            Channel::Webhook => {
                let sentence = "Choose a timeout from 1 to 30 seconds.";
                let timeout_seconds = self.number("timeout_seconds", 5, sentence)?;
                ChannelSettings::Webhook(WebhookSettings { timeout_seconds })
            }
            _ => {
                let sentence = "This channel cannot be set up. Choose email, SMS, push or webhook.";
                return Err(vec![FieldError::new("channel", "unknown_value", sentence)]);
            }
        };
        let typed = typed.map(ChannelSecret::parse).transpose().map_err(|error| vec![error])?;
        Ok((settings, typed))
    }

    fn email(&self) -> Result<EmailSettings, Vec<FieldError>> {
        let security = TlsMode::from_key(&self.text("security")).unwrap_or_default();
        let usual = if security == TlsMode::Tls { 465 } else { 587 };
        Ok(EmailSettings {
            host: self.text("host"),
            port: self.number(
                "port",
                usual,
                "A port is a number from 1 to 65535. Mail servers usually listen on 587 or 465.",
            )?,
            security,
            user: self.optional("user"),
            from_name: self.text("from_name"),
            from_address: self.text("from_address"),
            reply_to: self.optional("reply_to"),
            authority: self.optional("authority"),
        })
    }

    /// Project and account stand in the file; without a new one they stay as they are.
    fn push(
        &self,
        typed: Option<&str>,
        known: Option<&ChannelSettings>,
    ) -> Result<(ChannelSettings, Option<ChannelSecret>), Vec<FieldError>> {
        let file = typed.map(service_account).transpose().map_err(|error| vec![error])?;
        let token_url = file
            .as_ref()
            .and_then(|file| file.token_uri.clone())
            .unwrap_or_else(|| GOOGLE_TOKENS.to_string());
        let (project, client_email) = match (&file, known) {
            (Some(file), _) => (file.project_id.clone(), file.client_email.clone()),
            (None, Some(ChannelSettings::Push(known))) => {
                (known.project.clone(), known.client_email.clone())
            }
            (None, _) => {
                let sentence = "Paste the service account JSON file.";
                return Err(vec![FieldError::new("secret", "required", sentence)]);
            }
        };
        let settings = PushSettings {
            project,
            client_email,
            token_url: self.address("token_url", &token_url),
            base_url: self.address("base_url", FCM),
        };
        let secret = file
            .map(|file| ChannelSecret::parse(&file.private_key))
            .transpose()
            .map_err(|error| vec![error])?;
        Ok((ChannelSettings::Push(settings), secret))
    }

    fn secret_order(
        &self,
        settings: &ChannelSettings,
        typed: Option<ChannelSecret>,
        known: Option<&ChannelSettings>,
        has_secret: bool,
    ) -> Result<SecretUpdate, FieldError> {
        let need = settings.secret_need();
        if need == SecretRequirement::No || (self.forget_secret && need == SecretRequirement::May) {
            return Ok(SecretUpdate::Forget);
        }
        if let Some(secret) = typed {
            return settings.secret_problem(&secret).map_or(Ok(SecretUpdate::Set(secret)), Err);
        }
        if let (SecretRequirement::Must(sentence), false) = (need, has_secret) {
            return Err(FieldError::new("secret", "required", sentence));
        }
        if has_secret
            && known.is_some_and(|known| known.secret_audience() != settings.secret_audience())
        {
            let sentence = "You changed where the password or key is sent. Enter it again.";
            return Err(FieldError::new("secret", "required", sentence));
        }
        Ok(SecretUpdate::Keep)
    }

    fn per_second(&self) -> Result<Option<u32>, FieldError> {
        let text = self.per_second.trim();
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse() {
            Ok(rate) if (1..=PER_SECOND_MAX).contains(&rate) => Ok(Some(rate)),
            _ => {
                let sentence = format!(
                    "Messages per second must be a number from 1 to {PER_SECOND_MAX}. Leave it \
                        empty for no limit."
                );
                Err(FieldError::new("per_second", "range", sentence))
            }
        }
    }
}

fn service_account(text: &str) -> Result<ServiceAccount, FieldError> {
    // What the parser complains about could repeat a part of the key.
    serde_json::from_str(text).map_err(|_| {
        let sentence = "This is not a service account JSON file. Download one in the Firebase \
            console under Project settings, Service accounts, and paste all of it.";
        FieldError::new("secret", "malformed", sentence)
    })
}

/// Caps as a form spells them: three columns, a row without numbers is no cap.
///
/// # Errors
/// Where a row makes no sense.
pub fn caps_of_columns(
    channels: &[String],
    most: &[String],
    hours: &[String],
) -> Result<Vec<FrequencyCap>, Vec<FieldError>> {
    let (mut caps, mut problems) = (Vec::<FrequencyCap>::new(), Vec::new());
    for (place, channel) in channels.iter().enumerate() {
        let at = |column: &[String]| {
            column.get(place).map(|text| text.trim().to_string()).unwrap_or_default()
        };
        let (most, hours) = (at(most), at(hours));
        if most.is_empty() && hours.is_empty() {
            continue;
        }
        let row = format!("caps[{place}]");
        let capped = Channel::from_key(channel);
        let (Ok(most), Ok(hours), true) =
            (most.parse(), hours.parse(), capped.is_some() || channel.is_empty())
        else {
            let sentence = "A cap needs two whole numbers: messages and hours. Leave both empty \
                for no cap.";
            problems.push(FieldError::new(row, "malformed", sentence));
            continue;
        };
        let cap = FrequencyCap { channel: capped, most, hours };
        problems.extend(cap.problems().into_iter().map(|problem| problem.under(&row)));
        if caps.iter().any(|known| known.channel == cap.channel) {
            problems.push(FieldError::new(
                row,
                "taken",
                "Each channel has one cap. List each channel once.",
            ));
        }
        caps.push(cap);
    }
    if problems.is_empty() { Ok(caps) } else { Err(problems) }
}
