//! The settings of a version: who enters, when, and how people exit.

use leptos::prelude::*;

use super::{
    criteria::{CriteriaFields, EventFields, FilterList, new_event},
    field_lens::{FieldLens, field},
    fields::{
        CheckboxField, FormScope, NumberField, PickField, TextField, TimeField, WhyNote,
        is_editable, optional_number, required_number, why_not_editable,
    },
    lists::{AddButton, Lines, ListProblem, RemoveButton},
};
use crate::ui::editor::{
    browser::{format_datetime_field, now, parse_datetime_field},
    context::{GraphState, OpenVersion},
};
use wayfare_domain::{
    graph::criteria::{Criteria, EventMatch},
    journeys::settings::{
        EntryTrigger, EntryType, GOALS_MAX, Goal, QuietHours, QuietHoursPolicy, ReentryRule,
        SegmentSchedule, Settings,
    },
    time::Timestamp,
};
use wayfare_editor_model::state::EditCommand;

#[component]
pub fn SettingsForm() -> impl IntoView {
    let open_version = OpenVersion::here();
    let graph = GraphState::here();
    provide_context(FormScope { node: StoredValue::new(None) });
    let whole = FieldLens::new(graph.settings.into(), "", move |settings: Settings, field| {
        graph.apply(&EditCommand::Settings { settings: Box::new(settings), field });
    });
    let why = (!open_version.mode.can_edit_settings()).then(|| {
        "The settings of a published version cannot be edited. Create a new version to change them."
            .to_string()
    });
    view! {
        <WhyNote why=why />
        <EntryFields entry=field!(whole, "entry", Settings { entry, .. } => entry, EntryTrigger::Api {}) />
        <fieldset class="panel-group">
            <legend>"When"</legend>
            <TimeField
                label="Start (UTC)"
                field=field!(whole, "start", Settings { start, .. } => start)
                hint="Empty: when you publish."
            />
            <TimeField label="End of entry (UTC)" field=field!(whole, "end", Settings { end, .. } => end) hint="Empty: never." />
            <TextField
                label="Time zone"
                field=field!(whole, "time_zone", Settings { time_zone, .. } => time_zone)
                list="known-zones"
                hint="Used when a profile has no time zone."
            />
            <TimeZoneList />
        </fieldset>
        <fieldset class="panel-group">
            <legend>"Re-entry and limits"</legend>
            <ReentryFields field=field!(whole, "reentry", Settings { reentry, .. } => reentry) />
            <NumberField
                label="Entry limit"
                field=field!(whole, "entry_cap", Settings { entry_cap, .. } => entry_cap)
                min=1
                max=u64::MAX
                hint="Empty: no limit."
            />
            <NumberField
                label="Control group (%)"
                field=required_number(field!(whole, "control_percent", Settings { control_percent, .. } => control_percent))
                max=99
                required=true
                hint="This share qualifies but never enters, so you can compare results."
            />
        </fieldset>
        <Goals field=field!(whole, "goals", Settings { goals, .. } => goals) />
        <Exits field=field!(whole, "exits", Settings { exits, .. } => exits) />
        <fieldset class="panel-group">
            <legend>"Limits"</legend>
            <NumberField
                label="Time-out (hours)"
                field=optional_number(field!(whole, "timeout_hours", Settings { timeout_hours, .. } => timeout_hours))
                min=1
                hint="People inside longer than this exit as timed out. Empty: never."
            />
            <QuietHoursFields field=field!(whole, "quiet_hours", Settings { quiet_hours, .. } => quiet_hours) />
        </fieldset>
    }
}

