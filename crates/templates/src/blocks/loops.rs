//! `for`, `tablerow`, `cycle`, `break`, `continue`. A loop asks for all of its rounds before the
//! first.

use std::{collections::HashMap, io::Write};

use liquid_core::{
    Expression, Language, Renderable, Result, Runtime, TagBlock, TagTokenIter, Template, Value,
    ValueCow, ValueView,
    parser::{BlockElement, TryMatchToken},
    runtime::{Interrupt, InterruptRegister},
};

use super::write;
use crate::{
    budget,
    filters::alone,
    variable_scope::{LoopScope, weight},
};

#[derive(Debug)]
struct Loop {
    name: String,
    over: Over,
    limit: Option<Expression>,
    offset: Option<Expression>,
    reversed: bool,
    body: Template,
    otherwise: Option<Template>,
    table: Option<Table>,
}

/// Rows of a table.
#[derive(Debug)]
struct Table {
    columns: Option<Expression>,
}

#[derive(Debug)]
enum Over {
    Values(Expression),
    Numbers(Expression, Expression),
}

/// What is gone over, without being copied.
enum Items<'a> {
    Numbers { first: i64, count: u64 },
    Array(&'a dyn liquid_core::model::ArrayView),
    Pairs(Vec<Value>),
    One(&'a dyn ValueView),
    None,
}

impl<'a> Items<'a> {
    fn of(value: &'a dyn ValueView, runtime: &dyn Runtime) -> Result<Self> {
        if let Some(array) = value.as_array() {
            return Ok(Items::Array(array));
        }
        if let Some(object) = value.as_object() {
            budget::spend(runtime, crate::variable_scope::weight(value))?;
            let pair = |(key, value): (liquid_core::model::KStringCow<'_>, &dyn ValueView)| {
                Value::Array(vec![Value::scalar(key.into_owned()), value.to_value()])
            };
            return Ok(Items::Pairs(object.iter().map(pair).collect()));
        }
        let is_nothing = value.is_nil() || value.is_state() || value.to_kstr().is_empty();
        Ok(if is_nothing { Items::None } else { Items::One(value) })
    }

    fn len(&self) -> u64 {
        match self {
            Items::Numbers { count, .. } => *count,
            Items::Array(array) => u64::try_from(array.size()).unwrap_or(0),
            Items::Pairs(pairs) => pairs.len() as u64,
            Items::One(_) => 1,
            Items::None => 0,
        }
    }

    fn get(&self, index: u64) -> ValueCow<'_> {
        let place = i64::try_from(index).unwrap_or(i64::MAX);
        let found: Option<&dyn ValueView> = match self {
            Items::Numbers { first, .. } => {
                return ValueCow::Owned(Value::scalar(first.saturating_add(place)));
            }
            Items::Array(array) => array.get(place),
            Items::Pairs(pairs) => {
                usize::try_from(index).ok().and_then(|index| pairs.get(index)).map(Value::as_view)
            }
            Items::One(value) => Some(*value),
            Items::None => None,
        };
        found.map_or(ValueCow::Owned(Value::Nil), ValueCow::Borrowed)
    }
}

impl Loop {
    fn number(expression: &Expression, runtime: &dyn Runtime) -> Option<i64> {
        let value = expression.try_evaluate(runtime)?;
        let scalar = value.as_scalar()?;
        scalar.to_integer().or_else(|| scalar.to_float().map(|float| float as i64))
    }

    fn rounds(
        &self,
        items: &Items<'_>,
        writer: &mut dyn Write,
        runtime: &dyn Runtime,
        chosen: std::ops::Range<u64>,
    ) -> Result<()> {
        let length = chosen.end - chosen.start;
        let width = |expression: &Expression| {
            Self::number(expression, runtime).filter(|columns| *columns > 0)
        };
        let all = i64::try_from(length).unwrap_or(i64::MAX);
        let columns = self
            .table
            .as_ref()
            .map_or(1, |table| table.columns.as_ref().and_then(width).unwrap_or(all).max(1));
        for index in 0..length {
            let place = if self.reversed { chosen.end - 1 - index } else { chosen.start + index };
            let item = items.get(place);
            let index = i64::try_from(index).unwrap_or(i64::MAX);
            let round = LoopScope {
                around: runtime,
                name: &self.name,
                item: item.as_view(),
                loop_name: if self.table.is_some() { "tablerowloop" } else { "forloop" },
                index,
                length: all,
                columns,
            };
            budget::spend(runtime, 0)?;
            self.round(writer, &round, index, columns, index + 1 == all)?;
            let interrupt = runtime.registers().get_mut::<InterruptRegister>().reset();
            if interrupt == Some(Interrupt::Break) {
                break;
            }
        }
        Ok(())
    }

