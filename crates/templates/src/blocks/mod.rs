//! The tags of Liquid, each of which asks the meter before it does anything.

mod conditions;
mod loops;
mod variables;

use std::{io::Write, sync::Arc};

use liquid_core::{
    BlockReflection, Error, Language, ParseBlock, ParseTag, Renderable, Result, Runtime, TagBlock,
    TagReflection, TagTokenIter, ValueView,
};

use super::budget;

/// Stands for a text of the template, by its number.
pub const TEXT_TAG: &str = "__text";

type ParseBlockFn =
    fn(TagTokenIter<'_>, TagBlock<'_, '_>, &Language) -> Result<Box<dyn Renderable>>;
type ParseTagFn = fn(TagTokenIter<'_>, &Language) -> Result<Box<dyn Renderable>>;

#[derive(Clone, Copy)]
struct Block {
    start: &'static str,
    end: &'static str,
    parse: ParseBlockFn,
}

#[derive(Clone, Copy)]
struct Tag {
    name: &'static str,
    parse: ParseTagFn,
}

const BLOCKS: [Block; 7] = [
    Block { start: "if", end: "endif", parse: conditions::parse_if },
    Block { start: "unless", end: "endunless", parse: conditions::parse_unless },
    Block { start: "case", end: "endcase", parse: conditions::parse_case },
    Block { start: "for", end: "endfor", parse: loops::parse_for },
    Block { start: "tablerow", end: "endtablerow", parse: loops::parse_table_row },
    Block { start: "capture", end: "endcapture", parse: variables::parse_capture },
    Block { start: "ifchanged", end: "endifchanged", parse: variables::parse_if_changed },
];

const TAGS: [Tag; 13] = [
    Tag { name: "assign", parse: variables::parse_assign },
    Tag { name: "increment", parse: variables::parse_increment },
    Tag { name: "decrement", parse: variables::parse_decrement },
    Tag { name: "cycle", parse: loops::parse_cycle },
    Tag { name: "cycle_html", parse: loops::parse_cycle_html },
    Tag { name: "cycle_address", parse: loops::parse_cycle_address },
    Tag { name: "cycle_html_bare", parse: loops::parse_cycle_html_bare },
    Tag { name: "cycle_address_bare", parse: loops::parse_cycle_address_bare },
    Tag { name: "cycle_json_text", parse: loops::parse_cycle_json_text },
    Tag { name: "cycle_json", parse: loops::parse_cycle_json },
    Tag { name: "cycle_url", parse: loops::parse_cycle_url },
    Tag { name: "break", parse: loops::parse_break },
    Tag { name: "continue", parse: loops::parse_continue },
];

pub fn register(language: &mut Language) {
    for block in BLOCKS {
        language.blocks.register(block.start.to_string(), Box::new(block));
    }
    for tag in TAGS {
        language.tags.register(tag.name.to_string(), Box::new(tag));
    }
}

/// The texts of one template.
pub fn register_texts(language: &mut Language, texts: Arc<[Box<str>]>) {
    language.tags.register(TEXT_TAG.to_string(), Box::new(TextTag(texts)));
}

impl BlockReflection for Block {
    fn start_tag(&self) -> &str {
        self.start
    }

    fn end_tag(&self) -> &str {
        self.end
    }

    fn description(&self) -> &str {
        ""
    }
}

impl ParseBlock for Block {
    fn parse(
        &self,
        arguments: TagTokenIter<'_>,
        block: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        (self.parse)(arguments, block, options)
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

impl TagReflection for Tag {
    fn tag(&self) -> &str {
        self.name
    }

    fn description(&self) -> &str {
        ""
    }
}

impl ParseTag for Tag {
    fn parse(
        &self,
        arguments: TagTokenIter<'_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        (self.parse)(arguments, options)
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

#[derive(Clone)]
struct TextTag(Arc<[Box<str>]>);

impl TagReflection for TextTag {
    fn tag(&self) -> &str {
        TEXT_TAG
    }

    fn description(&self) -> &str {
        ""
    }
}

impl ParseTag for TextTag {
    fn parse(&self, mut arguments: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
        let number = arguments.expect_next("a number")?.expect_literal().into_result()?;
        let number = number
            .as_scalar()
            .and_then(|scalar| scalar.to_integer())
            .and_then(|number| usize::try_from(number).ok());
        let text = number
            .and_then(|number| self.0.get(number))
            .ok_or_else(|| Error::with_msg("no such text"))?;
        Ok(Box::new(Text(text.clone())))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

#[derive(Debug)]
struct Text(Box<str>);

impl Renderable for Text {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        // Its bytes are counted where they go: into what is sent, or into what is captured.
        budget::spend(runtime, 0)?;
        write(writer, &self.0)
    }
}

fn write(writer: &mut dyn Write, text: &str) -> Result<()> {
    writer.write_all(text.as_bytes()).map_err(|_| Error::with_msg("the limit is reached"))
}
