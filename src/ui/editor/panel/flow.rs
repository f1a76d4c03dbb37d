//! The forms of waits, of splits, and of profile updates.

use leptos::{prelude::*, task::spawn_local};

use super::{
    criteria::{CriteriaFields, EventFields, new_event, typed_value},
    duration_field::DurationField,
    field_lens::{FieldLens, field},
    fields::{
        NumberField, PickField, TextField, is_editable, optional_number, required_number,
        why_not_editable,
    },
    lists::{AddButton, Lines, ListProblem, RemoveButton},
};
use crate::{
    api::editor::next_times,
    ui::editor::{browser, context::GraphState},
};
use wayfare_domain::{
    graph::{
        NodeKind,
        criteria::Criteria,
        node::{Branch, Delay, PropertyValue, SplitShare},
    },
    time::Timestamp,
};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

fn delay_kind(delay: &Delay) -> &'static str {
    match delay {
        Delay::For { .. } => "for",
        Delay::Until { .. } => "until",
        Delay::UntilProperty { .. } => "property",
    }
}

#[component]
pub fn DelayFields(step: FieldLens<NodeKind>) -> impl IntoView {
    let delay = field!(step, "delay", NodeKind::Delay(delay) => delay, Delay::For { minutes: 60 });
    let kind = delay.under(
        "",
        |delay| delay_kind(delay).to_string(),
        |delay, kind: String| {
            *delay = match kind.as_str() {
                "until" => Delay::Until { time: "09:00".to_string(), weekdays: Vec::new() },
                "property" => Delay::UntilProperty { property: String::new(), offset_days: 0 },
                _ => Delay::For { minutes: 60 },
            };
        },
    );
    let shown = Memo::new(move |_| delay.value.with(delay_kind));
    let kinds = vec![
        ("for", "For a length of time"),
        ("until", "Until a time of day"),
        ("property", "Until a date in the profile"),
    ];
    view! {
        <PickField label="Waits" field=kind options=kinds />
        {move || match shown.get() {
            "until" => view! { <UntilFields delay=delay /> }.into_any(),
            "property" => {
                let property = field!(delay, "until_property.property", Delay::UntilProperty { property, .. } => property);
                let offset = field!(delay, "until_property.offset_days", Delay::UntilProperty { offset_days, .. } => offset_days);
                view! {
                    <TextField label="Property with the date" field=property list="known-properties" />
                    <OffsetFields field=offset />
                }
                    .into_any()
            }
            _ => {
                let minutes = field!(delay, "for.minutes", Delay::For { minutes } => minutes);
                view! { <DurationField label="Length" field=required_minutes(minutes) required=true /> }.into_any()
            }
        }}
        <NextTimes delay=delay.value />
    }
}

/// A length that is never missing, for a field that can be empty.
fn required_minutes(field: FieldLens<u32>) -> FieldLens<Option<u32>> {
    field.under("", |minutes| Some(*minutes), |minutes, new| *minutes = new.unwrap_or(*minutes))
}

#[component]
fn UntilFields(delay: FieldLens<Delay>) -> impl IntoView {
    let time = field!(delay, "until.time", Delay::Until { time, .. } => time);
    let weekdays = field!(delay, "until.weekdays", Delay::Until { weekdays, .. } => weekdays);
    view! {
        <TextField label="Time of day in the person's time zone" field=time input="time" />
        <fieldset class="weekdays">
            <legend>"Only on"</legend>
            {WEEKDAYS
                .into_iter()
                .zip(1_u8..)
                .map(|(name, day)| {
                    let flip = move |event| {
                        let on = event_target_checked(&event);
                        weekdays
                            .update(|days| {
                                days.retain(|other| *other != day);
                                if on {
                                    days.push(day);
                                    days.sort_unstable();
                                }
                            });
                    };
                    view! {
                        <label class="choice">
                            <input
                                r#type="checkbox"
                                disabled=!is_editable(weekdays.path)
                                aria-describedby=why_not_editable(weekdays.path)
                                prop:checked=move || weekdays.value.with(|days| days.contains(&day))
                                on:change=flip
                            />
                            <span>{name}</span>
                        </label>
                    }
                })
                .collect_view()}
        </fieldset>
        <p class="hint">"None selected: any day."</p>
    }
}

