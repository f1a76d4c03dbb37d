pub struct MessageLinks;
impl MessageLinks {
    pub fn new(_: url::Url, _: crate::server::vault::Vault, _: i64) -> Self {
        Self
    }
}
impl crate::server::templates::Links for MessageLinks {
    fn click(&self, t: &str) -> String {
        t.to_string()
    }
    fn pixel(&self) -> String {
        String::new()
    }
    fn unsubscribe(&self) -> String {
        String::new()
    }
    fn preferences(&self) -> String {
        String::new()
    }
}
pub fn message_key(_: &crate::server::vault::Vault, seq: i64) -> String {
    seq.to_string()
}
