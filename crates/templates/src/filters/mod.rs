//! The filters of Liquid. They take whatever comes (what is no number counts as 0, what is not
//! there as nothing), never fail but for the meter, and tell it what they read and make before they
//! make it.

mod dates;
mod escapes;
mod lists;
mod numbers;
mod texts;

use std::fmt;

use liquid_core::{
    Error, Expression, Filter, FilterReflection, Language, ParseFilter, Result, Runtime, Value,
    ValueCow, ValueView,
    parser::{FilterArguments, ParameterReflection},
};

use super::{
    budget,
    variable_scope::{is_missing, weight},
};
use wayfare_domain::messages::known_properties::suggest;

pub use escapes::alone;

/// Our own filter at the end of an output that is put in as it is.
pub const AS_IT_IS: &str = "__plain";
/// The same at the end of an output into HTML, and before a filter that makes HTML of it.
pub const HTML_VALUE: &str = "__html";
pub const HTML_NOW: &str = "__html_now";
/// Instead of it where no quotes are around it; as a name where it is told so.
pub const HTML_BARE: &str = "__html_bare";
/// Before it, where a value decides where an address leads.
pub const ADDRESS: &str = "__address";

/// One filter: its name, how many arguments it takes, and what it does.
#[derive(Clone, Copy)]
struct Spec {
    name: &'static str,
    least: usize,
    most: usize,
    apply: fn(&Call<'_>) -> Result<Value>,
}

const fn spec(
    name: &'static str,
    least: usize,
    most: usize,
    apply: fn(&Call<'_>) -> Result<Value>,
) -> Spec {
    Spec { name, least, most, apply }
}

/// A filter at work.
struct Call<'a> {
    input: &'a dyn ValueView,
    arguments: &'a [ValueCow<'a>],
    /// `allow_false: true`
    allow_false: bool,
    runtime: &'a dyn Runtime,
}

/// Nothing, for what is not there.
static NIL: Value = Value::Nil;

impl Call<'_> {
    fn argument(&self, index: usize) -> &dyn ValueView {
        let argument = self.arguments.get(index).map(ValueCow::as_view);
        argument.filter(|value| !is_missing(*value)).unwrap_or(&NIL)
    }

    fn text(&self) -> String {
        self.input.to_kstr().into_string()
    }

    fn text_of(&self, index: usize) -> String {
        self.argument(index).to_kstr().into_string()
    }

    fn whole(&self, index: usize) -> Option<i64> {
        let scalar = self.argument(index).as_scalar()?;
        scalar.to_integer().or_else(|| scalar.to_float().map(|float| float as i64))
    }

    /// Asks whether so many bytes may be made.
    fn makes(&self, bytes: usize) -> Result<()> {
        budget::spend(self.runtime, bytes)
    }
}

fn all() -> impl Iterator<Item = &'static Spec> {
    [escapes::FILTERS, texts::FILTERS, numbers::FILTERS, lists::FILTERS, dates::FILTERS]
        .into_iter()
        .flatten()
}

pub fn register(language: &mut Language) {
    for spec in all() {
        language.filters.register(spec.name.to_string(), Box::new(*spec));
    }
}

/// Is it a filter that authors may use?
pub fn is_known(name: &str) -> bool {
    !name.starts_with("__") && all().any(|spec| spec.name == name)
}

/// What to say of a filter that there is not.
pub fn unknown(name: &str) -> String {
    let short: String = name.chars().take(40).collect();
    let known = all().map(|spec| spec.name).filter(|known| !known.starts_with("__"));
    match suggest(name, known) {
        Some(near) => format!("There is no filter “{short}”. Did you mean “{near}”?"),
        None => format!("There is no filter “{short}”. Remove it, or use another one."),
    }
}

impl FilterReflection for Spec {
    fn name(&self) -> &str {
        self.name
    }

    fn description(&self) -> &str {
        ""
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

impl ParseFilter for Spec {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        let positional: Vec<Expression> = arguments.positional.collect();
        if positional.len() < self.least || positional.len() > self.most {
            return Err(Error::with_msg("wrong number of arguments"));
        }
        let mut allow_false = None;
        for (name, value) in arguments.keyword {
            match name {
                "allow_false" => allow_false = Some(value),
                _ => return Err(Error::with_msg("unknown argument")),
            }
        }
        Ok(Box::new(Applied { spec: *self, arguments: positional, allow_false }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

/// A filter with its arguments, as it stands in a template.
struct Applied {
    spec: Spec,
    arguments: Vec<Expression>,
    allow_false: Option<Expression>,
}

impl fmt::Debug for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.spec.name)
    }
}

impl Filter for Applied {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        let evaluate = |argument: &'_ Expression| {
            argument.try_evaluate(runtime).map(ValueCow::into_owned).unwrap_or(Value::Nil)
        };
        let arguments: Vec<ValueCow<'_>> =
            self.arguments.iter().map(evaluate).map(ValueCow::Owned).collect();
        let read: usize = arguments.iter().map(|argument| weight(argument.as_view())).sum();
        let input = if is_missing(input) { &NIL } else { input };
        budget::spend(runtime, weight(input) + read)?;
        let allow_false = self.allow_false.as_ref().map(evaluate);
        let allow_false =
            allow_false.is_some_and(|value| value.query_state(liquid_core::model::State::Truthy));
        (self.spec.apply)(&Call { input, arguments: &arguments, allow_false, runtime })
    }
}

/// A text as a value.
fn text(text: impl Into<String>) -> Result<Value> {
    Ok(Value::scalar(text.into()))
}
