use super::*;
use crate::ids::ProjectKey;

const NOW: Timestamp = Timestamp(1_000);

fn new(address: &str, cause: SuppressionReason) -> NewSuppression {
    let (address, reason) = (address.to_string(), cause.reason(""));
    NewSuppression {
        project: ProjectKey(1),
        kind: AddressKind::Email,
        address,
        cause,
        reason,
        at: NOW,
    }
}

fn listed(address: &str, cause: SuppressionReason) -> HashMap<ListedAddress, SuppressionReason> {
    [((ProjectKey(1), AddressKind::Email, address.to_string()), cause)].into()
}

#[test]
fn a_bounce_goes_before_an_unsubscription() {
    assert!(
        SuppressionReason::Bounced > SuppressionReason::Unsubscribed
            && SuppressionReason::Bounced > SuppressionReason::Complained
    );
    for cause in SuppressionReason::ALL {
        assert_eq!(SuppressionReason::from_code(cause.code()), Some(cause));
    }
}

#[test]
fn a_reason_is_the_end_of_a_sentence() {
    assert_eq!(
        SuppressionReason::Bounced.reason("550 5.1.1\r\n  no such user"),
        "it bounced: 550 5.1.1 no such user"
    );
    assert_eq!(SuppressionReason::Bounced.reason(""), "it bounced");
    assert_eq!(SuppressionReason::Unsubscribed.reason("whatever"), "the recipient unsubscribed");
    assert!(SuppressionReason::Bounced.reason(&"x".repeat(5_000)).len() < 400);
}

#[test]
fn a_number_that_is_wanted_for_one_channel_is_not_unwanted() {
    let consent = |said: &[(&str, bool)]| {
        said.iter().map(|(key, wanted)| (key.to_string(), *wanted)).collect()
    };
    assert!(is_opted_out(&consent(&[("sms", false)]), AddressKind::Phone));
    assert!(!is_opted_out(&consent(&[("sms", false), ("whatsapp", true)]), AddressKind::Phone));
    assert!(!is_opted_out(&consent(&[("email", false)]), AddressKind::Phone));
    assert!(!is_opted_out(&consent(&[]), AddressKind::Email));
}

#[test]
fn a_query_comes_back_from_its_address() {
    let query = SuppressionQuery { search: "a+b@c".to_string(), page: 3 };
    assert_eq!(SuppressionQuery::parse(&query.to_query()), Ok(query));
    assert!(SuppressionQuery::parse("page=0").is_err());
}

#[test]
fn a_graver_reason_takes_the_place_of_a_lesser_one_and_no_other() {
    let bounced = new("a@b.c", SuppressionReason::Bounced);
    let over = |cause| changes_to_list(vec![bounced.clone()], &listed("a@b.c", cause));
    let replaced = vec![bounced.clone()];
    assert_eq!(over(SuppressionReason::Unsubscribed), replaced);
    assert_eq!(over(SuppressionReason::Complained), replaced);
    assert_eq!(over(SuppressionReason::Bounced), [], "the first one stays, with its time");
    let own = new("a@b.c", SuppressionReason::Unsubscribed);
    let by_hand = listed("a@b.c", SuppressionReason::ByHand);
    assert_eq!(changes_to_list(vec![own], &by_hand), []);
}

#[test]
fn an_address_that_is_told_of_twice_is_listed_once_for_the_graver_reason() {
    let (own, bounced) = (SuppressionReason::Unsubscribed, SuppressionReason::Bounced);
    for told in [[own, bounced], [bounced, own]] {
        let new = told.map(|cause| new("a@b.c", cause)).to_vec();
        let changes = changes_to_list(new, &HashMap::new());
        assert_eq!(changes.iter().map(|new| new.cause).collect::<Vec<_>>(), [bounced]);
    }
}

#[test]
fn the_reason_that_recipients_take_back_is_the_least() {
    for cause in SuppressionReason::ALL {
        assert!(!SuppressionReason::RECIPIENTS_OWN.replaces(cause), "{cause:?} stays");
    }
}

#[test]
fn the_codes_in_the_store_are_in_the_order_of_gravity() {
    for cause in SuppressionReason::ALL {
        for other in SuppressionReason::ALL {
            assert_eq!(cause.replaces(other), cause.code() > other.code());
        }
    }
}

#[test]
fn the_audit_log_names_one_address_and_counts_several() {
    let addresses = |count: usize| vec!["a@b.c".to_string(); count];
    assert_eq!(added_summary(&addresses(1)), "a@b.c");
    assert_eq!(added_summary(&addresses(2)), "2 addresses");
    assert_eq!(removed_summary("a@b.c", "it bounced"), "a@b.c (it bounced)");
}

#[test]
fn a_page_after_the_last_one_is_the_last_one() {
    let page = |page: i64, total: i64| {
        SuppressionQuery { page, ..SuppressionQuery::default() }.within(total).page
    };
    assert_eq!(page(9, 2 * SUPPRESSION_ROWS + 1), 3);
    assert_eq!(page(2, 2 * SUPPRESSION_ROWS), 2);
    assert_eq!((page(1, 0), page(9, 0)), (1, 1));
}
