//! What Stop would end, as the dialog and the page show it.

use leptos::prelude::*;

use wayfare_domain::{operations::StopPreview, stats::format_count};

/// What Stop ends and what it skips, counted, and that it is final.
#[component]
pub fn StopEffect(preview: StopPreview) -> impl IntoView {
    let skipped: Vec<String> = preview.skipped.iter().map(|skipped| skipped.sentence()).collect();
    let skipped_count: i64 = preview.skipped.iter().map(|skipped| skipped.count).sum();
    view! {
        <div class="dialog-text" id="dialog-text">
            {if preview.journeys == 0 {
                view! { <p>"None of the selected journeys can be stopped."</p> }.into_any()
            } else {
                view! {
                    <p>
                        "This ends " <strong>{preview.summary()}</strong> "."
                        {preview.only.clone().map(|name| view! { " The journey is " <strong>{name}</strong> "." })}
                    </p>
                    <p>"Stop is final: people exit, messages are no longer sent, and the journey \
                        can’t be restarted. To block new people but let the others finish, use \
                        Pause."</p>
                }
                    .into_any()
            }}
            {(skipped_count > 0).then(|| view! { <p>{format!("{} skipped: {}.", format_count(skipped_count), skipped.join("; "))}</p> })}
        </div>
    }
}
