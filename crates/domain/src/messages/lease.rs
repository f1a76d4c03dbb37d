//! Whether a message is still sent when its turn comes.

use super::outcome::FixedReason;
use crate::ids::ProfileKey;

/// How often the server may die while it composes a message: that may be what ends the process.
pub const CRASHES_MAX: i64 = 3;

/// Is it leased alone? Of the messages that were composed at the same time only one may end the
/// process, and the others are not to be taken for it.
pub fn is_leased_alone(crashes: i64) -> bool {
    crashes >= CRASHES_MAX - 1
}

/// What is looked at when a message is leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseFacts {
    /// Number of the person; none where they were erased.
    pub profile: Option<ProfileKey>,
    /// They are still inside the version.
    pub inside: bool,
    /// A person had it sent again: it goes out although they have gone on meanwhile.
    pub resent: bool,
}

impl LeaseFacts {
    /// Who gets it.
    ///
    /// # Errors
    /// Where it is cancelled instead: anyone who met a goal or left meanwhile gets nothing any
    /// more.
    pub fn recipient(self) -> Result<ProfileKey, FixedReason> {
        self.profile.filter(|_| self.inside || self.resent).ok_or(FixedReason::LeftJourney)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_end_the_process_is_leased_alone_before_it_is_given_up() {
        let alone = [0, 1, 2, 3].map(is_leased_alone);
        assert_eq!(alone, [false, false, true, true]);
    }

    const INSIDE: LeaseFacts =
        LeaseFacts { profile: Some(ProfileKey(7)), inside: true, resent: false };

    #[test]
    fn people_inside_get_their_messages_and_those_who_left_do_not() {
        assert_eq!(INSIDE.recipient(), Ok(ProfileKey(7)));
        assert_eq!(
            LeaseFacts { inside: false, ..INSIDE }.recipient(),
            Err(FixedReason::LeftJourney)
        );
    }

    #[test]
    fn what_was_resent_goes_out_although_they_have_left() {
        assert_eq!(
            LeaseFacts { inside: false, resent: true, ..INSIDE }.recipient(),
            Ok(ProfileKey(7))
        );
    }

    #[test]
    fn nothing_goes_to_an_erased_person_not_even_resent() {
        let erased = LeaseFacts { profile: None, resent: true, ..INSIDE };
        assert_eq!(erased.recipient(), Err(FixedReason::LeftJourney));
    }
}
