//! Who is asking. Every service method takes an [`Actor`] first, so that no work is done for nobody.

use serde::{Deserialize, Serialize};

use super::ids::{ProjectId, UserId};

/// The person on whose behalf something is done, inside one project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub user: UserId,
    pub name: String,
    pub project: ProjectId,
}

/// A person as others see her: in "created by", in the history, in the filter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    pub id: UserId,
    pub name: String,
}
