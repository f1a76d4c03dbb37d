//! A field for a length of time.

use leptos::prelude::*;

use super::{
    field_lens::FieldLens,
    fields::{FieldFrame, described_by, field_id, invalid_at, is_editable, why_not_editable},
};
use wayfare_editor_model::palette::split_duration;

/// A length of time with its unit.
#[component]
pub fn DurationField(
    label: &'static str,
    field: FieldLens<Option<u32>>,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let unit = RwSignal::new(field.get_untracked().map_or(60, |minutes| split_duration(minutes).1));
    let (id, path) = (field_id(field.path), field.path);
    let unit_label = format!("Unit of: {label}");
    let invalid = invalid_at(path);
    let count = move || {
        field
            .get()
            .map(|minutes| minutes / unit.get().max(1))
            .map(|count| count.to_string())
            .unwrap_or_default()
    };
    // A length that this unit does not divide, as after an undo, is shown in a smaller one.
    Effect::new(move |_| {
        if let Some(minutes) = field.get()
            && !minutes.is_multiple_of(unit.get_untracked())
        {
            unit.set(split_duration(minutes).1);
        }
    });
    let set = move |text: String, unit: u32| match text.trim().parse::<u32>() {
        Ok(count) => field.set(Some(count.saturating_mul(unit))),
        Err(_) if text.trim().is_empty() && !required => field.set(None),
        Err(_) => {}
    };
    view! {
        <FieldFrame label=label path=path hint=hint>
            <span class="length">
                <input
                    id=id.clone()
                    class="number"
                    r#type="number"
                    inputmode="numeric"
                    min="1"
                    disabled=!is_editable(path)
                    prop:value=count
                    aria-invalid=invalid
                    aria-describedby=described_by(path)
                    on:input=move |event| set(event_target_value(&event), unit.get_untracked())
                />
                <select
                    aria-label=unit_label
                    disabled=!is_editable(path)
                    aria-describedby=why_not_editable(path)
                    on:change=move |event| {
                        let old = unit.get_untracked();
                        let new = event_target_value(&event).parse().unwrap_or(1);
                        unit.set(new);
                        if let Some(minutes) = field.get_untracked() {
                            field.set(Some((minutes / old.max(1)).saturating_mul(new)));
                        }
                    }
                >
                    <UnitOptions unit=unit />
                </select>
            </span>
        </FieldFrame>
    }
}

/// The units of a length of time, each with its minutes.
#[component]
pub fn UnitOptions(unit: RwSignal<u32>) -> impl IntoView {
    [(1_u32, "minutes"), (60, "hours"), (1440, "days")]
        .into_iter()
        .map(|(minutes, name)| {
            view! { <option value=minutes.to_string() selected=move || unit.get() == minutes>{name}</option> }
        })
        .collect_view()
}
