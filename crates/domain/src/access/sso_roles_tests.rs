//! What SSO rules do to the roles of an account.

use uuid::Uuid;

use super::*;

const SHOP: ProjectId = ProjectId(Uuid::from_u128(1));
const CAFE: ProjectId = ProjectId(Uuid::from_u128(2));

fn by_rule(role: Role) -> MemberRole {
    MemberRole { role, by_rule: true, by_invitation: None }
}

/// In the shop, of someone who is not its last admin.
fn in_shop(before: Option<MemberRole>, given: &[Role]) -> Option<MemberRole> {
    let roles = before.into_iter().map(|role| (SHOP, role)).collect();
    let given: Vec<_> = given.iter().map(|role| (SHOP, *role)).collect();
    let changes = decide_rule_roles(&roles, &given, &BTreeSet::new(), LastAdmin::Leaves);
    match changes.expect("decided").as_slice() {
        [] => before,
        [change] => {
            assert_eq!((change.project, change.before), (SHOP, before));
            change.after
        }
        more => panic!("{more:?}"),
    }
}

/// Of the shop's only admin, who is one by a rule that gives nothing any more.
fn last_admin(before: MemberRole, rule: LastAdmin) -> Result<Option<MemberRole>, AccessRefusal> {
    let changes =
        decide_rule_roles(&BTreeMap::from([(SHOP, before)]), &[], &BTreeSet::from([SHOP]), rule)?;
    Ok(changes.first().map_or(Some(before), |change| change.after))
}

#[test]
fn a_rule_gives_its_role_and_takes_it_again() {
    assert_eq!(in_shop(None, &[Role::Publisher]), Some(by_rule(Role::Publisher)));
    assert_eq!(in_shop(Some(by_rule(Role::Publisher)), &[]), None);
}

#[test]
fn a_rules_role_is_replaced_by_a_lower_one_too() {
    assert_eq!(in_shop(Some(by_rule(Role::Admin)), &[Role::Viewer]), Some(by_rule(Role::Viewer)));
}

#[test]
fn of_several_rules_the_highest_role_counts() {
    let roles = [Role::Viewer, Role::Publisher, Role::Creator];
    assert_eq!(in_shop(None, &roles), Some(by_rule(Role::Publisher)));
}

#[test]
fn what_an_admin_gave_stays() {
    let viewer = Some(MemberRole::of(Role::Viewer));
    assert_eq!(in_shop(viewer, &[Role::Admin]), viewer);
    assert_eq!(in_shop(viewer, &[]), viewer);
}

#[test]
fn what_an_invitation_gave_beside_a_rule_stays_when_the_rules_role_goes() {
    let both = MemberRole { by_invitation: Some(Role::Creator), ..by_rule(Role::Admin) };
    let left = MemberRole { by_invitation: Some(Role::Creator), ..MemberRole::of(Role::Creator) };
    assert_eq!(in_shop(Some(both), &[]), Some(left));
    assert_eq!(in_shop(Some(left), &[Role::Admin]), Some(both));
}

#[test]
fn what_stays_as_it_was_is_no_change() {
    let before = BTreeMap::from([(SHOP, by_rule(Role::Viewer))]);
    let given = [(SHOP, Role::Viewer)];
    let changes = decide_rule_roles(&before, &given, &BTreeSet::new(), LastAdmin::Leaves);
    assert_eq!(changes, Ok(Vec::new()));
}

#[test]
fn a_change_of_sources_alone_changes_no_role() {
    let change = MemberRoleChange {
        project: SHOP,
        before: Some(MemberRole::of(Role::Viewer)),
        after: Some(by_rule(Role::Viewer)),
    };
    assert_eq!(change.roles(), None);
    let gone = MemberRoleChange { after: None, ..change };
    assert_eq!(gone.roles(), Some((Some(Role::Viewer), None)));
}

#[test]
fn at_a_sign_in_a_rule_takes_the_role_of_a_last_admin_too() {
    assert_eq!(last_admin(by_rule(Role::Admin), LastAdmin::Leaves), Ok(None));
}

#[test]
fn a_last_admin_who_is_to_stay_keeps_the_rules_role() {
    let admin = by_rule(Role::Admin);
    assert_eq!(last_admin(admin, LastAdmin::Stays), Ok(Some(admin)));
}

#[test]
fn a_last_admin_who_may_not_leave_is_told_so() {
    let left = last_admin(by_rule(Role::Admin), LastAdmin::IsRefused);
    assert_eq!(left, Err(AccessRefusal::OnlyAdminBySsoRule));
}

#[test]
fn who_stays_admin_by_an_invitation_is_not_refused() {
    let admin = MemberRole { by_invitation: Some(Role::Admin), ..by_rule(Role::Admin) };
    let left = last_admin(admin, LastAdmin::IsRefused);
    assert_eq!(left.map(|left| left.map(|left| left.role)), Ok(Some(Role::Admin)));
}

#[test]
fn who_was_no_admin_leaves_a_project_without_one() {
    assert_eq!(last_admin(by_rule(Role::Viewer), LastAdmin::IsRefused), Ok(None));
}

fn project(id: ProjectId, name: &str, created_at: i64, named_at: Option<i64>) -> NamedProject {
    NamedProject {
        id,
        name: name.to_string(),
        created_at: Timestamp(created_at),
        named_at: named_at.map(Timestamp),
    }
}

fn rule(project: Option<&str>) -> [SsoRole; 1] {
    [SsoRole { project: project.map(ToString::to_string), role: Role::Viewer }]
}

#[test]
fn a_rule_without_a_project_is_for_all() {
    let projects = [project(SHOP, "Shop", 1, None), project(CAFE, "Café", 2, None)];
    let given = resolve_projects(&rule(None), &projects);
    assert_eq!(given, [(SHOP, Role::Viewer), (CAFE, Role::Viewer)]);
}

#[test]
fn a_rule_finds_its_project_in_capital_letters_or_not() {
    let projects = [project(SHOP, "Shop", 1, None), project(CAFE, "Café", 2, None)];
    assert_eq!(resolve_projects(&rule(Some("SHOP")), &projects), [(SHOP, Role::Viewer)]);
    assert_eq!(resolve_projects(&rule(Some("Bar")), &projects), []);
}

#[test]
fn a_rule_means_the_project_that_has_had_the_name_for_longest() {
    let older_but_renamed = project(SHOP, "Shop", 1, Some(9));
    let younger = project(CAFE, "shop", 5, None);
    let given = resolve_projects(&rule(Some("Shop")), &[older_but_renamed, younger]);
    assert_eq!(given, [(CAFE, Role::Viewer)]);
}

#[test]
fn of_two_names_of_the_same_moment_the_older_project_has_it() {
    let projects = [project(CAFE, "Shop", 9, None), project(SHOP, "Shop", 1, Some(9))];
    assert_eq!(resolve_projects(&rule(Some("Shop")), &projects), [(SHOP, Role::Viewer)]);
}
