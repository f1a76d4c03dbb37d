//! Takes a template apart: text, `{{ outputs }}` and `{% tags %}`. What is wrong with its structure
//! is found here, cheaply and without recursion, before the parser sees anything; the parser then
//! sees no text at all (`compile.rs`).

use super::{
    budget::{CODE_MAX, DEPTH_MAX},
    expression,
};

/// What is wrong with a template, and on which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// From 1.
    pub line: usize,
    /// A stable key for programs.
    pub key: &'static str,
    pub sentence: String,
}

impl SyntaxError {
    pub fn new(line: usize, key: &'static str, sentence: impl Into<String>) -> Self {
        Self { line, key, sentence: sentence.into() }
    }
}

/// One part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateNode {
    Text(String),
    /// `{{ code }}`
    Output {
        line: usize,
        code: String,
    },
    /// `{% name arguments %}`
    Tag {
        line: usize,
        name: String,
        arguments: String,
    },
}

/// Blocks with their ends, and what may divide them.
const BLOCKS: [(&str, &str, &[&str]); 7] = [
    ("if", "endif", &["elsif", "else"]),
    ("unless", "endunless", &["elsif", "else"]),
    ("case", "endcase", &["when", "else"]),
    ("for", "endfor", &["else"]),
    ("tablerow", "endtablerow", &[]),
    ("capture", "endcapture", &[]),
    ("ifchanged", "endifchanged", &[]),
];
const TAGS: [&str; 6] = ["assign", "break", "continue", "cycle", "increment", "decrement"];
/// Tags of the systems that templates come from, which stand for an output.
const OUTPUT_TAGS: [(&str, &str); 3] = [
    ("unsubscribe_url", "unsubscribe_url"),
    ("unsubscribe_link", "unsubscribe_url"),
    ("manage_subscription_preferences_url", "preferences_url"),
];

/// Takes it apart and checks its structure.
///
/// # Errors
/// The first thing that is wrong.
pub fn pieces(source: &str) -> Result<Vec<TemplateNode>, SyntaxError> {
    let mut pieces = Vec::new();
    let mut reader = Reader { source, at: 0, line: 1 };
    // The text before is cut at its end where the next part begins with `{{-`; the text after,
    // where it ends with `-}}`.
    let mut trim = false;
    while let Some(part) = reader.next(&mut trim)? {
        match part {
            TemplateNode::Tag { line, name, .. } if name == "comment" => {
                reader.skip_block(line, "comment")?
            }
            TemplateNode::Tag { line, name, .. } if name == "raw" => {
                pieces.push(TemplateNode::Text(reader.raw_block(line)?))
            }
            TemplateNode::Tag { name, .. } if name.is_empty() => {}
            TemplateNode::Tag { line, name, arguments } if name == "echo" => {
                pieces.push(TemplateNode::Output { line, code: arguments })
            }
            TemplateNode::Tag { line, name, arguments } => {
                match OUTPUT_TAGS.iter().find(|(tag, _)| *tag == name) {
                    Some((_, output)) => {
                        pieces.push(TemplateNode::Output { line, code: (*output).to_string() })
                    }
                    None => pieces.push(TemplateNode::Tag { line, name, arguments }),
                }
            }
            TemplateNode::Text(text) if text.is_empty() => {}
            other => pieces.push(other),
        }
    }
    check_blocks(&pieces)?;
    Ok(pieces)
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    line: usize,
}

