//! The form of a step.

use leptos::prelude::*;

use super::{
    duration_field::DurationField,
    field_lens::{FieldLens, field},
    fields::{AreaField, CheckboxField, FormScope, TextField, WhyNote},
    flow, message,
};
use crate::ui::editor::context::{GraphState, OpenVersion, Panels, SidePanel};
use wayfare_domain::{
    graph::{Node, NodeKind, node::SendOptions},
    versions::EditMode,
};
use wayfare_editor_model::state::EditCommand;

/// The form of a node.
#[component]
pub fn StepForm(id: String) -> impl IntoView {
    let open_version = OpenVersion::here();
    let graph = GraphState::here();
    let panels = Panels::here();
    let Some(view) = graph.node_view(&id) else { return ().into_any() };
    let node_id = id.clone();
    provide_context(FormScope { node: StoredValue::new(Some(id)) });
    let node = view.node;
    let whole = FieldLens::new(Signal::from(node.clone()), "", move |node: Node, field| {
        graph.apply(&EditCommand::Change { node: Box::new(node), field });
    });
    let name = whole.under(
        "name",
        |node| node.name.clone().unwrap_or_default(),
        |node, name: String| node.name = (!name.is_empty()).then_some(name),
    );
    let step = field!(whole, "step", Node { step, .. } => step, NodeKind::Entry {});
    let is_message = node.with_untracked(|node| node.step.is_message());
    let is_entry = node.with_untracked(|node| node.step == NodeKind::Entry {});
    let why = match open_version.mode {
        EditMode::Draft => None,
        EditMode::Content | EditMode::Read => open_version.document().why.clone(),
    };
    view! {
        <WhyNote why=why />
        <TextField label="Name of the step" field=name max=80 hint="Empty: named by \
            its settings." />
        <KindFields step=step node=node_id />
        {is_message.then(|| view! { <SendingFields field=field!(whole, "sending", Node { sending, .. } => sending) /> })}
        {is_entry
            .then(|| {
                view! {
                    <p class="hint">"The journey settings define who enters, and when."</p>
                    <button
                        class="button button-small"
                        r#type="button"
                        on:click=move |_| panels.side.set(SidePanel::Settings)
                    >
                        "Open the settings"
                    </button>
                }
            })}
    }
    .into_any()
}

/// The fields of the step's kind: the one list of kinds of the editor's forms.
#[component]
fn KindFields(step: FieldLens<NodeKind>, node: String) -> impl IntoView {
    let message = move |fields: fn(FieldLens<NodeKind>) -> AnyView| {
        view! { <message::MessageFields step=step node=node fields=fields /> }.into_any()
    };
    match step.get_untracked() {
        NodeKind::Entry {} => ().into_any(),
        NodeKind::Email { .. } => message(message::email_fields),
        NodeKind::Sms { .. } => message(message::sms_fields),
        NodeKind::Push { .. } => message(message::push_fields),
        NodeKind::WebPush { .. } => message(message::web_push_fields),
        NodeKind::InApp { .. } => message(message::in_app_fields),
        NodeKind::Whatsapp { .. } => message(message::whatsapp_fields),
        NodeKind::Webhook { .. } => message(message::webhook_fields),
        NodeKind::Delay(_) => view! { <flow::DelayFields step=step /> }.into_any(),
        NodeKind::WaitForEvent { .. } => view! { <flow::WaitFields step=step /> }.into_any(),
        NodeKind::ConditionSplit { .. } => view! { <flow::ConditionFields step=step /> }.into_any(),
        NodeKind::HasDoneSplit { .. } => view! { <flow::HasDoneFields step=step /> }.into_any(),
        NodeKind::RandomSplit { .. } => view! { <flow::RandomFields step=step /> }.into_any(),
        NodeKind::UpdateProfile { .. } => view! { <flow::UpdateFields step=step /> }.into_any(),
        NodeKind::AddToList { .. } => {
            let list = field!(step, "add_to_list.list", NodeKind::AddToList { list } => list);
            view! { <TextField label="List" field=list list="known-lists" hint="Created if it does \
            not exist." /> }
            .into_any()
        }
        NodeKind::RemoveFromList { .. } => {
            let list =
                field!(step, "remove_from_list.list", NodeKind::RemoveFromList { list } => list);
            view! { <TextField label="List" field=list list="known-lists" /> }.into_any()
        }
        NodeKind::StartJourney { .. } => {
            let journey = field!(step, "start_journey.journey", NodeKind::StartJourney { journey } => journey);
            view! { <TextField label="Journey" field=journey list="known-journeys" hint="People \
            enter it and also continue here." /> }
            .into_any()
        }
        NodeKind::Goal { .. } => {
            let name = field!(step, "goal.name", NodeKind::Goal { name } => name);
            view! { <TextField label="Name of the goal" field=name hint="Anyone who reaches this \
            step converts and exits." /> }
            .into_any()
        }
        NodeKind::ForceExit { .. } => {
            let reason =
                field!(step, "force_exit.reason", NodeKind::ForceExit { reason } => reason);
            view! { <AreaField label="Reason" field=reason rows=2 hint="Shown with the stats." /> }
                .into_any()
        }
    }
}

#[component]
fn SendingFields(field: FieldLens<SendOptions>) -> impl IntoView {
    let too_late =
        field!(field, "too_late_minutes", SendOptions { too_late_minutes, .. } => too_late_minutes);
    let answer =
        field!(field, "answer_minutes", SendOptions { answer_minutes, .. } => answer_minutes);
    let ignore = field!(field, "ignore_caps", SendOptions { ignore_caps, .. } => ignore_caps);
    view! {
        <fieldset class="panel-group">
            <legend>"Sending"</legend>
            <DurationField label="Skip if late by more than" field=too_late hint="Empty: sent however \
                late." />
            <DurationField
                label="Wait for a response"
                field=answer
                hint="Opened, clicked or delivered. People who do none in time take the path No \
                    response. Empty: people continue immediately."
            />
            <CheckboxField label="Ignores frequency caps" field=ignore hint="For receipts and password \
                messages. They still count towards the caps." />
        </fieldset>
    }
}
