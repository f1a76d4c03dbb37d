//! The graphs of the demo: what marketers really build, with the words of the business filled in.

use serde_json::json;

use super::{businesses::DemoJourney, flow::GraphBuilder};
use wayfare_domain::{
    graph::{
        Graph, NodeKind,
        criteria::{Comparison, Criteria, EventMatch, PropertyFilter},
        node::{Branch, Delay, PropertyValue, SplitShare, WebhookMethod},
    },
    journeys::settings::{
        EntryTrigger as EntrySetting, Goal, QuietHours, QuietHoursPolicy, ReentryRule,
        SegmentSchedule, Settings,
    },
    time::{DAY_MS, Timestamp},
};

/// The kinds of journeys in the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoGraph {
    AbandonedCart,
    Onboarding,
    WinBack,
    Renewal,
    PriceDrop,
    Survey,
    Birthday,
    Alert,
    Reminder,
    Experiment,
    Loyalty,
    Newsletter,
    /// A draft that is not finished.
    Sketch,
}

impl DemoGraph {
    pub fn graph(self, entry: &DemoJourney) -> Graph {
        match self {
            DemoGraph::AbandonedCart => abandoned_cart(entry),
            DemoGraph::Onboarding => onboarding(entry),
            DemoGraph::WinBack => win_back(entry),
            DemoGraph::Renewal => renewal(entry),
            DemoGraph::PriceDrop => price_drop(entry),
            DemoGraph::Survey => survey(entry),
            DemoGraph::Birthday => birthday(entry),
            DemoGraph::Alert => alert(entry),
            DemoGraph::Reminder => reminder(entry),
            DemoGraph::Experiment => experiment(entry),
            DemoGraph::Loyalty => loyalty(entry),
            DemoGraph::Newsletter => newsletter(entry),
            DemoGraph::Sketch => GraphBuilder::new().step("hello", email(entry.topic)).done(),
        }
    }

    pub fn settings(self, entry: &DemoJourney, now: Timestamp) -> Settings {
        let way_in = match self {
            DemoGraph::WinBack => segment(entry, SegmentSchedule::Every { hours: 24 }),
            DemoGraph::Newsletter => segment(
                entry,
                SegmentSchedule::OnDates {
                    dates: vec![now.plus(7 * DAY_MS), now.plus(14 * DAY_MS)],
                },
            ),
            DemoGraph::Survey => segment(entry, SegmentSchedule::Once {}),
            DemoGraph::Birthday | DemoGraph::Renewal => EntrySetting::Profile {
                criteria: Criteria::All(vec![
                    Criteria::Property(filter(entry.event, Comparison::Exists, json!(null))),
                    Criteria::Reachable("email".to_string()),
                ]),
            },
            DemoGraph::Loyalty => EntrySetting::List { name: entry.event.to_string() },
            DemoGraph::Alert => EntrySetting::Api {},
            _ => EntrySetting::Event { name: entry.event.to_string(), filters: Vec::new() },
        };
        let goal = Goal { name: entry.goal.to_string(), event: event(entry.goal) };
        Settings {
            reentry: if matches!(
                self,
                DemoGraph::AbandonedCart | DemoGraph::PriceDrop | DemoGraph::Alert
            ) {
                ReentryRule::AfterHours(72)
            } else {
                ReentryRule::Never
            },
            goals: if self == DemoGraph::Sketch { Vec::new() } else { vec![goal] },
            exits: vec![event("Account Closed")],
            timeout_hours: Some(if self == DemoGraph::Onboarding { 720 } else { 336 }),
            control_percent: if matches!(self, DemoGraph::WinBack | DemoGraph::Experiment) {
                5
            } else {
                0
            },
            quiet_hours: (self != DemoGraph::Alert).then(|| QuietHours {
                from: "21:30".to_string(),
                to: "08:00".to_string(),
                then: QuietHoursPolicy::SendWhenOver,
            }),
            time_zone: "Europe/Berlin".to_string(),
            ..Settings::new(way_in)
        }
    }
}

fn segment(entry: &DemoJourney, when: SegmentSchedule) -> EntrySetting {
    EntrySetting::Segment { name: entry.event.to_string(), when }
}

fn event(name: &str) -> EventMatch {
    EventMatch { name: name.to_string(), filters: Vec::new() }
}

fn filter(property: &str, is: Comparison, value: serde_json::Value) -> PropertyFilter {
    PropertyFilter { property: property.to_string(), is, value }
}

fn email(topic: &str) -> NodeKind {
    NodeKind::Email {
        subject: format!("{{{{ profile.first_name | default: \"Hello\" }}}}, {topic}"),
        body: format!(
            "Hi {{{{ profile.first_name | default: \"there\" }}}},\n\n{topic}. We saved the \
                details for you.\n\nSee you soon"
        ),
    }
}

fn sms(text: &str) -> NodeKind {
    NodeKind::Sms { body: format!("{text}. Reply STOP to opt out.") }
}

