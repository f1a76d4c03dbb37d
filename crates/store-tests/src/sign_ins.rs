//! Sessions, links for a password, and keys of programs.

use wayfare_domain::{
    access::{
        account::EmailAddress,
        actor::{Actor, RequestOrigin},
        credentials::VerifiedCredential,
        permissions::{KeyState, Role, Scope},
        refusal::AccessRefusal,
        sessions::SignInMethod,
    },
    audit::AuditEvent,
    ids::SessionId,
    names::KeyName,
    time::{DAY_MS, HOUR_MS, Timestamp},
};
use wayfare_secrets::secret;
use wayfare_store::{
    StoreError, StoreResult, Stores,
    access::{NewKey, NewSession, PasswordChange, PendingSsoSignIn},
};

use crate::{
    access::{HASH, Team, person, refusal},
    test_project::NOW,
};

const IDLE: i64 = HOUR_MS;

async fn sign_in(stores: &Stores, actor: &Actor, word: &str, replaces: Option<&str>) {
    let verified = VerifiedCredential::PasswordHash(HASH.to_string());
    let session =
        NewSession { replaces: replaces.map(secret::hash), ..new_session(actor, word, verified) };
    stores.sessions.open_session(&session, &actor.origin, NOW).await.expect("opened");
}

fn new_session(actor: &Actor, word: &str, verified: VerifiedCredential) -> NewSession {
    NewSession {
        user: actor.user,
        secret: secret::hash(word),
        expires_at: NOW.plus(DAY_MS),
        replaces: None,
        method: SignInMethod::Password,
        verified,
    }
}

/// The ID of a session that is alive.
async fn session_of(stores: &Stores, word: &str) -> SessionId {
    let session = stores
        .sessions
        .find_active_session(&secret::hash(word), IDLE, NOW)
        .await
        .expect("an answer");
    session.expect("a session").id
}

/// From the hash that was verified to another one; the session's secret is `word` from now on.
async fn change_password(
    stores: &Stores,
    actor: &Actor,
    session: SessionId,
    (verified, hash): (&str, &str),
    word: &str,
) -> StoreResult<()> {
    let secret = secret::hash(word);
    let change = PasswordChange { session, verified: Some(verified), hash, secret };
    stores.accounts.change_password(actor, &change, NOW).await
}

async fn password_hash(stores: &Stores, actor: &Actor) -> Option<String> {
    stores.accounts.get_account(actor.user).await.expect("an account").password_hash
}

/// As the owner of the account does who lost it.
async fn reset_password(stores: &Stores, actor: &Actor, hash: &str) {
    let link = secret::hash("link of the reset");
    stores
        .accounts
        .create_password_link(actor.user, &link, NOW.plus(HOUR_MS), NOW)
        .await
        .expect("made");
    stores
        .accounts
        .use_password_link(&link, hash, &RequestOrigin::default(), NOW)
        .await
        .expect("used");
}

async fn is_live(stores: &Stores, word: &str, now: Timestamp) -> bool {
    stores
        .sessions
        .find_active_session(&secret::hash(word), IDLE, now)
        .await
        .expect("an answer")
        .is_some()
}

pub async fn a_session_lives_until_it_is_idle_too_long_or_over(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    sign_in(stores, &ada, "one", None).await;
    let session = stores
        .sessions
        .find_active_session(&secret::hash("one"), IDLE, NOW)
        .await
        .expect("an answer");
    let session = session.expect("a session");
    assert_eq!((session.user, session.memberships.len()), (ada.user, 1));
    assert!(!is_live(stores, "one", NOW.plus(IDLE + 1)).await);
    stores.sessions.touch_session(session.id, NOW.plus(IDLE)).await.expect("touched");
    assert!(is_live(stores, "one", NOW.plus(IDLE + 1)).await);
    stores.sessions.touch_session(session.id, NOW.plus(DAY_MS)).await.expect("touched");
    assert!(!is_live(stores, "one", NOW.plus(DAY_MS + 1)).await);
    assert!(!is_live(stores, "another", NOW).await);
}

pub async fn a_session_has_one_secret_and_its_browser_one_session(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    sign_in(stores, &ada, "one", None).await;
    sign_in(stores, &ada, "two", Some("one")).await;
    assert!(!is_live(stores, "one", NOW).await && is_live(stores, "two", NOW).await);
    assert_eq!(
        stores.sessions.list_sessions(ada.user, IDLE, NOW).await.expect("sessions").len(),
        1
    );
}

