//! What a message says.

use leptos::prelude::*;

use super::{
    field_lens::{FieldLens, part},
    fields::{AreaField, FieldKind, PickField, TextField, options},
    insert::{Insert, TemplateField, VariableInserter},
    lists::{AddButton, RemoveButton},
};
use crate::ui::editor::bench::Bench;
use wayfare_domain::graph::{
    NodeKind,
    node::{WebhookHeader, WebhookMethod},
};

/// The texts, what can be put into them, and the way to see them filled in.
#[component]
pub fn MessageFields(step: FieldLens<NodeKind>, node: String) -> impl IntoView {
    let bench = Bench::here();
    provide_context(VariableInserter::new());
    view! {
        <TextFields step=step />
        {bench.can_write().then(|| view! { <Insert /> })}
        <button class="button button-small" r#type="button" on:click=move |_| bench.preview.set(Some(node.clone()))>
            "Preview and test…"
        </button>
    }
}

#[component]
fn TextFields(step: FieldLens<NodeKind>) -> impl IntoView {
    match step.now() {
        NodeKind::Email { .. } => {
            let subject = part!(step, "email.subject", NodeKind::Email { subject, .. } => subject);
            let body = part!(step, "email.body", NodeKind::Email { body, .. } => body);
            view! {
                <Line label="Subject" part=subject />
                <BodyField label="Text" part=body />
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
                    "{count} characters, {parts} {}, before variables are replaced",
                    if parts == 1 { "message" } else { "messages" }
                )
            };
            view! {
                <BodyField label="Text" part=body />
                <p class="hint">{length}</p>
            }
            .into_any()
        }
        NodeKind::Push { .. } => {
            let title = part!(step, "push.title", NodeKind::Push { title, .. } => title);
            let body = part!(step, "push.body", NodeKind::Push { body, .. } => body);
            let link = part!(step, "push.link", NodeKind::Push { link, .. } => link);
            view! {
                <Line label="Title" part=title />
                <BodyField label="Text" part=body />
                <Line label="Link to open on tap" part=link placeholder="https://" />
            }
            .into_any()
        }
        NodeKind::WebPush { .. } => {
            let title = part!(step, "web_push.title", NodeKind::WebPush { title, .. } => title);
            let body = part!(step, "web_push.body", NodeKind::WebPush { body, .. } => body);
            view! {
                <Line label="Title" part=title />
                <BodyField label="Text" part=body />
            }
            .into_any()
        }
        NodeKind::InApp { .. } => {
            let title = part!(step, "in_app.title", NodeKind::InApp { title, .. } => title);
            let body = part!(step, "in_app.body", NodeKind::InApp { body, .. } => body);
            view! {
                <Line label="Title" part=title />
                <BodyField label="Text" part=body />
            }
            .into_any()
        }
        NodeKind::Whatsapp { .. } => {
            let template =
                part!(step, "whatsapp.template", NodeKind::Whatsapp { template } => template);
            view! { <TextField label="Template" part=template kind=FieldKind::Text hint="The name of \
            the template at the provider." /> }
            .into_any()
        }
        _ => view! { <WebhookFields step=step /> }.into_any(),
    }
}

#[component]
fn WebhookFields(step: FieldLens<NodeKind>) -> impl IntoView {
    let url = part!(step, "webhook.url", NodeKind::Webhook { url, .. } => url);
    let body = part!(step, "webhook.body", NodeKind::Webhook { body, .. } => body);
    let method = part!(step, "webhook.method", NodeKind::Webhook { method, .. } => method);
    let headers = part!(step, "webhook.headers", NodeKind::Webhook { headers, .. } => headers);
    let methods = [
        WebhookMethod::Post,
        WebhookMethod::Put,
        WebhookMethod::Patch,
        WebhookMethod::Delete,
        WebhookMethod::Get,
    ];
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
        <Line label="Address" part=url placeholder="https://" />
        <PickField label="Method" part=name options=choices />
        <BodyField label="Body" part=body />
        <fieldset class="panel-group">
            <legend>"Headers"</legend>
            <For each=move || 0..count.get() key=|index| *index let:index>
                <div class="list-line">
                    <div class="filter-fields">
                        <TextField
                            label="Header"
                            part=part!(headers.item(index, new()), "name", WebhookHeader { name, .. } => name)
                        />
                        <Line
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

/// A line that can be filled in.
#[component]
fn Line(
    label: &'static str,
    part: FieldLens<String>,
    #[prop(optional)] placeholder: &'static str,
) -> impl IntoView {
    view! {
        <TemplateField label=label part=part>
            <TextField label=label part=part kind=FieldKind::Text placeholder=placeholder />
        </TemplateField>
    }
}

/// The text of a message.
#[component]
fn BodyField(label: &'static str, part: FieldLens<String>) -> impl IntoView {
    view! {
        <TemplateField label=label part=part main=true>
            <AreaField label=label part=part kind=FieldKind::Text rows=8 />
        </TemplateField>
    }
}
