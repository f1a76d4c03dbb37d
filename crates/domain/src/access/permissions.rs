//! Who may do what: the one table of roles and permissions (docs/design.md, Who may do what). The
//! services enforce it, the pages ask it what to show, and the route-by-role test compares the
//! running router with it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use crate::access::key::{Keeper, KeyFacts, KeyLifetime, KeyState};
pub use crate::access::scope::Scope;
use crate::journeys::transition::Action;

/// What a person is in a project. Each role may do what the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Viewer,
    Creator,
    Publisher,
    Admin,
}

/// One kind of thing that is allowed or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// The list, journeys, their history and accounts.
    SeeJourneys,
    /// Drafts with their names, descriptions, labels, clones, saved filters.
    EditJourneys,
    /// Publish, change and rename what is published, pause, resume, stop, archive.
    OperateJourneys,
    /// Addresses and properties of people, and searching for them; without it addresses are masked
    /// and properties left out.
    SeePersonalData,
    /// Profiles and events in.
    IngestRecords,
    /// Have a journey let people in.
    EnterProfiles,
    /// Forget people for good.
    EraseProfiles,
    SeeAuditLog,
    /// Members, their roles, invitations.
    ManageMembers,
    ManageKeys,
    /// How messages go out, what comes back, and who gets none any more.
    ManageChannels,
    /// Make, rename and archive projects.
    ManageProjects,
}

/// In whose name something is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    Role(Role),
    Key(Vec<Scope>),
    /// An account without a role in any project.
    NoRole,
    /// Things that happen by themselves, and the command line of anyone who owns the machine.
    System,
}

/// No one gets further than this: what was refused, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Forbidden {
    pub permission: Permission,
    pub authority: Authority,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Creator, Role::Publisher, Role::Admin];

    /// The table.
    pub const fn allows(self, permission: Permission) -> bool {
        use Permission::{EditJourneys, OperateJourneys, SeeJourneys, SeePersonalData};
        match self {
            Role::Viewer => matches!(permission, SeeJourneys),
            Role::Creator => matches!(permission, SeeJourneys | SeePersonalData | EditJourneys),
            Role::Publisher => {
                matches!(permission, SeeJourneys | SeePersonalData | EditJourneys | OperateJourneys)
            }
            Role::Admin => true,
        }
    }

    pub fn key(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Creator => "creator",
            Role::Publisher => "publisher",
            Role::Admin => "admin",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Role::Viewer => "Viewer",
            Role::Creator => "Creator",
            Role::Publisher => "Publisher",
            Role::Admin => "Admin",
        }
    }

    /// What the role is for, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Role::Viewer => "sees journeys and their stats, and profiles with masked addresses",
            Role::Creator => {
                "also creates and edits journeys, and sees addresses and properties of profiles"
            }
            Role::Publisher => "also publishes, pauses, resumes, stops and archives",
            Role::Admin => "also manages the team, API keys, channels and projects",
        }
    }

    /// `a Viewer`, `an Admin`
    pub fn with_article(self) -> String {
        let article = if self == Role::Admin { "an" } else { "a" };
        format!("{article} {}", self.title())
    }

    /// What the list's page says to those who may not do everything on it.
    pub fn limit(self) -> Option<&'static str> {
        match self {
            Role::Viewer => Some(
                "You are a Viewer: you see journeys and their stats. Editing them needs a Creator; \
                    pausing, resuming, stopping and archiving them needs a Publisher. Ask an \
                    admin.",
            ),
            Role::Creator => Some(
                "You are a Creator: you create and edit journeys. Pausing, resuming, stopping and \
                    archiving them needs a Publisher. Ask an admin.",
            ),
            Role::Publisher | Role::Admin => None,
        }
    }

    /// The number in the store.
    pub fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        usize::try_from(code).ok().and_then(|index| Role::ALL.get(index).copied())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for Role {
    type Err = crate::error::FieldError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Role::ALL.into_iter().find(|role| role.key() == text).ok_or_else(|| {
            let sentence = "That is not a role. Use viewer, creator, publisher or admin.";
            crate::error::FieldError::new("role", "unknown_value", sentence)
        })
    }
}

impl Permission {
    pub const ALL: [Permission; 12] = [
        Permission::SeeJourneys,
        Permission::SeePersonalData,
        Permission::EditJourneys,
        Permission::OperateJourneys,
        Permission::IngestRecords,
        Permission::EnterProfiles,
        Permission::EraseProfiles,
        Permission::SeeAuditLog,
        Permission::ManageMembers,
        Permission::ManageKeys,
        Permission::ManageChannels,
        Permission::ManageProjects,
    ];

    /// The least role that has it.
    pub fn least_role(self) -> Role {
        Role::ALL.into_iter().find(|role| role.allows(self)).unwrap_or(Role::Admin)
    }

