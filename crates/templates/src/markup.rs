//! Follows the texts of HTML as far as is needed to know where a value stands: whether it decides
//! where an address leads (in an attribute like `href`, with nothing before it that settles the
//! scheme), and whether it stands bare in a tag, where a blank would begin another attribute.
//!
//! What browsers read as text alone (`style`, `title`…) they read as markup within SVG, so both
//! readings are followed, and what one of them says counts.

/// Attributes of HTML, SVG and MJML that are addresses.
const ADDRESSES: [&str; 27] = [
    "action",
    "background",
    "background-url",
    "by",
    "cite",
    "classid",
    "codebase",
    "content",
    "data",
    "dynsrc",
    "formaction",
    "from",
    "href",
    "icon",
    "imagesrcset",
    "longdesc",
    "lowsrc",
    "manifest",
    "ping",
    "poster",
    "profile",
    "src",
    "srcdoc",
    "srcset",
    "to",
    "values",
    "xlink:href",
];
/// Those with more than one address: each is judged.
const LISTS: [&str; 5] = ["content", "imagesrcset", "ping", "srcset", "values"];
/// Elements whose content is text, whatever stands in it.
const RAW: [&str; 10] = [
    "iframe", "mj-style", "noembed", "noframes", "noscript", "script", "style", "textarea",
    "title", "xmp",
];
/// Longer names are none of these.
const NAME_MAX: usize = 16;

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValuePosition {
    /// It decides where an address leads.
    pub leads: bool,
    pub bare: Bare,
}

/// Does it stand in a tag without quotes around it?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bare {
    No,
    /// As the value of an attribute.
    Value,
    /// As a name.
    Name,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Inside {
    Text,
    /// How much of `<!--` or `-->` was passed.
    Comment,
    /// Behind `<`: what follows decides.
    Opened,
    /// Its name, with the `/` of an end.
    Element(String),
    Tag,
    Name(String),
    /// Behind a name and blanks.
    Named(String),
    /// Behind `=`.
    Equals(Address),
    Value {
        /// The quote that ends it.
        quote: Option<char>,
        address: Address,
        /// What stands before decides where it leads.
        settled: bool,
    },
    /// The content of an element that holds text alone, and how much of its end was passed.
    Raw {
        element: &'static str,
        passed: usize,
    },
}

/// What the value of an attribute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Address {
    No,
    One,
    Several,
}

impl Address {
    fn of(name: &str) -> Self {
        match name {
            _ if LISTS.contains(&name) => Address::Several,
            _ if ADDRESSES.contains(&name) => Address::One,
            _ => Address::No,
        }
    }
}

/// One reading.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reading {
    inside: Inside,
    /// Of the element whose tag it is in, where its content is text.
    raw: Option<&'static str>,
}

/// Where one is in the HTML.
#[derive(Debug)]
pub struct Markup {
    readings: Vec<Reading>,
    /// What was passed last, to know comments.
    last: [char; 3],
    /// As it was where each open block began.
    blocks: Vec<Vec<Reading>>,
}

impl Markup {
    pub fn new() -> Self {
        Self { readings: vec![Reading::start()], last: [' '; 3], blocks: Vec::new() }
    }

    pub fn passes_text(&mut self, text: &str) {
        for sign in text.chars() {
            let mut also = None;
            for reading in &mut self.readings {
                also = also.or(reading.step(sign, self.last));
            }
            if let Some(also) = also {
                self.readings.push(also);
            }
            if self.readings.len() > 1 {
                // There are few: text and the content of a raw element.
                let mut seen: Vec<Reading> = Vec::with_capacity(self.readings.len());
                for reading in self.readings.drain(..) {
                    if !seen.contains(&reading) {
                        seen.push(reading);
                    }
                }
                seen.truncate(PASSES_MAX);
                self.readings = seen;
            }
            self.last = [self.last[1], self.last[2], sign];
        }
    }

