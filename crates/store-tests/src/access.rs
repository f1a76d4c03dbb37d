//! Accounts, members, invitations, sessions and keys.

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
};
use wayfare_secrets::secret;
use wayfare_store::{
    StoreError, StoreResult, Stores,
    access::{InitialRole, NewAccount},
};

use crate::test_project::NOW;

/// Of the password of every account.
pub(crate) const HASH: &str = "hash";

/// The first project, with accounts in it.
pub(crate) struct Team<'a> {
    pub stores: &'a Stores,
    pub project: ProjectId,
}

impl<'a> Team<'a> {
    pub async fn new(stores: &'a Stores) -> Self {
        let project = stores.projects.ensure_local_actor(NOW).await.expect("an actor").project;
        Self { stores, project }
    }

    pub async fn account(&self, name: &str, role: Option<Role>) -> Actor {
        let account = NewAccount {
            name: PersonName::parse(name).expect("a name"),
            email: address(name),
            password_hash: Some(HASH.to_string()),
        };
        let roles = InitialRole::In(role.map(|role| (self.project, role)).into_iter().collect());
        let origin = RequestOrigin::default();
        let user = self.stores.accounts.create_account(&account, &roles, &origin, NOW).await;
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
        let members = self.stores.members.list_members(self.project).await.expect("members");
        let role = members.into_iter().map(|one| (one.person.name, one.role, one.by_provider));
        role.collect()
    }

    async fn sign_in(&self, name: &str, roles: &[Role]) -> StoreResult<UserId> {
        let person = person(name, roles.iter().map(|role| (None, *role)));
        self.stores.sso.account_of_sso_identity(&person, &RequestOrigin::default(), NOW).await
    }

    /// The newest first.
    async fn log(&self) -> Vec<String> {
        let page = self
            .stores
            .audit
            .get_audit_page(self.project, &Default::default())
            .await
            .expect("a page");
        page.entries.into_iter().map(|entry| entry.summary).collect()
    }
}

fn address(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{name}@example.com")).expect("an address")
}

pub(crate) fn person(
    name: &str,
    roles: impl Iterator<Item = (Option<String>, Role)>,
) -> SsoIdentity {
    let (issuer, subject) = ("https://sso.example.com".to_string(), name.to_string());
    SsoIdentity {
        identity: LinkedIdentity { issuer, subject },
        email: Some(address(name)),
        email_verified: true,
        name: PersonName::parse(name).expect("a name"),
        roles: roles.map(|(project, role)| SsoRole { project, role }).collect(),
    }
}

