//! Who is asking, and where they stand: a person with a session, a program with a key, or, in local
//! mode, anybody.

use std::time::Duration;

use uuid::Uuid;

use super::{ServiceResult, Services};
use wayfare_domain::{
    access::{
        actor::{Actor, CurrentMember, Membership, ProjectRef, RequestOrigin},
        first_account::LOCAL_MODE_ROLE,
        key::actor_name_of_key,
        permissions::{Authority, Permission, Role},
    },
    ids::{ProjectId, SessionId, UserId},
};
use wayfare_runtime::supervisor::short_task;
use wayfare_secrets::secret::{self, SecretHash};
use wayfare_store::{Store, access::ActiveSession};

/// A session's or a key's last use is written at most this often, in milliseconds.
const TOUCH_EVERY: i64 = 60_000;
/// How long a program waits until it is written that its key was used.
const TOUCH_WITHIN: Duration = Duration::from_millis(250);

/// What a request brings, no matter who sends it.
#[derive(Debug, Clone, Default)]
pub struct RequestClient {
    pub origin: RequestOrigin,
    /// The hash of its session cookie.
    pub secret: Option<SecretHash>,
    /// `https://wayfare.example.com`, where this visitor reaches us; links begin with it.
    pub base: String,
    /// It comes over TLS, as far as can be known.
    pub secure: bool,
    /// The cookie of browsers that signed in before; empty where there is none.
    pub devices: String,
    /// Local mode asks for the token that was printed (`--local-token`).
    pub local_token: bool,
}

/// How someone came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthMethod {
    /// There is no account yet, and this machine's own users are trusted.
    Local,
    Session {
        id: SessionId,
        email: String,
    },
}

/// A person, and what they may enter.
#[derive(Debug, Clone)]
pub struct AuthContext {
    pub entrance: AuthMethod,
    /// Who acts, in the project that they are looking at.
    pub actor: Actor,
    /// By name; the first one where they did not choose.
    pub memberships: Vec<Membership>,
}

impl AuthContext {
    fn new(
        entrance: AuthMethod,
        user: UserId,
        name: String,
        memberships: Vec<Membership>,
        visit: &AuthRequest,
    ) -> Self {
        let wanted = |id: Option<ProjectId>| {
            memberships.iter().find(|membership| Some(membership.project.id) == id)
        };
        let chosen = wanted(visit.needed).or_else(|| wanted(visit.wanted)).or(memberships.first());
        let actor = Actor {
            user,
            name,
            project: chosen.map_or(ProjectId(Uuid::nil()), |membership| membership.project.id),
            authority: chosen
                .map_or(Authority::NoRole, |membership| Authority::Role(membership.role)),
            origin: visit.origin.clone(),
        };
        Self { entrance, actor, memberships }
    }

    pub fn is_local(&self) -> bool {
        self.entrance == AuthMethod::Local
    }

    pub fn session(&self) -> Option<SessionId> {
        match self.entrance {
            AuthMethod::Session { id, .. } => Some(id),
            AuthMethod::Local => None,
        }
    }

    /// With which they sign in.
    pub fn email(&self) -> Option<&str> {
        match &self.entrance {
            AuthMethod::Session { email, .. } => Some(email),
            AuthMethod::Local => None,
        }
    }

    pub fn project(&self) -> Option<&ProjectRef> {
        self.memberships
            .iter()
            .map(|membership| &membership.project)
            .find(|project| project.id == self.actor.project)
    }

    pub fn role(&self) -> Option<Role> {
        match self.actor.authority {
            Authority::Role(role) => Some(role),
            _ => None,
        }
    }

    /// What the list has to know of them.
    pub fn seat(&self) -> Option<CurrentMember> {
        let elsewhere = self.memberships.iter().any(|membership| {
            membership.project.id != self.actor.project
                && membership.role.allows(Permission::EditJourneys)
        });
        Some(CurrentMember { project: self.actor.project, role: self.role()?, elsewhere })
    }

    /// The same person in another of their projects; `None` where they have no role there.
    pub fn actor_in(&self, project: ProjectId) -> Option<Actor> {
        let membership =
            self.memberships.iter().find(|membership| membership.project.id == project)?;
        Some(Actor { project, authority: Authority::Role(membership.role), ..self.actor.clone() })
    }
}