fn webhook(url: &str, body: &str) -> NodeKind {
    NodeKind::Webhook {
        url: url.to_string(),
        body: body.to_string(),
        method: WebhookMethod::Post,
        headers: Vec::new(),
    }
}

fn push(title: &str) -> NodeKind {
    NodeKind::Push {
        title: title.to_string(),
        body: "Tap to see more.".to_string(),
        link: String::new(),
    }
}

fn hours(hours: u32) -> NodeKind {
    NodeKind::Delay(Delay::For { minutes: hours * 60 })
}

fn until(time: &str, weekdays: &[u8]) -> NodeKind {
    NodeKind::Delay(Delay::Until { time: time.to_string(), weekdays: weekdays.to_vec() })
}

fn goal(entry: &DemoJourney) -> NodeKind {
    NodeKind::Goal { name: entry.goal.to_string() }
}

fn wait_for(entry: &DemoJourney, same: &[&str], hours: u32) -> NodeKind {
    NodeKind::WaitForEvent {
        event: event(entry.goal),
        same: same.iter().map(|property| (*property).to_string()).collect(),
        timeout_minutes: hours * 60,
    }
}

fn abandoned_cart(entry: &DemoJourney) -> Graph {
    GraphBuilder::new()
        .step("wait", wait_for(entry, &["cart_id"], 1))
        .step("bought", goal(entry))
        .from("wait", "timeout", 1.0)
        .step("mail", email(entry.topic))
        .step("day", hours(24))
        .step(
            "has-bought",
            NodeKind::HasDoneSplit { event: event(entry.goal), within_days: Some(2) },
        )
        .join("bought")
        .from("has-bought", "no", 2.0)
        .step("push", push(entry.topic))
        .step("morning", until("09:00", &[]))
        .step("sms", sms(entry.topic))
        .done()
}

fn onboarding(entry: &DemoJourney) -> Graph {
    GraphBuilder::new()
        .step("welcome", email(entry.topic))
        .step("two-days", hours(48))
        .step("has-started", NodeKind::HasDoneSplit { event: event(entry.goal), within_days: None })
        .step("done", goal(entry))
        .from("has-started", "no", 1.0)
        .step(
            "tip",
            NodeKind::InApp {
                title: entry.topic.to_string(),
                body: "Three steps, two minutes.".to_string(),
            },
        )
        .step("wait", wait_for(entry, &[], 72))
        .join("done")
        .from("wait", "timeout", 2.0)
        .step("weekday", until("10:00", &[1, 2, 3, 4, 5]))
        .step("help", email("need a hand?"))
        .step(
            "tag",
            NodeKind::UpdateProfile {
                set: vec![PropertyValue {
                    property: "onboarding".to_string(),
                    value: json!("slow"),
                }],
            },
        )
        .done()
}

fn win_back(entry: &DemoJourney) -> Graph {
    let branch = |name: &str, at_least: i64| Branch {
        name: name.to_string(),
        criteria: Criteria::Property(filter(
            "lifetime_value",
            Comparison::AtLeast,
            json!(at_least),
        )),
    };
    GraphBuilder::new()
        .step(
            "value",
            NodeKind::ConditionSplit {
                branches: vec![branch("high value", 500), branch("regular", 50)],
            },
        )
        .step("personal", email(entry.topic))
        .step("week", hours(168))
        .step("call", NodeKind::AddToList { list: "Call back".to_string() })
        .from("value", "regular", 1.0)
        .step("offer", email("10% off until Sunday"))
        .step("wait", wait_for(entry, &[], 96))
        .step("back", goal(entry))
        .from("value", "others", 2.0)
        .step("push", push(entry.topic))
        .step("pause", hours(72))
        .step("leave", NodeKind::ForceExit { reason: "Not interested".to_string() })
        .done()
}

fn renewal(entry: &DemoJourney) -> Graph {
    GraphBuilder::new()
        .step(
            "month",
            NodeKind::Delay(Delay::UntilProperty {
                property: entry.event.to_string(),
                offset_days: -30,
            }),
        )
        .step("notice", email(entry.topic))
        .step("wait", wait_for(entry, &["contract_id"], 480))
        .step("renewed", goal(entry))
        .from("wait", "timeout", 1.0)
        .step("whatsapp", NodeKind::Whatsapp { template: "renewal_reminder".to_string() })
        .step("three-days", hours(72))
        .step("sms", sms(entry.topic))
        .from("whatsapp", "failed", 2.0)
        .step("mail-again", email("last days to renew"))
        .done()
}

fn price_drop(entry: &DemoJourney) -> Graph {
    GraphBuilder::new()
        .step("push", push(entry.topic))
        .step("half-day", hours(12))
        .step("bought", NodeKind::HasDoneSplit { event: event(entry.goal), within_days: Some(1) })
        .step("done", goal(entry))
        .from("push", "unreachable", 1.0)
        .step(
            "web-push",
            NodeKind::WebPush {
                title: entry.topic.to_string(),
                body: "The price has dropped.".to_string(),
            },
        )
        .from("bought", "no", 2.0)
        .step("mail", email(entry.topic))
        .done()
}