pub async fn sessions_end_by_their_owner_alone(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let joe = team.account("joe", Some(Role::Viewer)).await;
    sign_in(stores, &ada, "one", None).await;
    sign_in(stores, &ada, "two", None).await;
    let sessions = stores.sessions.list_sessions(ada.user, IDLE, NOW).await.expect("sessions");
    let end = async |actor: &Actor| {
        stores
            .sessions
            .end_session(actor, sessions[0].id, AuditEvent::SignedOut, NOW)
            .await
            .expect("asked")
    };
    assert!(!end(&joe).await);
    assert!(end(&ada).await);
    assert!(!end(&ada).await);
    assert_eq!(stores.sessions.end_all_sessions(&ada, NOW).await.expect("ended"), 1);
    assert!(!is_live(stores, "one", NOW).await && !is_live(stores, "two", NOW).await);
}

pub async fn a_suspended_account_has_no_session(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    sign_in(stores, &ada, "one", None).await;
    stores.accounts.suspend_account(ada.user, true, NOW).await.expect("suspended");
    assert!(!is_live(stores, "one", NOW).await);
    assert!(stores.accounts.get_account(ada.user).await.expect("an account").suspended);
    stores.accounts.suspend_account(ada.user, false, NOW).await.expect("back");
    assert!(!is_live(stores, "one", NOW).await, "they sign in again");
}

pub async fn a_new_password_ends_every_other_session(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    sign_in(stores, &ada, "one", None).await;
    sign_in(stores, &ada, "two", None).await;
    let asking = session_of(stores, "two").await;
    change_password(stores, &ada, asking, (HASH, "new"), "three").await.expect("changed");
    assert!(!is_live(stores, "one", NOW).await && is_live(stores, "three", NOW).await);
    assert_eq!(password_hash(stores, &ada).await.as_deref(), Some("new"));
}

pub async fn a_new_password_renews_the_session_that_asks(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    sign_in(stores, &ada, "one", None).await;
    let before = session_of(stores, "one").await;
    change_password(stores, &ada, before, (HASH, "new"), "two").await.expect("changed");
    assert!(!is_live(stores, "one", NOW).await);
    assert_ne!(session_of(stores, "two").await, before, "what began with the old secret is over");
}

pub async fn a_password_that_was_changed_after_it_was_verified_opens_no_session(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    reset_password(stores, &ada, "new").await;
    let verified = VerifiedCredential::PasswordHash(HASH.to_string());
    let session = new_session(&ada, "one", verified);
    let late = stores.sessions.open_session(&session, &ada.origin, NOW).await;
    assert_eq!(refusal(late), AccessRefusal::WrongCredentials);
    assert!(!is_live(stores, "one", NOW).await);
    assert_eq!(
        stores.accounts.get_account(ada.user).await.expect("an account").last_sign_in_at,
        None
    );
}

pub async fn a_password_of_an_account_that_was_suspended_meanwhile_opens_no_session(
    stores: &Stores,
) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    stores.accounts.suspend_account(ada.user, true, NOW).await.expect("suspended");
    let verified = VerifiedCredential::PasswordHash(HASH.to_string());
    let session = new_session(&ada, "one", verified);
    let late = stores.sessions.open_session(&session, &ada.origin, NOW).await;
    assert_eq!(refusal(late), AccessRefusal::WrongCredentials);
    stores.accounts.suspend_account(ada.user, false, NOW).await.expect("back");
    assert!(!is_live(stores, "one", NOW).await);
}

pub async fn a_refused_sign_in_leaves_the_session_that_the_browser_had(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    sign_in(stores, &ada, "one", None).await;
    let verified = VerifiedCredential::PasswordHash("older".to_string());
    let replaces = Some(secret::hash("one"));
    let session = NewSession { replaces, ..new_session(&ada, "two", verified) };
    let late = stores.sessions.open_session(&session, &ada.origin, NOW).await;
    assert_eq!(refusal(late), AccessRefusal::WrongCredentials);
    assert!(is_live(stores, "one", NOW).await && !is_live(stores, "two", NOW).await);
}

pub async fn a_change_that_was_verified_before_a_reset_changes_nothing(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    sign_in(stores, &ada, "one", None).await;
    let asking = session_of(stores, "one").await;
    reset_password(stores, &ada, "new").await;
    let late = change_password(stores, &ada, asking, (HASH, "theirs"), "two").await;
    assert_eq!(refusal(late), AccessRefusal::SessionEnded);
    assert_eq!(password_hash(stores, &ada).await.as_deref(), Some("new"));
    assert!(!is_live(stores, "two", NOW).await);
}

