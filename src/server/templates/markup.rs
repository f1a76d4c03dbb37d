//! Follows the texts of HTML as far as is needed to know whether a value decides where an address
//! leads: whether it stands in an attribute like `href`, with nothing before it that settles the
//! scheme.

/// Attributes of HTML, SVG and MJML that are addresses.
const ADDRESSES: [&str; 19] = [
    "action",
    "background",
    "background-url",
    "cite",
    "classid",
    "codebase",
    "data",
    "dynsrc",
    "formaction",
    "href",
    "icon",
    "longdesc",
    "lowsrc",
    "manifest",
    "ping",
    "poster",
    "profile",
    "src",
    "xlink:href",
];
/// Longer names of attributes are none of these.
const NAME_MAX: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Inside {
    Text,
    /// How much of `<!--` or `-->` was passed.
    Comment,
    /// Behind `<`: what follows decides.
    Opened,
    Tag,
    Name(String),
    /// Behind a name and blanks.
    Named(String),
    /// Behind `=`.
    Equals {
        address: bool,
    },
    Value {
        /// The quote that ends it.
        quote: Option<char>,
        address: bool,
        /// What stands before decides where it leads.
        settled: bool,
    },
}

/// Where one is in the HTML.
#[derive(Debug)]
pub struct Markup {
    inside: Inside,
    /// What was passed last, to know comments.
    last: [char; 3],
    /// As it was where each open block began.
    blocks: Vec<Inside>,
}

impl Markup {
    pub fn new() -> Self {
        Self { inside: Inside::Text, last: [' '; 3], blocks: Vec::new() }
    }

    pub fn passes_text(&mut self, text: &str) {
        for sign in text.chars() {
            self.step(sign);
            self.last = [self.last[1], self.last[2], sign];
        }
    }

    /// Only one branch of a block is written: what stands in another settles nothing.
    pub fn passes_tag(&mut self, name: &str) {
        match name {
            "if" | "unless" | "case" | "for" | "tablerow" | "ifchanged" => {
                self.blocks.push(self.inside.clone())
            }
            "capture" => self.blocks.push(std::mem::replace(&mut self.inside, Inside::Text)),
            "else" | "elsif" | "when" => {
                if let Some(began) = self.blocks.last() {
                    self.inside = began.clone();
                }
            }
            "endcapture" => self.inside = self.blocks.pop().unwrap_or(Inside::Text),
            _ if name.starts_with("end") => {
                let began = self.blocks.pop();
                if let (
                    Inside::Value { settled, .. },
                    Some(Inside::Value { settled: before, .. }),
                ) = (&mut self.inside, began)
                {
                    *settled = before;
                }
            }
            _ => {}
        }
    }

    /// A value follows: does it decide where an address leads?
    pub fn passes_value(&mut self) -> bool {
        if let Inside::Equals { address } = self.inside {
            self.inside = Inside::Value { quote: None, address, settled: false };
        }
        matches!(self.inside, Inside::Value { address: true, settled: false, .. })
    }

    fn step(&mut self, sign: char) {
        let blank = sign.is_ascii_whitespace();
        let inside = std::mem::replace(&mut self.inside, Inside::Text);
        self.inside = match inside {
            Inside::Text if sign == '<' => Inside::Opened,
            Inside::Text => Inside::Text,
            Inside::Comment if sign == '>' && self.last[1..] == ['-', '-'] => Inside::Text,
            Inside::Comment => Inside::Comment,
            Inside::Opened if sign.is_ascii_alphabetic() || matches!(sign, '/' | '!') => {
                Inside::Tag
            }
            Inside::Opened if sign == '<' => Inside::Opened,
            Inside::Opened => Inside::Text,
            Inside::Name(_) if sign == '-' && self.last == ['<', '!', '-'] => Inside::Comment,
            Inside::Tag | Inside::Name(_) | Inside::Named(_) | Inside::Equals { .. }
                if sign == '>' =>
            {
                Inside::Text
            }
            Inside::Tag if blank || sign == '/' => Inside::Tag,
            Inside::Tag => Inside::Name(sign.to_ascii_lowercase().to_string()),
            Inside::Name(name) | Inside::Named(name) if sign == '=' => {
                Inside::Equals { address: ADDRESSES.contains(&name.as_str()) }
            }
            Inside::Name(name) if blank => Inside::Named(name),
            Inside::Name(_) if sign == '/' => Inside::Tag,
            Inside::Name(mut name) => {
                if name.len() <= NAME_MAX {
                    name.push(sign.to_ascii_lowercase());
                }
                Inside::Name(name)
            }
            Inside::Named(name) if blank => Inside::Named(name),
            Inside::Named(_) => Inside::Name(sign.to_ascii_lowercase().to_string()),
            Inside::Equals { address } if blank => Inside::Equals { address },
            Inside::Equals { address } if matches!(sign, '"' | '\'') => {
                Inside::Value { quote: Some(sign), address, settled: false }
            }
            Inside::Equals { address } => {
                Inside::Value { quote: None, address, settled: settles(sign) }
            }
            Inside::Value { quote: Some(quote), .. } if sign == quote => Inside::Tag,
            Inside::Value { quote: None, .. } if blank => Inside::Tag,
            Inside::Value { quote: None, .. } if sign == '>' => Inside::Text,
            Inside::Value { quote, address, settled } => {
                Inside::Value { quote, address, settled: settled || settles(sign) }
            }
        };
    }
}

/// Behind one of these no scheme begins any more.
fn settles(sign: char) -> bool {
    matches!(sign, ':' | '/' | '?' | '#' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does a value at the `@` decide? Words in braces are tags.
    fn decides(html: &str) -> bool {
        let mut markup = Markup::new();
        for piece in html.split_inclusive(['}', '@']).flat_map(|piece| piece.split_inclusive('{')) {
            match piece.strip_suffix('}') {
                Some(tag) => markup.passes_tag(tag),
                None if piece.ends_with('@') => {
                    markup.passes_text(piece.trim_end_matches('@'));
                    return markup.passes_value();
                }
                None => markup.passes_text(piece.trim_end_matches('{')),
            }
        }
        false
    }

    #[test]
    fn a_value_decides_where_an_address_leads_if_nothing_before_it_does() {
        for html in [
            "<a href=\"@",
            "<a href='@",
            "<a href=@",
            "<a href = @",
            "<A\nHREF=\"@",
            "<a class=\"x > y\" href=\" @",
            "<img src=\"java@",
            "<svg><use xlink:href='@",
            "<form><button formaction=\"@",
            "<td background=\"@",
            "<mj-section background-url=\"@",
            "<!-- \" --><a href=\"@",
            "<p>1 < 2</p><a href=\"@",
            "<a href=\"{if}https://{endif}@",
            "<a href=\"{if}https://{else}@",
            "{capture}<p title=\"{endcapture}<a href=\"@",
        ] {
            assert!(decides(html), "{html}");
        }
        for html in [
            "@",
            "<p>href=\"@",
            "<a title=\"@",
            "<a href=\"https://@",
            "<a href=\"/@",
            "<a href=\"?x=@",
            "<a href=\"mailto:@",
            "<a href=\"/\" title=\"@",
            "<a href=/ title=@",
            "<a href=\"/\">@",
            "<!-- <a href=\"@",
            "<a href=\"https://x/{if}y{endif}@",
            "<a href=\"{capture}@",
            "<p data-href=\"@",
        ] {
            assert!(!decides(html), "{html}");
        }
    }
}
