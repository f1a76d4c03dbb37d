//! What makes a graph impossible, and what keeps it from being published.

use std::collections::{HashMap, HashSet};

use super::{
    ENTRIES_MAX, Graph, NODES_MAX, Node, NodeKind, POSITION_MAX,
    criteria::Criteria,
    cycles::nodes_on_cycles,
    list_entries,
    node::{Delay, NodeGroup, SendOptions},
};
use crate::{
    error::FieldError,
    journeys::settings::is_time_of_day,
    time::{DAY_MS, DURATION_DAYS_MAX, MINUTE_MS},
};

/// Longest id of a node and longest name of an outlet, in characters.
const ID_MAX: usize = 64;
/// Deepest nesting of criteria.
const DEPTH_MAX: usize = 16;
/// Defects after which no further one is looked for.
const DEFECTS_MAX: usize = 100;
/// Ways out that are named in a sentence.
const WAYS_MAX: usize = 10;

impl Graph {
    /// What is never taken from outside, nor published: ids twice, connectors to nowhere, numbers
    /// out of range. Paths are those of the JSON form.
    pub fn structural_errors(&self) -> Vec<FieldError> {
        let mut defects = self.storage_errors();
        if self.nodes.len() > NODES_MAX {
            return defects;
        }
        for (index, node) in self.nodes.iter().enumerate() {
            let path = format!("nodes[{index}]");
            defects.extend(
                node.step
                    .structural_errors()
                    .into_iter()
                    .map(|defect| defect.under("step").under(&path)),
            );
            defects.extend(
                node.sending
                    .structural_errors()
                    .into_iter()
                    .map(|defect| defect.under("sending").under(&path)),
            );
        }
        defects
    }

    /// Of all its lists, the lists of its steps included: by the JSON form, so that no new one is
    /// forgotten.
    fn count_entries(&self) -> usize {
        serde_json::to_string(self).map_or(0, |json| list_entries::count(&json))
    }

    /// What not even a draft can be kept with. A form that is half filled in is none of it: the
    /// author goes on later.
    pub fn storage_errors(&self) -> Vec<FieldError> {
        let mut defects = Vec::new();
        if self.nodes.len() > NODES_MAX {
            let sentence =
                format!("The graph has {} nodes; the limit is {NODES_MAX}.", self.nodes.len());
            return vec![FieldError::new("nodes", "too_many", sentence)];
        }
        let entries = self.count_entries();
        if entries > ENTRIES_MAX {
            let sentence = format!(
                "The graph's steps, connectors, branches and other lists have {entries} entries \
                 together; the limit is {ENTRIES_MAX}. Split it into several journeys."
            );
            return vec![FieldError::new("nodes", "too_many", sentence)];
        }
        let mut seen: HashMap<&str, &Node> = HashMap::new();
        for (index, node) in self.nodes.iter().enumerate() {
            if defects.len() >= DEFECTS_MAX {
                break;
            }
            let path = format!("nodes[{index}]");
            if node.id.trim().is_empty() || node.id.chars().count() > ID_MAX {
                let sentence = format!("A node's id has 1 to {ID_MAX} characters.");
                defects.push(FieldError::new("id", "malformed", sentence).under(&path));
            } else if seen.insert(&node.id, node).is_some() {
                let sentence =
                    format!("The id “{}” is used by two nodes. Give each its own.", node.id);
                defects.push(FieldError::new("id", "duplicate", sentence).under(&path));
            }
            let (x, y) = (node.position.x, node.position.y);
            if !(x.abs() <= POSITION_MAX && y.abs() <= POSITION_MAX) {
                let sentence =
                    format!("A position lies at most {POSITION_MAX} units from the origin.");
                defects.push(FieldError::new("position", "range", sentence).under(&path));
            }
            if node.step.depth() > DEPTH_MAX {
                let sentence = format!("Criteria are nested at most {DEPTH_MAX} deep.");
                defects.push(
                    FieldError::new("step.condition_split.branches", "too_deep", sentence)
                        .under(&path),
                );
            }
        }
        if defects.len() >= DEFECTS_MAX {
            return defects;
        }
        let entries = self.nodes.iter().filter(|node| node.step == NodeKind::Entry {}).count();
        if entries != 1 {
            let sentence = format!("A graph has exactly one entry node; this one has {entries}.");
            defects.push(FieldError::new("nodes", "entry", sentence));
        }
        defects.extend(self.connector_defects(&seen));
        defects
    }

