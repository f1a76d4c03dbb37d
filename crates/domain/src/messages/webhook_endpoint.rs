//! The endpoint of a webhook: the machine and port that its address leads to.

use url::Url;

/// The endpoint that an address leads to, as the outbox has it; none where it leads nowhere.
pub fn endpoint_of(address: &Url) -> Option<String> {
    let host = address.host_str().filter(|host| !host.is_empty())?;
    Some(format!("{}:{}", host.to_lowercase(), address.port_or_known_default()?))
}

/// The same of a template, where no tag stands in its part with machine and port: it is the same
/// for everybody then.
pub fn endpoint_of_template(template: &str) -> Option<String> {
    let template = template.trim();
    let tag = ["{{", "{%"].into_iter().filter_map(|tag| template.find(tag)).min();
    let fixed = &template[..tag.unwrap_or(template.len())];
    let (_, after_scheme) = fixed.split_once("://")?;
    // The part with the machine ends before the tag.
    let whole = tag.is_none() || after_scheme.contains(['/', '?', '#']);
    endpoint_of(&fixed.parse().ok()?).filter(|_| whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_a_machine_and_a_port_and_known_from_a_template_where_it_is_the_same_for_everybody()
     {
        for (template, endpoint) in [
            ("https://Shop.example.com/hooks/{{ profile.id }}", Some("shop.example.com:443")),
            ("http://shop.example.com:8080?x={{ a }}", Some("shop.example.com:8080")),
            ("http://[::1]:9/", Some("[::1]:9")),
            ("https://shop.example.com", Some("shop.example.com:443")),
            ("https://{{ profile.shop }}.example.com/", None),
            ("https://shop.example.{{ profile.country }}/", None),
            ("https://shop.example.com:{% if a %}1{% endif %}/", None),
            ("{{ profile.hook }}", None),
            ("nonsense", None),
        ] {
            assert_eq!(endpoint_of_template(template).as_deref(), endpoint, "{template}");
        }
    }
}
