//! What a message says.

use leptos::prelude::*;

use super::{
    field_lens::{FieldLens, part},
    fields::{AreaField, FieldKind, PickField, TextField, options},
    insert::{TemplateField, VariableInserter, VariablePicker},
    lists::{AddButton, Lines, RemoveButton},
};
use crate::ui::editor::context::{OpenVersion, Panels};
use wayfare_domain::graph::{
    NodeKind,
    node::{WebhookHeader, WebhookMethod},
};

/// The form of a message: the fields of its kind, the variables, and the preview.
#[component]
pub fn MessageFields(
    step: FieldLens<NodeKind>,
    node: String,
    /// The fields of the kind, below.
    fields: fn(FieldLens<NodeKind>) -> AnyView,
) -> impl IntoView {
    let open_version = OpenVersion::here();
    let panels = Panels::here();
    provide_context(VariableInserter::new());
    view! {
        {fields(step)}
        {open_version.can_edit_content().then(|| view! { <VariablePicker /> })}
        <button class="button button-small" r#type="button" on:click=move |_| panels.preview_of.set(Some(node.clone()))>
            "Preview and test…"
        </button>
    }
}

pub fn email_fields(step: FieldLens<NodeKind>) -> AnyView {
    let subject = part!(step, "email.subject", NodeKind::Email { subject, .. } => subject);
    let body = part!(step, "email.body", NodeKind::Email { body, .. } => body);
    view! {
        <LineField label="Subject" part=subject />
        <BodyField label="Text" part=body />
    }
    .into_any()
}

pub fn sms_fields(step: FieldLens<NodeKind>) -> AnyView {
    let body = part!(step, "sms.body", NodeKind::Sms { body } => body);
    let length = move || body.value.with(|text| sms_length(text));
    view! {
        <BodyField label="Text" part=body />
        <p class="hint">{length}</p>
    }
    .into_any()
}

/// How long a text message is, and in how many it is sent.
fn sms_length(text: &str) -> String {
    let count = text.chars().count();
    let (one, more) = if text.is_ascii() { (160, 153) } else { (70, 67) };
    let parts = if count <= one { 1 } else { count.div_ceil(more) };
    format!(
        "{count} characters, {parts} {}, before variables are replaced",
        if parts == 1 { "message" } else { "messages" }
    )
}

pub fn push_fields(step: FieldLens<NodeKind>) -> AnyView {
    let title = part!(step, "push.title", NodeKind::Push { title, .. } => title);
    let body = part!(step, "push.body", NodeKind::Push { body, .. } => body);
    let link = part!(step, "push.link", NodeKind::Push { link, .. } => link);
    view! {
        {titled_fields(title, body)}
        <LineField label="Link to open on tap" part=link placeholder="https://" />
    }
    .into_any()
}

pub fn web_push_fields(step: FieldLens<NodeKind>) -> AnyView {
    titled_fields(
        part!(step, "web_push.title", NodeKind::WebPush { title, .. } => title),
        part!(step, "web_push.body", NodeKind::WebPush { body, .. } => body),
    )
}

pub fn in_app_fields(step: FieldLens<NodeKind>) -> AnyView {
    titled_fields(
        part!(step, "in_app.title", NodeKind::InApp { title, .. } => title),
        part!(step, "in_app.body", NodeKind::InApp { body, .. } => body),
    )
}

fn titled_fields(title: FieldLens<String>, body: FieldLens<String>) -> AnyView {
    view! {
        <LineField label="Title" part=title />
        <BodyField label="Text" part=body />
    }
    .into_any()
}

pub fn whatsapp_fields(step: FieldLens<NodeKind>) -> AnyView {
    let template = part!(step, "whatsapp.template", NodeKind::Whatsapp { template } => template);
    view! { <TextField label="Template" part=template kind=FieldKind::Text hint="The name of the \
    template at the provider." /> }
    .into_any()
}

pub fn webhook_fields(step: FieldLens<NodeKind>) -> AnyView {
    let url = part!(step, "webhook.url", NodeKind::Webhook { url, .. } => url);
    let body = part!(step, "webhook.body", NodeKind::Webhook { body, .. } => body);
    let method = part!(step, "webhook.method", NodeKind::Webhook { method, .. } => method);
    let headers = part!(step, "webhook.headers", NodeKind::Webhook { headers, .. } => headers);
    let name = method.under(
        "",
        |method| method.name().to_string(),
        |method, name: String| {
            if let Some(found) = METHODS.into_iter().find(|method| method.name() == name) {
                *method = found;
            }
        },
    );
    let choices = options(METHODS.map(|method| (method.name(), method.name())));
    view! {
        <LineField label="Address" part=url placeholder="https://" />
        <PickField label="Method" part=name options=choices />
        <BodyField label="Body" part=body />
        <HeaderFields headers=headers />
    }
    .into_any()
}

const METHODS: [WebhookMethod; 5] = [
    WebhookMethod::Post,
    WebhookMethod::Put,
    WebhookMethod::Patch,
    WebhookMethod::Delete,
    WebhookMethod::Get,
];

#[component]
fn HeaderFields(headers: FieldLens<Vec<WebhookHeader>>) -> impl IntoView {
    let spare = || WebhookHeader { name: String::new(), value: String::new() };
    let line = Callback::new(move |index| {
        let header = headers.item(index, spare());
        let name = part!(header, "name", WebhookHeader { name, .. } => name);
        let value = part!(header, "value", WebhookHeader { value, .. } => value);
        view! {
            <div class="list-line">
                <div class="filter-fields">
                    <TextField label="Header" part=name />
                    <LineField label="Value" part=value />
                </div>
                <RemoveButton label="Remove this header" press=move |()| headers.remove(index) />
            </div>
        }
        .into_any()
    });
    view! {
        <fieldset class="panel-group">
            <legend>"Headers"</legend>
            <Lines count=headers.count() line=line />
            <AddButton label="Add a header" press=move |()| headers.push(spare()) />
        </fieldset>
    }
}

/// A line of text that can have variables.
#[component]
fn LineField(
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
