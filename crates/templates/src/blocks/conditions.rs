//! `if`, `unless`, `case`.

use std::io::Write;

use liquid_core::{
    Expression, Language, Renderable, Result, Runtime, TagBlock, TagTokenIter, Template, Value,
    ValueCow, ValueView,
    model::ValueViewCmp,
    parser::{BlockElement, TagToken},
};

use crate::{budget, variable_scope::weight};

/// The first arm whose condition holds.
#[derive(Debug)]
struct Choice {
    /// Without a condition: `else`.
    arms: Vec<(Option<Condition>, Template)>,
}

/// Any of the groups, of which all parts hold: `a and b or c`.
#[derive(Debug)]
struct Condition {
    groups: Vec<Vec<Comparison>>,
    /// `unless`
    negated: bool,
}

#[derive(Debug)]
struct Comparison {
    left: Expression,
    right: Option<(Operator, Expression)>,
}

#[derive(Debug, Clone, Copy)]
enum Operator {
    Equal,
    Unequal,
    Less,
    Greater,
    AtMost,
    AtLeast,
    Contains,
}

impl Operator {
    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "==" => Operator::Equal,
            "!=" | "<>" => Operator::Unequal,
            "<" => Operator::Less,
            ">" => Operator::Greater,
            "<=" => Operator::AtMost,
            ">=" => Operator::AtLeast,
            "contains" => Operator::Contains,
            _ => return None,
        })
    }

    fn holds(self, left: &dyn ValueView, right: &dyn ValueView) -> bool {
        let (a, b) = (ValueViewCmp::new(left), ValueViewCmp::new(right));
        match self {
            Operator::Equal => a == b,
            Operator::Unequal => a != b,
            Operator::Less => a < b,
            Operator::Greater => a > b,
            Operator::AtMost => a <= b,
            Operator::AtLeast => a >= b,
            Operator::Contains => contains(left, right),
        }
    }
}

fn contains(whole: &dyn ValueView, part: &dyn ValueView) -> bool {
    if part.is_nil() {
        false
    } else if let Some(items) = whole.as_array() {
        items.values().any(|item| ValueViewCmp::new(item) == ValueViewCmp::new(part))
    } else if let Some(members) = whole.as_object() {
        members.contains_key(part.to_kstr().as_str())
    } else {
        !whole.is_nil() && whole.to_kstr().contains(part.to_kstr().as_str())
    }
}

/// What is not there is nothing.
fn evaluate<'a>(expression: &'a Expression, runtime: &'a dyn Runtime) -> Result<ValueCow<'a>> {
    let value = expression.try_evaluate(runtime).unwrap_or(ValueCow::Owned(Value::Nil));
    budget::spend(runtime, weight(value.as_view()))?;
    Ok(value)
}

impl Comparison {
    fn holds(&self, runtime: &dyn Runtime) -> Result<bool> {
        let left = evaluate(&self.left, runtime)?;
        match &self.right {
            None => Ok(left.query_state(liquid_core::model::State::Truthy)),
            Some((operator, right)) => {
                Ok(operator.holds(left.as_view(), evaluate(right, runtime)?.as_view()))
            }
        }
    }

    fn parse(tokens: &mut Tokens<'_>) -> Result<Self> {
        let left = tokens.value()?;
        let operator = tokens.peek().and_then(Operator::read);
        let right = match operator {
            Some(operator) => {
                tokens.next();
                Some((operator, tokens.value()?))
            }
            None => None,
        };
        Ok(Self { left, right })
    }
}

impl Condition {
    fn holds(&self, runtime: &dyn Runtime) -> Result<bool> {
        for group in &self.groups {
            let mut all = true;
            for comparison in group {
                if !comparison.holds(runtime)? {
                    all = false;
                    break;
                }
            }
            if all {
                return Ok(!self.negated);
            }
        }
        Ok(self.negated)
    }

    fn parse(arguments: TagTokenIter<'_>, negated: bool) -> Result<Self> {
        let mut tokens = Tokens { rest: arguments, next: None };
        let mut groups = vec![vec![Comparison::parse(&mut tokens)?]];
        while let Some(token) = tokens.next() {
            let comparison = match token.as_str() {
                "and" | "or" => Comparison::parse(&mut tokens)?,
                _ => return Err(token.raise_custom_error("\"and\" or \"or\" expected.")),
            };
            match (token.as_str(), groups.last_mut()) {
                ("and", Some(group)) => group.push(comparison),
                _ => groups.push(vec![comparison]),
            }
        }
        Ok(Self { groups, negated })
    }
}

