//! Where a request may send a browser on: to a page of this server, and nowhere else. Every
//! redirect whose target comes from a request (`next`, `back`, `Referer`) goes through
//! [`own_path`].

use percent_encoding::percent_decode_str;
use url::{Position, Url};

/// Longest target, in bytes.
const LENGTH_MAX: usize = 8_000;
/// Stands for this server while a target is read; nothing has this name (RFC 2606).
const HERE: &str = "https://wayfare.invalid";

/// Addresses of ours that lead on to other sites, or are for programs: links in messages, reports
/// of providers, the way to the sign-in provider and back.
const LEADS_ELSEWHERE: [&str; 4] = ["/t/", "/u/", "/hooks/", "/sign-in/provider"];

/// Reads a target as a browser would: path, query and fragment of a page of this server. `None` for
/// everything else.
///
/// Browsers drop tabs and line breaks and take `\` for `/`, so that `/⇥/evil.example` leads to
/// evil.example: whatever has such a byte is refused, and what is left is what the parser
/// understood, not what was written.
pub fn own_path(text: &str) -> Option<String> {
    let odd = |byte: u8| byte < 0x21 || byte == 0x7f || byte == b'\\';
    if !text.starts_with('/') || text.len() > LENGTH_MAX || text.bytes().any(odd) {
        return None;
    }
    let here = Url::parse(HERE).ok()?;
    let target = here.join(text).ok()?;
    if target.origin() != here.origin() {
        return None;
    }
    let path = &target[Position::BeforePath..];
    // `/.//evil.example` is the path `//evil.example`, which would be read as a host the next time.
    (!path.starts_with("//") && !leads_elsewhere(target.path())).then(|| path.to_string())
}

/// A proxy in between may decode an address before it looks at it.
fn leads_elsewhere(path: &str) -> bool {
    let plain = percent_decode_str(path).decode_utf8_lossy();
    LEADS_ELSEWHERE.iter().any(|start| plain.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_ours_is_taken_with_its_query_and_fragment() {
        for path in [
            "/",
            "/journeys",
            "/journeys?q=a%20b&page=2",
            "/journeys/x#steps",
            "/%2f%2fevil.example",
            "/%09/evil.example",
        ] {
            assert_eq!(own_path(path).as_deref(), Some(path));
        }
        assert_eq!(own_path("/keys/../people").as_deref(), Some("/people"));
    }

    #[test]
    fn no_address_is_taken_that_leads_on_from_here() {
        for path in [
            "/t/c/token",
            "/t/o/token",
            "/u/token",
            "/hooks/token/mailgun",
            "/sign-in/provider",
            "/sign-in/provider?next=%2Fkeys",
            "/sign-in/provider/back?code=x",
            "/x/../t/c/token",
            "/%74/c/token",
            "/sign-in/%70rovider",
        ] {
            assert_eq!(own_path(path), None, "{path}");
        }
        for path in ["/sign-in?notice=signed-out", "/trips/1", "/unknown"] {
            assert_eq!(own_path(path).as_deref(), Some(path));
        }
    }

    #[test]
    fn no_spelling_leads_to_another_host() {
        for path in [
            "",
            "journeys",
            "https://evil.example/",
            "https:evil.example",
            "javascript:alert(1)",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "/\n/evil.example",
            "/\r/evil.example",
            "/\0/evil.example",
            "/\u{7f}/evil.example",
            " //evil.example",
            "/ /evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/x/..//evil.example",
            "/%2e%2e//evil.example",
            "//user@evil.example",
            "//wayfare.invalid.evil.example/x",
        ] {
            assert_eq!(own_path(path), None, "{path:?}");
        }
        assert_eq!(own_path(&format!("/{}", "x".repeat(LENGTH_MAX))), None);
    }
}