#[component]
fn EntryFields(entry: FieldLens<EntryTrigger>) -> impl IntoView {
    let kind = entry.under(
        "",
        |entry| entry.entry_type().key().to_string(),
        |entry, key: String| {
            *entry = match key.parse() {
                Ok(EntryType::Event) => {
                    EntryTrigger::Event { name: String::new(), filters: Vec::new() }
                }
                Ok(EntryType::Profile) => EntryTrigger::Profile { criteria: Criteria::everyone() },
                Ok(EntryType::Segment) => {
                    EntryTrigger::Segment { name: String::new(), when: SegmentSchedule::Once {} }
                }
                Ok(EntryType::List) => EntryTrigger::List { name: String::new() },
                Ok(EntryType::Api) | Err(_) => EntryTrigger::Api {},
            };
        },
    );
    let shown = Memo::new(move |_| entry.value.with(EntryTrigger::entry_type));
    let kinds = EntryType::ALL.iter().map(|kind| (kind.key(), kind.title())).collect::<Vec<_>>();
    view! {
        <fieldset class="panel-group">
            <legend>"Entry"</legend>
            <PickField label="Entry trigger" field=kind options=kinds />
            <ListProblem path=entry.path />
            {move || match shown.get() {
                EntryType::Event => {
                    let name = field!(entry, "event.name", EntryTrigger::Event { name, .. } => name);
                    let filters = field!(entry, "event.filters", EntryTrigger::Event { filters, .. } => filters);
                    view! {
                        <TextField label="Entry event" field=name list="known-events" />
                        <FilterList field=filters />
                    }
                        .into_any()
                }
                EntryType::Profile => {
                    let criteria = field!(entry, "profile.criteria", EntryTrigger::Profile { criteria } => criteria, Criteria::everyone());
                    view! {
                        <p class="hint">"Enter when a profile starts to match:"</p>
                        <CriteriaFields field=criteria />
                    }
                        .into_any()
                }
                EntryType::Segment => {
                    let name = field!(entry, "segment.name", EntryTrigger::Segment { name, .. } => name);
                    let when = field!(entry, "segment.when", EntryTrigger::Segment { when, .. } => when, SegmentSchedule::Once {});
                    view! {
                        <TextField label="Segment" field=name list="known-segments" />
                        <ScheduleFields field=when />
                    }
                        .into_any()
                }
                EntryType::List => {
                    let name = field!(entry, "list.name", EntryTrigger::List { name } => name);
                    view! { <TextField label="List" field=name list="known-lists" /> }.into_any()
                }
                EntryType::Api => {
                    view! { <p class="hint">"Your system enters people: POST \
                        /api/v1/journeys/{id}/enter."</p> }.into_any()
                }
            }}
        </fieldset>
    }
}

fn schedule_key(schedule: &SegmentSchedule) -> &'static str {
    match schedule {
        SegmentSchedule::Once {} => "once",
        SegmentSchedule::OnDates { .. } => "dates",
        SegmentSchedule::Every { .. } => "every",
    }
}

#[component]
fn ScheduleFields(field: FieldLens<SegmentSchedule>) -> impl IntoView {
    let kind = field.under(
        "",
        |schedule| schedule_key(schedule).to_string(),
        |schedule, kind: String| {
            *schedule = match kind.as_str() {
                "dates" => SegmentSchedule::OnDates { dates: vec![now()] },
                "every" => SegmentSchedule::Every { hours: 24 },
                _ => SegmentSchedule::Once {},
            };
        },
    );
    let shown = Memo::new(move |_| field.value.with(schedule_key));
    let kinds =
        vec![("once", "Once, at the start"), ("dates", "On dates"), ("every", "Repeatedly")];
    view! {
        <PickField label="Evaluated" field=kind options=kinds />
        {move || match shown.get() {
            "dates" => {
                let dates = field!(field, "on_dates.dates", SegmentSchedule::OnDates { dates } => dates);
                view! { <Dates field=dates /> }.into_any()
            }
            "every" => {
                let hours = field!(field, "every.hours", SegmentSchedule::Every { hours } => hours);
                view! { <NumberField label="Interval (hours)" field=required_number(hours) min=1 required=true /> }.into_any()
            }
            _ => ().into_any(),
        }}
    }
}

#[component]
fn Dates(field: FieldLens<Vec<Timestamp>>) -> impl IntoView {
    let line = Callback::new(move |index| {
        let date = field.item(index, Timestamp(0));
        view! {
            <div class="list-line">
                <label class="field">
                    <span class="field-label">"Date (UTC)"</span>
                    <input
                        r#type="datetime-local"
                        disabled=!is_editable(field.path)
                        aria-describedby=why_not_editable(field.path)
                        prop:value=move || format_datetime_field(date.get())
                        on:change=move |event| {
                            if let Some(at) = parse_datetime_field(&event_target_value(&event)) {
                                date.set(at);
                            }
                        }
                    />
                </label>
                <RemoveButton list=Some(field.path) label="Remove this date" press=move |()| field.remove(index) />
            </div>
        }
        .into_any()
    });
    view! {
        <ListProblem path=field.path />
        <Lines count=field.count() line=line />
        <AddButton list=Some(field.path) label="Add a date" press=move |()| field.push(now()) />
    }
}

#[component]
fn ReentryFields(field: FieldLens<ReentryRule>) -> impl IntoView {
    let kind = field.under(
        "",
        |reentry| {
            match reentry {
                ReentryRule::Never => "never",
                ReentryRule::AfterExit => "exit",
                ReentryRule::AfterHours(_) => "hours",
            }
            .to_string()
        },
        |reentry, kind: String| {
            *reentry = match kind.as_str() {
                "exit" => ReentryRule::AfterExit,
                "hours" => ReentryRule::AfterHours(24),
                _ => ReentryRule::Never,
            };
        },
    );
    let in_hours = Memo::new(move |_| matches!(field.get(), ReentryRule::AfterHours(_)));
    let hours = field!(field, "after_hours", ReentryRule::AfterHours(hours) => hours);
    let kinds = vec![
        ("never", "Once only"),
        ("exit", "Again after exit"),
        ("hours", "Again, some hours after exit"),
    ];
    view! {
        <PickField label="Re-entry" field=kind options=kinds />
        {move || in_hours.get().then(|| view! { <NumberField label="Hours after exit" field=required_number(hours) min=1 required=true /> })}
    }
}

