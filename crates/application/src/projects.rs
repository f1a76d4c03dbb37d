//! Projects: each with its own journeys, people and keys.

use super::{AuthContext, ServiceError, ServiceResult, Services};
use wayfare_domain::{
    access::{actor::Actor, members::ProjectSummary, permissions::Permission},
    ids::ProjectId,
    names::ProjectTitle,
};
use wayfare_store::StoreError;

impl Services {
    /// The projects of this person, archived ones too.
    ///
    /// # Errors
    /// The store's own.
    pub async fn projects(&self, auth: &AuthContext) -> ServiceResult<Vec<ProjectSummary>> {
        let user = (!auth.is_local()).then_some(auth.actor.user);
        let mut projects = self.stores.projects.list_projects(user).await?;
        projects.iter_mut().for_each(|project| project.current = project.id == auth.actor.project);
        Ok(projects)
    }

    /// Makes a project, of which they are the admin. Anyone who may manage one project may make
    /// another.
    ///
    /// # Errors
    /// Where the name is taken.
    pub async fn create_project(
        &self,
        actor: &Actor,
        name: &ProjectTitle,
    ) -> ServiceResult<ProjectId> {
        actor.require(Permission::ManageProjects)?;
        let project = self.stores.projects.create_project(actor, name, self.now()).await?;
        tracing::info!(%project, by = %actor.user, "project.created");
        Ok(project)
    }

    pub async fn rename_project(
        &self,
        auth: &AuthContext,
        project: ProjectId,
        name: &ProjectTitle,
    ) -> ServiceResult<()> {
        let actor = self.manager_of(auth, project).await?;
        Ok(self.stores.projects.rename_project(&actor, project, name, self.now()).await?)
    }

    pub async fn archive_project(
        &self,
        auth: &AuthContext,
        project: ProjectId,
        archive: bool,
    ) -> ServiceResult<()> {
        let actor = self.manager_of(auth, project).await?;
        self.stores.projects.archive_project(&actor, project, archive, self.now()).await?;
        if let (true, Some(flights)) = (archive, self.flights()) {
            // Answered only when nothing of it is on its way any more.
            flights
                .channel_changed(self.stores.projects.get_project_key(project).await?, None)
                .await;
        }
        Ok(())
    }

    /// The person as an admin of this project, which may be another than the one they are looking
    /// at, or an archived one.
    async fn manager_of(&self, auth: &AuthContext, project: ProjectId) -> ServiceResult<Actor> {
        let projects = self.projects(auth).await?;
        let known = projects
            .iter()
            .find(|known| known.id == project)
            .ok_or(StoreError::NotFound("project"))?;
        let authority = wayfare_domain::access::permissions::Authority::Role(known.role);
        authority.require(Permission::ManageProjects)?;
        Ok(Actor { project, authority, ..auth.actor.clone() })
    }

    /// Is it a project that this person may look at?
    ///
    /// # Errors
    /// Where it is not: another's project and none at all are the same to them.
    pub fn enter_project(&self, auth: &AuthContext, project: ProjectId) -> ServiceResult<Actor> {
        auth.actor_in(project).ok_or(ServiceError::Store(StoreError::NotFound("project")))
    }
}