pub async fn a_change_of_a_password_that_is_another_one_by_now_changes_nothing(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    sign_in(stores, &ada, "one", None).await;
    let asking = session_of(stores, "one").await;
    let late = change_password(stores, &ada, asking, ("older", "theirs"), "two").await;
    assert_eq!(refusal(late), AccessRefusal::WrongCredentials);
    assert_eq!(password_hash(stores, &ada).await.as_deref(), Some(HASH));
    assert!(is_live(stores, "one", NOW).await && !is_live(stores, "two", NOW).await);
}

pub async fn an_identity_is_linked_and_unlinked_in_an_open_session_only(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let joe = team.account("joe", Some(Role::Viewer)).await;
    let identity = person("ada", std::iter::empty());
    sign_in(stores, &ada, "one", None).await;
    let asking = session_of(stores, "one").await;
    let elsewhere = stores.sso.link_identity(&joe, asking, &identity, NOW).await;
    assert_eq!(refusal(elsewhere), AccessRefusal::SessionEnded);
    stores.sso.link_identity(&ada, asking, &identity, NOW).await.expect("linked");
    stores.sessions.end_all_sessions(&ada, NOW).await.expect("ended");
    let late = stores.sso.unlink_identity(&ada, asking, &identity.identity, NOW).await;
    assert_eq!(refusal(late), AccessRefusal::SessionEnded);
    assert_eq!(
        stores.sso.list_linked_identities(ada.user).await.expect("identities"),
        [identity.identity]
    );
}

pub async fn a_link_that_comes_back_after_its_session_ended_links_nothing(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    sign_in(stores, &ada, "one", None).await;
    let asking = session_of(stores, "one").await;
    reset_password(stores, &ada, "new").await;
    let identity = person("ada", std::iter::empty());
    let late = stores.sso.link_identity(&ada, asking, &identity, NOW).await;
    assert_eq!(refusal(late), AccessRefusal::SessionEnded);
    assert_eq!(stores.sso.list_linked_identities(ada.user).await.expect("identities"), []);
}

pub async fn an_identity_that_was_unlinked_on_the_way_opens_no_session(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let identity = person("ada", std::iter::empty());
    sign_in(stores, &ada, "one", None).await;
    let asking = session_of(stores, "one").await;
    stores.sso.link_identity(&ada, asking, &identity, NOW).await.expect("linked");
    reset_password(stores, &ada, "new").await;
    let verified = VerifiedCredential::SsoIdentity(identity.identity);
    let late =
        stores.sessions.open_session(&new_session(&ada, "two", verified), &ada.origin, NOW).await;
    assert_eq!(refusal(late), AccessRefusal::AccountNotLinked);
    assert!(!is_live(stores, "two", NOW).await);
}

pub async fn a_link_for_a_password_opens_once_and_in_time(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let (link, end) = (secret::hash("link"), NOW.plus(HOUR_MS));
    stores.accounts.create_password_link(ada.user, &link, end, NOW).await.expect("made");
    let offer = stores.accounts.get_password_offer(&link, NOW).await.expect("open");
    assert_eq!(offer.email, "ada@example.com");
    let late = stores.accounts.get_password_offer(&link, end.plus(1)).await;
    assert!(matches!(late, Err(StoreError::LinkExpired)), "{late:?}");
    let origin = RequestOrigin::default();
    stores.accounts.use_password_link(&link, "new", &origin, NOW).await.expect("used");
    let again = stores.accounts.use_password_link(&link, "newer", &origin, NOW).await;
    assert!(matches!(again, Err(StoreError::LinkExpired)), "{again:?}");
    let account = stores
        .accounts
        .find_account_by_email(&EmailAddress::parse("ADA@example.com").expect("an address"))
        .await;
    let account = account.expect("an answer").expect("an account");
    assert_eq!(account.password_hash.as_deref(), Some("new"));
}