fn survey(entry: &DemoJourney) -> Graph {
    let score = |name: &str, at_least: i64| Branch {
        name: name.to_string(),
        criteria: Criteria::Property(filter("nps_score", Comparison::AtLeast, json!(at_least))),
    };
    GraphBuilder::new()
        .step("ask", email(entry.topic))
        .step("answer", wait_for(entry, &[], 120))
        .step(
            "score",
            NodeKind::ConditionSplit { branches: vec![score("promoter", 9), score("passive", 7)] },
        )
        .step("review", email("would you tell others?"))
        .from("score", "passive", 1.0)
        .step("thanks", email("thank you for your answer"))
        .from("score", "others", 2.0)
        .step("ticket", webhook("https://support.example.com/tickets", "{\"kind\": \"detractor\"}"))
        .step("list", NodeKind::AddToList { list: "Detractors".to_string() })
        .from("answer", "timeout", 3.0)
        .step("remind", sms("One question, ten seconds"))
        .done()
}

fn birthday(entry: &DemoJourney) -> Graph {
    GraphBuilder::new()
        .step(
            "day",
            NodeKind::Delay(Delay::UntilProperty {
                property: entry.event.to_string(),
                offset_days: 0,
            }),
        )
        .step("morning", until("09:30", &[]))
        .step("mail", email(entry.topic))
        .from("mail", "clicked", 1.0)
        .step(
            "gift",
            NodeKind::UpdateProfile {
                set: vec![PropertyValue {
                    property: "gift_claimed".to_string(),
                    value: json!(true),
                }],
            },
        )
        .step("thanks", goal(entry))
        .from("mail", "unreachable", 2.0)
        .step("sms", sms(entry.topic))
        .done()
}

fn alert(entry: &DemoJourney) -> Graph {
    GraphBuilder::new()
        .step("push", push(entry.topic))
        .step("wait", wait_for(entry, &["alert_id"], 1))
        .step("seen", goal(entry))
        .from("wait", "timeout", 1.0)
        .step("sms", sms(entry.topic))
        .from("sms", "failed", 2.0)
        .step("desk", webhook("https://desk.example.com/alerts", ""))
        .done()
}

fn reminder(entry: &DemoJourney) -> Graph {
    GraphBuilder::new()
        .step("day", hours(24))
        .step(
            "done-already",
            NodeKind::HasDoneSplit { event: event(entry.goal), within_days: Some(3) },
        )
        .step("done", goal(entry))
        .from("done-already", "no", 1.0)
        .step("push", push(entry.topic))
        .step("workday", until("17:00", &[1, 2, 3, 4]))
        .step("mail", email(entry.topic))
        .step("wait", wait_for(entry, &[], 168))
        .join("done")
        .from("wait", "timeout", 2.0)
        .step("next", NodeKind::StartJourney { journey: "Win back quiet customers".to_string() })
        .done()
}

fn experiment(entry: &DemoJourney) -> Graph {
    let share = |name: &str, percent: u8| SplitShare { name: name.to_string(), percent };
    GraphBuilder::new()
        .step(
            "split",
            NodeKind::RandomSplit {
                shares: vec![share("short", 45), share("long", 45), share("none", 10)],
            },
        )
        .step("short", email(entry.topic))
        .step("wait", wait_for(entry, &[], 72))
        .step("done", goal(entry))
        .from("split", "long", 1.0)
        .step("long", email("everything you need to know"))
        .step("wait-long", wait_for(entry, &[], 72))
        .join("done")
        .from("split", "none", 2.0)
        .step("wait-none", wait_for(entry, &[], 72))
        .join("done")
        .done()
}

fn loyalty(entry: &DemoJourney) -> Graph {
    GraphBuilder::new()
        .step(
            "tier",
            NodeKind::UpdateProfile {
                set: vec![PropertyValue { property: "tier".to_string(), value: json!("gold") }],
            },
        )
        .step("off", NodeKind::RemoveFromList { list: "Silver members".to_string() })
        .step("on", NodeKind::AddToList { list: "Gold members".to_string() })
        .step("mail", email(entry.topic))
        .from("mail", "clicked", 1.0)
        .step(
            "card",
            NodeKind::InApp {
                title: entry.topic.to_string(),
                body: "Your new card is here.".to_string(),
            },
        )
        .step("seen", goal(entry))
        .done()
}

fn newsletter(entry: &DemoJourney) -> Graph {
    GraphBuilder::new()
        .step("morning", until("08:30", &[2, 4]))
        .step("mail", email(entry.topic))
        .from("mail", "clicked", 1.0)
        .step("wait", wait_for(entry, &[], 48))
        .step("done", goal(entry))
        .from("mail", "viewed", 2.0)
        .step("push", push(entry.topic))
        .done()
}
