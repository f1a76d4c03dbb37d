//! What a message says.

use leptos::prelude::*;

use super::{
    field_lens::{FieldLens, field},
    fields::{AreaField, PickField, TextField},
    insert::{TemplateField, VariableInserter, VariablePicker},
    lists::{AddButton, Lines, RemoveButton},
};
use crate::ui::editor::context::{OpenVersion, Panels};
use wayfare_domain::{
    graph::{
        NodeKind,
        node::{WebhookHeader, WebhookMethod},
    },
    messages::sms::sms_size,
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
    let subject = field!(step, "email.subject", NodeKind::Email { subject, .. } => subject);
    let body = field!(step, "email.body", NodeKind::Email { body, .. } => body);
    view! {
        <LineField label="Subject" field=subject />
        <BodyField label="Text" field=body />
    }
    .into_any()
}

pub fn sms_fields(step: FieldLens<NodeKind>) -> AnyView {
    let body = field!(step, "sms.body", NodeKind::Sms { body } => body);
    let length = move || body.value.with(|text| sms_size(text).before_variables());
    view! {
        <BodyField label="Text" field=body />
        <p class="hint">{length}</p>
    }
    .into_any()
}

pub fn push_fields(step: FieldLens<NodeKind>) -> AnyView {
    let title = field!(step, "push.title", NodeKind::Push { title, .. } => title);
    let body = field!(step, "push.body", NodeKind::Push { body, .. } => body);
    let link = field!(step, "push.link", NodeKind::Push { link, .. } => link);
    view! {
        {titled_fields(title, body)}
        <LineField label="Link to open on tap" field=link placeholder="https://" />
    }
    .into_any()
}

pub fn web_push_fields(step: FieldLens<NodeKind>) -> AnyView {
    titled_fields(
        field!(step, "web_push.title", NodeKind::WebPush { title, .. } => title),
        field!(step, "web_push.body", NodeKind::WebPush { body, .. } => body),
    )
}

pub fn in_app_fields(step: FieldLens<NodeKind>) -> AnyView {
    titled_fields(
        field!(step, "in_app.title", NodeKind::InApp { title, .. } => title),
        field!(step, "in_app.body", NodeKind::InApp { body, .. } => body),
    )
}

fn titled_fields(title: FieldLens<String>, body: FieldLens<String>) -> AnyView {
    view! {
        <LineField label="Title" field=title />
        <BodyField label="Text" field=body />
    }
    .into_any()
}

pub fn whatsapp_fields(step: FieldLens<NodeKind>) -> AnyView {
    let template = field!(step, "whatsapp.template", NodeKind::Whatsapp { template } => template);
    view! { <TextField label="Template" field=template hint="The name of the \
    template at the provider." /> }
    .into_any()
}

pub fn webhook_fields(step: FieldLens<NodeKind>) -> AnyView {
    let url = field!(step, "webhook.url", NodeKind::Webhook { url, .. } => url);
    let body = field!(step, "webhook.body", NodeKind::Webhook { body, .. } => body);
    let method = field!(step, "webhook.method", NodeKind::Webhook { method, .. } => method);
    let headers = field!(step, "webhook.headers", NodeKind::Webhook { headers, .. } => headers);
    let name = method.under(
        "",
        |method| method.name().to_string(),
        |method, name: String| {
            if let Some(found) = METHODS.into_iter().find(|method| method.name() == name) {
                *method = found;
            }
        },
    );
    let choices = METHODS.map(|method| (method.name(), method.name())).to_vec();
    view! {
        <LineField label="Address" field=url placeholder="https://" />
        <PickField label="Method" field=name options=choices />
        <BodyField label="Body" field=body />
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
        let name = field!(header, "name", WebhookHeader { name, .. } => name);
        let value = field!(header, "value", WebhookHeader { value, .. } => value);
        view! {
            <div class="list-line">
                <div class="filter-fields">
                    <TextField label="Header" field=name />
                    <LineField label="Value" field=value />
                </div>
                <RemoveButton list=Some(headers.path) label="Remove this header" press=move |()| headers.remove(index) />
            </div>
        }
        .into_any()
    });
    view! {
        <fieldset class="panel-group">
            <legend>"Headers"</legend>
            <Lines count=headers.count() line=line />
            <AddButton list=Some(headers.path) label="Add a header" press=move |()| headers.push(spare()) />
        </fieldset>
    }
}

/// A line of text that can have variables.
#[component]
fn LineField(
    label: &'static str,
    field: FieldLens<String>,
    #[prop(optional)] placeholder: &'static str,
) -> impl IntoView {
    view! {
        <TemplateField label=label field=field>
            <TextField label=label field=field placeholder=placeholder />
        </TemplateField>
    }
}

/// The text of a message.
#[component]
fn BodyField(label: &'static str, field: FieldLens<String>) -> impl IntoView {
    view! {
        <TemplateField label=label field=field main=true>
            <AreaField label=label field=field rows=8 />
        </TemplateField>
    }
}