impl Reader<'_> {
    /// The next part. `trim` says whether the last one ate the blanks behind it.
    fn next(&mut self, trim: &mut bool) -> Result<Option<TemplateNode>, SyntaxError> {
        let rest = &self.source[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        match opening(rest) {
            Some(0) => self.code(trim).map(Some),
            found => {
                let end = found.unwrap_or(rest.len());
                let mut text = &rest[..end];
                self.go(end);
                if std::mem::take(trim) {
                    text = text.trim_start();
                }
                if rest[end..].starts_with("{{-") || rest[end..].starts_with("{%-") {
                    text = text.trim_end();
                }
                Ok(Some(TemplateNode::Text(text.to_string())))
            }
        }
    }

    fn code(&mut self, trim: &mut bool) -> Result<TemplateNode, SyntaxError> {
        let rest = &self.source[self.at..];
        let line = self.line;
        let is_output = rest.starts_with("{{");
        let close = if is_output { "}}" } else { "%}" };
        let Some(length) = expression::end_of(&rest[2..], close) else {
            let open = if is_output { "{{" } else { "{%" };
            return Err(SyntaxError::new(
                line,
                "unclosed",
                format!("“{open}” is never closed. Write “{close}” where it ends."),
            ));
        };
        if length > CODE_MAX {
            let sentence = format!(
                "The code between “{{{{” and “}}}}” can have at most {CODE_MAX} characters."
            );
            return Err(SyntaxError::new(line, "too_long", sentence));
        }
        let inner = &rest[2..2 + length];
        self.go(length + 4);
        let inner = inner.strip_prefix('-').unwrap_or(inner);
        let (inner, trims) = inner.strip_suffix('-').map_or((inner, false), |inner| (inner, true));
        *trim = trims;
        let inner = inner.trim();
        if is_output {
            return Ok(TemplateNode::Output { line, code: inner.to_string() });
        }
        // `{% # a remark %}`
        let inner = if inner.starts_with('#') { "" } else { inner };
        let end = inner
            .find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))
            .unwrap_or(inner.len());
        let (name, arguments) = inner.split_at(end);
        Ok(TemplateNode::Tag {
            line,
            name: name.to_string(),
            arguments: arguments.trim().to_string(),
        })
    }

    fn go(&mut self, bytes: usize) {
        let passed = &self.source[self.at..self.at + bytes];
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.at += bytes;
    }

    /// The text of `{% raw %}`, as it is.
    fn raw_block(&mut self, line: usize) -> Result<String, SyntaxError> {
        let start = self.at;
        let (end, after) = self.find_end(line, "raw")?;
        self.go(after - start);
        Ok(self.source[start..end].to_string())
    }

    fn skip_block(&mut self, line: usize, name: &str) -> Result<(), SyntaxError> {
        let (_, after) = self.find_end(line, name)?;
        self.go(after - self.at);
        Ok(())
    }

    /// Where `{% endNAME %}` begins and ends.
    fn find_end(&self, line: usize, name: &str) -> Result<(usize, usize), SyntaxError> {
        let mut from = self.at;
        while let Some(found) = self.source[from..].find("{%") {
            let start = from + found;
            if let Some(length) = closes(&self.source[start + 2..], name) {
                return Ok((start, start + 2 + length));
            }
            from = start + 2;
        }
        Err(SyntaxError::new(
            line,
            "unclosed",
            format!("“{{% {name} %}}” is never closed. Write “{{% end{name} %}}” where it ends."),
        ))
    }
}

/// How long the rest of an end tag is, where the text behind `{%` is one: ` endraw %}`.
fn closes(behind: &str, name: &str) -> Option<usize> {
    let rest = behind.strip_prefix('-').unwrap_or(behind).trim_start();
    let rest = rest.strip_prefix("end")?.strip_prefix(name)?.trim_start();
    let rest = rest.strip_prefix('-').unwrap_or(rest).strip_prefix("%}")?;
    Some(behind.len() - rest.len())
}

