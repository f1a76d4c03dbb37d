//! A template, parsed once and filled in for thousands of people.

use std::{
    collections::HashSet,
    sync::{Arc, LazyLock},
};

use liquid_core::{Language, Renderable, Runtime};

use super::{
    blocks,
    budget::{BoundedWriter, RenderBudget, RenderLimit},
    escape_context::{ContextTracker, EscapeContext, one_line},
    expression::{self, VariablePath},
    filters,
    parser::{SyntaxError, TemplateNode, pieces},
    placeholders::DeferredValues,
    variable_scope::VariableScope,
};

/// Why a text could not be filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderError {
    Limit(RenderLimit),
    /// A list or an object stands where a name belongs: `profile[event.items]`.
    NoName,
}

/// A text that is filled in.
#[derive(Debug)]
pub struct Template {
    body: Body,
    place: EscapeContext,
    /// Longest result, in bytes.
    most: usize,
    /// Values that it uses and does not make itself.
    pub names: Vec<VariablePath>,
    /// Lines on which a value stands in a tag without quotes around it.
    pub bare: Vec<usize>,
}

#[derive(Debug)]
enum Body {
    /// Nothing is filled in.
    Fixed(String),
    Liquid {
        template: liquid_core::Template,
        guess: usize,
    },
}

/// Everything that templates can use, besides their own texts.
static LANGUAGE: LazyLock<Language> = LazyLock::new(|| {
    let mut language = Language::empty();
    blocks::register(&mut language);
    filters::register(&mut language);
    language
});

impl Template {
    /// # Errors
    /// Everything that is wrong with it, as far as one can see past the first thing.
    pub fn parse(
        source: &str,
        place: EscapeContext,
        most: usize,
    ) -> Result<Self, Vec<SyntaxError>> {
        if source.len() > most {
            let sentence =
                format!("It has {} KB; the limit is {} KB.", source.len() / 1024, most / 1024);
            return Err(vec![SyntaxError::new(1, "too_long", sentence)]);
        }
        let pieces = pieces(source).map_err(|fault| vec![fault])?;
        if pieces.iter().all(|piece| matches!(piece, TemplateNode::Text(_))) {
            let text: String = pieces
                .into_iter()
                .map(
                    |piece| if let TemplateNode::Text(text) = piece { text } else { String::new() },
                )
                .collect();
            let (names, bare) = (Vec::new(), Vec::new());
            return Ok(Self { body: Body::Fixed(text), place, most, names, bare });
        }
        let faults: Vec<SyntaxError> = pieces.iter().flat_map(faults_of).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let written = Written::new(place, &pieces);
        let template = written.parse().map_err(|fault| vec![fault])?;
        Ok(Self {
            body: Body::Liquid { template, guess: source.len() + 256 },
            place,
            most,
            names: used_names(&pieces),
            bare: written.bare,
        })
    }

    /// With a mark in place of each value, and the values: for a text of which more is made than
    /// that they are put in.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_with_placeholders(
        &self,
        scope: &VariableScope<'_>,
    ) -> Result<(String, Vec<String>), RenderError> {
        scope.registers().get_mut::<DeferredValues>().wanted = true;
        let text = self.render(scope)?;
        let values = std::mem::take(&mut scope.registers().get_mut::<DeferredValues>().values);
        Ok((text, values))
    }

    /// # Errors
    /// Where a limit was hit. Values that are not there are none: they become nothing.
    pub fn render(&self, scope: &VariableScope<'_>) -> Result<String, RenderError> {
        let filled = match &self.body {
            Body::Fixed(text) => text.clone(),
            Body::Liquid { template, guess } => {
                let mut sink = BoundedWriter::new(self.most, *guess);
                match template.render_to(&mut sink, scope) {
                    Ok(()) => sink.into_text(),
                    Err(_) if sink.is_over => {
                        return Err(RenderError::Limit(RenderLimit::Output(self.most)));
                    }
                    Err(_) => {
                        let hit = scope.registers().get_mut::<RenderBudget>().hit;
                        return Err(hit.map_or(RenderError::NoName, RenderError::Limit));
                    }
                }
            }
        };
        Ok(if self.place == EscapeContext::Line { one_line(&filled) } else { filled })
    }
}

/// What is wrong inside of a piece, and can be told without the parser.
fn faults_of(piece: &TemplateNode) -> Vec<SyntaxError> {
    let (line, code) = match piece {
        TemplateNode::Text(_) => return Vec::new(),
        TemplateNode::Output { line, code } => (*line, code),
        TemplateNode::Tag { line, arguments, .. } => (*line, arguments),
    };
    if matches!(piece, TemplateNode::Output { .. }) && code.is_empty() {
        return vec![SyntaxError::new(line, "required", "There is nothing between “{{” and “}}”.")];
    }
    if let Some((key, sentence)) = expression::reject_reason(code) {
        return vec![SyntaxError::new(line, key, sentence)];
    }
    let unknown = |(_, name): (usize, String)| {
        (!filters::is_known(&name))
            .then(|| SyntaxError::new(line, "unknown_filter", filters::unknown(&name)))
    };
    let is_chain = matches!(piece, TemplateNode::Output { .. })
        || matches!(piece, TemplateNode::Tag { name, .. } if name == "assign");
    if is_chain {
        expression::filters(code).into_iter().filter_map(unknown).collect()
    } else {
        Vec::new()
    }
}

