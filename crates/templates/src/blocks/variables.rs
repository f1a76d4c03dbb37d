//! `assign`, `capture`, `increment`, `decrement`, `ifchanged`.

use std::io::Write;

use liquid_core::{
    Language, Renderable, Result, Runtime, TagBlock, TagTokenIter, Template, Value, ValueView,
    model::KString, parser::FilterChain,
};

use super::write;
use crate::{
    budget::{self, BoundedWriter},
    placeholders::with_values,
    variable_scope::{is_missing, weight},
};

#[derive(Debug)]
struct Assign {
    name: KString,
    value: FilterChain,
}

impl Renderable for Assign {
    fn render_to(&self, _: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let value = self.value.evaluate(runtime)?.into_owned();
        budget::spend(runtime, weight(value.as_view()))?;
        runtime.set_global(
            self.name.clone(),
            if is_missing(value.as_view()) { Value::Nil } else { value },
        );
        Ok(())
    }
}

pub fn parse_assign(
    mut arguments: TagTokenIter<'_>,
    options: &Language,
) -> Result<Box<dyn Renderable>> {
    let name = name_of(&mut arguments)?;
    arguments
        .expect_next("\"=\" expected.")?
        .expect_str("=")
        .into_result_custom_msg("\"=\" expected.")?;
    let value =
        arguments.expect_next("Value expected.")?.expect_filter_chain(options).into_result()?;
    arguments.expect_nothing()?;
    Ok(Box::new(Assign { name, value }))
}

fn name_of(arguments: &mut TagTokenIter<'_>) -> Result<KString> {
    let token = arguments.expect_next("Identifier expected.")?;
    Ok(KString::from_ref(token.expect_identifier().into_result()?))
}

#[derive(Debug)]
struct Capture {
    name: KString,
    body: Template,
}

/// What a body makes, kept and not sent.
fn captured(body: &Template, runtime: &dyn Runtime) -> Result<String> {
    let mut sink = BoundedWriter::within(runtime);
    let done = with_values(runtime, || body.render_to(&mut sink, runtime));
    if sink.is_over {
        budget::note(runtime, usize::MAX);
        budget::spend(runtime, 0)?;
    }
    done?;
    let text = sink.into_text();
    budget::spend(runtime, text.len())?;
    Ok(text)
}

impl Renderable for Capture {
    fn render_to(&self, _: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let text = captured(&self.body, runtime)?;
        runtime.set_global(self.name.clone(), Value::scalar(text));
        Ok(())
    }
}

pub fn parse_capture(
    mut arguments: TagTokenIter<'_>,
    mut block: TagBlock<'_, '_>,
    options: &Language,
) -> Result<Box<dyn Renderable>> {
    let name = name_of(&mut arguments)?;
    arguments.expect_nothing()?;
    Ok(Box::new(Capture { name, body: Template::new(block.parse_all(options)?) }))
}

#[derive(Debug)]
struct Count {
    name: KString,
    by: i64,
}

impl Renderable for Count {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        budget::spend(runtime, 0)?;
        let now = runtime
            .get_index(&self.name)
            .and_then(|value| value.as_scalar().and_then(|scalar| scalar.to_integer()));
        let now = now.unwrap_or(0);
        // Up shows and then counts, down counts and then shows: so it is in Liquid.
        let next = now.saturating_add(self.by);
        runtime.set_index(self.name.clone(), Value::scalar(next));
        write(writer, &if self.by > 0 { now } else { next }.to_string())
    }
}

pub fn parse_increment(
    mut arguments: TagTokenIter<'_>,
    _: &Language,
) -> Result<Box<dyn Renderable>> {
    let name = name_of(&mut arguments)?;
    arguments.expect_nothing()?;
    Ok(Box::new(Count { name, by: 1 }))
}

pub fn parse_decrement(
    mut arguments: TagTokenIter<'_>,
    _: &Language,
) -> Result<Box<dyn Renderable>> {
    let name = name_of(&mut arguments)?;
    arguments.expect_nothing()?;
    Ok(Box::new(Count { name, by: -1 }))
}

#[derive(Debug)]
struct IfChanged {
    body: Template,
}

/// What it showed last.
#[derive(Debug, Default)]
struct Shown(Option<String>);

impl Renderable for IfChanged {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let text = captured(&self.body, runtime)?;
        let changed = {
            let mut shown = runtime.registers().get_mut::<Shown>();
            let changed = shown.0.as_ref() != Some(&text);
            shown.0 = Some(text.clone());
            changed
        };
        if changed { write(writer, &text) } else { Ok(()) }
    }
}

pub fn parse_if_changed(
    mut arguments: TagTokenIter<'_>,
    mut block: TagBlock<'_, '_>,
    options: &Language,
) -> Result<Box<dyn Renderable>> {
    arguments.expect_nothing()?;
    Ok(Box::new(IfChanged { body: Template::new(block.parse_all(options)?) }))
}
