//! Who is asking, and where they stand: a person with a session, a program with a key, or, in local
//! mode, anybody.

use std::{sync::Arc, time::Duration};

use uuid::Uuid;

use super::{ServiceResult, Services, browser_key_limiter::BrowserKeyLimiter};
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
use wayfare_store::{
    access::{ActiveApiKey, ActiveSession},
    actors::local_admin,
};

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
    /// `https://wayfare.example.com`, where this client reaches us; links begin with it.
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

/// What became of whoever sent a request, since its head was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessSince {
    /// They may do what they might then.
    Same,
    /// Another role, or another project.
    Changed,
    /// The session is over, or the key opens nothing any more.
    Ended,
}

impl AuthContext {
    fn of_session(session: ActiveSession, visit: &AuthRequest) -> Self {
        let entrance = AuthMethod::Session { id: session.id, email: session.email };
        Self::new(entrance, session.user, session.name, session.memberships, visit)
    }

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

    /// Is everything that was found `before` still so? What came to it makes no difference.
    fn has_all_of(&self, before: &Self) -> bool {
        let holds = |then: &Membership| {
            let same =
                |now: &Membership| (now.project.id, now.role) == (then.project.id, then.role);
            self.memberships.iter().any(same)
        };
        self.session() == before.session()
            && self.actor.user == before.actor.user
            && self.actor.project == before.actor.project
            && self.actor.authority == before.actor.authority
            && before.memberships.iter().all(holds)
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

impl Services {
    /// The person behind a request, if there is one.
    ///
    /// # Errors
    /// The store's own.
    pub async fn authenticate(&self, visit: &AuthRequest) -> ServiceResult<Option<AuthContext>> {
        if let Some(session) = self.session_of(visit).await? {
            self.touch_session(&session);
            return Ok(Some(AuthContext::of_session(session, visit)));
        }
        self.local_admin(visit).await
    }

    /// The same without counting as a use of the session: for what stays open by itself.
    ///
    /// # Errors
    /// The store's own.
    pub async fn look_again(&self, visit: &AuthRequest) -> ServiceResult<Option<AuthContext>> {
        match self.session_of(visit).await? {
            Some(session) => Ok(Some(AuthContext::of_session(session, visit))),
            None => self.local_admin(visit).await,
        }
    }

    /// The same once more, for a request whose body came later than its head.
    ///
    /// # Errors
    /// The store's own.
    pub async fn access_since(
        &self,
        visit: &AuthRequest,
        before: &AuthContext,
    ) -> ServiceResult<AccessSince> {
        Ok(match self.look_again(visit).await? {
            None => AccessSince::Ended,
            Some(now) if now.has_all_of(before) => AccessSince::Same,
            Some(_) => AccessSince::Changed,
        })
    }

    async fn session_of(&self, visit: &AuthRequest) -> ServiceResult<Option<ActiveSession>> {
        let Some(secret) = &visit.secret else { return Ok(None) };
        let idle = self.auth.lifetimes.session_idle;
        Ok(self.stores.sessions.find_active_session(secret, idle, self.now()).await?)
    }

    /// Anybody on this machine, while there is no account.
    async fn local_admin(&self, visit: &AuthRequest) -> ServiceResult<Option<AuthContext>> {
        if !self.allow_local || visit.forwarded {
            return Ok(None);
        }
        let Some(projects) = self.stores.sessions.find_local_projects().await? else {
            return Ok(None);
        };
        let memberships = projects
            .into_iter()
            .map(|project| Membership { project, role: LOCAL_MODE_ROLE })
            .collect();
        let local = local_admin();
        Ok(Some(AuthContext::new(AuthMethod::Local, local.id, local.name, memberships, visit)))
    }

    fn touch_session(&self, session: &ActiveSession) {
        let now = self.now();
        if now.0 - session.last_seen_at.0 < TOUCH_EVERY {
            return;
        }
        // No one waits for it, and a reader does not become a writer.
        let (sessions, id) = (Arc::clone(&self.stores.sessions), session.id);
        short_task("session.touch", async move {
            if let Err(error) = sessions.touch_session(id, now).await {
                tracing::warn!(%error, "session.touch_failed");
            }
        });
    }

    /// The program behind an API key, if the key is good.
    ///
    /// # Errors
    /// Where it is a browser's and too much was sent with it, and the store's own.
    pub async fn program(&self, key: &str, origin: RequestOrigin) -> ServiceResult<Option<Actor>> {
        let Some(live) = self.key_of(&secret::hash(key)).await? else { return Ok(None) };
        let now = self.now();
        if live.last_used_at.is_none_or(|used| now.0 - used.0 >= TOUCH_EVERY) {
            let (api_keys, id) = (Arc::clone(&self.stores.api_keys), live.id);
            let touched = short_task("key.touch", async move {
                if let Err(error) = api_keys.touch_api_key(id, now).await {
                    tracing::warn!(%error, "key.touch_failed");
                }
            });
            // Anyone who looks next sees it; a database that is held up by others delays no one for
            // it.
            let _ = tokio::time::timeout(TOUCH_WITHIN, touched).await;
        }
        let actor = Actor {
            user: UserId(live.id.0),
            name: actor_name_of_key(&live.name),
            project: live.project,
            authority: Authority::Key(live.scopes),
            origin,
        };
        if let Some(limiter) = self.limiter_of(&actor) {
            limiter.request(&actor)?;
        }
        Ok(Some(actor))
    }

    /// What limits the rate of an API key: only one of browsers has a limit.
    pub(crate) fn limiter_of(&self, actor: &Actor) -> Option<&BrowserKeyLimiter> {
        self.browser_keys.as_deref().filter(|_| actor.authority.is_of_browser())
    }

    /// The same once more, for a request whose body came later than its head.
    ///
    /// # Errors
    /// The store's own.
    pub async fn key_since(&self, key: &SecretHash) -> ServiceResult<AccessSince> {
        let opens = self.key_of(key).await?.is_some();
        Ok(if opens { AccessSince::Same } else { AccessSince::Ended })
    }

    async fn key_of(&self, key: &SecretHash) -> ServiceResult<Option<ActiveApiKey>> {
        let Some(live) = self.stores.api_keys.find_active_api_key(key).await? else {
            return Ok(None);
        };
        let state = live.facts.state(self.now());
        if !state.opens() {
            tracing::info!(key = %live.id, project = %live.project, ?state, "key.refused");
            return Ok(None);
        }
        Ok(Some(live))
    }

    /// The project of a journey or an operation, no matter who asks: only to find the right one
    /// among their own.
    ///
    /// # Errors
    /// The store's own.
    pub async fn project_of(&self, thing: Uuid) -> ServiceResult<Option<ProjectId>> {
        Ok(self.stores.journey_queries.find_project_of(thing).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn membership(project: u128, role: Role) -> Membership {
        let id = ProjectId(Uuid::from_u128(project));
        Membership { project: ProjectRef { id, name: project.to_string() }, role }
    }

    fn auth(session: u128, memberships: Vec<Membership>) -> AuthContext {
        let entrance = AuthMethod::Session {
            id: SessionId(Uuid::from_u128(session)),
            email: "ada@example.com".to_string(),
        };
        let (user, visit) = (UserId(Uuid::from_u128(1)), AuthRequest::default());
        AuthContext::new(entrance, user, "Ada".to_string(), memberships, &visit)
    }

    fn before() -> AuthContext {
        auth(1, vec![membership(1, Role::Admin), membership(2, Role::Creator)])
    }

    #[test]
    fn what_comes_to_the_rights_of_a_sender_takes_none_of_them() {
        let more = vec![
            membership(1, Role::Admin),
            membership(2, Role::Creator),
            membership(3, Role::Viewer),
        ];
        assert!(before().has_all_of(&before()));
        assert!(auth(1, more).has_all_of(&before()));
    }

    #[test]
    fn another_role_in_any_of_their_projects_is_a_change() {
        for memberships in [
            vec![membership(1, Role::Viewer), membership(2, Role::Creator)],
            vec![membership(1, Role::Admin), membership(2, Role::Viewer)],
            vec![membership(1, Role::Admin)],
            vec![membership(2, Role::Creator)],
            Vec::new(),
        ] {
            assert!(!auth(1, memberships.clone()).has_all_of(&before()), "{memberships:?}");
        }
    }

    #[test]
    fn another_session_of_the_same_person_is_a_change() {
        assert!(!auth(2, before().memberships).has_all_of(&before()));
    }
}