#[component]
fn Goals(field: FieldLens<Vec<Goal>>) -> impl IntoView {
    let count = field.count();
    let spare = || Goal { name: String::new(), event: new_event() };
    let line = Callback::new(move |index| {
        let goal = field.item(index, spare());
        let name = field!(goal, "name", Goal { name, .. } => name);
        let goal_event = field!(goal, "event", Goal { event, .. } => event, new_event());
        view! {
            <div class="list-line">
                <div class="criteria">
                    <TextField label="Name of the goal" field=name />
                    <EventFields field=goal_event label="Goal event" />
                </div>
                <RemoveButton list=Some(field.path) label="Remove this goal" press=move |()| field.remove(index) />
            </div>
        }
        .into_any()
    });
    view! {
        <fieldset class="panel-group">
            <legend>"Goals"</legend>
            <p class="hint">"Anyone who does this converts and exits, from any step."</p>
            <ListProblem path=field.path />
            <Lines count=count line=line />
            {move || (count.get() < GOALS_MAX).then(|| view! { <AddButton list=Some(field.path) label="Add a goal" press=move |()| field.push(spare()) /> })}
        </fieldset>
    }
}

#[component]
fn Exits(field: FieldLens<Vec<EventMatch>>) -> impl IntoView {
    let line = Callback::new(move |index| {
        view! {
            <div class="list-line">
                <div class="criteria">
                    <EventFields field=field.item(index, new_event()) label="Exit event" />
                </div>
                <RemoveButton list=Some(field.path) label="Remove this exit" press=move |()| field.remove(index) />
            </div>
        }
        .into_any()
    });
    view! {
        <fieldset class="panel-group">
            <legend>"Exits"</legend>
            <p class="hint">"Anyone who does one of these events exits without converting."</p>
            <Lines count=field.count() line=line />
            <AddButton list=Some(field.path) label="Add an exit" press=move |()| field.push(new_event()) />
        </fieldset>
    }
}

fn usual_quiet_hours() -> QuietHours {
    QuietHours {
        from: "22:00".to_string(),
        to: "08:00".to_string(),
        then: QuietHoursPolicy::SendWhenOver,
    }
}

#[component]
fn QuietHoursFields(field: FieldLens<Option<QuietHours>>) -> impl IntoView {
    let on = field.under("", Option::is_some, |quiet, on| *quiet = on.then(usual_quiet_hours));
    let is_on = Memo::new(move |_| field.value.with(Option::is_some));
    let hours = field.under(
        "",
        |quiet| quiet.clone().unwrap_or_else(usual_quiet_hours),
        |quiet, new| *quiet = Some(new),
    );
    let then = hours.under(
        "then",
        |quiet| if quiet.then == QuietHoursPolicy::Drop { "drop" } else { "later" }.to_string(),
        |quiet, then: String| {
            quiet.then =
                if then == "drop" { QuietHoursPolicy::Drop } else { QuietHoursPolicy::SendWhenOver }
        },
    );
    view! {
        <CheckboxField label="Quiet hours" field=on hint="No message goes out in these hours, in the \
            person's time zone." />
        {move || {
            is_on
                .get()
                .then(|| {
                    view! {
                        <div class="filter-fields">
                            <TextField label="Quiet from" field=field!(hours, "from", QuietHours { from, .. } => from) input="time" />
                            <TextField label="Quiet until" field=field!(hours, "to", QuietHours { to, .. } => to) input="time" />
                        </div>
                        <PickField
                            label="Messages due in quiet hours"
                            field=then
                            options=vec![("later", "go out afterwards"), ("drop", "are skipped")]
                        />
                    }
                })
        }}
    }
}

/// The zones that the browser knows.
#[component]
fn TimeZoneList() -> impl IntoView {
    let zones = known_zones();
    view! { <datalist id="known-zones">{zones.into_iter().map(|zone| view! { <option value=zone></option> }).collect_view()}</datalist> }
}

fn known_zones() -> Vec<String> {
    use wasm_bindgen::{JsCast, JsValue};
    let read = |from: &JsValue, key: &str| js_sys::Reflect::get(from, &key.into()).ok();
    let intl = read(&js_sys::global(), "Intl");
    let list = intl
        .and_then(|intl| read(&intl, "supportedValuesOf"))
        .and_then(|ask| ask.dyn_into::<js_sys::Function>().ok())
        .and_then(|ask| ask.call1(&JsValue::UNDEFINED, &"timeZone".into()).ok());
    let zones = list.map(|list| {
        js_sys::Array::from(&list).iter().filter_map(|zone| zone.as_string()).collect::<Vec<_>>()
    });
    ["UTC".to_string()].into_iter().chain(zones.unwrap_or_default()).collect()
}
