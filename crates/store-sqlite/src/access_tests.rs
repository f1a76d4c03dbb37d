//! Accounts, members and invitations as the database keeps them.

use tempfile::TempDir;

use super::{SqliteConfig, SqliteStore};
use wayfare_domain::{
    access::{
        account::{EmailAddress, LinkedIdentity},
        actor::{Actor, RequestOrigin},
        permissions::{Authority, Role},
        refusal::AccessRefusal,
        sso::{SsoIdentity, SsoRole},
    },
    ids::{ProjectId, UserId},
    names::{PersonName, ProjectTitle},
    time::Timestamp,
};
use wayfare_secrets::secret;
use wayfare_store::{
    Store, StoreError, StoreResult,
    access::{AccessStore, InitialRole, NewAccount},
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// A database with one project.
struct Database {
    store: SqliteStore,
    project: ProjectId,
    _folder: TempDir,
}

impl Database {
    async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let config = SqliteConfig::new(folder.path().join("access.db"));
        let store = SqliteStore::open(&config).await.expect("a store");
        let project = store.local_actor(NOW).await.expect("an actor").project;
        Self { store, project, _folder: folder }
    }

    async fn account(&self, name: &str, role: Option<Role>) -> Actor {
        let account = NewAccount {
            name: PersonName::parse(name).expect("a name"),
            email: address(name),
            password_hash: Some("hash".to_string()),
        };
        let roles = InitialRole::In(role.map(|role| (self.project, role)).into_iter().collect());
        let origin = RequestOrigin::default();
        let user = self.store.create_account(&account, &roles, &origin, NOW).await;
        Actor {
            user: user.expect("an account"),
            name: name.to_string(),
            project: self.project,
            authority: role.map_or(Authority::NoRole, Authority::Role),
            origin,
        }
    }

    /// Of the members, by name.
    async fn roles(&self) -> Vec<(String, Role, bool)> {
        let members = self.store.members(self.project).await.expect("members");
        let role = members.into_iter().map(|one| (one.person.name, one.role, one.by_provider));
        role.collect()
    }

    async fn sign_in(&self, name: &str, roles: &[Role]) -> StoreResult<UserId> {
        let person = person(name, roles.iter().map(|role| (None, *role)));
        self.store.provided_account(&person, &RequestOrigin::default(), NOW).await
    }

    /// The newest first.
    async fn log(&self) -> Vec<String> {
        let page = self.store.audit(self.project, &Default::default()).await.expect("a page");
        page.entries.into_iter().map(|entry| entry.summary).collect()
    }
}

fn address(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{name}@example.com")).expect("an address")
}

fn person(name: &str, roles: impl Iterator<Item = (Option<String>, Role)>) -> SsoIdentity {
    let (issuer, subject) = ("https://sso.example.com".to_string(), name.to_string());
    SsoIdentity {
        identity: LinkedIdentity { issuer, subject },
        email: Some(address(name)),
        email_verified: true,
        name: PersonName::parse(name).expect("a name"),
        roles: roles.map(|(project, role)| SsoRole { project, role }).collect(),
    }
}

