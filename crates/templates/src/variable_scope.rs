//! What names mean while a text is filled in. Nothing is an error: what is not there is nothing.

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeSet,
    sync::Arc,
};

use liquid_core::{
    Object, Renderable, Result, Runtime, Value, ValueCow, ValueView,
    model::{KString, KStringCow, KStringRef, ScalarCow, try_find},
    runtime::{PartialStore, Registers},
};
use serde_json::Value as Json;

use super::{LinkBuilder, RenderContext, budget};
use wayfare_domain::profiles::{Properties, property_value::canonical_instant};

/// Stands for what is not there on the few ways where the library would complain about it: as a
/// name in brackets.
pub const MISSING: &str = "\u{0}missing\u{0}";
/// Under which filters find the zone they live in. No template can write it.
pub const ZONE: &str = "\u{0}zone";

/// Addresses that are a message's own, made where they are asked for: most messages have no use for
/// them.
#[derive(Default)]
pub struct MessageUrls<'a> {
    /// None of a message that goes to no one: they lead nowhere.
    links: Option<&'a dyn LinkBuilder>,
    unsubscribe: OnceCell<String>,
    preferences: OnceCell<String>,
}

impl<'a> MessageUrls<'a> {
    pub fn new(links: Option<&'a dyn LinkBuilder>) -> Self {
        Self { links, ..Self::default() }
    }

    pub fn unsubscribe(&self) -> &str {
        self.unsubscribe.get_or_init(|| {
            self.links.map_or_else(|| "#unsubscribe".to_string(), LinkBuilder::unsubscribe)
        })
    }

    pub fn preferences(&self) -> &str {
        self.preferences.get_or_init(|| {
            self.links.map_or_else(|| "#preferences".to_string(), LinkBuilder::preferences)
        })
    }
}

/// The names of one text of one message.
pub struct VariableScope<'a> {
    facts: &'a RenderContext<'a>,
    addresses: &'a MessageUrls<'a>,
    assigned: RefCell<Object>,
    counters: RefCell<Object>,
    registers: Registers,
}

impl<'a> VariableScope<'a> {
    pub fn new(facts: &'a RenderContext<'a>, addresses: &'a MessageUrls<'a>) -> Self {
        Self {
            facts,
            addresses,
            assigned: RefCell::default(),
            counters: RefCell::default(),
            registers: Registers::default(),
        }
    }

