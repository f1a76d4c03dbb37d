//! The people, keys and projects of an installation, as their pages show them.

use serde::{Deserialize, Serialize};

use super::{
    actor::ActorRef,
    permissions::{KeyState, Role},
};
use crate::{
    ids::{ApiKeyId, InvitationId, ProjectId},
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