    fn connector_defects(&self, nodes: &HashMap<&str, &Node>) -> Vec<FieldError> {
        let mut defects = Vec::new();
        let mut drawn = HashSet::new();
        // A split may have very many ways out, and each of them a connector: they are written down
        // once.
        let mut ways: HashMap<&str, HashSet<String>> = HashMap::new();
        for (index, connector) in self.connectors.iter().enumerate() {
            if defects.len() >= DEFECTS_MAX {
                break;
            }
            let path = format!("connectors[{index}]");
            let mut add = |field: &str, key: &str, sentence: String| {
                defects.push(FieldError::new(field, key, sentence).under(&path));
            };
            match nodes.get(connector.from.as_str()) {
                None => add(
                    "from",
                    "unknown_node",
                    format!("There is no node “{}” for this connector to leave.", connector.from),
                ),
                Some(node)
                    if !ways
                        .entry(connector.from.as_str())
                        .or_insert_with(|| node.outlets().into_iter().collect())
                        .contains(&connector.outlet) =>
                {
                    let ways = described_ways(node);
                    let sentence = format!(
                        "“{}” has no outlet “{}”; {ways}.",
                        connector.from, connector.outlet
                    );
                    add("outlet", "unknown_outlet", sentence);
                }
                Some(_) if !drawn.insert((&connector.from, &connector.outlet)) => {
                    let sentence = format!(
                        "The outlet “{}” of “{}” is drawn twice.",
                        connector.outlet, connector.from
                    );
                    add("outlet", "duplicate", sentence);
                }
                Some(_) => {}
            }
            match nodes.get(connector.to.as_str()) {
                None => add(
                    "to",
                    "unknown_node",
                    format!("There is no node “{}” for this connector to reach.", connector.to),
                ),
                Some(node) if node.step == (NodeKind::Entry {}) => {
                    add("to", "entry", "A connector cannot lead back to the entry.".to_string())
                }
                Some(_) => {}
            }
        }
        defects
    }

    /// What keeps a graph without defects from being published.
    pub fn publish_errors(&self) -> Vec<FieldError> {
        let mut problems = self.structural_errors();
        if !problems.is_empty() {
            return problems;
        }
        if self.nodes.iter().all(|node| node.step.group() == NodeGroup::Entry) {
            problems.push(FieldError::new(
                "nodes",
                "empty",
                "The journey does nothing yet. Add at least one step after the entry.",
            ));
            return problems;
        }
        let reached = self.reachable_nodes();
        for (index, node) in self.nodes.iter().enumerate() {
            let path = format!("nodes[{index}]");
            if !reached.contains(node.id.as_str()) {
                let sentence =
                    format!("No one can reach “{}”. Connect it or remove it.", node.title());
                problems.push(FieldError::new("", "unreachable", sentence).under(&path));
            }
            if node.step == (NodeKind::Entry {}) && self.target_of(&node.id, "next").is_none() {
                problems.push(
                    FieldError::new(
                        "",
                        "dead_end",
                        "Nothing follows the entry. Connect it to a step.",
                    )
                    .under(&path),
                );
            }
        }
        if let Some(id) = self.cycle_without_wait() {
            let sentence = format!(
                "People could loop through “{id}” without waiting. A delay until a date does not \
                    count, because the date may be missing or past. Add a delay of at least one \
                    minute to the loop."
            );
            problems.push(FieldError::new("connectors", "cycle", sentence));
        }
        problems
    }

    /// Nodes that someone who comes in can get to.
    pub fn reachable_nodes(&self) -> HashSet<&str> {
        let mut ways: HashMap<&str, Vec<&str>> = HashMap::new();
        for connector in &self.connectors {
            ways.entry(&connector.from).or_default().push(&connector.to);
        }
        let mut open: Vec<&str> = self
            .nodes
            .iter()
            .filter(|node| node.step == NodeKind::Entry {})
            .map(|node| node.id.as_str())
            .collect();
        let mut reached: HashSet<&str> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            for next in ways.get(id).into_iter().flatten() {
                if reached.insert(next) {
                    open.push(next);
                }
            }
        }
        reached
    }

    /// A node on a circle that people may go round without waiting, if there is one.
    pub fn cycle_without_wait(&self) -> Option<&str> {
        let passing: Vec<&str> = self
            .nodes
            .iter()
            .filter(|node| !node.step.surely_waits())
            .map(|node| node.id.as_str())
            .collect();
        let places: HashMap<&str, usize> =
            passing.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        let mut ways = vec![Vec::new(); passing.len()];
        for connector in &self.connectors {
            if let (Some(from), Some(to)) =
                (places.get(connector.from.as_str()), places.get(connector.to.as_str()))
            {
                ways[*from].push(*to);
            }
        }
        let on_cycle = nodes_on_cycles(&ways);
        passing
            .into_iter()
            .zip(on_cycle)
            .filter(|(_, is_on_cycle)| *is_on_cycle)
            .map(|(id, _)| id)
            .min()
    }
}

/// The ways out of a node, the first few of them, for a sentence.
fn described_ways(node: &Node) -> String {
    let outlets = node.outlets();
    let more = outlets.len().saturating_sub(WAYS_MAX);
    let named =
        outlets.iter().take(WAYS_MAX).map(|outlet| outlet.chars().take(ID_MAX).collect::<String>());
    let named = named.collect::<Vec<_>>().join(", ");
    match (named.is_empty(), more) {
        (true, _) => "it has none".to_string(),
        (false, 0) => format!("it has: {named}"),
        (false, more) => format!("it has: {named}, and {more} more"),
    }
}

impl NodeKind {
    /// How deep its criteria are nested.
    fn depth(&self) -> usize {
        self.uses().criteria().map(Criteria::depth).max().unwrap_or(0)
    }