    fn find(&self, root: &str, path: &[ScalarCow<'_>]) -> Option<Value> {
        let text = |text: &str| path.is_empty().then(|| Value::scalar(text.to_string()));
        match root {
            "profile" | "customer" | "Profile" | "Customer" | "custom_attribute" | "user" => {
                self.of_person(path)
            }
            "event"
            | "trigger"
            | "Event"
            | "event_properties"
            | "context"
            | "canvas_entry_properties"
            | "api_trigger_properties" => self.of_event(path),
            "journey" | "campaign" | "canvas" => match path {
                [key] if key.to_kstr().as_str() == "id" => {
                    Some(Value::scalar(self.facts.journey_id.to_string()))
                }
                [key] if key.to_kstr().as_str() == "name" => {
                    Some(Value::scalar(self.facts.journey_name.to_string()))
                }
                _ => None,
            },
            "now" => text(&canonical_instant(self.facts.now)),
            "unsubscribe_url" => text(self.addresses.unsubscribe()),
            "preferences_url" => text(self.addresses.preferences()),
            ZONE => text(self.facts.zone),
            _ => None,
        }
    }

    fn of_person(&self, path: &[ScalarCow<'_>]) -> Option<Value> {
        let profile = self.facts.profile;
        let Some((key, rest)) = path.split_first() else {
            return Some(Value::Object(
                profile
                    .properties
                    .iter()
                    .map(|(key, value)| (key.clone().into(), of_json(value)))
                    .collect(),
            ));
        };
        let key = key.to_kstr();
        let text = |text: &Option<String>| {
            text.as_ref().filter(|_| rest.is_empty()).map(|text| Value::scalar(text.clone()))
        };
        let known = match key.as_str() {
            "identity" => text(&profile.identity),
            "email" => text(&profile.addresses.get("email").cloned()),
            "phone" => text(&profile.addresses.get("phone").cloned()),
            "time_zone" => text(&profile.time_zone),
            _ => None,
        };
        known.or_else(|| walk(property(&profile.properties, key.as_str())?, rest))
    }

    fn of_event(&self, path: &[ScalarCow<'_>]) -> Option<Value> {
        let properties = self.facts.event;
        match path.split_first() {
            Some((key, rest)) => walk(property(properties, key.to_kstr().as_str())?, rest),
            None => Some(Value::Object(
                properties
                    .iter()
                    .map(|(key, value)| (key.clone().into(), of_json(value)))
                    .collect(),
            )),
        }
    }
}

/// A property by its name; where there is none spelled so, one that differs in its case only:
/// `Profile.First_name`.
fn property<'a>(properties: &'a Properties, name: &str) -> Option<&'a Json> {
    properties.get(name).or_else(|| {
        properties.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

/// What lies at the end of a path.
fn walk(mut value: &Json, path: &[ScalarCow<'_>]) -> Option<Value> {
    for (place, step) in path.iter().enumerate() {
        let name = step.to_kstr();
        let size = |size: usize| {
            (place + 1 == path.len())
                .then(|| Value::scalar(i64::try_from(size).unwrap_or(i64::MAX)))
        };
        value = match (value, name.as_str()) {
            (Json::Object(members), key) if members.contains_key(key) => members.get(key)?,
            (Json::Object(members), "size") => return size(members.len()),
            (Json::Array(items), "size") => return size(items.len()),
            (Json::String(text), "size") => return size(text.chars().count()),
            (Json::Array(items), "first") => items.first()?,
            (Json::Array(items), "last") => items.last()?,
            (Json::Array(items), _) => {
                let index = step.to_integer()?;
                let length = i64::try_from(items.len()).ok()?;
                items.get(
                    usize::try_from(if index < 0 { length.checked_add(index)? } else { index })
                        .ok()?,
                )?
            }
            _ => return None,
        };
    }
    Some(of_json(value))
}

/// A value as templates see it.
pub fn of_json(value: &Json) -> Value {
    match value {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::scalar(*value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::scalar(whole),
            (None, Some(float)) => Value::scalar(float),
            (None, None) => Value::Nil,
        },
        Json::String(text) => Value::scalar(text.clone()),
        Json::Array(items) => Value::Array(items.iter().map(of_json).collect()),
        Json::Object(members) => Value::Object(
            members.iter().map(|(key, value)| (key.clone().into(), of_json(value))).collect(),
        ),
    }
}

/// About how many bytes a value takes.
pub fn weight(value: &dyn ValueView) -> usize {
    if let Some(items) = value.as_array() {
        32 + items.values().map(weight).sum::<usize>()
    } else if let Some(members) = value.as_object() {
        32 + members.iter().map(|(key, value)| 32 + key.len() + weight(value)).sum::<usize>()
    } else {
        value.as_scalar().map_or(0, |scalar| 16 + scalar.to_kstr().len())
    }
}

impl Runtime for VariableScope<'_> {
    fn partials(&self) -> &dyn PartialStore {
        &NoPartials
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        None
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        BTreeSet::new()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let (root, rest) = path.split_first()?;
        let root = root.to_kstr();
        let assigned = self.assigned.borrow();
        let found = match assigned.get(root.as_str()) {
            Some(value) => try_find(value.as_view(), rest).map(ValueCow::into_owned),
            None => self.find(root.as_str(), rest).or_else(|| {
                let counters = self.counters.borrow();
                counters.get(root.as_str()).filter(|_| rest.is_empty()).cloned()
            }),
        }?;
        budget::note(self, weight(&found));
        Some(ValueCow::Owned(found))
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        Ok(or_missing(self.try_get(path)))
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.assigned.borrow_mut().insert(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.counters.borrow_mut().insert(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        self.counters.borrow().get(name).cloned().map(ValueCow::Owned)
    }

    fn registers(&self) -> &Registers {
        &self.registers
    }
}

fn or_missing(value: Option<ValueCow<'_>>) -> ValueCow<'_> {
    value
        .filter(|value| !value.is_nil())
        .unwrap_or_else(|| ValueCow::Owned(Value::scalar(KString::from_static(MISSING))))
}

/// Is it what stands for nothing?
pub fn is_missing(value: &dyn ValueView) -> bool {
    value.is_nil() || value.as_scalar().is_some_and(|scalar| scalar.to_kstr().as_str() == MISSING)
}

/// One round of a loop: its item and its counters, over everything around it.
pub struct LoopScope<'a> {
    pub around: &'a dyn Runtime,
    pub name: &'a str,
    pub item: &'a dyn ValueView,
    /// `forloop` or `tablerowloop`.
    pub loop_name: &'static str,
    pub index: i64,
    pub length: i64,
    /// Columns of a table.
    pub columns: i64,
}

impl LoopScope<'_> {
    fn counter(&self, path: &[ScalarCow<'_>]) -> Option<Value> {
        let (name, rest) = path.split_first()?;
        let number = |number: i64| Some(Value::scalar(number));
        let truth = |truth: bool| Some(Value::scalar(truth));
        let column = self.index % self.columns.max(1);
        match name.to_kstr().as_str() {
            "parentloop" => {
                let above: Vec<ScalarCow<'_>> = [ScalarCow::new(self.loop_name)]
                    .into_iter()
                    .chain(rest.iter().cloned())
                    .collect();
                self.around.try_get(&above).map(ValueCow::into_owned)
            }
            "length" => number(self.length),
            "index" => number(self.index + 1),
            "index0" => number(self.index),
            "rindex" => number(self.length - self.index),
            "rindex0" => number(self.length - self.index - 1),
            "first" => truth(self.index == 0),
            "last" => truth(self.index + 1 == self.length),
            "col" => number(column + 1),
            "col0" => number(column),
            "col_first" => truth(column == 0),
            "col_last" => truth(column + 1 == self.columns || self.index + 1 == self.length),
            "row" => number(self.index / self.columns.max(1) + 1),
            _ => None,
        }
    }
}

impl Runtime for LoopScope<'_> {
    fn partials(&self) -> &dyn PartialStore {
        &NoPartials
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        None
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        BTreeSet::new()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let (root, rest) = path.split_first()?;
        let root = root.to_kstr();
        if root.as_str() == self.name {
            try_find(self.item, rest)
        } else if root.as_str() == self.loop_name {
            self.counter(rest).map(ValueCow::Owned)
        } else {
            self.around.try_get(path)
        }
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        Ok(or_missing(self.try_get(path)))
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.around.set_global(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.around.set_index(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        self.around.get_index(name)
    }

    fn registers(&self) -> &Registers {
        self.around.registers()
    }
}

/// A message stands by itself: nothing is included.
#[derive(Debug)]
struct NoPartials;

impl PartialStore for NoPartials {
    fn contains(&self, _: &str) -> bool {
        false
    }

    fn names(&self) -> Vec<&str> {
        Vec::new()
    }

    fn try_get(&self, _: &str) -> Option<Arc<dyn Renderable>> {
        None
    }

    fn get(&self, _: &str) -> Result<Arc<dyn Renderable>> {
        Err(liquid_core::Error::with_msg("nothing is included"))
    }
}
