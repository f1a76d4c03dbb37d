//! Projects: who manages a new one, what another name is, and when one may be archived.

use super::{permissions::Role, refusal::AccessRefusal};
use crate::{journeys::status::Status, names::ProjectTitle};

/// What someone with an account is in the project that they make. In local mode no one has an
/// account, and everyone may do everything anyway.
pub const CREATOR_ROLE: Role = Role::Admin;

/// Is it another name? One that differs in capital letters only is the same: the project keeps it
/// for as long as it has had it.
pub fn is_another_name(before: &str, after: &ProjectTitle) -> bool {
    !before.eq_ignore_ascii_case(after.as_str())
}

/// What decides whether a project is archived or comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveFacts {
    pub is_archived: bool,
    /// Of its journeys that are not deleted, each once.
    pub statuses: Vec<Status>,
    /// How many people are inside its journeys.
    pub inside: i64,
    /// How many other projects are not archived.
    pub other_projects: i64,
}

/// Does something change?
///
/// # Errors
/// Where the project is in use, or there is no other one to work in.
pub fn decide_archive(facts: &ArchiveFacts, archive: bool) -> Result<bool, AccessRefusal> {
    if archive == facts.is_archived {
        return Ok(false);
    }
    if archive && (facts.inside > 0 || facts.statuses.iter().any(|status| keeps_in_use(*status))) {
        return Err(AccessRefusal::ProjectInUse);
    }
    if archive && facts.other_projects == 0 {
        return Err(AccessRefusal::OnlyProject);
    }
    Ok(true)
}

/// Do people enter a journey of this status, or may they later without being asked about again?
fn keeps_in_use(status: Status) -> bool {
    match status {
        Status::Scheduled | Status::Running | Status::Paused => true,
        Status::Draft | Status::Completed | Status::Restricted | Status::Stopped => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle() -> ArchiveFacts {
        ArchiveFacts { is_archived: false, statuses: Vec::new(), inside: 0, other_projects: 1 }
    }

    #[test]
    fn a_project_with_drafts_and_ended_journeys_may_be_archived() {
        let statuses = vec![Status::Draft, Status::Completed, Status::Restricted, Status::Stopped];
        assert_eq!(decide_archive(&ArchiveFacts { statuses, ..idle() }, true), Ok(true));
    }

    #[test]
    fn a_journey_that_is_scheduled_running_or_paused_keeps_its_project() {
        for status in [Status::Scheduled, Status::Running, Status::Paused] {
            let facts = ArchiveFacts { statuses: vec![Status::Draft, status], ..idle() };
            assert_eq!(decide_archive(&facts, true), Err(AccessRefusal::ProjectInUse), "{status}");
        }
    }

    #[test]
    fn people_inside_keep_a_project() {
        let facts = ArchiveFacts { statuses: vec![Status::Completed], inside: 1, ..idle() };
        assert_eq!(decide_archive(&facts, true), Err(AccessRefusal::ProjectInUse));
    }

    #[test]
    fn the_only_project_is_not_archived() {
        let facts = ArchiveFacts { other_projects: 0, ..idle() };
        assert_eq!(decide_archive(&facts, true), Err(AccessRefusal::OnlyProject));
    }

    #[test]
    fn an_archived_project_always_comes_back() {
        let facts = ArchiveFacts { is_archived: true, inside: 1, other_projects: 0, ..idle() };
        assert_eq!(decide_archive(&facts, false), Ok(true));
    }

    #[test]
    fn what_is_so_already_changes_nothing() {
        let archived = ArchiveFacts { is_archived: true, other_projects: 0, ..idle() };
        assert_eq!(decide_archive(&archived, true), Ok(false));
        assert_eq!(decide_archive(&idle(), false), Ok(false));
    }

    #[test]
    fn capital_letters_make_no_other_name() {
        let title = |text: &str| ProjectTitle::parse(text).expect("a title");
        assert!(!is_another_name("shop", &title("Shop")));
        assert!(is_another_name("shop", &title("Shop 2")));
    }
}