/// What the parser is given: no text, only numbers of texts, and each part on lines of its own, so
/// that a complaint leads back to its part. (The parser takes a square of the time for long runs of
/// blanks.)
struct Written<'a> {
    source: String,
    texts: Arc<[Box<str>]>,
    /// Each part with its first line in `source`, and as it stands there.
    parts: Vec<(usize, &'a TemplateNode, String)>,
    /// Lines of the template.
    bare: Vec<usize>,
}

impl<'a> Written<'a> {
    fn new(place: EscapeContext, pieces: &'a [TemplateNode]) -> Self {
        let mut rewriter = ContextTracker::new(place, pieces);
        let (mut source, mut texts, mut parts, mut line) =
            (String::new(), Vec::new(), Vec::new(), 1);
        let mut bare = Vec::new();
        for piece in pieces {
            rewriter.was_bare = false;
            let part = match piece {
                TemplateNode::Text(text) => {
                    rewriter.passes_text(text);
                    texts.push(text.clone().into_boxed_str());
                    format!("{{% {} {}\n%}}", blocks::TEXT_TAG, texts.len() - 1)
                }
                TemplateNode::Output { code, .. } => format!(
                    "{{{{ {}\n}}}}",
                    rewriter.finish(&expression::squeezed(&expression::translate(code)))
                ),
                TemplateNode::Tag { name, arguments, .. } => {
                    let name = rewriter.passes_tag(name);
                    format!(
                        "{{% {name} {}\n%}}",
                        expression::squeezed(&expression::translate(arguments))
                    )
                }
            };
            if let TemplateNode::Output { line, .. } | TemplateNode::Tag { line, .. } = piece
                && rewriter.was_bare
            {
                bare.push(*line);
            }
            source.push_str(&part);
            let lines = part.matches('\n').count();
            parts.push((line, piece, part));
            line += lines;
        }
        Self { source, texts: texts.into(), parts, bare }
    }

    fn parse(&self) -> Result<liquid_core::Template, SyntaxError> {
        let mut language = LANGUAGE.clone();
        blocks::register_texts(&mut language, Arc::clone(&self.texts));
        let parsed = liquid_core::parser::parse(&self.source, &language);
        parsed
            .map(liquid_core::Template::new)
            .map_err(|error| self.fault(&error.to_string(), &language))
    }

    /// The complaint in our words, with the line of the template.
    fn fault(&self, complaint: &str, language: &Language) -> SyntaxError {
        let line = complaint
            .split("--> ")
            .nth(1)
            .and_then(|rest| rest.split(':').next())
            .and_then(|line| line.trim().parse().ok());
        let part = match line {
            Some(line) => self.parts.iter().rfind(|(start, ..)| *start <= line),
            // The complaint is about a filter and does not say where: it is the output that does
            // not parse by itself.
            None => self.parts.iter().find(|(_, piece, part)| {
                matches!(piece, TemplateNode::Output { .. })
                    && liquid_core::parser::parse(part, language).is_err()
            }),
        };
        let (line, written) = match part.map(|(_, piece, _)| *piece) {
            Some(TemplateNode::Output { line, code }) => (*line, format!("{{{{ {code} }}}}")),
            Some(TemplateNode::Tag { line, name, arguments }) => {
                (*line, format!("{{% {name} {arguments} %}}"))
            }
            Some(TemplateNode::Text(_)) | None => (1, "the template".to_string()),
        };
        let short: String = written.chars().take(80).collect();
        SyntaxError::new(
            line,
            "malformed",
            format!("“{short}” cannot be read. Check its spelling, quotes and punctuation."),
        )
    }
}

/// The values that a template uses and does not make itself.
fn used_names(pieces: &[TemplateNode]) -> Vec<VariablePath> {
    let mut made = HashSet::from(["forloop".to_string(), "tablerowloop".to_string()]);
    let mut names = Vec::new();
    for piece in pieces {
        match piece {
            TemplateNode::Text(_) => {}
            TemplateNode::Output { line, code } => {
                names.extend(expression::names(*line, &expression::translate(code), false))
            }
            TemplateNode::Tag { line, name, arguments } => {
                let arguments = expression::translate(arguments);
                let declares = matches!(
                    name.as_str(),
                    "assign" | "capture" | "for" | "tablerow" | "increment" | "decrement"
                );
                if declares {
                    made.extend(
                        expression::tokens(&arguments).first().map(|token| token.text.to_string()),
                    );
                }
                names.extend(expression::names(*line, &arguments, declares));
            }
        }
    }
    names.retain(|name| !made.contains(&name.root));
    names
}
