//! The rules that map what an identity provider says of a person to their roles.

use std::str::FromStr;

use super::{permissions::Role, sso::SsoRole};

/// `admins=admin; marketing=publisher@Shop; *=viewer`: anyone who has the value on the left in
/// their claim gets the role on the right, in every project or in the named one. `*` is everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleRules(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    value: String,
    role: Role,
    project: Option<String>,
}

/// A rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is not a role rule. Use the form marketing=publisher or marketing=publisher@Shop, and \
        separate rules with ;."
)]
pub struct MalformedRule(String);

impl FromStr for RoleRules {
    type Err = MalformedRule;

    fn from_str(text: &str) -> Result<Self, MalformedRule> {
        text.split(';')
            .map(str::trim)
            .filter(|rule| !rule.is_empty())
            .map(rule)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn rule(text: &str) -> Result<Rule, MalformedRule> {
    let malformed = || MalformedRule(text.to_string());
    // The value may hold an = itself (a distinguished name), a role cannot.
    let (value, target) = text.rsplit_once('=').ok_or_else(malformed)?;
    let (role, project) = match target.split_once('@') {
        Some((role, project)) => (role, Some(project.trim().to_string())),
        None => (target, None),
    };
    let value = value.trim().to_string();
    let role = role.trim().parse().map_err(|_| malformed())?;
    if value.is_empty() || project.as_ref().is_some_and(String::is_empty) {
        return Err(malformed());
    }
    Ok(Rule { value, role, project })
}

impl RoleRules {
    /// The roles of someone whose claim has these values.
    pub fn roles_of(&self, values: &[String]) -> Vec<SsoRole> {
        self.0
            .iter()
            .filter(|rule| rule.value == "*" || values.contains(&rule.value))
            .map(|rule| SsoRole { project: rule.project.clone(), role: rule.role })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_and_applied() {
        let rules: RoleRules =
            "cn=admins,dc=example=admin; marketing=publisher@Shop & co ;*=viewer"
                .parse()
                .expect("rules");
        let roles = |values: &[&str]| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            rules
                .roles_of(&values)
                .into_iter()
                .map(|role| (role.role, role.project))
                .collect::<Vec<_>>()
        };
        assert_eq!(roles(&[]), [(Role::Viewer, None)]);
        assert_eq!(
            roles(&["marketing"]),
            [(Role::Publisher, Some("Shop & co".to_string())), (Role::Viewer, None)]
        );
        assert_eq!(roles(&["cn=admins,dc=example"]), [(Role::Admin, None), (Role::Viewer, None)]);
    }

    #[test]
    fn what_is_no_rule_is_named() {
        for text in ["marketing", "=admin", "marketing=boss", "marketing=admin@", "a=admin; b"] {
            assert!(text.parse::<RoleRules>().is_err(), "{text}");
        }
        assert_eq!("".parse(), Ok(RoleRules::default()));
    }
}
