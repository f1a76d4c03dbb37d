//! A node's settings in one line, and lengths of time as people say them.

use super::{Delay, NodeKind};
use crate::stats::pluralize;

impl NodeKind {
    /// One line about its settings, for the box on the canvas.
    pub fn describe(&self) -> String {
        match self {
            NodeKind::Entry {} => "Everyone starts here".to_string(),
            NodeKind::Email { subject, .. } => subject.clone(),
            NodeKind::Sms { body } => body.clone(),
            NodeKind::Push { title, .. }
            | NodeKind::WebPush { title, .. }
            | NodeKind::InApp { title, .. } => title.clone(),
            NodeKind::Webhook { url, .. } => url.clone(),
            NodeKind::Whatsapp { template } => format!("Template {template}"),
            NodeKind::Delay(delay) => delay.describe(),
            NodeKind::WaitForEvent { event, timeout_minutes, .. } => {
                format!("“{}”, at most {}", event.name, humanize_duration(*timeout_minutes))
            }
            NodeKind::ConditionSplit { branches } => branches
                .iter()
                .map(|branch| branch.criteria.describe())
                .collect::<Vec<_>>()
                .join("; "),
            NodeKind::HasDoneSplit { event, within_days } => {
                let window = within_days
                    .map(|days| format!(" in the last {}", last_days(days)))
                    .unwrap_or_default();
                format!("“{}”{window}", event.name)
            }
            NodeKind::RandomSplit { shares } => shares
                .iter()
                .map(|share| format!("{} {}%", share.name, share.percent))
                .collect::<Vec<_>>()
                .join(", "),
            NodeKind::UpdateProfile { set } => set
                .iter()
                .map(|change| format!("{} = {}", change.property, change.value))
                .collect::<Vec<_>>()
                .join(", "),
            NodeKind::AddToList { list } | NodeKind::RemoveFromList { list } => list.clone(),
            NodeKind::StartJourney { journey } => journey.clone(),
            NodeKind::Goal { name } => name.clone(),
            NodeKind::ForceExit { reason } => reason.clone(),
        }
    }
}

impl Delay {
    pub fn describe(&self) -> String {
        match self {
            Delay::For { minutes: length } => humanize_duration(*length),
            Delay::Until { time, weekdays } if weekdays.is_empty() => format!("Until {time}"),
            Delay::Until { time, weekdays } => {
                const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
                let days: Vec<&str> = weekdays
                    .iter()
                    .filter_map(|day| DAYS.get(usize::from(*day).checked_sub(1)?).copied())
                    .collect();
                format!("Until {time} on {}", days.join(", "))
            }
            Delay::UntilProperty { property, offset_days: 0 } => format!("Until {property}"),
            Delay::UntilProperty { property, offset_days } if *offset_days < 0 => {
                format!("Until {} before {property}", days(offset_days.unsigned_abs()))
            }
            Delay::UntilProperty { property, offset_days } => {
                format!("Until {} after {property}", days(offset_days.unsigned_abs()))
            }
        }
    }
}

/// A number of minutes as people say it: "45 minutes", "2 hours", "14 days".
pub fn humanize_duration(length: u32) -> String {
    let counted = |count: u32, one, many| pluralize(i64::from(count), one, many);
    match length {
        length if length >= 1440 && length % 1440 == 0 => counted(length / 1440, "day", "days"),
        length if length >= 60 && length % 60 == 0 => counted(length / 60, "hour", "hours"),
        length => counted(length, "minute", "minutes"),
    }
}

/// "1 day", "14 days".
pub fn days(length: u32) -> String {
    pluralize(i64::from(length), "day", "days")
}

/// The same after "in the last": "day", "14 days".
pub fn last_days(length: u32) -> String {
    if length == 1 { "day".to_string() } else { days(length) }
}

/// A number of hours as people say it: "36 hours", "14 days".
pub fn hours(length: u32) -> String {
    if length >= 24 && length.is_multiple_of(24) {
        pluralize(i64::from(length / 24), "day", "days")
    } else {
        pluralize(i64::from(length), "hour", "hours")
    }
}