/// A number of days before or after a date.
#[component]
fn OffsetFields(field: FieldLens<i32>) -> impl IntoView {
    let side = field.under(
        "",
        |days| if *days < 0 { "before" } else { "after" }.to_string(),
        |days, side: String| *days = if side == "before" { -days.abs() } else { days.abs() },
    );
    let count = field.under(
        "",
        |days| Some(u64::from(days.unsigned_abs())),
        |days, new: Option<u64>| {
            let count = i32::try_from(new.unwrap_or(0)).unwrap_or(i32::MAX);
            *days = if *days < 0 { -count } else { count };
        },
    );
    view! {
        <div class="filter-fields">
            <NumberField label="Days" field=count max=3650 required=true />
            <PickField label="Before or after" field=side options=vec![("before", "before it"), ("after", "after it")] />
        </div>
    }
}

/// The next times at which a person would continue.
#[component]
fn NextTimes(delay: Signal<Delay>) -> impl IntoView {
    let graph = GraphState::here();
    let times = RwSignal::new(Vec::<Timestamp>::new());
    let last_request = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let (delay, zone) = (delay.get(), graph.settings.read().time_zone.clone());
        let request = last_request.get_value() + 1;
        last_request.set_value(request);
        spawn_local(async move {
            // A response that was overtaken by a later one is not shown.
            let response = next_times(delay, None, Some(zone)).await.unwrap_or_default();
            if last_request.try_get_value() == Some(request) {
                times.set(response);
            }
        });
    });
    move || {
        let zone = graph.settings.read().time_zone.clone();
        (!times.read().is_empty()).then(|| {
            view! {
                <div class="next-times">
                    <p class="field-label">{format!("Example times for people who arrive now and \
                        later ({zone})")}</p>
                    <ul>{times.get().into_iter().map(|at| view! { <li>{browser::local_time(at, &zone)}</li> }).collect_view()}</ul>
                </div>
            }
        })
    }
}

#[component]
pub fn WaitFields(step: FieldLens<NodeKind>) -> impl IntoView {
    let awaited = field!(step, "wait_for_event.event", NodeKind::WaitForEvent { event, .. } => event, new_event());
    let same = field!(step, "wait_for_event.same", NodeKind::WaitForEvent { same, .. } => same);
    let timeout = field!(step, "wait_for_event.timeout_minutes", NodeKind::WaitForEvent { timeout_minutes, .. } => timeout_minutes);
    let line = Callback::new(move |index| {
        let property = same.item(index, String::new());
        view! {
            <div class="list-line">
                <TextField label="Same property" field=property list="known-event-properties" />
                <RemoveButton list=Some(same.path) label="Remove this property" press=move |()| same.remove(index) />
            </div>
        }
        .into_any()
    });
    view! {
        <EventFields field=awaited label="Event to wait for" />
        <fieldset class="panel-group">
            <legend>"Same as in the entry event"</legend>
            <p class="hint">"The same order, the same cart: the property must have the same value \
                in both."</p>
            <Lines count=same.count() line=line />
            <AddButton list=Some(same.path) label="Add a property" press=move |()| same.push(String::new()) />
        </fieldset>
        <DurationField label="Waits at most" field=required_minutes(timeout) required=true hint="Then people \
            leave on the path Timed out." />
    }
}

#[component]
pub fn HasDoneFields(step: FieldLens<NodeKind>) -> impl IntoView {
    let asked = field!(step, "has_done_split.event", NodeKind::HasDoneSplit { event, .. } => event, new_event());
    let within = field!(step, "has_done_split.within_days", NodeKind::HasDoneSplit { within_days, .. } => within_days);
    view! {
        <EventFields field=asked label="Event to check" />
        <NumberField label="Within days" field=optional_number(within) min=1 hint="Empty: at any time." />
    }
}

/// The first numbered name that no item of a list has.
fn free_name(is_used: &dyn Fn(&str) -> bool, start: &str) -> String {
    (1..).map(|number| format!("{start} {number}")).find(|name| !is_used(name)).unwrap_or_default()
}

