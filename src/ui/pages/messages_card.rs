//! The messages of a profile or of an enrolment, with their events.

use leptos::prelude::*;

use crate::ui::components::time::LongDate;
use wayfare_domain::messages::read_model::{MessageEventSummary, MessageSummary};

#[component]
pub fn MessagesCard(
    messages: Vec<MessageSummary>,
    /// Show the journey of each message, with a link to the enrolment.
    #[prop(optional)]
    with_enrolments: bool,
) -> impl IntoView {
    let none = messages.is_empty();
    view! {
        <section class="card" aria-labelledby="messages-title" data-live="messages">
            <h2 id="messages-title">"Messages"</h2>
            {none.then(|| view! { <p class="hint">"No messages yet. Messages from journeys appear here."</p> })}
            <ol class="history" aria-label="Messages">
                {messages.into_iter().map(|message| view! { <Line message=message with_enrolment=with_enrolments /> }).collect_view()}
            </ol>
        </section>
    }
}

#[component]
fn Line(message: MessageSummary, with_enrolment: bool) -> impl IntoView {
    let description = message.describe();
    let enrolment = with_enrolment.then(|| {
        view! {
            " · "
            <a href=format!("/enrolments/{}", message.enrolment)>{message.journey_name}</a>
        }
    });
    view! {
        <li>
            <span class="history-what">{format!("{}, by {}: {description}", message.title, message.channel)}</span>
            <span class="history-who">
                <LongDate at=message.settled_at.unwrap_or(message.created_at) />
                {enrolment}
            </span>
            {message.answers.into_iter().map(|answer| view! { <Answer answer=answer /> }).collect_view()}
        </li>
    }
}

#[component]
fn Answer(answer: MessageEventSummary) -> impl IntoView {
    let detail = (!answer.detail.is_empty()).then(|| format!(" ({})", answer.detail));
    view! {
        <span class="history-who">
            {answer.kind.title()}
            {detail}
            ", "
            <LongDate at=answer.at />
        </span>
    }
}
