//! The roles that SSO rules give to an account, and take: they replace only what rules gave before.

use std::collections::{BTreeMap, BTreeSet};

use super::{member_role::MemberRole, permissions::Role, refusal::AccessRefusal, sso::SsoRole};
use crate::{ids::ProjectId, time::Timestamp};

/// A project as a rule looks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedProject {
    pub id: ProjectId,
    pub name: String,
    pub created_at: Timestamp,
    /// Since when it has its name; none where it was made with it.
    pub named_at: Option<Timestamp>,
}

/// The projects that rules give roles in. Where several have the same name, a rule means the one
/// that has had it for longest, so that no one draws its people to a project of theirs.
pub fn resolve_projects(roles: &[SsoRole], projects: &[NamedProject]) -> Vec<(ProjectId, Role)> {
    let mut given = Vec::new();
    for SsoRole { project, role } in roles {
        match project {
            None => given.extend(projects.iter().map(|project| (project.id, *role))),
            Some(name) => given.extend(longest_named(name, projects).map(|id| (id, *role))),
        }
    }
    given
}

fn longest_named(name: &str, projects: &[NamedProject]) -> Option<ProjectId> {
    projects
        .iter()
        .filter(|project| project.name.eq_ignore_ascii_case(name))
        .min_by_key(|project| {
            (project.named_at.unwrap_or(project.created_at), project.created_at, project.id)
        })
        .map(|project| project.id)
}

/// What happens to a project whose last admin is one by a rule that does not say so any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastAdmin {
    /// The rule decides, and it is asked at each sign-in.
    Leaves,
    /// They stay admin, where no one else can give the role back.
    Stays,
    /// Nothing is changed.
    IsRefused,
}

/// What someone's role in a project is from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberRoleChange {
    pub project: ProjectId,
    pub before: Option<MemberRole>,
    /// None takes them out of the project.
    pub after: Option<MemberRole>,
}

impl MemberRoleChange {
    /// The role that counts, before and after; none where it stays and only its sources change.
    pub fn roles(&self) -> Option<(Option<Role>, Option<Role>)> {
        let (before, after) = (self.before.map(|role| role.role), self.after.map(|role| role.role));
        (before != after).then_some((before, after))
    }
}

/// The changes, by project: roles that rules gave earlier are replaced by those that they give now;
/// roles given by an admin stay, and so do those of an invitation beside a rule's.
///
/// `without_others` are the projects in which no one else is an admin.
///
/// # Errors
/// Where a project would lose its last admin, and that is refused.
pub fn decide_rule_roles(
    before: &BTreeMap<ProjectId, MemberRole>,
    given: &[(ProjectId, Role)],
    without_others: &BTreeSet<ProjectId>,
    last_admin: LastAdmin,
) -> Result<Vec<MemberRoleChange>, AccessRefusal> {
    let mut after: BTreeMap<ProjectId, MemberRole> = before
        .iter()
        .filter_map(|(project, role)| Some((*project, role.without_rule()?)))
        .collect();
    for (project, role) in given {
        let known = after.get(project).copied();
        after.insert(*project, MemberRole::with_rule(known, *role));
    }
    for project in without_others {
        let is_admin = |roles: &BTreeMap<ProjectId, MemberRole>| {
            roles.get(project).is_some_and(|role| role.role == Role::Admin)
        };
        if !is_admin(before) || is_admin(&after) {
            continue;
        }
        match last_admin {
            LastAdmin::Leaves => {}
            LastAdmin::IsRefused => return Err(AccessRefusal::OnlyAdminBySsoRule),
            LastAdmin::Stays => {
                let left = after.get(project).copied();
                after.insert(*project, MemberRole::kept_admin(left));
            }
        }
    }
    let projects: BTreeSet<ProjectId> = before.keys().chain(after.keys()).copied().collect();
    let change = |project: ProjectId| MemberRoleChange {
        project,
        before: before.get(&project).copied(),
        after: after.get(&project).copied(),
    };
    Ok(projects.into_iter().map(change).filter(|change| change.before != change.after).collect())
}

#[cfg(test)]
#[path = "sso_roles_tests.rs"]
mod tests;
