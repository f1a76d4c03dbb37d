//! The audit log: who did what, to which journeys, from where, and when. Entries are added and
//! never changed.

use serde::{Deserialize, Serialize};

use super::{
    access::actor::ActorRef,
    error::FieldError,
    ids::{OperationId, UserId},
    journeys::transition::Action,
    query_string::{pairs, write_query},
    time::{Day, Timestamp},
};

/// Entries on a page.
pub const AUDIT_ROWS: i64 = 50;
/// Longest search text, in characters.
const SEARCH_MAX: usize = 200;

macro_rules! events {
    ($($variant:ident $key:literal $title:literal,)*) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditEvent {
            /// An action on journeys; the rows are in its result.
            Journeys(Action),
            $($variant,)*
        }

        impl AuditEvent {
            /// All but the actions on journeys.
            pub const EXCEPT_ACTIONS: &[AuditEvent] = &[$(AuditEvent::$variant,)*];

            /// The word in the store, in addresses and in exports.
            pub fn key(self) -> String {
                match self {
                    AuditEvent::Journeys(action) => format!("journeys.{}", action.key()),
                    $(AuditEvent::$variant => $key.to_string(),)*
                }
            }

            /// The words in a filter.
            pub fn title(self) -> String {
                match self {
                    AuditEvent::Journeys(action) => format!("Journeys: {}", action.key().replace('_', " ")),
                    $(AuditEvent::$variant => $title.to_string(),)*
                }
            }
        }
    };
}

events! {
    JourneysImported "journeys.import" "Journeys: import",
    DemoLoaded "journeys.demo" "Journeys: demo",
    FilterSaved "filter.save" "Saved filter: saved",
    FilterDeleted "filter.delete" "Saved filter: deleted",
    SignedIn "session.sign_in" "Signed in",
    SignInFailed "session.sign_in_failed" "Sign-in failed",
    SignedOut "session.sign_out" "Signed out",
    SignedOutEverywhere "session.sign_out_everywhere" "Signed out everywhere",
    SessionEnded "session.end" "Session ended",
    AccountCreated "account.create" "Account created",
    AccountRenamed "account.rename" "Account renamed",
    AccountSuspended "account.suspend" "Account suspended",
    AccountRestored "account.restore" "Account restored",
    PasswordChanged "account.password" "Password changed",
    PasswordLinkMade "account.password_link" "Password link made",
    SsoLinked "account.sso_link" "Single sign-on linked",
    SsoUnlinked "account.sso_unlink" "Single sign-on unlinked",
    InvitationMade "people.invite" "Member invited",
    InvitationWithdrawn "people.withdraw" "Invitation withdrawn",
    Joined "people.join" "Member joined",
    RoleChanged "people.role" "Role changed",
    RoleChangedBySso "people.role_by_sso" "Role changed by the single sign-on rule",
    MemberRemoved "people.remove" "Member removed",
    KeyCreated "keys.create" "API key created",
    KeyRevoked "keys.revoke" "API key revoked",
    KeyTakenOver "keys.take_over" "API key taken over",
    ChannelSaved "channels.save" "Channel changed",
    ChannelTested "channels.test" "Channel tested",
    MessageTested "messages.test" "Test message sent",
    CapsSaved "channels.caps" "Frequency caps changed",
    ProjectCreated "projects.create" "Project created",
    ProjectRenamed "projects.rename" "Project renamed",
    ProjectArchived "projects.archive" "Project archived",
    ProjectUnarchived "projects.unarchive" "Project unarchived",
    PersonDeleted "profiles.delete" "Profile deleted",
    PeopleImported "profiles.import" "Profiles imported",
    SegmentSaved "segments.save" "Segment saved",
    SegmentDeleted "segments.delete" "Segment deleted",
    MessagesSentAgain "delivery.again" "Messages resent",
    SuppressionAdded "suppressions.add" "Suppression list: added",
    SuppressionRemoved "suppressions.remove" "Suppression list: removed",
    SuppressionsExported "suppressions.export" "Suppression list exported",
    RecipientDecided "recipients.decide" "Recipient changed preferences",
    HookSecretSaved "hooks.save" "Webhook secret saved",
    HookSecretRemoved "hooks.remove" "Webhook secret removed",
    AuditExported "audit.export" "Audit log exported",
    HoldReleased "server.release" "Hold released",
}

impl AuditEvent {
    pub fn all() -> impl Iterator<Item = AuditEvent> {
        Action::ALL
            .into_iter()
            .map(AuditEvent::Journeys)
            .chain(AuditEvent::EXCEPT_ACTIONS.iter().copied())
    }

    pub fn from_key(key: &str) -> Option<Self> {
        AuditEvent::all().find(|event| event.key() == key)
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub seq: i64,
    pub at: Timestamp,
    pub by: ActorRef,
    /// Key of an [`AuditEvent`].
    pub event: String,
    /// A sentence.
    pub summary: String,
    /// The account with an outcome for each journey, where it was about journeys.
    pub operation: Option<OperationId>,
    /// How many journeys it was about, how many were changed.
    pub matched: Option<i64>,
    pub changed: Option<i64>,
    /// The list's query where it was about all that match.
    pub filter: Option<String>,
    /// Empty for the command line and for what happened by itself.
    pub address: String,
    pub device: String,
}

/// What the audit page shows, as its address spells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AuditQuery {
    pub search: String,
    pub by: Option<UserId>,
    pub event: Option<String>,
    pub from: Option<Day>,
    pub to: Option<Day>,
    /// From 1; 0 is read as 1.
    pub page: i64,
}