/// What decides where a person stands in one request.
#[derive(Debug, Clone, Default)]
pub struct AuthRequest {
    pub secret: Option<SecretHash>,
    /// The project that they chose last.
    pub wanted: Option<ProjectId>,
    /// The project of the thing that the address names; goes before their choice.
    pub needed: Option<ProjectId>,
    pub origin: RequestOrigin,
    /// It came through a proxy: then it may come from anywhere, and local mode is not for it.
    pub forwarded: bool,
}

impl<S: Store + Clone> Services<S> {
    /// The person behind a request, if there is one.
    ///
    /// # Errors
    /// The store's own.
    pub async fn authenticate(&self, visit: &AuthRequest) -> ServiceResult<Option<AuthContext>> {
        self.look_up(visit, true).await
    }

    /// The same without counting as a use of the session: for what stays open by itself.
    ///
    /// # Errors
    /// The store's own.
    pub async fn look_again(&self, visit: &AuthRequest) -> ServiceResult<Option<AuthContext>> {
        self.look_up(visit, false).await
    }

    async fn look_up(
        &self,
        visit: &AuthRequest,
        is_use: bool,
    ) -> ServiceResult<Option<AuthContext>> {
        if let Some(secret) = &visit.secret {
            let now = self.now();
            if let Some(session) =
                self.store.live_session(secret, self.auth.lifetimes.session_idle, now).await?
            {
                if is_use {
                    self.touch_session(&session);
                }
                let entrance = AuthMethod::Session { id: session.id, email: session.email };
                return Ok(Some(AuthContext::new(
                    entrance,
                    session.user,
                    session.name,
                    session.memberships,
                    visit,
                )));
            }
        }
        if !self.allow_local || visit.forwarded {
            return Ok(None);
        }
        let Some(projects) = self.store.local_projects().await? else { return Ok(None) };
        let memberships = projects
            .into_iter()
            .map(|project| Membership { project, role: LOCAL_MODE_ROLE })
            .collect();
        let local = self.store.local_person();
        Ok(Some(AuthContext::new(AuthMethod::Local, local.id, local.name, memberships, visit)))
    }

    fn touch_session(&self, session: &ActiveSession) {
        let now = self.now();
        if now.0 - session.last_seen_at.0 < TOUCH_EVERY {
            return;
        }
        // No one waits for it, and a reader does not become a writer.
        let (store, id) = (self.store.clone(), session.id);
        short_task("session.touch", async move {
            if let Err(error) = store.touch_session(id, now).await {
                tracing::warn!(%error, "session.touch_failed");
            }
        });
    }

    /// The program behind an API key, if the key is good.
    ///
    /// # Errors
    /// The store's own.
    pub async fn program(&self, key: &str, origin: RequestOrigin) -> ServiceResult<Option<Actor>> {
        let Some(live) = self.store.live_key(&secret::hash(key)).await? else { return Ok(None) };
        let now = self.now();
        let state = live.facts.state(now);
        if !state.opens() {
            tracing::info!(key = %live.id, project = %live.project, ?state, "key.refused");
            return Ok(None);
        }
        if live.last_used_at.is_none_or(|used| now.0 - used.0 >= TOUCH_EVERY) {
            let (store, id) = (self.store.clone(), live.id);
            let touched = short_task("key.touch", async move {
                if let Err(error) = store.touch_key(id, now).await {
                    tracing::warn!(%error, "key.touch_failed");
                }
            });
            // Anyone who looks next sees it; a database that is held up by others delays no one for
            // it.
            let _ = tokio::time::timeout(TOUCH_WITHIN, touched).await;
        }
        Ok(Some(Actor {
            user: UserId(live.id.0),
            name: actor_name_of_key(&live.name),
            project: live.project,
            authority: Authority::Key(live.scopes),
            origin,
        }))
    }

    /// The project of a journey or an operation, no matter who asks: only to find the right one
    /// among their own.
    ///
    /// # Errors
    /// The store's own.
    pub async fn project_of(&self, thing: Uuid) -> ServiceResult<Option<ProjectId>> {
        Ok(self.store.project_of(thing).await?)
    }
}
