//! A message of a journey, compiled once and composed for each person.

use url::Url;

use super::{
    LinkBuilder, RenderContext,
    budget::{EMAIL_MAX, RenderLimit, TEXT_MAX},
    compile::{RenderError, Template},
    email::{self, BodyKind},
    escape_context::EscapeContext,
    expression::VariablePath,
    layout_cache::{BodyShape, LayoutCache},
    link_rewriter::is_web,
    mjml::unknown_part,
    variable_scope::{MessageUrls, VariableScope},
};
use crate::content::{Content, EmailContent, WebhookContent};
use wayfare_domain::{
    error::FieldError,
    graph::node::{NodeKind, WebhookHeader, WebhookMethod},
    interrupt::{GivenUp, Interrupt, Uninterrupted},
};

/// Why a message could not be composed: sentences for a marketer. Trying again would not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("This version does not send {0} messages yet.")]
    NotSent(&'static str),
    #[error("This step sends nothing.")]
    NoMessage,
    /// It does not compile. Publishing asks first, so it was changed behind its back.
    #[error("The message cannot be read: {}", .0.iter().map(|problem| problem.sentence.as_str()).collect::<Vec<_>>().join(" "))]
    Broken(Vec<FieldError>),
    #[error("The {field} is too complex: {}", .limit.sentence())]
    Limit { field: String, limit: RenderLimit },
    #[error("The {field} uses a list or an object where the name of a property belongs.")]
    NoName { field: String },
    #[error("The email is not valid MJML: {0}")]
    Mjml(String),
    #[error("Elements of the email are nested more than {most} deep. Simplify it.")]
    Nested { most: usize },
    #[error("The email has more than {most} {what}. Simplify it.")]
    TooMuch { what: &'static str, most: usize },
    #[error("The email's HTML cannot be read. Check that its elements are closed.")]
    Html,
    /// Anyone who wanted it wants it no more.
    #[error("The message was not rendered: {0}.")]
    GivenUp(#[from] GivenUp),
    #[error("“{0}” is not a web address. Begin it with https:// or http://.")]
    Address(String),
}

impl TemplateError {
    /// The field of the step that it is about.
    pub fn field(&self) -> &str {
        match self {
            TemplateError::Limit { field, .. } | TemplateError::NoName { field } => field,
            TemplateError::Mjml(_)
            | TemplateError::Nested { .. }
            | TemplateError::TooMuch { .. }
            | TemplateError::Html => "body",
            TemplateError::Address(_) => "url",
            TemplateError::NotSent(_)
            | TemplateError::NoMessage
            | TemplateError::Broken(_)
            | TemplateError::GivenUp(_) => "",
        }
    }

    /// A stable key for programs.
    pub fn key(&self) -> &'static str {
        match self {
            TemplateError::NotSent(_) => "not_sent",
            TemplateError::NoMessage => "no_message",
            TemplateError::Limit { .. } | TemplateError::TooMuch { .. } => "limit",
            TemplateError::GivenUp(_) => "given_up",
            TemplateError::Nested { .. } => "too_deep",
            TemplateError::Broken(_)
            | TemplateError::NoName { .. }
            | TemplateError::Mjml(_)
            | TemplateError::Html
            | TemplateError::Address(_) => "malformed",
        }
    }
}

/// A message, ready to be filled in. Cheap to use from many threads at once.
#[derive(Debug)]
pub struct CompiledMessage {
    parts: Parts,
}

#[derive(Debug)]
enum Parts {
    Email {
        subject: Template,
        body: Template,
        finisher: LayoutCache,
    },
    Sms {
        body: Template,
    },
    Push {
        title: Template,
        body: Template,
        link: Template,
    },
    Webhook {
        method: WebhookMethod,
        url: Template,
        headers: Vec<(String, Template)>,
        body: Template,
        place: EscapeContext,
    },
    /// A message that this version does not send.
    Unsent(&'static str),
    Nothing,
}

/// Compiles and composes at once: for a single message.
///
/// # Errors
/// As [`CompiledMessage::new`] and [`CompiledMessage::compose`].
pub fn compose(
    step: &NodeKind,
    facts: &RenderContext<'_>,
    links: Option<&dyn LinkBuilder>,
) -> Result<Content, TemplateError> {
    CompiledMessage::new(step).map_err(TemplateError::Broken)?.compose(facts, links)
}

/// Compiles field after field and collects what is wrong.
#[derive(Default)]
struct Compiler {
    problems: Vec<FieldError>,
}

impl Compiler {
    fn field(
        &mut self,
        path: &str,
        source: &str,
        place: EscapeContext,
        most: usize,
    ) -> Option<Template> {
        match Template::parse(source, place, most) {
            Ok(template) => Some(template),
            Err(faults) => {
                let has_lines = source.contains('\n');
                self.problems.extend(faults.into_iter().map(|fault| {
                    let line =
                        if has_lines { format!("Line {}: ", fault.line) } else { String::new() };
                    FieldError::new(path, fault.key, format!("{line}{}", fault.sentence))
                }));
                None
            }
        }
    }

    fn parts(&mut self, step: &NodeKind) -> Option<Parts> {
        match step {
            NodeKind::Email { subject, body } => {
                let kind = BodyKind::of(body);
                let place =
                    if kind == BodyKind::Plain { EscapeContext::Text } else { EscapeContext::Html };
                let subject = self.field("subject", subject, EscapeContext::Line, TEXT_MAX);
                let unknown = unknown_part(body).filter(|_| kind == BodyKind::Mjml);
                self.problems.extend(
                    unknown.map(|sentence| FieldError::new("body", "unknown_element", sentence)),
                );
                let body = self.field("body", body, place, EMAIL_MAX);
                Some(Parts::Email {
                    subject: subject?,
                    body: body?,
                    finisher: LayoutCache::new(kind),
                })
            }
            NodeKind::Sms { body } => {
                Some(Parts::Sms { body: self.field("body", body, EscapeContext::Text, TEXT_MAX)? })
            }
            NodeKind::Push { title, body, link } => {
                let title = self.field("title", title, EscapeContext::Line, TEXT_MAX);
                let body = self.field("body", body, EscapeContext::Text, TEXT_MAX);
                let link = self.field("link", link, EscapeContext::Url, TEXT_MAX);
                Some(Parts::Push { title: title?, body: body?, link: link? })
            }
            NodeKind::Webhook { url, body, method, headers } => {
                let place = place_of_body(headers);
                let url = self.field("url", url, EscapeContext::Url, TEXT_MAX);
                let body = self.field("body", body, place, TEXT_MAX);
                let headers: Vec<_> = headers
                    .iter()
                    .enumerate()
                    .filter_map(|(index, header)| self.header(index, header))
                    .collect();
                Some(Parts::Webhook { method: *method, url: url?, headers, body: body?, place })
            }
            NodeKind::Whatsapp { .. } => Some(Parts::Unsent("WhatsApp")),
            NodeKind::WebPush { .. } => Some(Parts::Unsent("web push")),
            NodeKind::InApp { .. } => Some(Parts::Unsent("in-app")),
            NodeKind::Entry {}
            | NodeKind::Delay(_)
            | NodeKind::WaitForEvent { .. }
            | NodeKind::ConditionSplit { .. }
            | NodeKind::HasDoneSplit { .. }
            | NodeKind::RandomSplit { .. }
            | NodeKind::UpdateProfile { .. }
            | NodeKind::AddToList { .. }
            | NodeKind::RemoveFromList { .. }
            | NodeKind::StartJourney { .. }
            | NodeKind::Goal { .. }
            | NodeKind::ForceExit { .. } => Some(Parts::Nothing),
        }
    }

    fn header(&mut self, index: usize, header: &WebhookHeader) -> Option<(String, Template)> {
        let name = header.name.trim();
        if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            let sentence =
                format!("“{name}” cannot be the name of a header. Use letters, digits and dashes.");
            self.problems.push(FieldError::new(
                format!("headers[{index}].name"),
                "malformed",
                sentence,
            ));
            return None;
        }
        let value = self.field(
            &format!("headers[{index}].value"),
            &header.value,
            EscapeContext::Line,
            TEXT_MAX,
        )?;
        Some((name.to_string(), value))
    }
}

/// How values are put into a webhook's body follows from what it says it is.
fn place_of_body(headers: &[WebhookHeader]) -> EscapeContext {
    let content_type =
        headers.iter().find(|header| header.name.trim().eq_ignore_ascii_case("content-type"));
    let content_type = content_type.map(|header| header.value.to_lowercase());
    match content_type.as_deref() {
        None => EscapeContext::Json,
        Some(kind) if kind.contains("json") => EscapeContext::Json,
        Some(kind) if kind.contains("x-www-form-urlencoded") => EscapeContext::Url,
        Some(kind) if kind.contains("html") || kind.contains("xml") => EscapeContext::Html,
        Some(_) => EscapeContext::Text,
    }
}

impl CompiledMessage {
    /// Compiles what a step sends. A step that sends nothing, or that this version does not send,
    /// compiles and says so when it is composed.
    ///
    /// # Errors
    /// Everything that is wrong, each with its field: `subject`, `body`, `headers[0].value`.
    pub fn new(step: &NodeKind) -> Result<Self, Vec<FieldError>> {
        let mut compiler = Compiler::default();
        match compiler.parts(step) {
            Some(parts) if compiler.problems.is_empty() => Ok(Self { parts }),
            _ => Err(compiler.problems),
        }
    }

    /// Fills it in for one person. Without `links` nothing is counted and no one is unsubscribed.
    ///
    /// # Errors
    /// [`TemplateError`]; missing properties are none.
    pub fn compose(
        &self,
        facts: &RenderContext<'_>,
        links: Option<&dyn LinkBuilder>,
    ) -> Result<Content, TemplateError> {
        self.compose_while(facts, links, &Uninterrupted)
    }

    /// The same for someone who may not want it any more before it is done. Limits bound how long
    /// each part of it takes (`budget.rs`, `mjml.rs`); between them it is asked.
    ///
    /// # Errors
    /// As [`CompiledMessage::compose`], and [`TemplateError::GivenUp`].
    pub fn compose_while(
        &self,
        facts: &RenderContext<'_>,
        links: Option<&dyn LinkBuilder>,
        interrupt: &dyn Interrupt,
    ) -> Result<Content, TemplateError> {
        let addresses = MessageUrls::new(links);
        let fill = |field: &str, template: &Template| {
            interrupt.go_on()?;
            fill(field, template, facts, &addresses)
        };
        match &self.parts {
            Parts::Email { subject, body, finisher } => {
                let subject = fill("subject", subject)?;
                let filled = || fill("body", body);
                let (text, html) = match links {
                    Some(links) if finisher.kind() != BodyKind::Plain => {
                        let (shape, values) = body
                            .render_with_placeholders(&VariableScope::new(facts, &addresses))
                            .map_err(|failure| failed("body", failure))?;
                        finisher.finish(&BodyShape { shape, values }, filled, links, &addresses)?
                    }
                    _ => email::finish(filled()?, finisher.kind(), links, &addresses, interrupt)?,
                };
                let unsubscribe = links.map(|_| addresses.unsubscribe().to_string());
                Ok(Content::Email(EmailContent { subject, text, html, unsubscribe }))
            }
            Parts::Sms { body } => Ok(Content::Sms { body: fill("body", body)? }),
            Parts::Push { title, body, link } => {
                let link = fill("link", link)?.trim().to_string();
                let link = match links {
                    Some(links) if is_web(&link) => links.click(&link),
                    _ => link,
                };
                let link = Some(link).filter(|link| !link.is_empty());
                Ok(Content::Push { title: fill("title", title)?, body: fill("body", body)?, link })
            }
            Parts::Webhook { method, url, headers, body, .. } => {
                let url = web_address(&fill("url", url)?)?;
                let value = |(index, (name, value)): (usize, &(String, Template))| {
                    Ok((name.clone(), fill(&format!("headers[{index}].value"), value)?))
                };
                let headers =
                    headers.iter().enumerate().map(value).collect::<Result<_, TemplateError>>()?;
                Ok(Content::Webhook(WebhookContent {
                    method: *method,
                    url,
                    headers,
                    body: fill("body", body)?,
                }))
            }
            Parts::Unsent(channel) => Err(TemplateError::NotSent(channel)),
            Parts::Nothing => Err(TemplateError::NoMessage),
        }
    }

    /// How many shapes are kept, and how many of them are finished.
    #[cfg(test)]
    pub(super) fn shapes(&self) -> (usize, usize) {
        match &self.parts {
            Parts::Email { finisher, .. } => finisher.shapes(),
            _ => (0, 0),
        }
    }

    /// The values that it uses, by field.
    pub(super) fn names(&self) -> Vec<(String, &VariablePath)> {
        let mut names = Vec::new();
        for (field, template) in self.templates() {
            names.extend(template.names.iter().map(|name| (field.clone(), name)));
        }
        names
    }

    /// Values that stand in a tag without quotes around them: their field and line.
    pub(super) fn bare(&self) -> Vec<(String, usize)> {
        let mut bare = Vec::new();
        for (field, template) in self.templates() {
            bare.extend(template.bare.iter().map(|line| (field.clone(), *line)));
        }
        bare
    }

    fn templates(&self) -> Vec<(String, &Template)> {
        match &self.parts {
            Parts::Email { subject, body, .. } => {
                vec![("subject".to_string(), subject), ("body".to_string(), body)]
            }
            Parts::Sms { body } => vec![("body".to_string(), body)],
            Parts::Push { title, body, link } => {
                vec![
                    ("title".to_string(), title),
                    ("body".to_string(), body),
                    ("link".to_string(), link),
                ]
            }
            Parts::Webhook { url, headers, body, .. } => {
                let headers = headers
                    .iter()
                    .enumerate()
                    .map(|(index, (_, value))| (format!("headers[{index}].value"), value));
                [("url".to_string(), url)]
                    .into_iter()
                    .chain(headers)
                    .chain([("body".to_string(), body)])
                    .collect()
            }
            Parts::Unsent(_) | Parts::Nothing => Vec::new(),
        }
    }

    /// Is the body of this webhook meant to be JSON?
    pub(super) fn sends_json(&self) -> bool {
        matches!(self.parts, Parts::Webhook { place: EscapeContext::Json, .. })
    }
}

fn fill(
    field: &str,
    template: &Template,
    facts: &RenderContext<'_>,
    addresses: &MessageUrls<'_>,
) -> Result<String, TemplateError> {
    template.render(&VariableScope::new(facts, addresses)).map_err(|failure| failed(field, failure))
}

fn failed(field: &str, failure: RenderError) -> TemplateError {
    match failure {
        RenderError::Limit(limit) => TemplateError::Limit { field: field.to_string(), limit },
        RenderError::NoName => TemplateError::NoName { field: field.to_string() },
    }
}

/// An address of the web, without blanks around it.
fn web_address(text: &str) -> Result<String, TemplateError> {
    let text = text.trim();
    let is_fine = Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let short = || text.chars().take(100).collect();
    if is_fine { Ok(text.to_string()) } else { Err(TemplateError::Address(short())) }
}