impl AuditQuery {
    /// Reads a query string; unknown parameters are left alone, known ones must make sense.
    ///
    /// # Errors
    /// One complaint for each value that makes none.
    pub fn parse(query: &str) -> Result<Self, Vec<FieldError>> {
        let mut parsed = AuditQuery { page: 1, ..AuditQuery::default() };
        let mut errors = Vec::new();
        for (key, value) in pairs(query) {
            if value.is_empty() {
                continue;
            }
            let mut complain = |key: &str, sentence: &str| {
                errors.push(FieldError::new(key, "malformed", sentence))
            };
            match key.as_str() {
                "search" if value.chars().count() <= SEARCH_MAX => parsed.search = value,
                "search" => {
                    complain("search", "The search text is too long. Use at most 200 characters.")
                }
                "by" => match value.parse() {
                    Ok(by) => parsed.by = Some(by),
                    Err(_) => complain("by", "This user does not exist. Choose one from the list."),
                },
                "event" if AuditEvent::from_key(&value).is_some() => parsed.event = Some(value),
                "event" => complain(
                    "event",
                    "This kind of entry does not exist. Choose one from the list.",
                ),
                "from" | "to" => match value.parse::<Day>() {
                    Ok(day) if key == "from" => parsed.from = Some(day),
                    Ok(day) => parsed.to = Some(day),
                    Err(_) => complain(&key, "This is not a date. Use the form 2026-11-23."),
                },
                "page" => match value.parse() {
                    Ok(page) if (1..=10_000_000).contains(&page) => parsed.page = page,
                    _ => complain("page", "Pages are whole numbers from 1."),
                },
                _ => {}
            }
        }
        if parsed.from.zip(parsed.to).is_some_and(|(from, to)| from > to) {
            errors.push(FieldError::new(
                "to",
                "out_of_order",
                "The last day is before the first. Swap the two dates.",
            ));
        }
        if errors.is_empty() { Ok(parsed) } else { Err(errors) }
    }

    /// The query string, without what is as usual.
    pub fn to_query(&self) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        if !self.search.is_empty() {
            pairs.push(("search", self.search.clone()));
        }
        pairs.extend(self.by.map(|by| ("by", by.to_string())));
        pairs.extend(self.event.clone().map(|event| ("event", event)));
        pairs.extend(self.from.map(|day| ("from", day.to_string())));
        pairs.extend(self.to.map(|day| ("to", day.to_string())));
        if self.page > 1 {
            pairs.push(("page", self.page.to_string()));
        }
        write_query(&pairs)
    }

    pub fn with_page(&self, page: i64) -> Self {
        Self { page, ..self.clone() }
    }

    /// The page that is asked for, or the last one of so many entries.
    pub fn within(&self, total: i64) -> Self {
        self.with_page(self.page.clamp(1, last_page(total)))
    }

    /// The entries before its page.
    pub fn offset(&self) -> i64 {
        (self.page - 1) * AUDIT_ROWS
    }

    /// The moment at which the last day that is asked for is over.
    pub fn until(&self) -> Option<Timestamp> {
        self.to.map(Day::end)
    }

    pub fn is_filtered(&self) -> bool {
        *self != AuditQuery { page: self.page, ..AuditQuery::default() }
    }
}

impl TryFrom<String> for AuditQuery {
    type Error = FieldError;
    fn try_from(text: String) -> Result<Self, FieldError> {
        AuditQuery::parse(&text).map_err(|mut errors| errors.remove(0))
    }
}

impl From<AuditQuery> for String {
    fn from(query: AuditQuery) -> String {
        query.to_query()
    }
}

/// A page of the audit log and what stands around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    pub query: AuditQuery,
    pub entries: Vec<AuditEntry>,
    pub total: i64,
    /// Everybody who stands in the log of this project.
    pub people: Vec<ActorRef>,
}

impl AuditPage {
    pub fn last_page(&self) -> i64 {
        last_page(self.total)
    }
}

fn last_page(total: i64) -> i64 {
    ((total + AUDIT_ROWS - 1) / AUDIT_ROWS).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_comes_back_from_its_key_and_no_two_share_one() {
        let keys: Vec<String> = AuditEvent::all().map(AuditEvent::key).collect();
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert!(AuditEvent::all().all(|event| AuditEvent::from_key(&event.key()) == Some(event)));
    }

    #[test]
    fn a_query_comes_back_from_its_address() {
        let text =
            "search=Cart%20%26%20co&event=journeys.stop&from=2026-01-02&to=2026-02-03&page=3";
        let query = AuditQuery::parse(text).expect("a query");
        assert_eq!(AuditQuery::parse(&query.to_query()), Ok(query.clone()));
        assert_eq!((query.search.as_str(), query.page), ("Cart & co", 3));
    }

    #[test]
    fn a_page_beyond_the_end_is_the_last_one() {
        let page = |page, total| {
            let query = AuditQuery::default().with_page(page).within(total);
            (query.page, query.offset())
        };
        assert_eq!(page(9, 2 * AUDIT_ROWS), (2, AUDIT_ROWS));
        assert_eq!(page(9, 2 * AUDIT_ROWS + 1), (3, 2 * AUDIT_ROWS));
        assert_eq!(page(9, 0), (1, 0));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let errors =
            AuditQuery::parse("by=x&event=nothing&from=tomorrow&page=0").expect_err("refused");
        assert_eq!(
            errors.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(),
            ["by", "event", "from", "page"]
        );
        assert_eq!(
            AuditQuery::parse("from=2026-02-01&to=2026-01-01").expect_err("refused")[0].key,
            "out_of_order"
        );
    }
}
