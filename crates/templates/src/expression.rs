//! What stands inside of `{{ }}` and `{% %}`: its words, the names that it uses, and the spellings
//! of the systems that templates come from.

use super::budget::CODE_MAX;

/// Most steps into one value: `event.items[0].name` has three.
const PATH_MAX: usize = 16;
/// Deepest nesting of brackets.
const BRACKETS_MAX: usize = 4;
/// Longest number that every machine can hold.
const DIGITS_MAX: usize = 18;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Word,
    /// With its quotes.
    Quoted,
    Number,
    Sign(char),
}

/// One word or sign, with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
    pub start: usize,
}

/// A value that a template uses: `profile.first_name` has the root `profile` and the property
/// `first_name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariablePath {
    pub line: usize,
    pub root: String,
    pub property: Option<String>,
}

/// How long the code is that `close` ends. A closing sign between quotes, or in a Braze name
/// (`${name}`), does not count.
pub fn end_of(rest: &str, close: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let window = bytes.len().min(CODE_MAX + 64);
    let (mut at, mut quote, mut in_name) = (0, None, false);
    while at < window {
        match (bytes[at], quote) {
            (sign, Some(open)) if sign == open => quote = None,
            (_, Some(_)) => {}
            (b'}', None) if in_name => in_name = false,
            _ if bytes[at..].starts_with(close.as_bytes()) => return Some(at),
            (sign @ (b'\'' | b'"'), None) => quote = Some(sign),
            (b'$', None) if bytes.get(at + 1) == Some(&b'{') => in_name = true,
            _ => {}
        }
        at += 1;
    }
    // A quote that is never closed: the parser will say so.
    rest.find(close)
}

/// Words and signs, in their order.
pub fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(sign) = rest.chars().next() {
        let start = code.len() - rest.len();
        let (kind, length) = match sign {
            _ if sign.is_whitespace() => {
                rest = &rest[sign.len_utf8()..];
                continue;
            }
            '\'' | '"' => {
                (TokenKind::Quoted, rest[1..].find(sign).map_or(rest.len(), |end| end + 2))
            }
            '0'..='9' => (
                TokenKind::Number,
                rest.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(rest.len()),
            ),
            _ if is_letter(sign) => {
                let is_part = |sign: char| is_letter(sign) || sign.is_ascii_digit() || sign == '-';
                (TokenKind::Word, rest.find(|sign| !is_part(sign)).unwrap_or(rest.len()))
            }
            _ => (TokenKind::Sign(sign), sign.len_utf8()),
        };
        tokens.push(Token { kind, text: &rest[..length], start });
        rest = &rest[length..];
    }
    tokens
}

/// Letters of names, as people write them. The parser knows only those of ASCII: see [`translate`].
fn is_letter(sign: char) -> bool {
    sign.is_alphabetic()
        || sign == '_'
        || sign == '@'
        || sign == '$'
        || (!sign.is_ascii() && sign.is_alphanumeric())
}

/// Why code cannot be given to the parser: it would not survive it, or take too long.
pub fn reject_reason(code: &str) -> Option<(&'static str, String)> {
    let (mut brackets, mut path) = (0_usize, 0_usize);
    for token in tokens(code) {
        match token.kind {
            TokenKind::Number if token.text.len() > DIGITS_MAX => {
                return Some(("range", format!("A number has at most {DIGITS_MAX} digits.")));
            }
            TokenKind::Quoted
                if token.text.len() < 2 || !token.text.ends_with(&token.text[..1]) =>
            {
                return Some((
                    "malformed",
                    "A text between quotes is never closed. Write the same quote where it ends."
                        .to_string(),
                ));
            }
            TokenKind::Sign('[' | '(') => {
                brackets += 1;
                path += 1;
            }
            TokenKind::Sign(']' | ')') => brackets = brackets.saturating_sub(1),
            TokenKind::Sign('.') => path += 1,
            TokenKind::Sign('|' | ',' | ':' | '=' | '<' | '>') => path = 0,
            TokenKind::Word if matches!(token.text, "and" | "or") => path = 0,
            _ => {}
        }
        if brackets > BRACKETS_MAX || path > PATH_MAX {
            return Some(("too_deep", "This goes too deep into a value. Simplify it.".to_string()));
        }
    }
    None
}

/// Puts spellings of other systems into ours: Braze's `${first_name}`, `custom_attribute.${plan}`,
/// `event_properties.${price}`, and names with letters that the parser does not know.
pub fn translate(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut last: Option<Token<'_>> = None;
    let all = tokens(code);
    let mut index = 0;
    let mut copied = 0;
    while let Some(token) = all.get(index) {
        let after_dot = last
            .is_some_and(|last| last.kind == TokenKind::Sign('.') && last.start + 1 == token.start);
        let inside = braze_name(code, *token);
        if let Some((name, end)) = inside {
            // The root stands before the dot; without one it is the person themselves.
            out.push_str(&code[copied..token.start]);
            if after_dot {
                out.truncate(out.trim_end_matches('.').len());
                out.push_str(&bracket(name));
            } else {
                out.push_str(braze_property(name).unwrap_or(&format!("profile{}", bracket(name))));
            }
            copied = end;
            index = all[index..]
                .iter()
                .position(|token| token.start >= end)
                .map_or(all.len(), |further| index + further);
        } else {
            let is_plain = token
                .text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
            if after_dot && matches!(token.kind, TokenKind::Word) && !is_plain {
                out.push_str(code[copied..token.start].trim_end_matches('.'));
                out.push_str(&bracket(token.text));
                copied = token.start + token.text.len();
            }
            index += 1;
        }
        last = Some(*token);
    }
    out.push_str(&code[copied..]);
    out
}

