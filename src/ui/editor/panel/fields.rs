//! Typed fields, each with its problem below it.

use leptos::prelude::*;

use super::field_lens::FieldLens;
use crate::ui::{
    components::typed_text::LiveTextArea,
    editor::context::{OpenVersion, Problems},
};
use wayfare_domain::versions::Severity;
use wayfare_editor_model::field_values::path_in_form;

/// What a form edits: its fields show the problems of this.
#[derive(Clone, Copy)]
pub struct FormScope {
    /// A node; none for the settings.
    pub node: StoredValue<Option<String>>,
}

/// The id of the sentence above a form that says why not everything in it can be edited.
pub const WHY_NOTE_ID: &str = "panel-note";

/// Whether the field at this path of the form can be edited: the domain decides it for every field.
pub fn is_editable(path: StoredValue<String>) -> bool {
    let mode = OpenVersion::here().mode;
    let is_of_node = expect_context::<FormScope>().node.with_value(Option::is_some);
    if is_of_node {
        path.with_value(|path| mode.can_edit_node_field(path))
    } else {
        mode.can_edit_settings()
    }
}

/// The ids of what describes the field: its problem and, where it cannot be edited, why.
pub fn described_by(path: StoredValue<String>) -> String {
    let complaint = format!("{}-complaint", field_id(path));
    if is_editable(path) { complaint } else { format!("{complaint} {WHY_NOTE_ID}") }
}

/// The id of the sentence that says why the field cannot be edited; none where it can.
pub fn why_not_editable(path: StoredValue<String>) -> Option<&'static str> {
    (!is_editable(path)).then_some(WHY_NOTE_ID)
}

/// The sentence above a form that says why not everything in it can be edited.
#[component]
pub fn WhyNote(why: Option<String>) -> impl IntoView {
    why.map(|why| view! { <p class="panel-note" id=WHY_NOTE_ID>{why}</p> })
}

/// The problem of exactly this field, and whether it is an error.
pub fn problem_at(path: StoredValue<String>) -> Signal<Option<(String, bool)>> {
    let (problems, scope) = (Problems::here(), expect_context::<FormScope>());
    Signal::derive(move || {
        let node = scope.node.get_value();
        let all = problems.found.read();
        let found = path.with_value(|path| {
            all.iter()
                .find(|problem| problem.node == node && path_in_form(&problem.problem.path) == path)
        });
        found.map(|problem| (problem.problem.sentence.clone(), problem.severity == Severity::Error))
    })
}

/// What `aria-invalid` says of a field: set where exactly this field has an error.
pub fn invalid_at(path: StoredValue<String>) -> Signal<Option<&'static str>> {
    let problem = problem_at(path);
    Signal::derive(move || problem.read().as_ref().and_then(|(_, error)| error.then_some("true")))
}

/// An id that is unique in the panel.
pub fn field_id(path: StoredValue<String>) -> String {
    path.with_value(|path| format!("field-{}", path.replace(['[', ']', '.'], "-")))
}

/// A label above a field, and below it a hint and the problem.
#[component]
pub fn FieldFrame(
    label: &'static str,
    path: StoredValue<String>,
    #[prop(optional)] hint: &'static str,
    children: Children,
) -> impl IntoView {
    let id = field_id(path);
    let problem = problem_at(path);
    view! {
        <div class="field">
            <label class="field-label" for=id.clone()>
                {label}
            </label>
            {children()}
            {(!hint.is_empty()).then(|| view! { <span class="hint">{hint}</span> })}
            <span
                class="complaint"
                class:complaint-warning=move || { problem.get().is_some_and(|(_, is_error)| !is_error) }
                id=format!("{id}-complaint")
            >
                {move || problem.get().map(|(sentence, _)| sentence)}
            </span>
        </div>
    }
}

#[component]
pub fn TextField(
    label: &'static str,
    field: FieldLens<String>,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] placeholder: &'static str,
    /// Id of the list that is offered.
    #[prop(optional)]
    list: Option<&'static str>,
    /// Set only when the field is left: a name that others depend on.
    #[prop(optional)]
    on_leave: bool,
    #[prop(default = "text")] input: &'static str,
    #[prop(optional)] max: Option<usize>,
) -> impl IntoView {
    let (id, path) = (field_id(field.path), field.path);
    let invalid = invalid_at(path);
    let typed = move |event| {
        if !on_leave {
            field.set(event_target_value(&event));
        }
    };
    let left = move |event: leptos::ev::Event| {
        if on_leave && event_target_value(&event) != field.get_untracked() {
            field.set(event_target_value(&event));
            // Where it was refused, the field shows the old text again.
            if event_target_value(&event) != field.get_untracked() {
                set_target_value(&event, &field.get_untracked());
            }
        }
    };
    view! {
        <FieldFrame label=label path=path hint=hint>
            <input
                id=id.clone()
                r#type=input
                autocomplete="off"
                placeholder=placeholder
                list=list
                maxlength=max.map(|max| max.to_string())
                disabled=!is_editable(path)
                prop:value=field.value
                aria-invalid=invalid
                aria-describedby=described_by(path)
                on:input=typed
                on:change=left
            />
        </FieldFrame>
    }
}

fn set_target_value(event: &leptos::ev::Event, value: &str) {
    use wasm_bindgen::JsCast;
    if let Some(input) =
        event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok())
    {
        input.set_value(value);
    }
}

