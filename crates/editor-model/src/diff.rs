//! What is different between two graphs with their settings, in words; and whether a published
//! version may be changed so.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use wayfare_domain::{
    error::FieldError,
    graph::{
        Connector, Graph, Node, NodeKind,
        criteria::{Criteria, EventMatch, PropertyFilter},
        node::{Branch, PropertyValue, SendOptions, SplitShare, hours},
    },
    journeys::settings::{EntryTrigger, Goal, QuietHours, ReentryRule, Settings},
    versions::edit_mode::is_content,
};

/// Longest value that is shown, in characters.
const SHOWN_MAX: usize = 200;

/// From one version to another.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VersionDiff {
    pub nodes: Vec<NodeChange>,
    /// Ids of nodes that lie elsewhere on the canvas.
    pub moved: Vec<String>,
    pub connectors: Vec<ConnectorChange>,
    pub settings: Vec<FieldChange>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeChange {
    pub node: String,
    pub title: String,
    pub change: NodeChangeKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeChangeKind {
    Added,
    Removed,
    Changed(Vec<FieldChange>),
}

/// One field with what it was and what it is; empty where it was or is not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// As the JSON form calls it.
    pub field: String,
    pub before: String,
    pub after: String,
    /// A text, a name, how a message is sent: what may be changed in a published version.
    pub content: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorChange {
    pub from: String,
    pub outlet: String,
    pub to: String,
    /// In words: "“Wait” no longer leads to “Reminder” on the path “Timed out”."
    pub sentence: String,
    pub added: bool,
}

impl VersionDiff {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What keeps the change from being made to a published version in place, each with its place.
    pub fn structural_changes(&self) -> Vec<FieldError> {
        let refuse = |path: String, what: String| {
            FieldError::new(
                path,
                "needs_version",
                format!(
                    "{what} To change that, create a new version. In this one you can only edit \
                    texts, names, layout and how messages are sent."
                ),
            )
        };
        let mut found = Vec::new();
        for node in &self.nodes {
            let path = format!("graph.nodes.{}", node.node);
            match &node.change {
                NodeChangeKind::Added => {
                    found.push(refuse(path, format!("The step “{}” is new.", node.title)))
                }
                NodeChangeKind::Removed => {
                    found.push(refuse(path, format!("The step “{}” was deleted.", node.title)))
                }
                NodeChangeKind::Changed(fields) => {
                    found.extend(fields.iter().filter(|field| !field.content).map(|field| {
                        let what =
                            format!("The step “{}” has a different {}.", node.title, field.title());
                        refuse(format!("{path}.{}", field.field), what)
                    }));
                }
            }
        }
        found.extend(
            self.connectors.iter().map(|connector| {
                refuse("graph.connectors".to_string(), connector.sentence.clone())
            }),
        );
        found.extend(self.settings.iter().map(|field| {
            refuse(
                format!("settings.{}", field.field),
                format!("The setting “{}” is different.", field.title()),
            )
        }));
        found
    }
}

impl FieldChange {
    /// The field as people call it.
    pub fn title(&self) -> String {
        self.field.replace('_', " ")
    }
}

/// What changed from one to the other.
pub fn diff(before: (&Graph, &Settings), after: (&Graph, &Settings)) -> VersionDiff {
    let mut found =
        VersionDiff { settings: settings_changes(before.1, after.1), ..VersionDiff::default() };
    let old: HashMap<&str, &Node> =
        before.0.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let new: HashMap<&str, &Node> =
        after.0.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    for node in &after.0.nodes {
        match old.get(node.id.as_str()) {
            None => found.nodes.push(whole(node, NodeChangeKind::Added)),
            Some(was) => {
                let fields = node_changes(was, node);
                if !fields.is_empty() {
                    found.nodes.push(whole(node, NodeChangeKind::Changed(fields)));
                }
                if was.position != node.position {
                    found.moved.push(node.id.clone());
                }
            }
        }
    }
    let gone = before.0.nodes.iter().filter(|node| !new.contains_key(node.id.as_str()));
    found.nodes.extend(gone.map(|node| whole(node, NodeChangeKind::Removed)));
    found.connectors = connector_changes(before.0, after.0, &old, &new);
    found
}

fn whole(node: &Node, change: NodeChangeKind) -> NodeChange {
    NodeChange { node: node.id.clone(), title: node.title(), change }
}

fn connector_changes(
    before: &Graph,
    after: &Graph,
    old: &HashMap<&str, &Node>,
    new: &HashMap<&str, &Node>,
) -> Vec<ConnectorChange> {
    let were: BTreeSet<&Connector> = before.connectors.iter().collect();
    let are: BTreeSet<&Connector> = after.connectors.iter().collect();
    let title = |nodes: &HashMap<&str, &Node>, id: &str| {
        nodes.get(id).map_or_else(|| id.to_string(), |node| node.title())
    };
    let change = |connector: &Connector, nodes: &HashMap<&str, &Node>, added: bool| {
        let Connector { from, outlet, to } = connector.clone();
        let leads = if added { "now leads" } else { "no longer leads" };
        let path =
            nodes.get(from.as_str()).map_or_else(|| outlet.clone(), |n| n.outlet_title(&outlet));
        let sentence = format!(
            "“{}” {leads} to “{}” on the path “{path}”.",
            title(nodes, &from),
            title(nodes, &to)
        );
        ConnectorChange { from, outlet, to, sentence, added }
    };
    let gone = were.difference(&are).map(|connector| change(connector, old, false));
    let come = are.difference(&were).map(|connector| change(connector, new, true));
    gone.chain(come).collect()
}

fn node_changes(before: &Node, after: &Node) -> Vec<FieldChange> {
    let mut fields = Vec::new();
    if before.name != after.name {
        let text = |name: &Option<String>| name.clone().unwrap_or_default();
        fields.push(FieldChange {
            field: "name".to_string(),
            before: text(&before.name),
            after: text(&after.name),
            content: is_content("name"),
        });
    }
    fields.extend(step_changes(&before.step, &after.step));
    if before.sending != after.sending {
        let (before, after) = (sending(&before.sending), sending(&after.sending));
        let content = is_content("sending");
        fields.push(FieldChange { field: "sending".to_string(), before, after, content });
    }
    fields
}

/// Is the step the same but for its content: what may be changed in a published version? Where it
/// lies on the canvas does not matter.
pub fn is_content_change(before: &Node, after: &Node) -> bool {
    node_changes(before, after).iter().all(|field| field.content)
}

fn step_changes(before: &NodeKind, after: &NodeKind) -> Vec<FieldChange> {
    if before == after {
        return Vec::new();
    }
    if let (NodeKind::Delay(before), NodeKind::Delay(after)) = (before, after) {
        let (before, after) = (before.describe(), after.describe());
        return vec![FieldChange { field: "delay".to_string(), before, after, content: false }];
    }
    let ((kind, old), (new_kind, new)) = (kind_and_fields(before), kind_and_fields(after));
    if kind != new_kind {
        let (before, after) = (before.title().to_string(), after.title().to_string());
        return vec![FieldChange { field: "kind".to_string(), before, after, content: false }];
    }
    field_changes(&old, &new, &|field| is_content(&format!("step.{kind}.{field}")))
}

/// The kind of a step and its fields, as its JSON has them.
fn kind_and_fields(step: &NodeKind) -> (String, Map<String, Value>) {
    let Ok(Value::Object(outer)) = serde_json::to_value(step) else { return Default::default() };
    let Some((kind, fields)) = outer.into_iter().next() else { return Default::default() };
    (kind, fields.as_object().cloned().unwrap_or_default())
}

fn settings_changes(before: &Settings, after: &Settings) -> Vec<FieldChange> {
    let object = |settings: &Settings| match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    field_changes(&object(before), &object(after), &|_| false)
}

fn field_changes(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    content: &dyn Fn(&str) -> bool,
) -> Vec<FieldChange> {
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    fields
        .into_iter()
        .filter(|field| before.get(*field) != after.get(*field))
        .map(|field| FieldChange {
            field: field.clone(),
            before: in_words(field, before.get(field)),
            after: in_words(field, after.get(field)),
            content: content(field),
        })
        .collect()
}

fn sending(sending: &SendOptions) -> String {
    let mut parts = Vec::new();
    let minutes = wayfare_domain::graph::node::humanize_duration;
    parts.extend(
        sending.too_late_minutes.map(|length| format!("too late after {}", minutes(length))),
    );
    parts.extend(
        sending.answer_minutes.map(|length| format!("waits {} for a response", minutes(length))),
    );
    parts.extend(sending.ignore_caps.then(|| "ignores frequency caps".to_string()));
    parts.join(", ")
}

/// A value as a person reads it.
fn in_words(field: &str, value: Option<&Value>) -> String {
    let Some(value) = value.filter(|value| !value.is_null()) else { return String::new() };
    let text = match field {
        "event" => read(value, event),
        "exits" => read(value, |events: Vec<EventMatch>| list(events, event)),
        "branches" => read(value, |branches: Vec<Branch>| {
            list(branches, |b| format!("{}: {}", b.name, b.criteria.describe()))
        }),
        "shares" => read(value, |shares: Vec<SplitShare>| {
            list(shares, |share| format!("{} {}%", share.name, share.percent))
        }),
        "set" => read(value, |set: Vec<PropertyValue>| {
            list(set, |one| format!("{} = {}", one.property, one.value))
        }),
        "entry" => read(value, |entry: EntryTrigger| entry.describe()),
        "goals" => read(value, |goals: Vec<Goal>| {
            list(goals, |goal| format!("{}: {}", goal.name, event(goal.event)))
        }),
        "reentry" => read(value, reentry),
        "quiet_hours" => read(value, |quiet: QuietHours| format!("{} to {}", quiet.from, quiet.to)),
        "criteria" => read(value, |criteria: Criteria| criteria.describe()),
        _ => None,
    };
    let text =
        text.unwrap_or_else(|| value.as_str().map_or_else(|| value.to_string(), str::to_string));
    if text.chars().count() <= SHOWN_MAX {
        text
    } else {
        text.chars().take(SHOWN_MAX - 1).chain(['…']).collect()
    }
}

fn read<T: DeserializeOwned>(value: &Value, describe: impl FnOnce(T) -> String) -> Option<String> {
    serde_json::from_value(value.clone()).ok().map(describe)
}

fn list<T>(items: Vec<T>, describe: impl Fn(T) -> String) -> String {
    items.into_iter().map(describe).collect::<Vec<_>>().join("; ")
}

fn event(event: EventMatch) -> String {
    let filters: Vec<String> = event.filters.iter().map(PropertyFilter::describe).collect();
    if filters.is_empty() {
        event.name
    } else {
        format!("{} where {}", event.name, filters.join(" and "))
    }
}

fn reentry(reentry: ReentryRule) -> String {
    match reentry {
        ReentryRule::Never => "once only".to_string(),
        ReentryRule::AfterExit => "after exit".to_string(),
        ReentryRule::AfterHours(length) => format!("{} after exit", hours(length)),
    }
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