    /// Only one branch of a block is written: what stands in another settles nothing.
    pub fn passes_tag(&mut self, name: &str) {
        match name {
            "if" | "unless" | "case" | "for" | "tablerow" | "ifchanged" => {
                self.blocks.push(self.readings.clone())
            }
            "capture" => {
                self.blocks.push(std::mem::replace(&mut self.readings, vec![Reading::start()]))
            }
            "else" | "elsif" | "when" => {
                if let Some(began) = self.blocks.last() {
                    self.readings = began.clone();
                }
            }
            "endcapture" => {
                self.readings = self.blocks.pop().unwrap_or_else(|| vec![Reading::start()])
            }
            _ if name.starts_with("end") => self.ends_block(),
            _ => {}
        }
    }

    fn ends_block(&mut self) {
        let open =
            |reading: &Reading| matches!(reading.inside, Inside::Value { settled: false, .. });
        let was_open = self.blocks.pop().is_some_and(|began| began.iter().any(open));
        for reading in &mut self.readings {
            if let Inside::Value { settled, .. } = &mut reading.inside {
                *settled &= !was_open;
            }
        }
    }

    /// A value follows: where does it stand?
    pub fn passes_value(&mut self) -> ValuePosition {
        let mut standing = ValuePosition { leads: false, bare: Bare::No };
        for reading in &mut self.readings {
            let of_this = reading.passes_value();
            standing.leads |= of_this.leads;
            standing.bare = standing.bare.max(of_this.bare);
        }
        standing
    }
}

/// Readings that are followed at once: each raw element within another adds one at most.
const PASSES_MAX: usize = 8;

impl Reading {
    fn start() -> Self {
        Self { inside: Inside::Text, raw: None }
    }

    fn passes_value(&mut self) -> ValuePosition {
        let unknown = || "href".to_string();
        let bare = match &mut self.inside {
            Inside::Equals(address) => {
                self.inside = Inside::Value { quote: None, address: *address, settled: false };
                Bare::Value
            }
            Inside::Value { quote: None, .. } => Bare::Value,
            Inside::Opened => {
                self.inside = Inside::Element(String::new());
                Bare::Name
            }
            Inside::Element(_) => Bare::Name,
            // Whatever it is called: it may be an address.
            Inside::Tag | Inside::Name(_) | Inside::Named(_) => {
                self.inside = Inside::Name(unknown());
                Bare::Name
            }
            Inside::Value { quote: Some(_), .. }
            | Inside::Text
            | Inside::Comment
            | Inside::Raw { .. } => Bare::No,
        };
        let leads = match self.inside {
            Inside::Value { address, settled, .. } => address != Address::No && !settled,
            _ => false,
        };
        ValuePosition { leads, bare }
    }

    /// Another reading, where it begins here.
    fn step(&mut self, sign: char, last: [char; 3]) -> Option<Reading> {
        let inside = std::mem::replace(&mut self.inside, Inside::Text);
        let in_tag = matches!(
            inside,
            Inside::Element(_)
                | Inside::Tag
                | Inside::Name(_)
                | Inside::Named(_)
                | Inside::Equals(_)
                | Inside::Value { quote: None, .. }
        );
        if let Inside::Element(name) = &inside
            && (sign == '>' || sign == '/' && !name.is_empty() || sign.is_ascii_whitespace())
        {
            self.raw = RAW.into_iter().find(|raw| raw == name);
        }
        if in_tag && sign == '>' {
            let element = self.raw.take()?;
            return Some(Reading { inside: Inside::Raw { element, passed: 0 }, raw: None });
        }
        self.inside = inside.next(sign, last);
        None
    }
}

