//! Random journeys that can be published: every kind of node, every kind of entry, joined without
//! circles.

use serde_json::{Value, json};
use wayfare_domain::{
    graph::{NodeKind, node::NodeType},
    time::{DAY_MS, Timestamp},
};

type Roll<'a> = &'a mut dyn FnMut(u64) -> u64;

/// The segment by which people enter; the company has it.
pub const SEGMENT: &str = "Gold";

/// A document as `wayfare import` reads it.
pub fn random(roll: Roll<'_>, number: usize, now: Timestamp) -> Value {
    let count = roll(6) as usize + 1;
    let mut nodes = vec![json!({"id": "entry", "step": {"entry": {}}})];
    let mut outlets: Vec<Vec<String>> = vec![vec!["next".to_string()]];
    for index in 1..=count {
        let (step, mut of_step) = step(roll);
        let mut node = json!({"id": format!("n{index}"), "step": step});
        if of_step.iter().any(|outlet| outlet == "clicked") && roll(4) == 0 {
            node["sending"] = json!({"answer_minutes": roll(3_000) + 1});
            of_step.push("timeout".to_string());
        }
        nodes.push(node);
        outlets.push(of_step);
    }
    let mut connectors = vec![json!({"from": "entry", "outlet": "next", "to": "n1"})];
    for (index, outlets) in outlets.iter().enumerate().skip(1) {
        for outlet in outlets {
            // Forwards only: no circle; now and then a path that is not drawn.
            let ahead = count - index;
            if ahead > 0 && roll(5) > 0 {
                let to = index + 1 + roll(ahead as u64) as usize;
                connectors.push(
                    json!({"from": format!("n{index}"), "outlet": outlet, "to": format!("n{to}")}),
                );
            }
        }
    }
    json!({
        "name": format!("Journey {number}"),
        "settings": settings(roll, now),
        "graph": {"nodes": nodes, "connectors": connectors}
    })
}

/// The settings of a step, and its outlets.
fn step(roll: Roll<'_>) -> (Value, Vec<String>) {
    if roll(4) == 0 {
        return step_of_any_type(roll);
    }
    let (step, outlets) = frequent_step(roll);
    (step, outlets.into_iter().map(str::to_string).collect())
}

/// Any of the list of types, so that none is left out.
fn step_of_any_type(roll: Roll<'_>) -> (Value, Vec<String>) {
    let types: Vec<NodeType> =
        NodeType::ALL.iter().copied().filter(|kind| *kind != NodeType::Entry).collect();
    let step = match types[roll(types.len() as u64) as usize] {
        NodeType::StartJourney => {
            NodeKind::StartJourney { journey: format!("Journey {}", roll(40)) }
        }
        kind => kind.example(),
    };
    let outlets = step.outlets();
    (serde_json::to_value(step).expect("JSON"), outlets)
}

/// What most journeys are made of, with settings that vary.
fn frequent_step(roll: Roll<'_>) -> (Value, Vec<&'static str>) {
    match roll(13) {
        0 | 1 => (
            json!({"email": {"subject": "Hello", "body": "…"}}),
            vec!["sent", "unreachable", "clicked"],
        ),
        2 => (json!({"webhook": {"url": "https://example.com/hook"}}), vec!["sent", "failed"]),
        3 | 4 => (json!({"delay": {"for": {"minutes": roll(20_000) + 1}}}), vec!["next"]),
        5 => (
            json!({"delay": {"until": {"time": "02:30", "weekdays": [roll(7) + 1]}}}),
            vec!["next"],
        ),
        6 => (
            json!({"delay": {"until_property": {"property": "renews", "offset_days": -3}}}),
            vec!["next"],
        ),
        7 => {
            let minutes = roll(5_000) + 1;
            (
                json!({"wait_for_event": {"event": {"name": "Ordered"}, "same": ["cart"], "timeout_minutes": minutes}}),
                vec!["yes", "timeout"],
            )
        }
        8 => {
            let gold = json!({"property": {"property": "plan", "is": "equals", "value": "gold"}});
            let often =
                json!({"did": {"event": {"name": "Visited"}, "at_least": 2, "within_days": 10}});
            let branches =
                json!([{"name": "gold", "criteria": gold}, {"name": "often", "criteria": often}]);
            (json!({"condition_split": {"branches": branches}}), vec!["gold", "often", "others"])
        }
        9 => (json!({"has_done_split": {"event": {"name": "Signed Up"}}}), vec!["yes", "no"]),
        10 => {
            let shares = json!([{"name": "a", "percent": 30}, {"name": "b", "percent": 70}]);
            (json!({"random_split": {"shares": shares}}), vec!["a", "b"])
        }
        11 => (
            json!({"update_profile": {"set": [{"property": "plan", "value": "gold"}]}}),
            vec!["next"],
        ),
        _ => match roll(4) {
            0 => (json!({"add_to_list": {"list": "VIP"}}), vec!["next"]),
            1 => (
                json!({"start_journey": {"journey": format!("Journey {}", roll(40))}}),
                vec!["next"],
            ),
            2 => (json!({"goal": {"name": "Done"}}), vec![]),
            _ => (json!({"force_exit": {}}), vec![]),
        },
    }
}

fn settings(roll: Roll<'_>, now: Timestamp) -> Value {
    let often = json!({"did": {"event": {"name": "Visited"}, "at_least": 3}});
    let entry = match roll(7) {
        0 => json!({"event": {"name": "Signed Up"}}),
        1 => json!({"event": {"name": "Cart Left"}}),
        2 => json!({"event": {"name": "Visited"}}),
        3 => json!({"profile": {"criteria": {"all": [{"reachable": "email"}, often]}}}),
        4 => json!({"list": {"name": "VIP"}}),
        5 => json!({"segment": {"name": SEGMENT, "when": {"every": {"hours": roll(100) + 1}}}}),
        _ => json!({"api": {}}),
    };
    let mut settings = json!({"entry": entry, "time_zone": "Europe/Berlin"});
    let mut set = |key: &str, value: Value| settings[key] = value;
    set(
        "reentry",
        [json!("never"), json!("after_exit"), json!({"after_hours": 5})][roll(3) as usize].clone(),
    );
    if roll(4) == 0 {
        set("entry_cap", json!(roll(20) + 1));
    }
    if roll(4) == 0 {
        set("control_percent", json!(roll(50)));
    }
    if roll(2) == 0 {
        set("goals", json!([{"name": "Order", "event": {"name": "Ordered"}}]));
    }
    if roll(3) == 0 {
        set("exits", json!([{"name": "Signed Up"}]));
    }
    if roll(2) == 0 {
        set("timeout_hours", json!(roll(400) + 1));
    }
    if roll(3) == 0 {
        set("quiet_hours", json!({"from": "22:00", "to": "07:30", "then": "send_when_over"}));
    }
    if roll(8) == 0 {
        set("end", json!(now.plus((roll(60) as i64 + 1) * DAY_MS).to_string()));
    }
    settings
}