    fn round(
        &self,
        writer: &mut dyn Write,
        round: &LoopScope<'_>,
        index: i64,
        columns: i64,
        last: bool,
    ) -> Result<()> {
        if self.table.is_none() {
            return self.body.render_to(writer, round);
        }
        let (row, column) = (index / columns + 1, index % columns + 1);
        if column == 1 {
            write(writer, &format!("<tr class=\"row{row}\">"))?;
        }
        write(writer, &format!("<td class=\"col{column}\">"))?;
        self.body.render_to(writer, round)?;
        write(writer, "</td>")?;
        if column == columns || last { write(writer, "</tr>") } else { Ok(()) }
    }
}

impl Renderable for Loop {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let value;
        let items = match &self.over {
            Over::Values(expression) => {
                value = expression.try_evaluate(runtime).unwrap_or(ValueCow::Owned(Value::Nil));
                Items::of(value.as_view(), runtime)?
            }
            Over::Numbers(first, last) => {
                let (first, last) = (
                    Self::number(first, runtime).unwrap_or(0),
                    Self::number(last, runtime).unwrap_or(0),
                );
                let count = if first > last { 0 } else { last.abs_diff(first).saturating_add(1) };
                Items::Numbers { first, count }
            }
        };
        let natural = |expression: &Option<Expression>| -> Option<u64> {
            let number = Self::number(expression.as_ref()?, runtime)?;
            Some(u64::try_from(number).unwrap_or(0))
        };
        let start = natural(&self.offset).unwrap_or(0).min(items.len());
        let end = natural(&self.limit)
            .map_or(items.len(), |limit| start.saturating_add(limit).min(items.len()));
        if start == end {
            return self.otherwise.as_ref().map_or(Ok(()), |body| body.render_to(writer, runtime));
        }
        budget::enter_loop(runtime, end - start)?;
        self.rounds(&items, writer, runtime, start..end)
    }
}

pub fn parse_for(
    arguments: TagTokenIter<'_>,
    block: TagBlock<'_, '_>,
    options: &Language,
) -> Result<Box<dyn Renderable>> {
    parse_loop(arguments, block, options, false)
}

pub fn parse_table_row(
    arguments: TagTokenIter<'_>,
    block: TagBlock<'_, '_>,
    options: &Language,
) -> Result<Box<dyn Renderable>> {
    parse_loop(arguments, block, options, true)
}

fn parse_loop(
    mut arguments: TagTokenIter<'_>,
    mut block: TagBlock<'_, '_>,
    options: &Language,
    is_table: bool,
) -> Result<Box<dyn Renderable>> {
    let name = arguments
        .expect_next("Identifier expected.")?
        .expect_identifier()
        .into_result()?
        .to_string();
    arguments
        .expect_next("\"in\" expected.")?
        .expect_str("in")
        .into_result_custom_msg("\"in\" expected.")?;
    let over = match arguments.expect_next("Array or range expected.")?.expect_value() {
        TryMatchToken::Matches(values) => Over::Values(values),
        TryMatchToken::Fails(range) => {
            let (first, last) = range.expect_range().into_result()?;
            Over::Numbers(first, last)
        }
    };
    let (mut limit, mut offset, mut reversed, mut columns) = (None, None, false, None);
    while let Some(token) = arguments.next() {
        match token.as_str() {
            "limit" => limit = Some(setting(&mut arguments)?),
            "offset" => offset = Some(setting(&mut arguments)?),
            "cols" if is_table => columns = Some(setting(&mut arguments)?),
            "reversed" => reversed = true,
            "," => {}
            _ => {
                return Err(
                    token.raise_custom_error("\"limit\", \"offset\" or \"reversed\" expected.")
                );
            }
        }
    }
    let (mut body, mut otherwise) = (Vec::new(), None);
    while let Some(element) = block.next()? {
        match element {
            BlockElement::Tag(mut tag) if tag.name() == "else" => {
                tag.tokens().expect_nothing()?;
                otherwise = Some(Template::new(block.parse_all(options)?));
            }
            element => body.push(element.parse(&mut block, options)?),
        }
    }
    let table = is_table.then_some(Table { columns });
    Ok(Box::new(Loop {
        name,
        over,
        limit,
        offset,
        reversed,
        body: Template::new(body),
        otherwise,
        table,
    }))
}

