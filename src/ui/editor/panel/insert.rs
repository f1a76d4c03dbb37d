//! Inserts variables into the text that had the keyboard last, at its cursor.

use leptos::prelude::*;

use super::{field_lens::FieldLens, fields::field_id};
use crate::ui::editor::{
    browser,
    context::{Announcer, GraphState, OpenVersion},
};
use wayfare_editor_model::template_variables::{insert_at, placeholder, variables};

/// The text of the form that variables are inserted into, with its label.
#[derive(Clone, Copy)]
pub struct VariableInserter {
    target: RwSignal<Option<(FieldLens<String>, &'static str)>>,
}

impl VariableInserter {
    pub fn new() -> Self {
        Self { target: RwSignal::new(None) }
    }
}

/// A text that can have variables. The `main` one is the target until another had the keyboard.
#[component]
pub fn TemplateField(
    label: &'static str,
    field: FieldLens<String>,
    #[prop(optional)] main: bool,
    children: Children,
) -> impl IntoView {
    let VariableInserter { target } = expect_context::<VariableInserter>();
    if main || target.read_untracked().is_none() {
        target.set(Some((field, label)));
    }
    view! {
        <div class="fillable" on:focusin=move |_| target.set(Some((field, label)))>
            {children()}
        </div>
    }
}

/// Picks a variable, and what replaces it where it is missing.
#[component]
pub fn VariablePicker() -> impl IntoView {
    let open_version = OpenVersion::here();
    let graph = GraphState::here();
    let announcer = Announcer::here();
    let VariableInserter { target } = expect_context::<VariableInserter>();
    let groups = Memo::new(move |_| {
        variables(&open_version.document().catalogue, &graph.settings.read().entry)
    });
    let first = groups.with_untracked(|groups| {
        groups.first().and_then(|group| Some(group.variables.first()?.path.clone()))
    });
    let path = RwSignal::new(first.unwrap_or_default());
    let missing = RwSignal::new(String::new());
    let title =
        move || target.get().map(|(_, label)| format!("Insert into {label}")).unwrap_or_default();
    let insert = move |_| {
        let Some((field, label)) = target.get_untracked() else { return };
        let id = field_id(field.path);
        let inserted = placeholder(&path.get_untracked(), missing.get_untracked().trim());
        let (text, cursor) = insert_at(
            &field.get_untracked(),
            browser::selection(&id).unwrap_or((usize::MAX, usize::MAX)),
            &inserted,
        );
        // One step of undo of its own.
        graph.break_group();
        field.set(text);
        graph.break_group();
        announcer.say(format!("{inserted} added to {label}."));
        browser::after_paint(move || browser::set_cursor(&id, cursor));
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
                                    let options = group.variables.into_iter().map(|variable| {
                                        let selected = path.get_untracked() == variable.path;
                                        view! { <option value=variable.path selected=selected>{variable.name}</option> }
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