/// Where the next `{{` or `{%` begins.
fn opening(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = text[from..].find('{') {
        let at = from + found;
        if matches!(text.as_bytes().get(at + 1), Some(b'{' | b'%')) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// Every block is closed, in order, and none is nested too deep.
fn check_blocks(pieces: &[TemplateNode]) -> Result<(), SyntaxError> {
    let mut open: Vec<(usize, usize)> = Vec::new();
    for piece in pieces {
        let TemplateNode::Tag { line, name, .. } = piece else { continue };
        if let Some(index) = BLOCKS.iter().position(|(start, ..)| start == name) {
            if open.len() >= DEPTH_MAX {
                let sentence =
                    format!("Blocks are nested more than {DEPTH_MAX} deep here. Simplify it.");
                return Err(SyntaxError::new(*line, "too_deep", sentence));
            }
            open.push((index, *line));
        } else if let Some(index) = BLOCKS.iter().position(|(_, end, _)| end == name) {
            match open.pop() {
                Some((opened, _)) if opened == index => {}
                Some((opened, at)) => {
                    let (start, end, _) = BLOCKS[opened];
                    let sentence = format!(
                        "“{{% {name} %}}” comes before “{{% {start} %}}” of line {at} is closed. \
                            Write “{{% {end} %}}” first."
                    );
                    return Err(SyntaxError::new(*line, "crossed", sentence));
                }
                None => {
                    let sentence = format!(
                        "“{{% {name} %}}” closes nothing. Remove it, or write “{{% {} %}}” before \
                            it.",
                        BLOCKS[index].0
                    );
                    return Err(SyntaxError::new(*line, "unopened", sentence));
                }
            }
        } else if BLOCKS.iter().any(|(.., dividers)| dividers.contains(&name.as_str())) {
            let fits =
                open.last().is_some_and(|(opened, _)| BLOCKS[*opened].2.contains(&name.as_str()));
            if !fits {
                return Err(SyntaxError::new(
                    *line,
                    "misplaced",
                    format!("“{{% {name} %}}” does not belong here."),
                ));
            }
        } else if !TAGS.contains(&name.as_str()) {
            return Err(SyntaxError::new(*line, "unknown_tag", unknown_tag(name)));
        }
    }
    match open.last() {
        Some((opened, line)) => {
            let (start, end, _) = BLOCKS[*opened];
            let sentence =
                format!("“{{% {start} %}}” is never closed. Write “{{% {end} %}}” where it ends.");
            Err(SyntaxError::new(*line, "unclosed", sentence))
        }
        None => Ok(()),
    }
}

fn unknown_tag(name: &str) -> String {
    let short: String = name.chars().take(40).collect();
    match name {
        "include" | "render" | "layout" | "section" => {
            format!(
                "“{{% {short} %}}” is not available, because a message cannot include others. \
                Write its text here."
            )
        }
        "connected_content" => "“{% connected_content %}” is not available, because a message \
            cannot fetch content. Send the data with the event."
            .to_string(),
        "abort_message" | "message_aborted" => {
            format!(
                "“{{% {short} %}}” is not available. Put a condition split before the message \
                instead."
            )
        }
        "" => "A tag has a name, as in “{% if profile.first_name %}”.".to_string(),
        _ => format!("There is no tag “{{% {short} %}}”. Check its spelling."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> TemplateNode {
        TemplateNode::Text(text.to_string())
    }

    fn output(line: usize, code: &str) -> TemplateNode {
        TemplateNode::Output { line, code: code.to_string() }
    }

    #[test]
    fn text_outputs_and_tags_are_told_apart_with_their_lines() {
        let parts = pieces("Hi\n{{ a }}\n{% if b %}x{% endif %}").expect("fine");
        let tag = |name: &str, arguments: &str| TemplateNode::Tag {
            line: 3,
            name: name.to_string(),
            arguments: arguments.to_string(),
        };
        assert_eq!(
            parts,
            [text("Hi\n"), output(2, "a"), text("\n"), tag("if", "b"), text("x"), tag("endif", "")]
        );
    }

    #[test]
    fn dashes_eat_the_blanks_beside_them() {
        assert_eq!(
            pieces("a  {{- b -}}  c").expect("fine"),
            [text("a"), output(1, "b"), text("c")]
        );
    }

    #[test]
    fn raw_blocks_stay_and_comments_go() {
        let parts = pieces(
            "{% raw %}{{ x }}{% if %}{% endraw %}{% comment %}{{ y {% endcomment %}{% # z %}",
        )
        .expect("fine");
        assert_eq!(parts, [text("{{ x }}{% if %}")]);
    }

    #[test]
    fn a_quoted_brace_does_not_end_an_output_and_neither_does_a_braze_name() {
        assert_eq!(pieces("{{ '}}' }}").expect("fine"), [output(1, "'}}'")]);
        assert_eq!(pieces("{{${first_name}}}").expect("fine"), [output(1, "${first_name}")]);
    }

    #[test]
    fn what_is_wrong_with_the_structure_is_named_with_its_line() {
        let wrong = |source: &str| {
            pieces(source).map_err(|fault| (fault.line, fault.key)).expect_err(source)
        };
        assert_eq!(wrong("a\n{{ b"), (2, "unclosed"));
        assert_eq!(wrong("{% if a %}\n\n"), (1, "unclosed"));
        assert_eq!(wrong("\n{% endif %}"), (2, "unopened"));
        assert_eq!(wrong("{% if a %}{% for x in y %}\n{% endif %}{% endfor %}"), (2, "crossed"));
        assert_eq!(wrong("{% else %}"), (1, "misplaced"));
        assert_eq!(wrong("{% for x in y %}{% when 1 %}{% endfor %}"), (1, "misplaced"));
        assert_eq!(wrong("{% include 'x' %}"), (1, "unknown_tag"));
        assert_eq!(wrong("{% comment %}"), (1, "unclosed"));
        assert_eq!(wrong("{% if a %}".repeat(40).as_str()), (1, "too_deep"));
        assert_eq!(wrong(&format!("{{{{ {} }}}}", "a".repeat(5_000))), (1, "too_long"));
    }
}
