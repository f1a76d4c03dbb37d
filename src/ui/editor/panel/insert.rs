//! Puts what is known of people and events into the text that had the keyboard last, where its
//! cursor stands.

use leptos::prelude::*;

use super::{field_lens::FieldLens, fields::field_id};
use crate::ui::editor::{bench::Bench, browser};
use wayfare_editor_model::template_variables::{insert_at, placeholder, variables};

/// The texts of a form, of which one is written into.
#[derive(Clone, Copy)]
pub struct VariableInserter {
    into: RwSignal<Option<(FieldLens<String>, &'static str)>>,
}

impl VariableInserter {
    pub fn new() -> Self {
        Self { into: RwSignal::new(None) }
    }
}

/// A text that can be filled in; `main`: the one that is meant where none had the keyboard yet.
#[component]
pub fn TemplateField(
    label: &'static str,
    part: FieldLens<String>,
    #[prop(optional)] main: bool,
    children: Children,
) -> impl IntoView {
    let VariableInserter { into } = expect_context::<VariableInserter>();
    if main || into.read_untracked().is_none() {
        into.set(Some((part, label)));
    }
    view! {
        <div class="fillable" on:focusin=move |_| into.set(Some((part, label)))>
            {children()}
        </div>
    }
}

/// What to put in, and what stands there where nothing is known.
#[component]
pub fn Insert() -> impl IntoView {
    let bench = Bench::here();
    let VariableInserter { into } = expect_context::<VariableInserter>();
    let groups = Memo::new(move |_| {
        variables(&bench.document.get_value().catalogue, &bench.settings.read().entry)
    });
    let first = groups.with_untracked(|groups| {
        groups.first().and_then(|group| Some(group.variables.first()?.path.clone()))
    });
    let path = RwSignal::new(first.unwrap_or_default());
    let missing = RwSignal::new(String::new());
    let title =
        move || into.get().map(|(_, label)| format!("Insert into {label}")).unwrap_or_default();
    let insert = move |_| {
        let Some((part, label)) = into.get_untracked() else { return };
        let id = field_id(part.path);
        let new = placeholder(&path.get_untracked(), missing.get_untracked().trim());
        let (text, cursor) = insert_at(
            &part.now(),
            browser::selection(&id).unwrap_or((usize::MAX, usize::MAX)),
            &new,
        );
        // One step of undo of its own.
        bench.pause();
        part.set(text);
        bench.pause();
        bench.say(format!("{new} added to {label}."));
        browser::later(move || browser::set_cursor(&id, cursor));
    };
    view! {
        <fieldset class="panel-group insert">
            <legend>"Insert…"</legend>
            <div class="insert-fields">
                <label class="field">
                    <span class="field-label">"What"</span>
                    <select on:change=move |event| path.set(event_target_value(&event))>
                        {move || {
                            groups
                                .get()
                                .into_iter()
                                .map(|group| {
                                    let options = group.variables.into_iter().map(|one| {
                                        let selected = path.get_untracked() == one.path;
                                        view! { <option value=one.path selected=selected>{one.name}</option> }
                                    });
                                    view! { <optgroup label=group.title>{options.collect_view()}</optgroup> }
                                })
                                .collect_view()
                        }}
                    </select>
                </label>
                <label class="field">
                    <span class="field-label">"If it is missing"</span>
                    <input
                        r#type="text"
                        autocomplete="off"
                        placeholder="nothing"
                        prop:value=missing
                        on:input=move |event| missing.set(event_target_value(&event))
                    />
                </label>
            </div>
            <button class="button button-small" r#type="button" on:click=insert>
                {title}
            </button>
        </fieldset>
    }
}
