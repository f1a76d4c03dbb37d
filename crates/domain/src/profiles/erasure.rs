//! What stays of a profile that is deleted: the totals of journeys, which count enrolments and
//! messages without saying whose they are. Nothing else.

/// Data that is about one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonalData {
    EnrolmentLog,
    /// What happened to their messages, and was counted.
    MessageEvents,
    /// The same, where the engine has not counted it yet.
    PendingMessageEvents,
    Messages,
    Enrolments,
    /// Rows that imports refused for a sentence that names them.
    RejectedImportRows,
    Identifiers,
    Events,
    ListMemberships,
    MetCriteria,
    ProfileChanges,
    ContactChanges,
    Rejections,
    Profile,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    Delete,
    /// It stays, for the totals of journeys, without anything that says whose it was: no profile,
    /// no address, no text that may repeat one.
    Anonymize,
}

impl PersonalData {
    /// In the order in which it goes: what is found by a message, an enrolment or a name goes before
    /// these forget whose they are.
    pub const ALL: [PersonalData; 14] = [
        PersonalData::EnrolmentLog,
        PersonalData::MessageEvents,
        PersonalData::PendingMessageEvents,
        PersonalData::Messages,
        PersonalData::Enrolments,
        PersonalData::RejectedImportRows,
        PersonalData::Identifiers,
        PersonalData::Events,
        PersonalData::ListMemberships,
        PersonalData::MetCriteria,
        PersonalData::ProfileChanges,
        PersonalData::ContactChanges,
        PersonalData::Rejections,
        PersonalData::Profile,
    ];

    pub fn erasure(self) -> Erasure {
        match self {
            PersonalData::PendingMessageEvents
            | PersonalData::Messages
            | PersonalData::Enrolments => Erasure::Anonymize,
            PersonalData::EnrolmentLog
            | PersonalData::MessageEvents
            | PersonalData::RejectedImportRows
            | PersonalData::Identifiers
            | PersonalData::Events
            | PersonalData::ListMemberships
            | PersonalData::MetCriteria
            | PersonalData::ProfileChanges
            | PersonalData::ContactChanges
            | PersonalData::Rejections
            | PersonalData::Profile => Erasure::Delete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(data: PersonalData) -> Option<usize> {
        PersonalData::ALL.iter().position(|other| *other == data)
    }

    #[test]
    fn only_what_journeys_count_stays_and_says_no_more_whose_it_was() {
        let kept: Vec<PersonalData> = PersonalData::ALL
            .into_iter()
            .filter(|data| data.erasure() == Erasure::Anonymize)
            .collect();
        assert_eq!(
            kept,
            [PersonalData::PendingMessageEvents, PersonalData::Messages, PersonalData::Enrolments]
        );
    }

    #[test]
    fn what_hangs_on_messages_and_enrolments_goes_while_it_can_be_found() {
        assert!(place(PersonalData::MessageEvents) < place(PersonalData::Messages));
        assert!(place(PersonalData::PendingMessageEvents) < place(PersonalData::Messages));
        assert!(place(PersonalData::EnrolmentLog) < place(PersonalData::Enrolments));
    }

    #[test]
    fn what_is_found_by_a_name_or_an_address_goes_while_these_are_known() {
        assert!(place(PersonalData::RejectedImportRows) < place(PersonalData::Identifiers));
        assert!(place(PersonalData::RejectedImportRows) < place(PersonalData::Profile));
    }
}
