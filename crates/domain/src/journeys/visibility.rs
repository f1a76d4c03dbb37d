//! Where a journey is found.

use super::transition::StateChange;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visibility {
    Listed,
    /// In the archive only.
    Archived,
    /// Nowhere; kept so that a deletion can be undone.
    Deleted,
}

impl Visibility {
    pub const ALL: [Visibility; 3] =
        [Visibility::Listed, Visibility::Archived, Visibility::Deleted];

    /// The number in the store: the place in [`Visibility::ALL`]. Whatever is below that of
    /// [`Visibility::Deleted`] can be found.
    pub const fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        usize::try_from(code).ok().and_then(|index| Visibility::ALL.get(index).copied())
    }

    /// Of a journey that is not deleted.
    pub fn of(archived: bool) -> Self {
        if archived { Visibility::Archived } else { Visibility::Listed }
    }

    /// Where an action leaves a journey; none: where it is.
    pub fn after(change: StateChange) -> Option<Self> {
        match change {
            StateChange::Archived => Some(Visibility::Archived),
            StateChange::Deleted => Some(Visibility::Deleted),
            StateChange::Unarchived => Some(Visibility::Listed),
            StateChange::Status(_) | StateChange::Unchanged => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_archiving_unarchiving_and_deleting_change_where_a_journey_is_found() {
        let after = [
            StateChange::Archived,
            StateChange::Unarchived,
            StateChange::Deleted,
            StateChange::Unchanged,
        ]
        .map(Visibility::after);
        let expected =
            [Some(Visibility::Archived), Some(Visibility::Listed), Some(Visibility::Deleted), None];
        assert_eq!(after, expected);
    }

    #[test]
    fn codes_lead_back_to_their_visibility() {
        for visibility in Visibility::ALL {
            assert_eq!(Visibility::from_code(visibility.code()), Some(visibility));
        }
        assert_eq!(Visibility::from_code(3), None);
    }
}
