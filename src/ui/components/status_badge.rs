//! A status as a word with a sign of its own, so that it can be told without its colour.

use leptos::prelude::*;

use super::icon::{Icon, Symbol};
use wayfare_domain::journeys::status::Status;

pub fn symbol_of(status: Status) -> Symbol {
    match status {
        Status::Draft => Symbol::Draft,
        Status::Scheduled => Symbol::Clock,
        Status::Running => Symbol::Play,
        Status::Paused => Symbol::Pause,
        Status::Completed => Symbol::Flag,
        Status::Restricted => Symbol::Drain,
        Status::Stopped => Symbol::Stop,
    }
}

#[component]
pub fn StatusBadge(status: Status) -> impl IntoView {
    view! {
        <span class=format!("badge badge-{}", status.key()) title=status.meaning()>
            <Icon symbol=symbol_of(status) />
            {status.title()}
        </span>
    }
}