pub async fn a_sign_in_at_the_provider_is_finished_once(stores: &Stores) {
    let state = secret::hash("state");
    let pending = PendingSsoSignIn {
        nonce: "n".to_string(),
        pkce_verifier: "v".to_string(),
        next: "/journeys".to_string(),
        links: None,
    };
    let end = NOW.plus(HOUR_MS);
    stores.sso.begin_sso_sign_in(&state, &pending, end, NOW).await.expect("begun");
    let late = stores.sso.take_sso_sign_in(&state, end.plus(1)).await.expect("an answer");
    assert!(late.is_none());
    stores.sso.begin_sso_sign_in(&secret::hash("2"), &pending, end, NOW).await.expect("begun");
    let taken = stores.sso.take_sso_sign_in(&secret::hash("2"), NOW).await.expect("an answer");
    assert_eq!(taken.map(|taken| taken.nonce).as_deref(), Some("n"));
    let again = stores.sso.take_sso_sign_in(&secret::hash("2"), NOW).await.expect("an answer");
    assert!(again.is_none());
}

pub async fn local_mode_ends_with_the_first_account(stores: &Stores) {
    let team = Team::new(stores).await;
    let local =
        stores.sessions.find_local_projects().await.expect("an answer").expect("local mode");
    assert_eq!(local.iter().map(|project| project.id).collect::<Vec<_>>(), [team.project]);
    team.account("ada", Some(Role::Admin)).await;
    assert_eq!(stores.sessions.find_local_projects().await.expect("an answer"), None);
    assert_eq!(stores.accounts.list_accounts().await.expect("accounts").len(), 1);
}

pub async fn a_key_opens_until_it_is_revoked(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let name = KeyName::parse("Shop").expect("a name");
    let key = NewKey {
        name: &name,
        scopes: &[Scope::Ingest, Scope::Read],
        expires_at: None,
        hint: "wf_12",
        secret: secret::hash("key"),
    };
    let id = stores.api_keys.create_api_key(&ada, &key, NOW).await.expect("made");
    let live = async || {
        stores.api_keys.find_active_api_key(&secret::hash("key")).await.expect("an answer")
    };
    let found = live().await.expect("a key");
    assert_eq!((found.id, found.project, found.scopes.len()), (id, team.project, 2));
    assert!(found.facts.state(NOW).opens());
    stores.api_keys.touch_api_key(id, NOW.plus(5)).await.expect("touched");
    assert_eq!(live().await.expect("a key").last_used_at, Some(NOW.plus(5)));
    stores.api_keys.revoke_api_key(&ada, id, NOW).await.expect("revoked");
    assert!(live().await.is_none_or(|key| !key.facts.state(NOW).opens()));
    let listed = stores.api_keys.list_api_keys(team.project, NOW).await.expect("keys");
    assert_eq!(listed.iter().map(|key| key.state).collect::<Vec<_>>(), [KeyState::Revoked]);
}

pub async fn a_key_waits_where_its_keeper_lost_the_right_until_it_is_taken_over(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let sam = team.account("sam", Some(Role::Admin)).await;
    let name = KeyName::parse("Shop").expect("a name");
    let (scopes, secret) = (&[Scope::Ingest], secret::hash("key"));
    let key = NewKey { name: &name, scopes, expires_at: None, hint: "wf_12", secret };
    let id = stores.api_keys.create_api_key(&sam, &key, NOW).await.expect("made");
    let opens = async || {
        let key =
            stores.api_keys.find_active_api_key(&secret).await.expect("an answer").expect("a key");
        key.facts.state(NOW).opens()
    };
    stores
        .members
        .set_member_role(&ada, sam.user, Role::Admin, None, NOW)
        .await
        .expect("taken away");
    assert!(!opens().await);
    stores.api_keys.take_over_api_key(&ada, id, NOW).await.expect("taken over");
    assert!(opens().await);
}

pub async fn whatever_is_done_is_in_the_audit_log_newest_first(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    for summary in ["first", "second"] {
        let event = AuditEvent::DemoLoaded;
        stores.audit.record_audit_event(&ada, event, summary, NOW).await.expect("written");
    }
    let page =
        stores.audit.get_audit_page(team.project, &Default::default()).await.expect("a page");
    let newest: Vec<&str> = page.entries[..2].iter().map(|entry| entry.summary.as_str()).collect();
    assert_eq!(newest, ["second", "first"]);
    let mut exported = Vec::new();
    let mut before = None;
    loop {
        let batch = stores.audit.load_audit_batch(team.project, &Default::default(), before).await;
        let batch = batch.expect("a batch");
        let Some(last) = batch.last() else { break };
        before = Some(last.seq);
        exported.extend(batch);
    }
    assert_eq!(exported.len(), page.entries.len());
}