impl Inside {
    fn next(self, sign: char, last: [char; 3]) -> Self {
        let blank = sign.is_ascii_whitespace();
        match self {
            Inside::Text if sign == '<' => Inside::Opened,
            Inside::Text => Inside::Text,
            Inside::Comment if sign == '>' && last[1..] == ['-', '-'] => Inside::Text,
            Inside::Comment => Inside::Comment,
            Inside::Opened if sign.is_ascii_alphabetic() || sign == '/' => {
                Inside::Element(sign.to_ascii_lowercase().to_string())
            }
            Inside::Opened if sign == '!' => Inside::Tag,
            Inside::Opened if sign == '<' => Inside::Opened,
            Inside::Opened => Inside::Text,
            Inside::Element(name) if blank || sign == '/' && name != "/" => Inside::Tag,
            Inside::Element(name) => Inside::Element(longer(name, sign)),
            Inside::Name(_) if sign == '-' && last == ['<', '!', '-'] => Inside::Comment,
            Inside::Tag if blank || sign == '/' => Inside::Tag,
            Inside::Tag => Inside::Name(sign.to_ascii_lowercase().to_string()),
            Inside::Name(name) | Inside::Named(name) if sign == '=' => {
                Inside::Equals(Address::of(&name))
            }
            Inside::Name(name) if blank => Inside::Named(name),
            Inside::Name(_) if sign == '/' => Inside::Tag,
            Inside::Name(name) => Inside::Name(longer(name, sign)),
            Inside::Named(name) if blank => Inside::Named(name),
            Inside::Named(_) if sign == '/' => Inside::Tag,
            Inside::Named(_) => Inside::Name(sign.to_ascii_lowercase().to_string()),
            Inside::Equals(address) if blank => Inside::Equals(address),
            Inside::Equals(address) if matches!(sign, '"' | '\'') => {
                Inside::Value { quote: Some(sign), address, settled: false }
            }
            Inside::Equals(address) => {
                Inside::Value { quote: None, address, settled: settles(sign) }
            }
            Inside::Value { quote: Some(quote), .. } if sign == quote => Inside::Tag,
            Inside::Value { quote: None, .. } if blank => Inside::Tag,
            Inside::Value { quote, address, settled } => {
                let another = address == Address::Several && (blank || matches!(sign, ',' | ';'));
                Inside::Value { quote, address, settled: !another && (settled || settles(sign)) }
            }
            Inside::Raw { element, passed } => raw(element, passed, sign),
        }
    }
}

fn longer(mut name: String, sign: char) -> String {
    if name.len() <= NAME_MAX {
        name.push(sign.to_ascii_lowercase());
    }
    name
}

/// Until `</`, the element's name and what ends it.
fn raw(element: &'static str, passed: usize, sign: char) -> Inside {
    let end = element.len() + 2;
    if passed == end {
        match sign {
            '>' => return Inside::Text,
            '/' => return Inside::Tag,
            _ if sign.is_ascii_whitespace() => return Inside::Tag,
            _ => {}
        }
    }
    let next = "</".chars().chain(element.chars()).nth(passed);
    let passed = match next {
        Some(next) if next == sign.to_ascii_lowercase() => passed + 1,
        _ => usize::from(sign == '<'),
    };
    Inside::Raw { element, passed }
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
        standing(html).leads
    }

    fn standing(html: &str) -> ValuePosition {
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
        ValuePosition { leads: false, bare: Bare::No }
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
            "<style>.x{content:\"<a title='\"}</style><a href=\"@",
            "<textarea><a title=\"</TextArea ><a href=\"@",
            "<title><p class='</title><a href=\"@",
            "<script>if (a<b) '</script><a href=\"@",
            "<svg><style><a href=\"@",
            "<style/><a href=\"@",
            "<animate attributeName=href values=\"@",
            "<animate values=\"https://x;@",
            "<set to='@",
            "<meta http-equiv=refresh content=\"0;url=@",
            "<img srcset=\"https://x/1 1x, @",
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
            "<style>a { color: @",
            "<meta content=\"0;url=https://x/@",
        ] {
            assert!(!decides(html), "{html}");
        }
    }

    #[test]
    fn a_value_is_bare_where_a_blank_in_it_would_begin_an_attribute() {
        for (html, bare) in [
            ("<a title=@", Bare::Value),
            ("<a title= @", Bare::Value),
            ("<a title=x@", Bare::Value),
            ("<a @", Bare::Name),
            ("<a data-@", Bare::Name),
            ("<h@", Bare::Name),
            ("<@", Bare::Name),
            ("<svg><style><a title=@", Bare::Value),
            ("<a title=\"@", Bare::No),
            ("<a title=\"x\">@", Bare::No),
            ("1 < @", Bare::No),
            ("<!-- <a title=@", Bare::No),
            ("<style>a > @", Bare::No),
        ] {
            assert_eq!(standing(html).bare, bare, "{html}");
        }
        let mut markup = Markup::new();
        markup.passes_text("<a ");
        markup.passes_value();
        markup.passes_text("=\"");
        assert!(markup.passes_value().leads, "it may be called href");
    }
}
