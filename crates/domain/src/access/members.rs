//! The people, keys and projects of an installation, as their pages show them, and what decides who
//! becomes, is and stays a member.

use serde::{Deserialize, Serialize};

use super::{
    actor::ActorRef,
    member_role::MemberRole,
    permissions::{KeyState, Role},
    refusal::AccessRefusal,
};
use crate::{
    ids::{ApiKeyId, InvitationId, ProjectId, UserId},
    time::Timestamp,
};

/// Someone with a role in the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub person: ActorRef,
    pub email: String,
    pub role: Role,
    /// The role comes from the sign-in provider and is given anew at each sign-in.
    pub by_provider: bool,
    pub last_sign_in_at: Option<Timestamp>,
}

/// A change of someone's role, as it is asked about before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleChange {
    pub member: Member,
    pub project: String,
    /// None takes the person out of the project.
    pub wanted: Option<Role>,
    /// Shows that exactly this was asked about.
    pub proof: String,
}

/// A link that someone may still follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    pub created_by: ActorRef,
    pub expires_at: Timestamp,
}

/// What someone who follows an invitation is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationPreview {
    pub project: String,
    pub email: String,
    pub role: Role,
    /// There is an account with this address: they sign in instead of choosing a password.
    pub known: bool,
    /// They are signed in with that account right now.
    pub signed_in: bool,
}

impl InvitationPreview {
    /// Of an invitation whose address has the account `invited`, for the account that asks.
    pub fn new(
        (project, email, role): (String, String, Role),
        invited: Option<UserId>,
        asking: Option<UserId>,
    ) -> Self {
        let signed_in = invited.is_some() && invited == asking;
        Self { project, email, role, known: invited.is_some(), signed_in }
    }
}

/// What decides whether someone's role in a project is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleChangeFacts {
    /// The role that the page showed.
    pub seen: Role,
    pub current: Role,
    /// How many others are admins of the project, with accounts that are not suspended.
    pub other_admins: i64,
}

/// The role from now on, given by an admin alone; `None` takes the person out of the project.
///
/// # Errors
/// Where the role is another by now, or the project would lose its last admin.
pub fn decide_role_change(
    facts: RoleChangeFacts,
    wanted: Option<Role>,
) -> Result<Option<MemberRole>, AccessRefusal> {
    if facts.current != facts.seen {
        return Err(AccessRefusal::RoleChangedMeanwhile);
    }
    let leaves_admins = facts.current == Role::Admin && wanted != Some(Role::Admin);
    if leaves_admins && facts.other_admins == 0 {
        return Err(AccessRefusal::LastAdmin);
    }
    Ok(wanted.map(MemberRole::of))
}

/// May an address be invited to a project?
///
/// # Errors
/// Where it is a member's.
pub fn decide_invitation(is_member: bool) -> Result<(), AccessRefusal> {
    if is_member { Err(AccessRefusal::AlreadyMember) } else { Ok(()) }
}

/// May `user` accept an invitation? `invited` is the account of its address.
///
/// # Errors
/// Where it is for another account, or for someone who has none yet.
pub fn decide_acceptance(invited: Option<UserId>, user: UserId) -> Result<(), AccessRefusal> {
    if invited == Some(user) { Ok(()) } else { Err(AccessRefusal::InvitedAnotherAccount) }
}

/// A key of a program; the secret itself is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    /// The first characters of the secret, to tell keys apart.
    pub hint: String,
    /// Keys of [`super::access::Scope`].
    pub scopes: Vec<String>,
    pub created_by: ActorRef,
    /// Who answers for it: as long as they may manage keys here, it opens something.
    pub kept_by: ActorRef,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub state: KeyState,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// A project, to someone who has a role in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectSummary {
    pub id: ProjectId,
    pub name: String,
    pub role: Role,
    pub journeys: i64,
    pub members: i64,
    pub created_at: Timestamp,
    pub archived_at: Option<Timestamp>,
    /// The one that they are looking at.
    pub current: bool,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ADA: UserId = UserId(Uuid::from_u128(1));
    const SAM: UserId = UserId(Uuid::from_u128(2));

    fn facts(current: Role, other_admins: i64) -> RoleChangeFacts {
        RoleChangeFacts { seen: current, current, other_admins }
    }

    #[test]
    fn a_role_that_an_admin_gives_comes_from_them_alone() {
        let role = decide_role_change(facts(Role::Viewer, 1), Some(Role::Creator));
        assert_eq!(role, Ok(Some(MemberRole::of(Role::Creator))));
    }

    #[test]
    fn a_member_can_be_taken_out() {
        assert_eq!(decide_role_change(facts(Role::Publisher, 1), None), Ok(None));
    }

    #[test]
    fn the_last_admin_stays_admin() {
        for wanted in [None, Some(Role::Viewer), Some(Role::Publisher)] {
            let refused = decide_role_change(facts(Role::Admin, 0), wanted);
            assert_eq!(refused, Err(AccessRefusal::LastAdmin), "{wanted:?}");
            assert!(decide_role_change(facts(Role::Admin, 1), wanted).is_ok(), "{wanted:?}");
        }
        assert!(decide_role_change(facts(Role::Admin, 0), Some(Role::Admin)).is_ok());
    }

    #[test]
    fn a_project_without_an_admin_can_still_lose_other_members() {
        assert_eq!(decide_role_change(facts(Role::Viewer, 0), None), Ok(None));
    }

    #[test]
    fn a_role_that_someone_else_changed_is_not_changed_again() {
        let facts = RoleChangeFacts { seen: Role::Viewer, ..facts(Role::Creator, 1) };
        let refused = decide_role_change(facts, Some(Role::Publisher));
        assert_eq!(refused, Err(AccessRefusal::RoleChangedMeanwhile));
    }

    #[test]
    fn an_invitation_tells_whether_its_account_is_there_and_asking() {
        let told = |invited, asking| {
            let invitation = ("Shop".to_string(), "ada@example.com".to_string(), Role::Viewer);
            let preview = InvitationPreview::new(invitation, invited, asking);
            (preview.known, preview.signed_in)
        };
        assert_eq!(told(None, None), (false, false));
        assert_eq!(told(Some(ADA), None), (true, false));
        assert_eq!(told(Some(ADA), Some(SAM)), (true, false));
        assert_eq!(told(Some(ADA), Some(ADA)), (true, true));
    }

    #[test]
    fn a_member_is_not_invited_again() {
        assert_eq!(decide_invitation(true), Err(AccessRefusal::AlreadyMember));
        assert_eq!(decide_invitation(false), Ok(()));
    }

    #[test]
    fn an_invitation_is_for_the_account_of_its_address() {
        assert_eq!(decide_acceptance(Some(ADA), ADA), Ok(()));
        for invited in [Some(SAM), None] {
            let refused = decide_acceptance(invited, ADA);
            assert_eq!(refused, Err(AccessRefusal::InvitedAnotherAccount), "{invited:?}");
        }
    }
}