pub(crate) fn refusal<T: std::fmt::Debug>(answer: StoreResult<T>) -> AccessRefusal {
    match answer {
        Err(StoreError::Access(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

pub async fn a_project_keeps_its_last_admin(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let user = ada.user;
    let left = stores.members.set_member_role(&ada, user, Role::Admin, None, NOW).await;
    assert_eq!(refusal(left), AccessRefusal::LastAdmin);
    assert_eq!(team.roles().await, [("ada".to_string(), Role::Admin, false)]);
}

pub async fn an_admin_with_a_suspended_account_is_no_other_admin(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let sam = team.account("sam", Some(Role::Admin)).await;
    stores.accounts.suspend_account(sam.user, true, NOW).await.expect("suspended");
    let left =
        stores.members.set_member_role(&ada, ada.user, Role::Admin, Some(Role::Viewer), NOW).await;
    assert_eq!(refusal(left), AccessRefusal::LastAdmin);
}

pub async fn an_account_acts_with_its_role_until_it_is_suspended_or_taken_out(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let sam = team.account("sam", Some(Role::Creator)).await;
    let role =
        async || stores.members.find_acting_role(team.project, sam.user).await.expect("an answer");
    assert_eq!(role().await, Some(Role::Creator));
    stores.accounts.suspend_account(sam.user, true, NOW).await.expect("suspended");
    assert_eq!(role().await, None);
    stores.accounts.suspend_account(sam.user, false, NOW).await.expect("restored");
    stores
        .members
        .set_member_role(&ada, sam.user, Role::Creator, None, NOW)
        .await
        .expect("taken out");
    assert_eq!(role().await, None);
}

pub async fn invitations_end_with_the_right_of_who_made_them(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let sam = team.account("sam", Some(Role::Admin)).await;
    let link = secret::hash("link");
    let end = NOW.plus(1_000);
    stores
        .members
        .invite_member(&sam, &address("joe"), Role::Viewer, &link, end, NOW)
        .await
        .expect("invited");
    stores.members.get_invitation_preview(&link, None, NOW).await.expect("open");
    stores
        .members
        .set_member_role(&ada, sam.user, Role::Admin, Some(Role::Viewer), NOW)
        .await
        .expect("changed");
    let offer = stores.members.get_invitation_preview(&link, None, NOW).await;
    assert!(matches!(offer, Err(StoreError::LinkExpired)), "{offer:?}");
    assert_eq!(
        team.log().await[..2],
        [
            "sam: from admin to viewer",
            "joe@example.com: the member who sent it can no longer invite people",
        ]
    );
}

pub async fn who_accepts_an_invitation_keeps_the_higher_role(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let link = secret::hash("link");
    let end = NOW.plus(1_000);
    stores
        .members
        .invite_member(&ada, &address("joe"), Role::Viewer, &link, end, NOW)
        .await
        .expect("invited");
    let joe = team.account("joe", Some(Role::Publisher)).await;
    stores.members.accept_invitation(&link, joe.user, &joe.origin, NOW).await.expect("joined");
    assert!(team.roles().await.contains(&("joe".to_string(), Role::Publisher, false)));
}

pub async fn a_rule_gives_a_role_replaces_it_and_takes_it(stores: &Stores) {
    let team = Team::new(stores).await;
    team.account("ada", Some(Role::Admin)).await;
    let ada = ("ada".to_string(), Role::Admin, false);
    for (rule, role) in [
        (&[Role::Viewer, Role::Creator][..], Some(Role::Creator)),
        (&[Role::Viewer][..], Some(Role::Viewer)),
        (&[][..], None),
    ] {
        team.sign_in("joe", rule).await.expect("signed in");
        let joe = role.map(|role| ("joe".to_string(), role, true));
        let expected: Vec<_> = [Some(ada.clone()), joe].into_iter().flatten().collect();
        assert_eq!(team.roles().await, expected);
    }
    assert_eq!(
        team.log().await[..3],
        [
            "joe: from viewer to no role, by an SSO rule",
            "joe: from creator to viewer, by an SSO rule",
            "joe: from no role to creator, by an SSO rule",
        ]
    );
}

pub async fn a_rule_for_a_project_by_name_gives_nothing_in_others(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let shop = ProjectTitle::parse("Shop").expect("a title");
    let shop = stores.projects.create_project(&ada, &shop, NOW).await.expect("a project");
    let joe = person("joe", [(Some("SHOP".to_string()), Role::Viewer)].into_iter());
    let origin = RequestOrigin::default();
    stores.sso.account_of_sso_identity(&joe, &origin, NOW).await.expect("signed in");
    assert_eq!(stores.members.list_members(shop).await.expect("members").len(), 2);
    assert_eq!(team.roles().await.len(), 1);
}

pub async fn a_link_for_a_new_password_leaves_a_project_its_last_admin(stores: &Stores) {
    let team = Team::new(stores).await;
    let link = secret::hash("link");
    let user = team.sign_in("joe", &[Role::Admin]).await.expect("signed in");
    stores.accounts.create_password_link(user, &link, NOW.plus(1_000), NOW).await.expect("a link");
    stores
        .accounts
        .use_password_link(&link, "hash", &RequestOrigin::default(), NOW)
        .await
        .expect("used");
    assert_eq!(team.roles().await, [("joe".to_string(), Role::Admin, true)]);
    assert_eq!(stores.sso.list_linked_identities(user).await.expect("identities"), []);
}

pub async fn an_address_that_someone_signs_in_with_is_not_taken_over_by_sso(stores: &Stores) {
    let team = Team::new(stores).await;
    team.account("ada", Some(Role::Admin)).await;
    let answer = team.sign_in("ada", &[]).await;
    assert_eq!(refusal(answer), AccessRefusal::AccountNotLinked);
}

pub async fn the_only_project_is_not_archived_and_another_one_is(stores: &Stores) {
    let team = Team::new(stores).await;
    let ada = team.account("ada", Some(Role::Admin)).await;
    let refused = stores.projects.archive_project(&ada, team.project, true, NOW).await;
    assert_eq!(refusal(refused), AccessRefusal::OnlyProject);
    let shop = ProjectTitle::parse("Shop").expect("a title");
    stores.projects.create_project(&ada, &shop, NOW).await.expect("a project");
    stores.projects.archive_project(&ada, team.project, true, NOW).await.expect("archived");
}
