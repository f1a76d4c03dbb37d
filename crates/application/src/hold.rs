//! A server that is held, and its release.

use super::{ServiceResult, Services};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    hold::Hold,
};

impl Services {
    /// The hold that is in force.
    pub fn hold(&self) -> Option<Hold> {
        self.hold.get()
    }

    /// Lets everything go on that happens by itself, in all projects: anyone who manages one may.
    /// False where nothing was held.
    ///
    /// # Errors
    /// The store's own.
    pub async fn release_hold(&self, actor: &Actor) -> ServiceResult<bool> {
        actor.require(Permission::ManageProjects)?;
        let released = self.stores.ownership.release_hold(actor, self.now()).await?;
        self.hold.release();
        if released {
            tracing::info!(by = %actor.user, "server.released");
        }
        Ok(released)
    }
}
