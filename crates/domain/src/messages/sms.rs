//! How long an SMS is: what it costs follows from its parts (3GPP TS 23.038 and 23.040).

use serde::{Deserialize, Serialize};

/// The alphabet of GSM, whose signs take seven bits.
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ \
    !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Signs of it that take two places.
const GSM_DOUBLE: &str = "^{}\\[~]|€\u{c}";

/// The length of an SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsSize {
    pub characters: usize,
    /// How many messages the network makes of it.
    pub parts: usize,
    /// Has it a sign that the alphabet of GSM lacks? Then fewer fit into one part.
    pub unicode: bool,
}

/// Measures a text.
pub fn sms_size(text: &str) -> SmsSize {
    let places = |sign: char| {
        if GSM.contains(sign) { Some(1) } else { GSM_DOUBLE.contains(sign).then_some(2) }
    };
    let gsm: Option<usize> = text.chars().map(places).sum();
    let (length, one, each) = match gsm {
        Some(length) => (length, 160, 153),
        None => (text.encode_utf16().count(), 70, 67),
    };
    let parts = if length <= one { 1 } else { length.div_ceil(each) };
    SmsSize { characters: text.chars().count(), parts, unicode: gsm.is_none() }
}

impl SmsSize {
    /// What the form of a text message says below its text, whose variables have no values yet.
    pub fn before_variables(self) -> String {
        let SmsSize { characters, parts, .. } = self;
        let messages = if parts == 1 { "message" } else { "messages" };
        format!("{characters} characters, {parts} {messages}, before variables are replaced")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_counts_the_messages_that_the_network_makes() {
        let below = |text: &str, count| sms_size(&text.repeat(count)).before_variables();
        assert_eq!(below("é", 160), "160 characters, 1 message, before variables are replaced");
        assert_eq!(below("€", 81), "81 characters, 2 messages, before variables are replaced");
        assert_eq!(below("ж", 71), "71 characters, 2 messages, before variables are replaced");
    }

    #[test]
    fn parts_follow_from_the_alphabet() {
        let parts = |text: String| (sms_size(&text).parts, sms_size(&text).unicode);
        assert_eq!(parts("a".repeat(160)), (1, false));
        assert_eq!(parts("a".repeat(161)), (2, false));
        assert_eq!(parts("a".repeat(306)), (2, false));
        assert_eq!(parts("a".repeat(307)), (3, false));
        assert_eq!(parts("€".repeat(80)), (1, false));
        assert_eq!(parts("€".repeat(81)), (2, false));
        assert_eq!(parts("ж".repeat(70)), (1, true));
        assert_eq!(parts("ж".repeat(71)), (2, true));
        assert_eq!(parts("😀".repeat(35)), (1, true));
        assert_eq!(parts("😀".repeat(36)), (2, true));
        assert_eq!(parts(String::new()), (1, false));
    }
}
