//! What a message can be filled in with, and how it is put into a text.

use wayfare_domain::versions::ProjectCatalog;
use wayfare_domain::{journeys::settings::EntryTrigger, messages::known_properties::BUILT_IN};

/// One name that templates know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// As a template spells it: `profile.plan`, `event['Cart total']`.
    pub path: String,
    /// As people call it.
    pub name: String,
}

/// Names of one kind, with what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableGroup {
    pub title: String,
    pub variables: Vec<Variable>,
}

/// Everything that is known: of the person, of the event that lets them in, of the journey, and
/// their own links.
pub fn variables(catalogue: &ProjectCatalog, entry: &EntryTrigger) -> Vec<VariableGroup> {
    let named = |root: &str, names: Vec<String>| {
        let mut all: Vec<Variable> = Vec::new();
        for name in names {
            let variable = Variable { path: path(root, &name), name };
            if !all.contains(&variable) {
                all.push(variable);
            }
        }
        all
    };
    let of_person = BUILT_IN.into_iter().map(str::to_string).chain(catalogue.properties.clone());
    let mut groups = vec![VariableGroup {
        title: "Profile".to_string(),
        variables: named("profile", of_person.collect()),
    }];
    if let EntryTrigger::Event { name, .. } = entry {
        let known = catalogue.event_properties.iter().find(|(event, _)| event == name);
        let names = known.map(|(_, names)| names.clone()).unwrap_or_default();
        groups.push(VariableGroup {
            title: format!("Event {name}"),
            variables: named("event", names),
        });
    }
    groups.push(VariableGroup {
        title: "Journey".to_string(),
        variables: vec![Variable {
            path: "journey.name".to_string(),
            name: "name of the journey".to_string(),
        }],
    });
    let links = [
        ("unsubscribe_url", "link to unsubscribe"),
        ("preferences_url", "link to the preferences page"),
    ];
    groups.push(VariableGroup {
        title: "Links of this message".to_string(),
        variables: links
            .map(|(path, name)| Variable { path: path.to_string(), name: name.to_string() })
            .into(),
    });
    groups.retain(|group| !group.variables.is_empty());
    groups
}

fn path(root: &str, name: &str) -> String {
    let plain = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && !name.starts_with(|letter: char| letter.is_ascii_digit());
    match (plain, quoted(name)) {
        (true, _) => format!("{root}.{name}"),
        (false, name) => format!("{root}[{name}]"),
    }
}

/// What is written into the text; `missing` stands there where nothing is known.
pub fn placeholder(path: &str, missing: &str) -> String {
    if missing.is_empty() {
        format!("{{{{ {path} }}}}")
    } else {
        format!("{{{{ {path} | default: {} }}}}", quoted(missing))
    }
}

/// Templates have no way to write both kinds of quotation marks into one text.
fn quoted(text: &str) -> String {
    match (text.contains('"'), text.contains('\'')) {
        (true, true) => format!("\"{}\"", text.replace('"', "”")),
        (true, false) => format!("'{text}'"),
        _ => format!("\"{text}\""),
    }
}

/// Puts a text in place of what is selected in another one; browsers count in UTF-16. Answers where
/// the cursor stands then.
pub fn insert_at(text: &str, (from, to): (usize, usize), new: &str) -> (String, usize) {
    let units: Vec<u16> = text.encode_utf16().collect();
    let from = from.min(units.len());
    let to = to.clamp(from, units.len());
    let read = |units: &[u16]| String::from_utf16_lossy(units);
    (
        format!("{}{new}{}", read(&units[..from]), read(&units[to..])),
        from + new.encode_utf16().count(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> ProjectCatalog {
        ProjectCatalog {
            properties: vec![
                "plan".to_string(),
                "Favourite colour".to_string(),
                "email".to_string(),
            ],
            event_properties: vec![
                ("Ordered".to_string(), vec!["total".to_string()]),
                ("Cart Left".to_string(), vec!["cart_id".to_string()]),
            ],
            ..ProjectCatalog::default()
        }
    }

    #[test]
    fn only_properties_of_the_event_that_lets_people_in_are_offered() {
        let entry = EntryTrigger::Event { name: "Cart Left".to_string(), filters: Vec::new() };
        let groups = variables(&catalogue(), &entry);
        let paths: Vec<&str> =
            groups.iter().flat_map(|group| &group.variables).map(|one| one.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "profile.identity",
                "profile.email",
                "profile.phone",
                "profile.time_zone",
                "profile.plan",
                "profile[\"Favourite colour\"]",
                "event.cart_id",
                "journey.name",
                "unsubscribe_url",
                "preferences_url",
            ]
        );
        assert!(
            variables(&catalogue(), &EntryTrigger::Api {})
                .iter()
                .all(|group| !group.title.contains("event"))
        );
    }

    #[test]
    fn what_is_missing_may_have_a_word_in_its_place() {
        assert_eq!(placeholder("profile.plan", ""), "{{ profile.plan }}");
        assert_eq!(placeholder("profile.plan", "none"), "{{ profile.plan | default: \"none\" }}");
        assert_eq!(
            placeholder("profile.plan", "the \"best\""),
            "{{ profile.plan | default: 'the \"best\"' }}"
        );
        assert_eq!(
            placeholder("profile.plan", "it's \"it"),
            "{{ profile.plan | default: \"it's ”it\" }}"
        );
    }

    #[test]
    fn it_stands_where_the_cursor_was() {
        assert_eq!(insert_at("Hi , hello", (3, 3), "Ada"), ("Hi Ada, hello".to_string(), 6));
        assert_eq!(
            insert_at("🙂 you!", (3, 6), "Ada"),
            ("🙂 Ada!".to_string(), 6),
            "a smile counts as two"
        );
        assert_eq!(insert_at("Hi", (99, 3), "!"), ("Hi!".to_string(), 3));
    }
}