fn refusal<T: std::fmt::Debug>(answer: StoreResult<T>) -> AccessRefusal {
    match answer {
        Err(StoreError::Access(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_project_keeps_its_last_admin() {
    let database = Database::new().await;
    let ada = database.account("ada", Some(Role::Admin)).await;
    let (store, user) = (&database.store, ada.user);
    let left = store.set_role(&ada, user, Role::Admin, None, NOW).await;
    assert_eq!(refusal(left), AccessRefusal::LastAdmin);
    assert_eq!(database.roles().await, [("ada".to_string(), Role::Admin, false)]);
}

#[tokio::test]
async fn an_admin_with_a_suspended_account_is_no_other_admin() {
    let database = Database::new().await;
    let ada = database.account("ada", Some(Role::Admin)).await;
    let sam = database.account("sam", Some(Role::Admin)).await;
    let store = &database.store;
    store.suspend_account(sam.user, true, NOW).await.expect("suspended");
    let left = store.set_role(&ada, ada.user, Role::Admin, Some(Role::Viewer), NOW).await;
    assert_eq!(refusal(left), AccessRefusal::LastAdmin);
}

#[tokio::test]
async fn invitations_end_with_the_right_of_whoever_made_them() {
    let database = Database::new().await;
    let ada = database.account("ada", Some(Role::Admin)).await;
    let sam = database.account("sam", Some(Role::Admin)).await;
    let (store, link) = (&database.store, secret::hash("link"));
    let end = NOW.plus(1_000);
    store.invite(&sam, &address("joe"), Role::Viewer, &link, end, NOW).await.expect("invited");
    store.invitation_offer(&link, None, NOW).await.expect("open");
    store.set_role(&ada, sam.user, Role::Admin, Some(Role::Viewer), NOW).await.expect("changed");
    let offer = store.invitation_offer(&link, None, NOW).await;
    assert!(matches!(offer, Err(StoreError::LinkExpired)), "{offer:?}");
    assert_eq!(
        database.log().await[..2],
        [
            "sam: from admin to viewer",
            "joe@example.com: the member who sent it can no longer invite people",
        ]
    );
}

#[tokio::test]
async fn who_accepts_an_invitation_keeps_the_higher_role() {
    let database = Database::new().await;
    let ada = database.account("ada", Some(Role::Admin)).await;
    let (store, link) = (&database.store, secret::hash("link"));
    let end = NOW.plus(1_000);
    store.invite(&ada, &address("joe"), Role::Viewer, &link, end, NOW).await.expect("invited");
    let joe = database.account("joe", Some(Role::Publisher)).await;
    store.accept_invitation(&link, joe.user, &joe.origin, NOW).await.expect("joined");
    assert!(database.roles().await.contains(&("joe".to_string(), Role::Publisher, false)));
}

#[tokio::test]
async fn a_rule_gives_a_role_replaces_it_and_takes_it() {
    let database = Database::new().await;
    database.account("ada", Some(Role::Admin)).await;
    let ada = ("ada".to_string(), Role::Admin, false);
    for (rule, role) in [
        (&[Role::Viewer, Role::Creator][..], Some(Role::Creator)),
        (&[Role::Viewer][..], Some(Role::Viewer)),
        (&[][..], None),
    ] {
        database.sign_in("joe", rule).await.expect("signed in");
        let joe = role.map(|role| ("joe".to_string(), role, true));
        let expected: Vec<_> = [Some(ada.clone()), joe].into_iter().flatten().collect();
        assert_eq!(database.roles().await, expected);
    }
    assert_eq!(
        database.log().await[..3],
        [
            "joe: from viewer to no role, by an SSO rule",
            "joe: from creator to viewer, by an SSO rule",
            "joe: from no role to creator, by an SSO rule",
        ]
    );
}

#[tokio::test]
async fn a_rule_for_a_project_by_name_gives_nothing_in_others() {
    let database = Database::new().await;
    let ada = database.account("ada", Some(Role::Admin)).await;
    let shop = ProjectTitle::parse("Shop").expect("a title");
    let shop = database.store.create_project(&ada, &shop, NOW).await.expect("a project");
    let joe = person("joe", [(Some("SHOP".to_string()), Role::Viewer)].into_iter());
    let origin = RequestOrigin::default();
    database.store.provided_account(&joe, &origin, NOW).await.expect("signed in");
    assert_eq!(database.store.members(shop).await.expect("members").len(), 2);
    assert_eq!(database.roles().await.len(), 1);
}

#[tokio::test]
async fn a_link_for_a_new_password_leaves_a_project_its_last_admin() {
    let database = Database::new().await;
    let (store, link) = (&database.store, secret::hash("link"));
    let user = database.sign_in("joe", &[Role::Admin]).await.expect("signed in");
    store.make_password_link(user, &link, NOW.plus(1_000), NOW).await.expect("a link");
    store.use_password_link(&link, "hash", &RequestOrigin::default(), NOW).await.expect("used");
    assert_eq!(database.roles().await, [("joe".to_string(), Role::Admin, true)]);
    assert_eq!(store.identities(user).await.expect("identities"), []);
}

#[tokio::test]
async fn an_address_that_someone_signs_in_with_is_not_taken_over_by_sso() {
    let database = Database::new().await;
    database.account("ada", Some(Role::Admin)).await;
    let answer = database.sign_in("ada", &[]).await;
    assert_eq!(refusal(answer), AccessRefusal::AccountNotLinked);
}

#[tokio::test]
async fn the_only_project_is_not_archived_and_another_one_is() {
    let database = Database::new().await;
    let ada = database.account("ada", Some(Role::Admin)).await;
    let store = &database.store;
    let refused = store.archive_project(&ada, database.project, true, NOW).await;
    assert_eq!(refusal(refused), AccessRefusal::OnlyProject);
    let shop = ProjectTitle::parse("Shop").expect("a title");
    store.create_project(&ada, &shop, NOW).await.expect("a project");
    store.archive_project(&ada, database.project, true, NOW).await.expect("archived");
}