#[component]
pub fn ConditionFields(step: FieldLens<NodeKind>) -> impl IntoView {
    let branches =
        field!(step, "condition_split.branches", NodeKind::ConditionSplit { branches } => branches);
    let spare = || Branch { name: String::new(), criteria: Criteria::everyone() };
    let add = move |()| {
        branches.update(|all| {
            let name = free_name(&|name| all.iter().any(|branch| branch.name == name), "branch");
            all.push(Branch { name, criteria: Criteria::Property(super::criteria::new_filter()) });
        });
    };
    let raise = move |index: usize| {
        if index > 0 {
            branches.update(|all| all.swap(index, index - 1));
        }
    };
    let line = Callback::new(move |index| {
        let branch = branches.item(index, spare());
        let name = field!(branch, "name", Branch { name, .. } => name);
        let criteria =
            field!(branch, "criteria", Branch { criteria, .. } => criteria, Criteria::everyone());
        view! {
            <fieldset class="panel-group">
                <legend>{format!("Branch {}", index + 1)}</legend>
                <TextField label="Name of the branch" field=name on_leave=true max=40 />
                <CriteriaFields field=criteria />
                <div class="step-tools-row">
                    {(index > 0).then(|| view! { <MoveUp list=branches.path press=move |()| raise(index) /> })}
                    <RemoveButton list=Some(branches.path) label="Remove this branch" press=move |()| branches.remove(index) />
                </div>
            </fieldset>
        }
        .into_any()
    });
    view! {
        <p class="hint">"People take the first branch they match, or the path Everyone else."</p>
        <ListProblem path=branches.path />
        <Lines count=branches.count() line=line />
        <AddButton list=Some(branches.path) label="Add a branch" press=add />
    }
}

#[component]
fn MoveUp(list: StoredValue<String>, #[prop(into)] press: Callback<()>) -> impl IntoView {
    view! {
        <button class="button button-small" r#type="button" disabled=!is_editable(list) on:click=move |_| press.run(())>
            "Move up"
        </button>
    }
}

#[component]
pub fn RandomFields(step: FieldLens<NodeKind>) -> impl IntoView {
    let shares = field!(step, "random_split.shares", NodeKind::RandomSplit { shares } => shares);
    let spare = || SplitShare { name: String::new(), percent: 0 };
    let add = move |()| {
        shares.update(|all| {
            let name = free_name(&|name| all.iter().any(|share| share.name == name), "share");
            all.push(SplitShare { name, percent: 0 });
        });
    };
    let even = move |_| {
        shares.update(|all| {
            let many = u8::try_from(all.len().max(1)).unwrap_or(100);
            for (index, share) in all.iter_mut().enumerate() {
                share.percent = 100 / many + u8::from(index < usize::from(100 % many));
            }
        });
    };
    let sum = move || {
        shares.value.with(|all| all.iter().map(|share| u32::from(share.percent)).sum::<u32>())
    };
    let line = Callback::new(move |index| {
        let share = shares.item(index, spare());
        let name = field!(share, "name", SplitShare { name, .. } => name);
        let percent = field!(share, "percent", SplitShare { percent, .. } => percent);
        view! {
            <div class="list-line">
                <div class="filter-fields">
                    <TextField label="Name of the share" field=name on_leave=true max=40 />
                    <NumberField label="Percent" field=required_number(percent) max=100 required=true />
                </div>
                <RemoveButton list=Some(shares.path) label="Remove this share" press=move |()| shares.remove(index) />
            </div>
        }
        .into_any()
    });
    view! {
        <p class="hint">"Random, but always the same path for the same person."</p>
        <Lines count=shares.count() line=line />
        <p class="hint">{move || format!("Total: {} of 100%.", sum())}</p>
        <ListProblem path=shares.path />
        <div class="step-tools-row">
            <AddButton list=Some(shares.path) label="Add a share" press=add />
            <button class="button button-small" r#type="button" disabled=!is_editable(shares.path) on:click=even>
                "Equal shares"
            </button>
        </div>
    }
}

#[component]
pub fn UpdateFields(step: FieldLens<NodeKind>) -> impl IntoView {
    let set = field!(step, "update_profile.set", NodeKind::UpdateProfile { set } => set);
    let spare = || PropertyValue {
        property: String::new(),
        value: serde_json::Value::String(String::new()),
    };
    let line = Callback::new(move |index| {
        let item = set.item(index, spare());
        let property = field!(item, "property", PropertyValue { property, .. } => property);
        let value = typed_value(field!(item, "value", PropertyValue { value, .. } => value));
        view! {
            <div class="list-line">
                <div class="filter-fields">
                    <TextField label="Property" field=property list="known-properties" />
                    <TextField label="Value" field=value />
                </div>
                <RemoveButton list=Some(set.path) label="Remove this property" press=move |()| set.remove(index) />
            </div>
        }
        .into_any()
    });
    view! {
        <ListProblem path=set.path />
        <Lines count=set.count() line=line />
        <AddButton list=Some(set.path) label="Add a property" press=move |()| set.push(spare()) />
    }
}
