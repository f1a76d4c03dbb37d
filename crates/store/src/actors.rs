//! Who acts without an account. Their ids, and that of the first project, are the same in every
//! database: two processes that begin with an empty one at the same time make the same rows.

use uuid::Uuid;
use wayfare_domain::{
    access::{
        actor::{Actor, ActorRef, RequestOrigin},
        first_account::{LOCAL_ADMIN_NAME, SYSTEM_NAME},
        permissions::Authority,
    },
    ids::{ProjectId, UserId},
};

/// The first project of every database.
pub const FIRST_PROJECT: ProjectId =
    ProjectId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
/// Anyone who acts in local mode.
pub const LOCAL_ADMIN: UserId = UserId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0002));
/// In whose name things happen by themselves.
pub const SYSTEM: UserId = UserId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0003));

/// Anyone who acts in local mode.
pub fn local_admin() -> ActorRef {
    ActorRef { id: LOCAL_ADMIN, name: LOCAL_ADMIN_NAME.to_string() }
}

/// In whose name things happen by themselves in a project.
pub fn system_actor(project: ProjectId) -> Actor {
    Actor {
        user: SYSTEM,
        name: SYSTEM_NAME.to_string(),
        project,
        authority: Authority::System,
        origin: RequestOrigin::default(),
    }
}