    fn structural_errors(&self) -> Vec<FieldError> {
        let mut defects = Vec::new();
        let mut add = |path: &str, key: &str, sentence: &str| {
            defects.push(FieldError::new(path, key, sentence))
        };
        match self {
            NodeKind::Delay(Delay::For { minutes }) => {
                if *minutes == 0 {
                    add("delay.for.minutes", "range", "A delay must last at least one minute.");
                } else if is_too_long(*minutes) {
                    add("delay.for.minutes", "range", &too_long("A delay"));
                }
            }
            NodeKind::Delay(Delay::Until { time, weekdays }) => {
                if !is_time_of_day(time) {
                    add("delay.until.time", "malformed", "Write a time of day as 09:30.");
                } else if weekdays.iter().any(|day| !(1..=7).contains(day)) {
                    add(
                        "delay.until.weekdays",
                        "range",
                        "Weekdays are numbers from 1 (Monday) to 7 (Sunday).",
                    );
                }
            }
            NodeKind::RandomSplit { shares } => {
                if shares.iter().map(|share| u32::from(share.percent)).sum::<u32>() != 100 {
                    add(
                        "random_split.shares",
                        "sum",
                        "The shares of a random split must add up to 100%.",
                    );
                }
                if has_twins(shares.iter().map(|share| share.name.as_str())) {
                    add(
                        "random_split.shares",
                        "duplicate",
                        "Each share of a random split needs its own name.",
                    );
                }
                if shares.iter().any(|share| is_reserved(&share.name)) {
                    add("random_split.shares", "reserved", RESERVED);
                }
            }
            NodeKind::ConditionSplit { branches } => {
                if branches.is_empty() {
                    add(
                        "condition_split.branches",
                        "required",
                        "A condition split needs at least one branch.",
                    );
                }
                if has_twins(branches.iter().map(|branch| branch.name.as_str()).chain(["others"])) {
                    add(
                        "condition_split.branches",
                        "duplicate",
                        "Each branch needs its own name, and “others” is reserved.",
                    );
                }
                if branches.iter().any(|branch| is_reserved(&branch.name)) {
                    add("condition_split.branches", "reserved", RESERVED);
                }
            }
            NodeKind::WaitForEvent { timeout_minutes, .. } => {
                if *timeout_minutes == 0 {
                    add(
                        "wait_for_event.timeout_minutes",
                        "range",
                        "A wait must last at least one minute.",
                    );
                } else if is_too_long(*timeout_minutes) {
                    add("wait_for_event.timeout_minutes", "range", &too_long("A wait"));
                }
            }
            NodeKind::Delay(Delay::UntilProperty { offset_days, .. }) => {
                if offset_days.unsigned_abs() > DURATION_DAYS_MAX {
                    let sentence =
                        format!("A date is at most {DURATION_DAYS_MAX} days before or after.");
                    add("delay.until_property.offset_days", "range", &sentence);
                }
            }
            // Whatever their settings are, they can be stored.
            NodeKind::Entry {}
            | NodeKind::Email { .. }
            | NodeKind::Sms { .. }
            | NodeKind::Push { .. }
            | NodeKind::Webhook { .. }
            | NodeKind::Whatsapp { .. }
            | NodeKind::WebPush { .. }
            | NodeKind::InApp { .. }
            | NodeKind::HasDoneSplit { .. }
            | NodeKind::UpdateProfile { .. }
            | NodeKind::AddToList { .. }
            | NodeKind::RemoveFromList { .. }
            | NodeKind::StartJourney { .. }
            | NodeKind::Goal { .. }
            | NodeKind::ForceExit { .. } => {}
        }
        defects
    }
}

impl SendOptions {
    fn structural_errors(&self) -> Vec<FieldError> {
        let misfit = |path: &str, minutes: Option<u32>| {
            let sentence = match minutes? {
                0 => "Use at least one minute, or leave it empty.".to_string(),
                minutes if is_too_long(minutes) => too_long("This"),
                _ => return None,
            };
            Some(FieldError::new(path, "range", sentence))
        };
        [
            misfit("too_late_minutes", self.too_late_minutes),
            misfit("answer_minutes", self.answer_minutes),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn is_too_long(minutes: u32) -> bool {
    i64::from(minutes) * MINUTE_MS > i64::from(DURATION_DAYS_MAX) * DAY_MS
}

fn too_long(what: &str) -> String {
    format!("{what} lasts at most {DURATION_DAYS_MAX} days.")
}

const RESERVED: &str = "The name of a branch or a share must not begin with “!”, “~” or “@”.";

/// Stats by step were kept under the names of outlets once, told apart by these beginnings: what
/// earlier versions of this program read keeps away from them.
fn is_reserved(name: &str) -> bool {
    name.starts_with(['!', '~', '@'])
}

fn has_twins<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut seen = HashSet::new();
    names.into_iter().any(|name| name.trim().is_empty() || !seen.insert(name))
}

impl Criteria {
    /// Nothing to match: `all` of nothing.
    pub fn everyone() -> Self {
        Criteria::All(Vec::new())
    }
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
