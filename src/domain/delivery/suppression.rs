//! Addresses that get nothing any more.

/// How an address stands on the suppression list: upper and lower case and spaces do not tell e-mail addresses apart, nor
/// do spaces and hyphens phone numbers.
pub fn address_key(kind: &str, address: &str) -> String {
    match kind {
        "email" => address.trim().to_lowercase(),
        "phone" => address.chars().filter(|sign| sign.is_ascii_digit() || *sign == '+').collect(),
        _ => address.trim().to_string(),
    }
}
