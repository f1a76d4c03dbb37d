//! Who may be sent a test of a message. Whoever may not publish could otherwise send any text to
//! anybody, in the name of the project.

use crate::{
    access::{
        actor::Actor,
        permissions::{Forbidden, Permission},
    },
    profiles::profile::Channel,
};

/// `members`: the email addresses of the project's members.
///
/// # Errors
/// Where they may not operate journeys, and the test would reach someone who is no member. Nobody
/// knows members by phone or device. A webhook goes where the message says.
pub fn require_may_test(
    actor: &Actor,
    channel: Channel,
    to: &str,
    members: &[String],
) -> Result<(), Forbidden> {
    let is_among_us = match channel {
        Channel::Webhook => true,
        Channel::Email => members.iter().any(|member| member.eq_ignore_ascii_case(to)),
        _ => false,
    };
    if is_among_us { Ok(()) } else { actor.require(Permission::OperateJourneys) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::{
            actor::RequestOrigin,
            permissions::{Authority, Role},
        },
        ids::{ProjectId, UserId},
    };

    fn may_test(role: Role, channel: Channel, to: &str) -> bool {
        let actor = Actor {
            user: UserId(uuid::Uuid::from_u128(1)),
            name: "Ada".to_string(),
            project: ProjectId(uuid::Uuid::from_u128(2)),
            authority: Authority::Role(role),
            origin: RequestOrigin::default(),
        };
        require_may_test(&actor, channel, to, &["ada@example.com".to_string()]).is_ok()
    }

    #[test]
    fn who_may_not_publish_sends_tests_to_members_only() {
        assert!(may_test(Role::Creator, Channel::Email, "Ada@example.com"));
        assert!(!may_test(Role::Creator, Channel::Email, "eve@example.com"));
        assert!(!may_test(Role::Creator, Channel::Sms, "+4917012345"));
        assert!(may_test(Role::Creator, Channel::Webhook, ""));
    }

    #[test]
    fn who_publishes_sends_tests_to_anybody() {
        assert!(may_test(Role::Publisher, Channel::Email, "eve@example.com"));
        assert!(may_test(Role::Publisher, Channel::Sms, "+4917012345"));
    }
}
