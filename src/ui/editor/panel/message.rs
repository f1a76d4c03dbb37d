//! What a message says.

use leptos::prelude::*;

use super::{
    fields::{AreaField, Kind, PickField, TextField, options},
    lists::{AddButton, RemoveButton},
    part::{Part, part},
};
use crate::{
    domain::{
        graph::{
            NodeKind,
            node::{WebhookHeader, WebhookMethod},
        },
        settings::Entry,
    },
    ui::editor::bench::Bench,
};

#[component]
pub fn MessageFields(step: Part<NodeKind>) -> impl IntoView {
    match step.now() {
        NodeKind::Email { .. } => {
            let subject = part!(step, "email.subject", NodeKind::Email { subject, .. } => subject);
            let body = part!(step, "email.body", NodeKind::Email { body, .. } => body);
            view! {
                <WithVariables label="Subject" part=subject area=false />
                <WithVariables label="Text" part=body area=true />
            }
            .into_any()
        }
        NodeKind::Sms { .. } => {
            let body = part!(step, "sms.body", NodeKind::Sms { body } => body);
            let length = move || {
                let count = body.value.with(|text| text.chars().count());
                let plain = body.value.with(|text| text.is_ascii());
                let (one, more) = if plain { (160, 153) } else { (70, 67) };
                let parts = if count <= one { 1 } else { count.div_ceil(more) };
                format!(
                    "{count} characters, {parts} {}, before variables are filled in",
                    if parts == 1 { "message" } else { "messages" }
                )
            };
            view! {
                <WithVariables label="Text" part=body area=true />
                <p class="hint">{length}</p>
            }
            .into_any()
        }
        NodeKind::Push { .. } => {
            let title = part!(step, "push.title", NodeKind::Push { title, .. } => title);
            let body = part!(step, "push.body", NodeKind::Push { body, .. } => body);
            let link = part!(step, "push.link", NodeKind::Push { link, .. } => link);
            view! {
                <WithVariables label="Title" part=title area=false />
                <WithVariables label="Text" part=body area=true />
                <TextField label="Where a tap leads" part=link kind=Kind::Text placeholder="https://" />
            }
            .into_any()
        }
        NodeKind::WebPush { .. } => {
            let title = part!(step, "web_push.title", NodeKind::WebPush { title, .. } => title);
            let body = part!(step, "web_push.body", NodeKind::WebPush { body, .. } => body);
            view! {
                <WithVariables label="Title" part=title area=false />
                <WithVariables label="Text" part=body area=true />
            }
            .into_any()
        }
        NodeKind::InApp { .. } => {
            let title = part!(step, "in_app.title", NodeKind::InApp { title, .. } => title);
            let body = part!(step, "in_app.body", NodeKind::InApp { body, .. } => body);
            view! {
                <WithVariables label="Title" part=title area=false />
                <WithVariables label="Text" part=body area=true />
            }
            .into_any()
        }
        NodeKind::Whatsapp { .. } => {
            let template = part!(step, "whatsapp.template", NodeKind::Whatsapp { template } => template);
            view! { <TextField label="Template" part=template kind=Kind::Text hint="The name that the provider knows it by." /> }
                .into_any()
        }
        _ => view! { <WebhookFields step=step /> }.into_any(),
    }
}

#[component]
fn WebhookFields(step: Part<NodeKind>) -> impl IntoView {
    let url = part!(step, "webhook.url", NodeKind::Webhook { url, .. } => url);
    let body = part!(step, "webhook.body", NodeKind::Webhook { body, .. } => body);
    let method = part!(step, "webhook.method", NodeKind::Webhook { method, .. } => method);
    let headers = part!(step, "webhook.headers", NodeKind::Webhook { headers, .. } => headers);
    let methods = [WebhookMethod::Post, WebhookMethod::Put, WebhookMethod::Patch, WebhookMethod::Delete, WebhookMethod::Get];
    let name = method.under(
        "",
        |method| method.name().to_string(),
        move |method, name: String| {
            if let Some(found) = methods.into_iter().find(|method| method.name() == name) {
                *method = found;
            }
        },
    );
    let choices = options(methods.map(|method| (method.name(), method.name())));
    let count = headers.count();
    let new = || WebhookHeader { name: String::new(), value: String::new() };
    view! {
        <TextField label="Address" part=url placeholder="https://" input="url" />
        <PickField label="Method" part=name options=choices />
        <WithVariables label="Body" part=body area=true />
        <fieldset class="panel-group">
            <legend>"Headers"</legend>
            <For each=move || 0..count.get() key=|index| *index let:index>
                <div class="list-line">
                    <div class="filter-fields">
                        <TextField
                            label="Header"
                            part=part!(headers.item(index, new()), "name", WebhookHeader { name, .. } => name)
                        />
                        <TextField
                            label="Value"
                            part=part!(headers.item(index, new()), "value", WebhookHeader { value, .. } => value)
                        />
                    </div>
                    <RemoveButton label="Remove this header" press=move || headers.remove(index) />
                </div>
            </For>
            <AddButton label="Add a header" press=move || headers.push(new()) />
        </fieldset>
    }
}

/// A text with the menu of what can be filled in.
#[component]
fn WithVariables(label: &'static str, part: Part<String>, area: bool) -> impl IntoView {
    let bench = Bench::here();
    let menu = if bench.can_write() {
        let insert = move |event| {
            let variable = event_target_value(&event);
            if !variable.is_empty() {
                part.change(|text| {
                    let space = if text.is_empty() || text.ends_with([' ', '\n']) { "" } else { " " };
                    text.push_str(&format!("{space}{variable}"));
                });
                bench.say(format!("{variable} put at the end of the {}.", label.to_lowercase()));
            }
        };
        view! {
            <select class="variables" aria-label=format!("Insert into {label}") prop:value="" on:change=insert>
                <option value="">"Insert…"</option>
                {variables(bench).into_iter().map(|(text, name)| view! { <option value=text>{name}</option> }).collect_view()}
            </select>
        }
        .into_any()
    } else {
        ().into_any()
    };
    let field = if area {
        view! { <AreaField label=label part=part kind=Kind::Text rows=8 /> }.into_any()
    } else {
        view! { <TextField label=label part=part kind=Kind::Text /> }.into_any()
    };
    view! { <div class="with-variables">{field} {menu}</div> }
}

/// What templates can fill in: properties of the person, and of the event that let her in.
fn variables(bench: Bench) -> Vec<(String, String)> {
    let catalogue = bench.document.get_value().catalogue.clone();
    let of_event = match bench.settings.get_untracked().entry {
        Entry::Event { name, .. } => {
            catalogue.event_properties.iter().find(|(event, _)| *event == name).map(|(_, names)| names.clone())
        }
        _ => None,
    };
    let path = |root: &str, name: &str| {
        let plain = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
            && !name.starts_with(|letter: char| letter.is_ascii_digit());
        if plain { format!("{{{{ {root}.{name} }}}}") } else { format!("{{{{ {root}['{name}'] }}}}") }
    };
    let of_person = ["identity", "email"].into_iter().map(str::to_string).chain(catalogue.properties.clone());
    let mut all: Vec<(String, String)> = of_person.map(|name| (path("profile", &name), format!("Person: {name}"))).collect();
    all.extend(of_event.into_iter().flatten().map(|name| (path("event", &name), format!("Event: {name}"))));
    all.push(("{{ journey.name }}".to_string(), "Journey: name".to_string()));
    all.dedup();
    all
}
