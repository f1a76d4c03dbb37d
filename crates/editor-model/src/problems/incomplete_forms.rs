//! Forms that are not filled in: a message without a text, a wait for nothing.

use wayfare_domain::graph::{Graph, NodeKind, node::Delay, secrets::is_secret};
use wayfare_domain::versions::{Problem, Severity};

pub fn errors(graph: &Graph, found: &mut Vec<Problem>) {
    for (index, node) in graph.nodes.iter().enumerate() {
        for (field, what) in empty_fields(&node.step) {
            let sentence = format!("“{}” has no {what}. Fill it in.", node.title());
            found.push(Problem::of_node(
                Severity::Error,
                graph,
                index,
                &format!("step.{field}"),
                "required",
                sentence,
            ));
        }
    }
}

/// Fields without which the step makes no sense, where they are empty: their path and what they are
/// called.
fn empty_fields(step: &NodeKind) -> Vec<(&'static str, &'static str)> {
    let fields: Vec<(&'static str, &'static str, bool)> = match step {
        NodeKind::Email { subject, body } => {
            vec![("email.subject", "subject", blank(subject)), ("email.body", "text", blank(body))]
        }
        NodeKind::Sms { body } => vec![("sms.body", "text", blank(body))],
        NodeKind::Push { title, body, .. } => {
            vec![("push.title", "title or text", blank(title) && blank(body))]
        }
        NodeKind::Webhook { url, headers, .. } => {
            let nameless = headers.iter().any(|header| blank(&header.name));
            let keyless =
                headers.iter().any(|header| is_secret(&header.name) && blank(&header.value));
            vec![
                ("webhook.url", "address", blank(url)),
                ("webhook.headers", "name for one of its headers", nameless),
                ("webhook.headers", "value for one of its headers with a key", keyless),
            ]
        }
        NodeKind::Whatsapp { template } => vec![("whatsapp.template", "template", blank(template))],
        NodeKind::WebPush { title, body } => {
            vec![("web_push.title", "title or text", blank(title) && blank(body))]
        }
        NodeKind::InApp { title, body } => {
            vec![("in_app.title", "title or text", blank(title) && blank(body))]
        }
        NodeKind::Delay(Delay::UntilProperty { property, .. }) => {
            vec![("delay.until_property.property", "property with the date", blank(property))]
        }
        NodeKind::WaitForEvent { event, .. } => {
            vec![("wait_for_event.event.name", "event to wait for", blank(&event.name))]
        }
        NodeKind::HasDoneSplit { event, .. } => {
            vec![("has_done_split.event.name", "event to check", blank(&event.name))]
        }
        NodeKind::UpdateProfile { set } => {
            let nothing = set.is_empty() || set.iter().any(|change| blank(&change.property));
            vec![("update_profile.set", "property to set", nothing)]
        }
        NodeKind::AddToList { list } => vec![("add_to_list.list", "list", blank(list))],
        NodeKind::RemoveFromList { list } => vec![("remove_from_list.list", "list", blank(list))],
        NodeKind::StartJourney { journey } => {
            vec![("start_journey.journey", "journey to start", blank(journey))]
        }
        NodeKind::Goal { name } => vec![("goal.name", "name", blank(name))],
        NodeKind::Entry {}
        | NodeKind::Delay(Delay::For { .. } | Delay::Until { .. })
        | NodeKind::ConditionSplit { .. }
        | NodeKind::RandomSplit { .. }
        | NodeKind::ForceExit { .. } => Vec::new(),
    };
    fields.into_iter().filter(|(.., empty)| *empty).map(|(field, what, _)| (field, what)).collect()
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}