/// The value behind `limit:`.
fn setting(arguments: &mut TagTokenIter<'_>) -> Result<Expression> {
    arguments
        .expect_next("\":\" expected.")?
        .expect_str(":")
        .into_result_custom_msg("\":\" expected.")?;
    arguments.expect_next("Value expected.")?.expect_value().into_result()
}

#[derive(Debug)]
struct Cycle {
    group: String,
    values: Vec<Expression>,
    /// Makes a value fit into its place.
    escape: fn(&dyn ValueView) -> String,
}

/// How far each group has come.
#[derive(Debug, Default)]
struct Cycles(HashMap<String, usize>);

impl Renderable for Cycle {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let place = {
            let mut cycles = runtime.registers().get_mut::<Cycles>();
            let place = cycles.0.entry(self.group.clone()).or_default();
            let now = *place;
            *place = (now + 1) % self.values.len().max(1);
            now
        };
        budget::spend(runtime, self.group.len())?;
        let Some(expression) = self.values.get(place) else { return Ok(()) };
        let Some(value) = expression.try_evaluate(runtime) else { return Ok(()) };
        budget::spend(runtime, 6 * weight(value.as_view()))?;
        match expression {
            // What the author has written stands as it is.
            Expression::Literal(_) => write(writer, &value.to_kstr()),
            Expression::Variable(_) => write(writer, &(self.escape)(value.as_view())),
        }
    }
}

/// `cycle` under the names that [`crate::escape_context::ContextTracker`] gives it.
pub fn parse_cycle(arguments: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
    cycle(arguments, alone::plain)
}

pub fn parse_cycle_html(arguments: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
    cycle(arguments, alone::html)
}

pub fn parse_cycle_address(
    arguments: TagTokenIter<'_>,
    _: &Language,
) -> Result<Box<dyn Renderable>> {
    cycle(arguments, alone::address)
}

pub fn parse_cycle_html_bare(
    arguments: TagTokenIter<'_>,
    _: &Language,
) -> Result<Box<dyn Renderable>> {
    cycle(arguments, alone::html_bare)
}

pub fn parse_cycle_address_bare(
    arguments: TagTokenIter<'_>,
    _: &Language,
) -> Result<Box<dyn Renderable>> {
    cycle(arguments, alone::address_bare)
}

pub fn parse_cycle_json_text(
    arguments: TagTokenIter<'_>,
    _: &Language,
) -> Result<Box<dyn Renderable>> {
    cycle(arguments, alone::json_text)
}

pub fn parse_cycle_json(arguments: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
    cycle(arguments, alone::json)
}

pub fn parse_cycle_url(arguments: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
    cycle(arguments, alone::url)
}

fn cycle(
    mut arguments: TagTokenIter<'_>,
    escape: fn(&dyn ValueView) -> String,
) -> Result<Box<dyn Renderable>> {
    let mut values = vec![arguments.expect_next("Value expected.")?.expect_value().into_result()?];
    let mut group = None;
    while let Some(token) = arguments.next() {
        match token.as_str() {
            ":" if group.is_none() && values.len() == 1 => {
                group = values.pop().map(|name| name.to_string())
            }
            "," => {}
            _ => return Err(token.raise_custom_error("\",\" expected.")),
        }
        values.push(arguments.expect_next("Value expected.")?.expect_value().into_result()?);
    }
    let all = || values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    Ok(Box::new(Cycle { group: group.unwrap_or_else(all), values, escape }))
}

#[derive(Debug)]
struct Break(Interrupt);

impl Renderable for Break {
    fn render_to(&self, _: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        budget::spend(runtime, 0)?;
        runtime.registers().get_mut::<InterruptRegister>().set(self.0);
        Ok(())
    }
}

pub fn parse_break(mut arguments: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
    arguments.expect_nothing()?;
    Ok(Box::new(Break(Interrupt::Break)))
}

pub fn parse_continue(
    mut arguments: TagTokenIter<'_>,
    _: &Language,
) -> Result<Box<dyn Renderable>> {
    arguments.expect_nothing()?;
    Ok(Box::new(Break(Interrupt::Continue)))
}
