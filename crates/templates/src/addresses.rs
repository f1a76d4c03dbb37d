//! Where an address may lead that comes from a value: to the web, a mail, a call or a text message.
//! What is a person's name to the shop may be `javascript:…` to a browser.

/// Schemes that a value may have.
const OPEN: [&str; 5] = ["http", "https", "mailto", "tel", "sms"];
/// Schemes that run something, which no author may allow to a value.
const SCRIPTS: [&str; 6] = ["javascript", "vbscript", "livescript", "mocha", "data", "jscript"];

/// May a value stand where an address begins? `own` are the schemes that the author has written.
pub fn may_lead(value: &str, own: &[String]) -> bool {
    let read = as_browsers_read(value);
    let end = read.find([':', '/', '?', '#', '\\']).unwrap_or(read.len());
    let (scheme, rest) = read.split_at(end);
    // Without a colon it is a path, or begins a scheme that the text behind it ends.
    if !rest.starts_with(':') {
        return !(rest.is_empty() && SCRIPTS.contains(&scheme));
    }
    OPEN.contains(&scheme) || (!SCRIPTS.contains(&scheme) && own.iter().any(|own| own == scheme))
}

/// Without entities, blanks, control characters and what has no width: browsers leave out some of
/// these, and programs for mail others. In small letters.
fn as_browsers_read(value: &str) -> String {
    let ignored = |sign: &char| {
        sign.is_whitespace()
            || sign.is_control()
            || matches!(sign, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
    };
    let mut read = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(sign) = rest.chars().next() {
        let (sign, after) = match sign {
            '&' => entity(&rest[1..]).unwrap_or((sign, &rest[1..])),
            _ => (sign, &rest[sign.len_utf8()..]),
        };
        read.extend(Some(sign).filter(|sign| !ignored(sign)).map(|sign| sign.to_ascii_lowercase()));
        rest = after;
    }
    read
}

/// The sign of an entity that follows `&`, and what is behind it. Of names only those that matter
/// in a scheme.
fn entity(text: &str) -> Option<(char, &str)> {
    const NAMES: [(&str, char); 8] = [
        ("colon;", ':'),
        ("Tab;", '\t'),
        ("NewLine;", '\n'),
        ("amp;", '&'),
        ("sol;", '/'),
        ("num;", '#'),
        ("quest;", '?'),
        ("bsol;", '\\'),
    ];
    if let Some((name, sign)) = NAMES.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((*sign, &text[name.len()..]));
    }
    let number = text.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let end = digits.find(|sign: char| !sign.is_digit(radix)).unwrap_or(digits.len());
    let code = u32::from_str_radix(&digits[..end], radix).ok().filter(|_| end > 0)?;
    let rest = &digits[end..];
    Some((char::from_u32(code).unwrap_or('\u{fffd}'), rest.strip_prefix(';').unwrap_or(rest)))
}

/// Schemes of the texts in quotes of a piece of code: `"shop-app://cart"` allows `shop-app`.
pub fn schemes_in(code: &str) -> Vec<String> {
    let mut schemes = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(['"', '\'']) {
        let quote = &rest[start..=start];
        let Some((text, after)) = rest[start + 1..].split_once(quote) else { break };
        if let Some((scheme, _)) = text.split_once(':')
            && scheme.starts_with(|sign: char| sign.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        {
            schemes.push(scheme.to_ascii_lowercase());
        }
        rest = after;
    }
    schemes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_leads_to_the_web_a_mail_a_call_or_a_path() {
        for value in [
            "",
            "https://shop.example/?a=javascript:1",
            "HTTP://x.example",
            "mailto:ann@example.com",
            "tel:+49",
            "sms:+49",
            "/cart",
            "cart/7",
            "?of=a:b",
            "#top",
            "//shop.example/",
            "shop.example/a:b",
            " https://shop.example",
            "Ann",
            "data/1",
            "https",
        ] {
            assert!(may_lead(value, &[]), "{value}");
        }
    }

    #[test]
    fn no_disguise_of_a_script_gets_through() {
        for value in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:x",
            "\u{1}javascript:x",
            "java\tscript:x",
            "java\nscript:x",
            "java\r\nscript:x",
            "javascript :x",
            "javascript&colon;x",
            "javascript&#58;x",
            "javascript&#x3a;x",
            "javascript&#0000058x",
            "&#106;avascript:x",
            "&#x6A;avascript:x",
            "java&Tab;script:x",
            "java&NewLine;script:x",
            "java&#10;script:x",
            "java\u{200b}script:x",
            "\u{feff}javascript:x",
            "vbscript:x",
            "VBSCRIPT:x",
            "data:text/html,<script>",
            "data:text/html;base64,x",
            "javascript",
            " JavaScript ",
            ":alert(1)",
            "script:alert(1)",
            "file:///etc/passwd",
            "blob:x",
            "about:blank",
            "shop-app://x",
            "view-source:javascript:x",
            "javascript:https://shop.example/",
        ] {
            assert!(!may_lead(value, &[]), "{value:?}");
        }
    }

    #[test]
    fn an_author_allows_a_scheme_of_their_own_but_none_that_runs_something() {
        let own = schemes_in(
            "profile.link | default: \"shop-app://cart\" | append: 'javascript:x' | replace: \"a \
                b:c\", ''",
        );
        assert_eq!(own, ["shop-app", "javascript"]);
        assert!(may_lead("shop-app://cart/7", &own) && may_lead("SHOP-APP:x", &own));
        assert!(!may_lead("javascript:x", &own) && !may_lead("other-app:x", &own));
    }
}
