//! What a simulation assumes: properties of the entry event, and later events.

use leptos::prelude::*;
use serde_json::Value;

use super::{
    duration_field::UnitOptions,
    lists::{AddButton, Lines, RemoveButton},
};
use wayfare_domain::{profiles::Properties, versions::SimulatedEvent};
use wayfare_editor_model::field_values::{kind_of_value, value_of_text};

/// Name and value of a property, as they are typed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PropertyInput {
    name: String,
    value: String,
}

/// The properties of the lines that have a name.
pub fn properties(inputs: &[PropertyInput], parse: fn(&str) -> Value) -> Properties {
    let named = inputs.iter().filter(|input| !input.name.trim().is_empty());
    named.map(|input| (input.name.trim().to_string(), parse(&input.value))).collect()
}

/// Left empty, it is a property that the event does not have.
fn differing_value(text: &str) -> Value {
    if text.trim().is_empty() { Value::Null } else { value_of_text(text) }
}

/// A later event, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventInput {
    name: RwSignal<String>,
    count: RwSignal<String>,
    /// The unit of the count, in minutes.
    unit: RwSignal<u32>,
    properties: RwSignal<Vec<PropertyInput>>,
}

impl EventInput {
    fn new() -> Self {
        Self {
            name: RwSignal::new(String::new()),
            count: RwSignal::new("1".to_string()),
            unit: RwSignal::new(60),
            properties: RwSignal::new(Vec::new()),
        }
    }

    /// None where it has no name.
    pub fn event(self) -> Option<SimulatedEvent> {
        let name = self.name.get_untracked().trim().to_string();
        let count: u32 = self.count.get_untracked().trim().parse().unwrap_or(0);
        let minutes = count.saturating_mul(self.unit.get_untracked());
        (!name.is_empty()).then(|| SimulatedEvent {
            minutes,
            name,
            properties: properties(&self.properties.get_untracked(), differing_value),
        })
    }
}

/// The later events, each with its time and the properties that differ from the entry event.
#[component]
pub fn LaterEventList(later: RwSignal<Vec<EventInput>>) -> impl IntoView {
    view! {
        <fieldset class="panel-group">
            <legend>"Later events"</legend>
            <For each=move || later.get() key=|event| event.name let:event>
                <div class="list-line">
                    <LaterEventFields event=event />
                    <RemoveButton
                        label="Remove this event"
                        list=None
                        press=move |()| later.update(|all| all.retain(|other| *other != event))
                    />
                </div>
            </For>
            <AddButton label="Add an event" list=None press=move |()| later.update(|all| all.push(EventInput::new())) />
        </fieldset>
    }
}

#[component]
fn LaterEventFields(event: EventInput) -> impl IntoView {
    let EventInput { name, count, unit, properties } = event;
    view! {
        <div class="list">
            <label class="field">
                <span class="field-label">"Event"</span>
                <input
                    r#type="text"
                    autocomplete="off"
                    list="known-events"
                    prop:value=name
                    on:input=move |event| name.set(event_target_value(&event))
                />
            </label>
            <div class="length">
                <label class="field">
                    <span class="field-label">"After"</span>
                    <input
                        class="number"
                        r#type="number"
                        inputmode="numeric"
                        min="0"
                        prop:value=count
                        on:input=move |event| count.set(event_target_value(&event))
                    />
                </label>
                <label class="field">
                    <span class="field-label">"Unit"</span>
                    <select on:change=move |event| unit.set(event_target_value(&event).parse().unwrap_or(1))>
                        <UnitOptions unit=unit />
                    </select>
                </label>
            </div>
            <PropertyInputList
                title="Properties that differ"
                hint="This event repeats the properties of the entry event: the same cart, the \
                    same order. Add only those that differ; an empty value removes one."
                inputs=properties
                parse=differing_value
                add="Add a property"
            />
        </div>
    }
}

/// Properties and their values, with the type that each value is read as.
#[component]
pub fn PropertyInputList(
    title: &'static str,
    #[prop(optional)] hint: &'static str,
    inputs: RwSignal<Vec<PropertyInput>>,
    parse: fn(&str) -> Value,
    add: &'static str,
) -> impl IntoView {
    let count = Memo::new(move |_| inputs.read().len());
    let change = move |index: usize, change: &dyn Fn(&mut PropertyInput)| {
        inputs.update(|all| {
            if let Some(input) = all.get_mut(index) {
                change(input);
            }
        });
    };
    let at = move |index: usize| inputs.read().get(index).cloned().unwrap_or_default();
    let remove = move |index: usize| {
        inputs.update(|all| {
            if index < all.len() {
                all.remove(index);
            }
        });
    };
    let line = Callback::new(move |index: usize| {
        view! {
            <div class="list-line">
                <div class="filter-fields">
                    <label class="field">
                        <span class="field-label">"Property"</span>
                        <input
                            r#type="text"
                            autocomplete="off"
                            list="known-event-properties"
                            prop:value=move || at(index).name
                            on:input=move |event| change(index, &|input| input.name = event_target_value(&event))
                        />
                    </label>
                    <label class="field">
                        <span class="field-label">"Value"</span>
                        <input
                            r#type="text"
                            autocomplete="off"
                            prop:value=move || at(index).value
                            on:input=move |event| change(index, &|input| input.value = event_target_value(&event))
                        />
                        <span class="hint">{move || kind_of_value(&parse(&at(index).value))}</span>
                    </label>
                </div>
                <RemoveButton label="Remove this property" list=None press=move |()| remove(index) />
            </div>
        }
        .into_any()
    });
    view! {
        <fieldset class="panel-group">
            <legend>{title}</legend>
            {(!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> })}
            <Lines count=count line=line />
            <AddButton label=add list=None press=move |()| inputs.update(|all| all.push(PropertyInput::default())) />
        </fieldset>
    }
}
