//! `/enrolments/:id`: one enrolment, step by step, with the reason for each path.

use leptos::prelude::*;

use super::{id_of_path, messages_card::MessagesCard};
use crate::{
    api::profiles::read_enrolment,
    ui::components::{
        page::{Loaded, Page},
        time::LongDate,
    },
};
use wayfare_domain::profiles::read_model::EnrolmentDetail;

#[component]
pub fn EnrolmentPage() -> impl IntoView {
    let id = id_of_path();
    view! {
        <Page title="Enrolment">
            <Loaded
                load=move || {
                    let id = id.clone();
                    async move { read_enrolment(&id).await }
                }
                view=|detail| view! { <EnrolmentState detail=detail /> }.into_any()
            />
        </Page>
    }
}

#[component]
fn EnrolmentState(detail: EnrolmentDetail) -> impl IntoView {
    let enrolment = detail.enrolment;
    let title = detail.person_title;
    let person = match detail.person {
        Some(number) => view! { <a href=format!("/profiles/{number}")>{title}</a> }.into_any(),
        None => title.into_any(),
    };
    let none = detail.steps.is_empty();
    view! {
        <section class="card" aria-labelledby="trip-title" data-live="trip">
            <h2 id="trip-title">
                <a href=format!("/journeys/{}", enrolment.journey)>{enrolment.journey_name}</a>
            </h2>
            <dl class="facts">
                <dt>"Profile"</dt>
                <dd>{person}</dd>
                <dt>"Version"</dt>
                <dd>{enrolment.version}</dd>
                <dt>"Status"</dt>
                <dd>{state_title(&enrolment.state)}</dd>
                <dt>"Entered"</dt>
                <dd>
                    <LongDate at=enrolment.entered_at />
                </dd>
                {enrolment.due_at.map(|at| view! { <dt>"Continues"</dt><dd><LongDate at=at /></dd> })}
                {enrolment.ended_at.map(|at| view! { <dt>"Exited"</dt><dd><LongDate at=at /></dd> })}
            </dl>
        </section>
        <MessagesCard messages=detail.messages />
        <section class="card" aria-labelledby="steps-title" data-live="steps">
            <h2 id="steps-title">"Steps"</h2>
            {none.then(|| view! { <p class="hint">"The steps of this enrolment were removed \
                after the retention period."</p> })}
            <ol class="history">
                {detail
                    .steps
                    .into_iter()
                    .map(|step| {
                        view! {
                            <li>
                                <span class="history-what">{format!("{}: {}", step.title, step.what)}</span>
                                <span class="history-who">
                                    <LongDate at=step.at />
                                    {(!step.reason.is_empty()).then(|| format!(" · {}", step.reason))}
                                </span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </section>
    }
}

/// "inside", or the exit reason, in the words of pages.
pub fn state_title(state: &str) -> String {
    match state {
        "force_exited" => "exited early".to_string(),
        "version_exit" => "moved to a newer version".to_string(),
        key => key.replace('_', " "),
    }
}
