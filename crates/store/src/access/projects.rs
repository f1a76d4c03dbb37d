//! Projects: their names, keys and generations.

use async_trait::async_trait;

use crate::StoreResult;
use wayfare_domain::{
    access::{actor::Actor, members::ProjectSummary},
    ids::{ProjectId, ProjectKey, UserId},
    names::ProjectTitle,
    time::Timestamp,
};

/// Projects, their keys and their generations.
#[async_trait]
pub trait ProjectStore: Send + Sync {
    /// Those in which the user has a role; all of them for no one in particular (local mode, the
    /// command line).
    async fn list_projects(&self, user: Option<UserId>) -> StoreResult<Vec<ProjectSummary>>;
    /// A new project, of which the actor is admin. Refused where they see one of that name.
    async fn create_project(
        &self,
        actor: &Actor,
        name: &ProjectTitle,
        now: Timestamp,
    ) -> StoreResult<ProjectId>;
    /// Renames a project. Refused where the actor sees another of that name.
    async fn rename_project(
        &self,
        actor: &Actor,
        project: ProjectId,
        name: &ProjectTitle,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// Archives a project, or takes it back. Refused while a journey of it takes or will take
    /// entries.
    async fn archive_project(
        &self,
        actor: &Actor,
        project: ProjectId,
        is_archived: bool,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// The short key of a project.
    async fn get_project_key(&self, project: ProjectId) -> StoreResult<ProjectKey>;
    /// The local admin in the oldest project that is not archived. A database without a project
    /// gets its first one.
    async fn ensure_local_actor(&self, now: Timestamp) -> StoreResult<Actor>;
    /// The same where nothing may be made; a project that does not exist has no journeys.
    async fn get_local_actor(&self) -> StoreResult<Actor>;
    /// The generation of every project that is not archived. It rises when anything that the list
    /// could show was changed, by this process or another.
    async fn list_generations(&self) -> StoreResult<Vec<(ProjectId, i64)>>;
    /// The generation of one project.
    async fn get_generation(&self, project: ProjectId) -> StoreResult<i64>;
}
