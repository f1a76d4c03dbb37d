//! Who is asking. Every service method takes an [`Actor`] first, so that no work is done for
//! no one.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::permissions::{Authority, Forbidden, Permission, Role};
use crate::ids::{ProjectId, UserId};

/// The person, key or clock on whose behalf something is done, inside one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub user: UserId,
    pub name: String,
    pub project: ProjectId,
    pub authority: Authority,
    pub origin: RequestOrigin,
}

/// Where a request comes from, for the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestOrigin {
    /// None for the command line and for what happens by itself.
    pub address: Option<IpAddr>,
    /// What the browser or program calls itself.
    pub agent: String,
}

impl Actor {
    /// Nothing, or the refusal.
    ///
    /// # Errors
    /// Where the table of [`super::access`] does not allow it.
    pub fn require(&self, permission: Permission) -> Result<(), Forbidden> {
        self.authority.require(permission)
    }

    /// For what is shown in part; what is refused is refused with [`Actor::require`].
    pub fn may(&self, permission: Permission) -> bool {
        self.authority.allows(permission)
    }

    pub fn person(&self) -> ActorRef {
        ActorRef { id: self.user, name: self.name.clone() }
    }
}

/// A user as others see them: who created, published or changed something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActorRef {
    pub id: UserId,
    pub name: String,
}

/// A project by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectRef {
    pub id: ProjectId,
    pub name: String,
}

/// What a person is where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub project: ProjectRef,
    pub role: Role,
}

/// Where the person who looks at the list stands: what its page has to know of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentMember {
    pub project: ProjectId,
    pub role: Role,
    /// Is there another project in which they may make journeys? Then Clone asks where to.
    pub elsewhere: bool,
}

impl CurrentMember {
    pub fn may(self, permission: Permission) -> bool {
        self.role.allows(permission)
    }
}

/// For tests of the decisions.
#[cfg(test)]
pub mod examples {
    use uuid::Uuid;

    use super::*;

    /// Someone who has this role in the project.
    pub fn actor(role: Role) -> Actor {
        Actor {
            user: UserId(Uuid::from_u128(1)),
            name: "Ada".to_string(),
            project: ProjectId(Uuid::from_u128(9)),
            authority: Authority::Role(role),
            origin: RequestOrigin::default(),
        }
    }
}