#[component]
pub fn AreaField(
    label: &'static str,
    field: FieldLens<String>,
    #[prop(optional)] hint: &'static str,
    #[prop(default = 6)] rows: u32,
) -> impl IntoView {
    let (id, path) = (field_id(field.path), field.path);
    let invalid = invalid_at(path);
    view! {
        <FieldFrame label=label path=path hint=hint>
            <LiveTextArea
                id=id.clone()
                rows=rows
                disabled=!is_editable(path)
                value=field.value
                invalid=Signal::derive(move || invalid.get().is_some())
                described_by=described_by(path)
                typed=move |text: String| field.set(text)
            />
        </FieldFrame>
    }
}

/// A whole number, or none where the field may be empty. What is no number is not set, and the field
/// says so.
#[component]
pub fn NumberField(
    label: &'static str,
    field: FieldLens<Option<u64>>,
    #[prop(default = 0)] min: u64,
    #[prop(default = u32::MAX as u64)] max: u64,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let (id, path) = (field_id(field.path), field.path);
    let invalid = invalid_at(path);
    let is_misread = RwSignal::new(false);
    let typed = move |event| {
        let text = event_target_value(&event);
        let read = text.trim().parse::<u64>().ok().filter(|number| (min..=max).contains(number));
        let fits = read.is_some() || (text.trim().is_empty() && !required);
        is_misread.set(!fits);
        if fits {
            field.set(read);
        }
    };
    let shown = move || field.get().map(|number| number.to_string()).unwrap_or_default();
    view! {
        <FieldFrame label=label path=path hint=hint>
            <input
                id=id.clone()
                class="number"
                r#type="number"
                inputmode="numeric"
                min=min.to_string()
                max=max.to_string()
                disabled=!is_editable(path)
                prop:value=shown
                aria-invalid=move || if is_misread.get() { Some("true") } else { invalid.get() }
                aria-describedby=described_by(path)
                on:input=typed
            />
            {move || {
                is_misread
                    .get()
                    .then(|| {
                        let to_max = if max == u64::from(u32::MAX) { String::new() } else { format!(" to {max}") };
                        view! { <span class="complaint">{format!("Enter a whole number from \
                            {min}{to_max}.")}</span> }
                    })
            }}
        </FieldFrame>
    }
}

/// Shows a required number as an optional one, which is what the field reads.
pub fn required_number<T>(field: FieldLens<T>) -> FieldLens<Option<u64>>
where
    T: Copy + Into<u64> + TryFrom<u64> + Send + Sync + 'static,
{
    field.under(
        "",
        |number| Some((*number).into()),
        |number, new| {
            if let Some(new) = new.and_then(|new| T::try_from(new).ok()) {
                *number = new;
            }
        },
    )
}

/// The same for a number that may be missing.
pub fn optional_number<T>(field: FieldLens<Option<T>>) -> FieldLens<Option<u64>>
where
    T: Copy + Into<u64> + TryFrom<u64> + Send + Sync + 'static,
{
    field.under(
        "",
        |number| number.map(Into::into),
        |number, new| *number = new.and_then(|new| T::try_from(new).ok()),
    )
}

#[component]
pub fn CheckboxField(
    label: &'static str,
    field: FieldLens<bool>,
    #[prop(optional)] hint: &'static str,
) -> impl IntoView {
    view! {
        <label class="choice">
            <input
                r#type="checkbox"
                disabled=!is_editable(field.path)
                aria-describedby=why_not_editable(field.path)
                prop:checked=field.value
                on:change=move |event| field.set(event_target_checked(&event))
            />
            <span>{label} {(!hint.is_empty()).then(|| view! { <span class="hint">" " {hint}</span> })}</span>
        </label>
    }
}

/// One of several, by their keys.
#[component]
pub fn PickField(
    label: &'static str,
    field: FieldLens<String>,
    options: Vec<(&'static str, &'static str)>,
    #[prop(optional)] quiet: bool,
) -> impl IntoView {
    let id = format!("{}-pick", field_id(field.path));
    view! {
        <div class="field">
            <label class="field-label" class:visually-hidden=quiet for=id.clone()>
                {label}
            </label>
            <select id=id disabled=!is_editable(field.path) aria-describedby=why_not_editable(field.path) prop:value=field.value on:change=move |event| field.set(event_target_value(&event))>
                {options
                    .into_iter()
                    .map(|(key, text)| {
                        let selected = field.get_untracked() == key;
                        view! { <option value=key selected=selected>{text}</option> }
                    })
                    .collect_view()}
            </select>
        </div>
    }
}

/// A moment, in UTC.
#[component]
pub fn TimeField(
    label: &'static str,
    field: FieldLens<Option<wayfare_domain::time::Timestamp>>,
    #[prop(optional)] hint: &'static str,
) -> impl IntoView {
    use crate::ui::editor::browser::{format_datetime_field, parse_datetime_field};
    let (id, path) = (field_id(field.path), field.path);
    let invalid = invalid_at(path);
    view! {
        <FieldFrame label=label path=path hint=hint>
            <input
                id=id.clone()
                r#type="datetime-local"
                disabled=!is_editable(path)
                prop:value=move || field.get().map(format_datetime_field).unwrap_or_default()
                aria-invalid=invalid
                aria-describedby=described_by(path)
                on:change=move |event| field.set(parse_datetime_field(&event_target_value(&event)))
            />
        </FieldFrame>
    }
}