/// Runs of blanks outside of quotes as one blank: the parser takes a square of the time for long
/// ones.
pub fn squeezed(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut end = 0;
    for token in tokens(code) {
        if token.start > end {
            out.push(' ');
        }
        out.push_str(token.text);
        end = token.start + token.text.len();
    }
    out
}

/// The name in `${name}` at this place, and where it ends.
fn braze_name<'a>(code: &'a str, token: Token<'_>) -> Option<(&'a str, usize)> {
    if token.kind != TokenKind::Word || token.text != "$" {
        return None;
    }
    let rest = code[token.start..].strip_prefix("${")?;
    let end = rest.find('}')?;
    let name = rest[..end].trim();
    (!name.contains(['"', '\'', '{', '\n'])).then_some((name, token.start + 2 + end + 1))
}

fn bracket(name: &str) -> String {
    format!("[\"{name}\"]")
}

/// What Braze keeps about everybody and calls otherwise.
fn braze_property(name: &str) -> Option<&'static str> {
    match name {
        "user_id" => Some("profile.identity"),
        "email_address" => Some("profile.email"),
        "phone_number" => Some("profile.phone"),
        "time_zone" => Some("profile.time_zone"),
        "set_user_to_unsubscribed_url" => Some("unsubscribe_url"),
        _ => None,
    }
}

/// The filters of an output, each with the place of its `|`.
pub fn filters(code: &str) -> Vec<(usize, String)> {
    let all = tokens(code);
    all.windows(2)
        .filter(|pair| pair[0].kind == TokenKind::Sign('|'))
        .map(|pair| (pair[0].start, pair[1].text.to_string()))
        .collect()
}

/// Words that are not names of values.
const KEYWORDS: [&str; 16] = [
    "and", "or", "contains", "in", "reversed", "limit", "offset", "cols", "nil", "null", "true",
    "false", "empty", "blank", "by", "not",
];

/// The values that code uses. The first word of `declaring` tags is a name that they make.
pub fn names(line: usize, code: &str, declares: bool) -> Vec<VariablePath> {
    let all = tokens(code);
    let mut names = Vec::new();
    for (index, token) in all.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| all.get(index)).map(|token| token.kind);
        let after = all.get(index + 1).map(|token| token.kind);
        let is_made = declares && index == 0;
        let is_inside = matches!(before, Some(TokenKind::Sign('|' | '.')))
            || after == Some(TokenKind::Sign(':'));
        let is_value = token.kind == TokenKind::Word
            && !KEYWORDS.contains(&token.text)
            && !is_made
            && !is_inside;
        if is_value {
            names.push(VariablePath {
                line,
                root: token.text.to_string(),
                property: property(&all[index + 1..]),
            });
        }
    }
    names
}

/// The property that follows a root: `.name` or `["name"]`.
fn property(after: &[Token<'_>]) -> Option<String> {
    match after {
        [dot, word, ..] if dot.kind == TokenKind::Sign('.') && word.kind == TokenKind::Word => {
            Some(word.text.to_string())
        }
        [open, name, ..] if open.kind == TokenKind::Sign('[') && name.kind == TokenKind::Quoted => {
            Some(name.text.trim_matches(['"', '\'']).to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_braze_become_ours() {
        for (theirs, ours) in [
            ("${first_name} | default: 'there'", "profile[\"first_name\"] | default: 'there'"),
            ("custom_attribute.${Favourite colour}", "custom_attribute[\"Favourite colour\"]"),
            ("event_properties.${price} | times: 2", "event_properties[\"price\"] | times: 2"),
            ("${email_address}", "profile.email"),
            ("a == ${x} and b.${y}.z", "a == profile[\"x\"] and b[\"y\"].z"),
            ("'${not_this}'", "'${not_this}'"),
            ("profile.größe", "profile[\"größe\"]"),
            ("profile.first_name", "profile.first_name"),
        ] {
            assert_eq!(translate(theirs), ours, "{theirs}");
        }
    }

    #[test]
    fn blanks_are_squeezed_outside_of_quotes() {
        assert_eq!(squeezed("a  \n\t| append:  'x  y' , \"  \"  "), "a | append: 'x  y' , \"  \"");
        assert_eq!(squeezed("a.b[0]==1"), "a.b[0]==1");
    }

    #[test]
    fn names_of_values_are_told_from_filters_keywords_and_texts() {
        let used = |code: &str, declares| -> Vec<String> {
            let written = |name: VariablePath| {
                name.property
                    .map_or(name.root.clone(), |property| format!("{}/{property}", name.root))
            };
            names(1, code, declares).into_iter().map(written).collect()
        };
        assert_eq!(
            used("profile.name | default: event[\"a b\"], allow_false: true", false),
            ["profile/name", "event/a b"]
        );
        assert_eq!(used("x = profile.y | append: 'profile.z'", true), ["profile/y"]);
        assert_eq!(used("item in event.items limit: n reversed", true), ["event/items", "n"]);
        assert_eq!(used("a contains b and c == nil", false), ["a", "b", "c"]);
    }

    #[test]
    fn what_the_parser_would_not_survive_is_found_before() {
        for code in [
            "a == 99999999999999999999",
            "a[b[c[d[e[f]]]]]",
            "'never closed",
            &format!("a{}", ".b".repeat(50)),
        ] {
            assert!(reject_reason(code).is_some(), "{code}");
        }
        assert!(
            reject_reason("event.items[0].name | append: 'x' | default: profile[\"a\"]").is_none()
        );
    }
}
