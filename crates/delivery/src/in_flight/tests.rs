use super::*;
use wayfare_domain::messages::suppression::AddressKind;
use wayfare_store::outbox::ChangedPerson;

const ADA: ProfileKey = ProfileKey(1);
const BOB: ProfileKey = ProfileKey(2);

fn message(seq: MessageKey, profile: ProfileKey, channel: Channel) -> LeasedMessage {
    LeasedMessage {
        seq,
        project: ProjectKey(1),
        version: VersionKey(1),
        profile,
        channel,
        endpoint: String::new(),
        node: "message".to_string(),
        attempts: 0,
        outlived_a_crash: false,
        expires_at: None,
        entry_properties: None,
    }
}

fn withdrawn(profile: ProfileKey, channel: Option<Channel>) -> ChangedFacts {
    ChangedFacts {
        people: vec![ChangedPerson { profile, channel, withdrawn: true }],
        ..ChangedFacts::default()
    }
}

fn listed(address: &str) -> ListedAddress {
    (ProjectKey(1), AddressKind::Email, address.to_string())
}

#[tokio::test]
async fn what_has_not_begun_never_does_and_what_is_on_its_way_is_waited_for() {
    let flights = InFlightTracker::default();
    flights.register(&[
        message(MessageKey(1), ADA, Channel::Email),
        message(MessageKey(2), ADA, Channel::Email),
        message(MessageKey(3), BOB, Channel::Email),
    ]);
    let under_way = flights.begin(MessageKey(1)).expect("begins");
    let answered = tokio::spawn({
        let flights = flights.clone();
        async move { flights.facts_changed(&withdrawn(ADA, None)).await }
    });
    while flights.begin(MessageKey(2)).is_some() {
        tokio::task::yield_now().await;
    }
    assert!(flights.begin(MessageKey(3)).is_some(), "another person's goes on");
    assert!(!answered.is_finished(), "one is on its way");
    drop(under_way);
    answered.await.expect("answered");
}

#[tokio::test]
async fn a_consent_that_is_withdrawn_for_one_channel_leaves_the_others_alone() {
    let flights = InFlightTracker::default();
    flights.register(&[
        message(MessageKey(1), ADA, Channel::Email),
        message(MessageKey(2), ADA, Channel::Webhook),
    ]);
    let _hook = flights.begin(MessageKey(2)).expect("begins");
    flights.facts_changed(&withdrawn(ADA, Some(Channel::Email))).await;
    assert!(flights.begin(MessageKey(1)).is_none());
}

#[tokio::test]
async fn an_address_on_the_list_stops_its_messages_and_those_whose_address_is_not_known_yet() {
    let flights = InFlightTracker::default();
    let hook = message(MessageKey(4), BOB, Channel::Webhook);
    flights.register(&[
        message(MessageKey(1), ADA, Channel::Email),
        message(MessageKey(2), BOB, Channel::Email),
        message(MessageKey(3), BOB, Channel::Email),
        hook,
    ]);
    flights.address(
        [(MessageKey(1), listed("ada@example.com")), (MessageKey(2), listed("bob@example.com"))]
            .into_iter(),
    );
    let facts =
        ChangedFacts { suppressed: vec![listed("ada@example.com")], ..ChangedFacts::default() };
    flights.facts_changed(&facts).await;
    let begun: Vec<bool> =
        (1..=4).map(|number| flights.begin(MessageKey(number)).is_some()).collect();
    assert_eq!(begun, [false, true, false, true]);
}

#[tokio::test]
async fn what_does_not_come_to_an_end_is_given_up_and_knows_why() {
    let flights = InFlightTracker::default();
    flights.register(&[message(MessageKey(1), ADA, Channel::Email)]);
    let mut under_way = flights.begin(MessageKey(1)).expect("begins");
    let sender = tokio::spawn(async move { under_way.given_up().await });
    flights.channel_changed(ProjectKey(1), Some(Channel::Email)).await;
    assert_eq!(sender.await.expect("given up"), AbortReason::ChannelChanged);
}

#[tokio::test]
async fn a_message_of_someone_who_was_merged_meanwhile_is_also_that_persons_whom_they_became() {
    const CAROL: ProfileKey = ProfileKey(3);
    let merges = Merges::default();
    let flights = InFlightTracker::new(merges.clone());
    flights.register(&[
        message(MessageKey(1), ADA, Channel::Email),
        message(MessageKey(2), ADA, Channel::Email),
    ]);
    let under_way = flights.begin(MessageKey(1)).expect("begins");
    merges.note(&[(ADA, BOB), (BOB, CAROL)]);
    let answered = tokio::spawn({
        let flights = flights.clone();
        async move { flights.facts_changed(&withdrawn(CAROL, None)).await }
    });
    while flights.begin(MessageKey(2)).is_some() {
        tokio::task::yield_now().await;
    }
    assert!(!answered.is_finished(), "one is on its way");
    drop(under_way);
    answered.await.expect("answered");
}

#[test]
fn what_is_settled_leaves_the_board() {
    let flights = InFlightTracker::default();
    flights.register(&[message(MessageKey(1), ADA, Channel::Email)]);
    flights.settle([MessageKey(1)].into_iter());
    assert!(flights.table().is_empty() && flights.begin(MessageKey(1)).is_none());
}
