//! The fields that add and remove labels, for the dialog and the page.

use leptos::prelude::*;

use crate::ui::components::label_chip::LabelChip;
use wayfare_domain::{journeys::label::Label, names::LABEL_MAX};

/// A new label, and for each existing one: add, remove, or leave as it is.
#[component]
pub fn LabelFields(labels: Vec<Label>) -> impl IntoView {
    view! {
        <label class="field">
            <span class="field-label">"New label"</span>
            <input r#type="text" name="create" maxlength=LABEL_MAX.to_string() autocomplete="off" autofocus />
        </label>
        {(!labels.is_empty())
            .then(|| {
                view! {
                    <table class="label-table">
                        <thead>
                            <tr>
                                <th scope="col">"Label"</th>
                                <th scope="col">"Add"</th>
                                <th scope="col">"Remove"</th>
                            </tr>
                        </thead>
                        <tbody>{labels.into_iter().map(|label| view! { <LabelRow label=label /> }).collect_view()}</tbody>
                    </table>
                }
            })}
    }
}

#[component]
fn LabelRow(label: Label) -> impl IntoView {
    let (id, name) = (label.id.to_string(), label.name.clone());
    view! {
        <tr>
            <th scope="row">
                <LabelChip label=label />
            </th>
            <td>
                <input r#type="checkbox" name="add[]" value=id.clone() aria-label=format!("Add {name}") />
            </td>
            <td>
                <input r#type="checkbox" name="remove[]" value=id aria-label=format!("Remove {name}") />
            </td>
        </tr>
    }
}
