//! What becomes of messages after they were sent, as providers, links and pictures report it, and
//! what of that is news.

use std::collections::{HashMap, HashSet};

use super::{event::MessageEventKind, suppression::SuppressionReason};
use crate::{
    ids::{MessageKey, ProfileKey, ProjectKey},
    profiles::profile::Channel,
    time::Timestamp,
};

/// Something that became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessageEvent {
    /// Its number in the outbox.
    pub message: MessageKey,
    pub kind: MessageEventKind,
    pub at: Timestamp,
    /// What the provider said to it.
    pub detail: Option<String>,
    /// Where it was sent to, if that was told; their present address otherwise.
    pub address: Option<String>,
    /// A bounce that says something about their address, and not only about this message.
    pub is_permanent: bool,
}

impl NewMessageEvent {
    /// What is told without any detail.
    pub fn new(message: MessageKey, kind: MessageEventKind, at: Timestamp) -> Self {
        Self { message, kind, at, detail: None, address: None, is_permanent: true }
    }

    /// Why it keeps messages from their address from now on; none where it does not.
    pub fn suppression_reason(&self) -> Option<SuppressionReason> {
        let passing = self.kind == MessageEventKind::Bounced && !self.is_permanent;
        SuppressionReason::of(self.kind).filter(|_| !passing)
    }
}

/// What the outbox says of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFacts {
    /// Number of the project.
    pub project: ProjectKey,
    /// Number of the person; none once they were erased.
    pub profile: Option<ProfileKey>,
    /// None where its name is not known.
    pub channel: Option<Channel>,
}

/// A line to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLine<'a> {
    pub message: MessageKey,
    pub kind: MessageEventKind,
    pub at: Timestamp,
    pub detail: Option<&'a str>,
}

/// What of some reports is news.
#[derive(Debug, Clone, Default)]
pub struct News<'a> {
    pub lines: Vec<EventLine<'a>>,
    /// With the message that each is about; in the order in which they were told.
    pub reports: Vec<(&'a MessageFacts, &'a NewMessageEvent)>,
}

impl<'a> News<'a> {
    /// Each thing counts once for a message, whoever tells it again. Messages that are not among
    /// `messages` are left alone; `known` is what was told before.
    pub fn among(
        reports: &[&'a NewMessageEvent],
        messages: &'a HashMap<MessageKey, MessageFacts>,
        mut known: HashSet<(MessageKey, MessageEventKind)>,
    ) -> Self {
        let mut news = Self::default();
        for report in reports {
            let Some(message) = messages.get(&report.message) else { continue };
            let number = report.message;
            if known.insert((number, report.kind)) {
                // What is said of someone who was erased may name them.
                let detail = report.detail.as_deref().filter(|_| message.profile.is_some());
                let (kind, at) = (report.kind, report.at);
                news.lines.push(EventLine { message: number, kind, at, detail });
                news.reports.push((message, report));
            }
            // Anyone who clicks has seen it. Written as the later of the two, so that the click is
            // what moves them.
            if report.kind == MessageEventKind::Clicked
                && known.insert((number, MessageEventKind::Viewed))
            {
                let (kind, at) = (MessageEventKind::Viewed, report.at.plus(1));
                news.lines.push(EventLine { message: number, kind, at, detail: None });
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000);

    fn messages(profile: Option<ProfileKey>) -> HashMap<MessageKey, MessageFacts> {
        [(
            MessageKey(1),
            MessageFacts { project: ProjectKey(1), profile, channel: Some(Channel::Email) },
        )]
        .into()
    }

    fn kinds(news: &News<'_>) -> Vec<(MessageEventKind, Timestamp)> {
        news.lines.iter().map(|line| (line.kind, line.at)).collect()
    }

    #[test]
    fn a_click_implies_a_view_that_comes_after_it() {
        let (messages, click) = (
            messages(Some(ProfileKey(7))),
            NewMessageEvent::new(MessageKey(1), MessageEventKind::Clicked, NOW),
        );
        let news = News::among(&[&click], &messages, HashSet::new());
        assert_eq!(
            kinds(&news),
            [(MessageEventKind::Clicked, NOW), (MessageEventKind::Viewed, NOW.plus(1))]
        );
    }

    #[test]
    fn a_click_on_what_was_viewed_before_implies_nothing_more() {
        let (messages, click) = (
            messages(Some(ProfileKey(7))),
            NewMessageEvent::new(MessageKey(1), MessageEventKind::Clicked, NOW),
        );
        let known = HashSet::from([(MessageKey(1), MessageEventKind::Viewed)]);
        let news = News::among(&[&click], &messages, known);
        assert_eq!(kinds(&news), [(MessageEventKind::Clicked, NOW)]);
    }

    #[test]
    fn a_click_that_was_told_before_still_implies_a_view() {
        let (messages, click) = (
            messages(Some(ProfileKey(7))),
            NewMessageEvent::new(MessageKey(1), MessageEventKind::Clicked, NOW),
        );
        let known = HashSet::from([(MessageKey(1), MessageEventKind::Clicked)]);
        let news = News::among(&[&click], &messages, known);
        assert_eq!(kinds(&news), [(MessageEventKind::Viewed, NOW.plus(1))]);
        assert!(news.reports.is_empty());
    }

    #[test]
    fn what_is_told_twice_counts_once() {
        let (messages, bounce) = (
            messages(Some(ProfileKey(7))),
            NewMessageEvent::new(MessageKey(1), MessageEventKind::Bounced, NOW),
        );
        let news = News::among(&[&bounce, &bounce], &messages, HashSet::new());
        assert_eq!((news.lines.len(), news.reports.len()), (1, 1));
        let known = HashSet::from([(MessageKey(1), MessageEventKind::Bounced)]);
        assert!(News::among(&[&bounce], &messages, known).lines.is_empty());
    }

    #[test]
    fn messages_that_are_not_known_are_left_alone() {
        let (messages, other) = (
            messages(Some(ProfileKey(7))),
            NewMessageEvent::new(MessageKey(2), MessageEventKind::Bounced, NOW),
        );
        assert!(News::among(&[&other], &messages, HashSet::new()).lines.is_empty());
    }

    #[test]
    fn what_a_provider_said_is_kept_unless_the_person_was_erased() {
        let detail = Some("550 no such user ada@example.com".to_string());
        let bounce = NewMessageEvent {
            detail: detail.clone(),
            ..NewMessageEvent::new(MessageKey(1), MessageEventKind::Bounced, NOW)
        };
        let kept = |messages: &HashMap<MessageKey, MessageFacts>| {
            let news = News::among(&[&bounce], messages, HashSet::new());
            news.lines[0].detail.map(str::to_string)
        };
        assert_eq!(kept(&messages(Some(ProfileKey(7)))), detail);
        assert_eq!(kept(&messages(None)), None);
    }

    #[test]
    fn a_bounce_that_says_nothing_about_the_address_suppresses_nothing() {
        let bounce = |is_permanent| NewMessageEvent {
            is_permanent,
            ..NewMessageEvent::new(MessageKey(1), MessageEventKind::Bounced, NOW)
        };
        assert_eq!(bounce(true).suppression_reason(), Some(SuppressionReason::Bounced));
        assert_eq!(bounce(false).suppression_reason(), None);
        let complaint = NewMessageEvent {
            is_permanent: false,
            ..NewMessageEvent::new(MessageKey(1), MessageEventKind::Complained, NOW)
        };
        assert_eq!(complaint.suppression_reason(), Some(SuppressionReason::Complained));
    }
}