/// Tokens with a look ahead.
struct Tokens<'a> {
    rest: TagTokenIter<'a>,
    next: Option<TagToken<'a>>,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<TagToken<'a>> {
        self.next.take().or_else(|| self.rest.next())
    }

    fn peek(&mut self) -> Option<&str> {
        if self.next.is_none() {
            self.next = self.rest.next();
        }
        self.next.as_ref().map(TagToken::as_str)
    }

    fn value(&mut self) -> Result<Expression> {
        match self.next() {
            Some(token) => token.expect_value().into_result(),
            None => Err(self.rest.raise_error("Value expected.")),
        }
    }
}

impl Renderable for Choice {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        for (condition, body) in &self.arms {
            let holds = match condition {
                Some(condition) => condition.holds(runtime)?,
                None => true,
            };
            if holds {
                return body.render_to(writer, runtime);
            }
        }
        Ok(())
    }
}

pub fn parse_if(
    arguments: TagTokenIter<'_>,
    block: TagBlock<'_, '_>,
    options: &Language,
) -> Result<Box<dyn Renderable>> {
    parse_choice(Condition::parse(arguments, false)?, block, options)
}

pub fn parse_unless(
    arguments: TagTokenIter<'_>,
    block: TagBlock<'_, '_>,
    options: &Language,
) -> Result<Box<dyn Renderable>> {
    parse_choice(Condition::parse(arguments, true)?, block, options)
}

fn parse_choice(
    first: Condition,
    mut block: TagBlock<'_, '_>,
    options: &Language,
) -> Result<Box<dyn Renderable>> {
    let mut arms = Vec::new();
    let (mut condition, mut body) = (Some(first), Vec::new());
    while let Some(element) = block.next()? {
        let next = match element {
            BlockElement::Tag(tag) if tag.name() == "elsif" => {
                Some(Condition::parse(tag.into_tokens(), false)?)
            }
            BlockElement::Tag(mut tag) if tag.name() == "else" => {
                tag.tokens().expect_nothing()?;
                None
            }
            element => {
                body.push(element.parse(&mut block, options)?);
                continue;
            }
        };
        arms.push((condition, Template::new(std::mem::take(&mut body))));
        condition = next;
    }
    arms.push((condition, Template::new(body)));
    Ok(Box::new(Choice { arms }))
}

/// The first arm that names the value.
#[derive(Debug)]
struct Case {
    value: Expression,
    arms: Vec<(Vec<Expression>, Template)>,
    otherwise: Template,
}

impl Renderable for Case {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let value = evaluate(&self.value, runtime)?;
        for (candidates, body) in &self.arms {
            for candidate in candidates {
                if Operator::Equal.holds(value.as_view(), evaluate(candidate, runtime)?.as_view()) {
                    return body.render_to(writer, runtime);
                }
            }
        }
        self.otherwise.render_to(writer, runtime)
    }
}

pub fn parse_case(
    mut arguments: TagTokenIter<'_>,
    mut block: TagBlock<'_, '_>,
    options: &Language,
) -> Result<Box<dyn Renderable>> {
    let value = arguments.expect_next("Value expected.")?.expect_value().into_result()?;
    arguments.expect_nothing()?;
    let (mut arms, mut otherwise) = (Vec::new(), Vec::new());
    // What stands before the first `when` is never shown.
    let (mut candidates, mut body): (Option<Vec<Expression>>, Vec<Box<dyn Renderable>>) =
        (Some(Vec::new()), Vec::new());
    while let Some(element) = block.next()? {
        let next = match element {
            BlockElement::Tag(tag) if tag.name() == "when" => {
                Some(candidates_of(tag.into_tokens())?)
            }
            BlockElement::Tag(tag) if tag.name() == "else" => None,
            element => {
                body.push(element.parse(&mut block, options)?);
                continue;
            }
        };
        keep(&mut arms, &mut otherwise, candidates, std::mem::take(&mut body));
        candidates = next;
    }
    keep(&mut arms, &mut otherwise, candidates, body);
    Ok(Box::new(Case { value, arms, otherwise: Template::new(otherwise) }))
}

fn keep(
    arms: &mut Vec<(Vec<Expression>, Template)>,
    otherwise: &mut Vec<Box<dyn Renderable>>,
    candidates: Option<Vec<Expression>>,
    body: Vec<Box<dyn Renderable>>,
) {
    match candidates {
        Some(candidates) => arms.push((candidates, Template::new(body))),
        None => otherwise.extend(body),
    }
}

fn candidates_of(mut arguments: TagTokenIter<'_>) -> Result<Vec<Expression>> {
    let mut candidates =
        vec![arguments.expect_next("Value expected.")?.expect_value().into_result()?];
    while let Some(token) = arguments.next() {
        if !matches!(token.as_str(), "," | "or") {
            return Err(token.raise_custom_error("\",\" or \"or\" expected."));
        }
        candidates.push(arguments.expect_next("Value expected.")?.expect_value().into_result()?);
    }
    Ok(candidates)
}