    /// As the subject of a sentence: "pausing … needs the Publisher role".
    pub fn phrase(self) -> &'static str {
        match self {
            Permission::SeeJourneys => "seeing journeys",
            Permission::SeePersonalData => {
                "seeing and searching addresses and properties of profiles"
            }
            Permission::EditJourneys => "creating and editing journeys",
            Permission::OperateJourneys => {
                "publishing, changing or renaming what is published, pausing, resuming, stopping \
                    and archiving"
            }
            Permission::IngestRecords => "sending profiles and events",
            Permission::EnterProfiles => "entering people into journeys",
            Permission::EraseProfiles => "deleting profiles",
            Permission::SeeAuditLog => "reading the audit log",
            Permission::ManageMembers => "managing the team",
            Permission::ManageKeys => "managing API keys",
            Permission::ManageChannels => "managing channels",
            Permission::ManageProjects => "managing projects",
        }
    }

    /// What an action on journeys needs; none for what happens by itself only.
    pub fn of_action(action: Action) -> Option<Self> {
        match action {
            Action::Publish
            | Action::Pause
            | Action::Resume
            | Action::Stop
            | Action::Archive
            | Action::Unarchive
            // What stands in a published version is what people get from the next moment on.
            | Action::EditContent => Some(Permission::OperateJourneys),
            Action::EditDraft
            | Action::NewVersion
            | Action::Clone
            | Action::Rename
            | Action::Label
            | Action::Delete => Some(Permission::EditJourneys),
            Action::Start | Action::Complete | Action::Restrict => None,
        }
    }

    /// What is said in the place of what is not shown.
    pub fn refusal(self) -> String {
        let least = self.least_role().title();
        let article = if least.starts_with('A') { "an" } else { "a" };
        let phrase = self.phrase();
        let mut sentence: String = phrase
            .chars()
            .take(1)
            .flat_map(char::to_uppercase)
            .chain(phrase.chars().skip(1))
            .collect();
        sentence.push_str(&format!(" needs {article} {least}."));
        sentence
    }

    /// Why someone of this role is refused it, for a tooltip or an error.
    pub fn refusal_for(self, role: Role) -> String {
        let refusal = self.refusal();
        let sentence = refusal.trim_end_matches('.');
        format!(
            "{sentence}; you are {} in this project. Ask an admin of the project.",
            role.with_article()
        )
    }
}

impl Authority {
    pub fn allows(&self, permission: Permission) -> bool {
        match self {
            Authority::Role(role) => role.allows(permission),
            Authority::Key(scopes) => scopes.iter().any(|scope| scope.may(permission)),
            Authority::NoRole => false,
            Authority::System => true,
        }
    }

    /// A key that everybody who opens a page can read.
    pub fn is_of_browser(&self) -> bool {
        matches!(self, Authority::Key(scopes) if scopes.contains(&Scope::Browser))
    }

    /// Nothing, or the refusal.
    ///
    /// # Errors
    /// Where the table does not allow it.
    pub fn require(&self, permission: Permission) -> Result<(), Forbidden> {
        if self.allows(permission) {
            Ok(())
        } else {
            Err(Forbidden { permission, authority: self.clone() })
        }
    }
}

impl Forbidden {
    /// Why, and whom to ask.
    pub fn sentence(&self) -> String {
        match &self.authority {
            Authority::Role(role) => self.permission.refusal_for(*role),
            Authority::Key(scopes) => {
                let has: Vec<_> = scopes.iter().map(|scope| scope.key()).collect();
                format!(
                    "This API key has the scope {}, which does not cover {}. Create a key with the \
                        right scope.",
                    has.join(", "),
                    self.permission.phrase()
                )
            }
            Authority::NoRole => {
                "You have no role in any project yet. Ask an admin for an invitation.".to_string()
            }
            Authority::System => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What only an admin may.
    const ADMINS: [Permission; 5] = [
        Permission::ManageMembers,
        Permission::ManageKeys,
        Permission::ManageChannels,
        Permission::ManageProjects,
        Permission::SeeAuditLog,
    ];

    #[test]
    fn a_role_may_what_the_roles_before_it_may() {
        for pair in Role::ALL.windows(2) {
            for permission in Permission::ALL {
                assert!(
                    !pair[0].allows(permission) || pair[1].allows(permission),
                    "{pair:?} {permission:?}"
                );
            }
        }
        assert!(Permission::ALL.into_iter().all(|permission| Role::Admin.allows(permission)));
    }

    #[test]
    fn each_role_adds_what_the_design_says() {
        let least = |permission: Permission| permission.least_role();
        assert_eq!(least(Permission::SeeJourneys), Role::Viewer);
        assert_eq!(least(Permission::EditJourneys), Role::Creator);
        assert_eq!(least(Permission::SeePersonalData), Role::Creator);
        assert_eq!(least(Permission::OperateJourneys), Role::Publisher);
        for permission in ADMINS {
            assert_eq!(least(permission), Role::Admin);
        }
    }

    #[test]
    fn a_key_may_what_its_scopes_say_and_never_manages() {
        let all = Authority::Key(Scope::ALL.to_vec());
        for permission in ADMINS {
            assert!(!all.allows(permission), "{permission:?}");
        }
        for permission in [
            Permission::SeeJourneys,
            Permission::SeePersonalData,
            Permission::EnterProfiles,
            Permission::EraseProfiles,
        ] {
            assert!(!Authority::Key(vec![Scope::Ingest]).allows(permission), "{permission:?}");
        }
        assert!(!Authority::Key(vec![Scope::Read]).allows(Permission::SeePersonalData));
        assert!(!Authority::Key(vec![Scope::Read]).allows(Permission::OperateJourneys));
        assert!(!Authority::Key(Vec::new()).allows(Permission::IngestRecords));
    }

    #[test]
    fn a_refusal_says_what_is_needed_and_whom_to_ask() {
        let refusal = Authority::Role(Role::Viewer)
            .require(Permission::OperateJourneys)
            .expect_err("refused");
        assert_eq!(
            refusal.sentence(),
            "Publishing, changing or renaming what is published, pausing, resuming, stopping and \
                archiving needs a Publisher; you are a Viewer in this project. Ask an admin of \
                the project."
        );
    }
}
