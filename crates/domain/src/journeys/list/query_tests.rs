//! A URL of the list says the same thing to everybody, or is refused with a reason.

use proptest::prelude::*;

use super::*;
use crate::{error::FieldError, names::SEARCH_MAX};

fn error_of(query: &str) -> FieldError {
    ListQuery::parse(query).expect_err(query).remove(0)
}

#[test]
fn an_empty_url_means_the_newest_first_and_nothing_archived() {
    let query = ListQuery::parse("").expect("valid");
    assert_eq!(query, ListQuery::default());
    assert_eq!(
        (query.sort.to_text().as_str(), query.page, query.page_size.rows()),
        ("-created", 1, 25)
    );
}

#[test]
fn values_of_one_filter_may_be_repeated_or_joined_by_commas() {
    let repeated = ListQuery::parse("status=running&status=paused").expect("valid");
    let joined = ListQuery::parse("?status=running,paused").expect("valid");
    let from_a_form = ListQuery::parse("status[]=running&status%5B%5D=paused").expect("valid");
    assert_eq!(repeated.filter.statuses, [Status::Running, Status::Paused]);
    assert_eq!(repeated, joined);
    assert_eq!(repeated, from_a_form);
}

#[test]
fn each_malformed_value_is_named_with_its_parameter() {
    for (query, path) in [
        ("status=bogus", "status"),
        ("entry=7", "entry"),
        ("by=me", "by"),
        ("label=vip", "label"),
        ("sort=-colour", "sort"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=99999999999999999999", "page"),
        ("page=two", "page"),
        ("per=26", "per"),
        ("date=born", "date"),
        ("from=2026-02-30", "from"),
        ("to=tomorrow", "to"),
        ("archived=maybe", "archived"),
        ("from=2026-02-02&to=2026-02-01", "to"),
    ] {
        let error = error_of(query);
        assert_eq!(error.path, path, "{query}");
        assert!(error.sentence.ends_with('.'), "{}", error.sentence);
    }
    let long = format!("q={}", "x".repeat(SEARCH_MAX + 1));
    assert_eq!(error_of(&long).key, "too_long");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let errors = ListQuery::parse("status=x&sort=y&page=z").expect_err("refused");
    assert_eq!(errors.len(), 3);
}

#[test]
fn parameters_of_others_are_left_alone() {
    assert_eq!(ListQuery::parse("utm_source=mail&done=1"), Ok(ListQuery::default()));
}

#[test]
fn a_click_on_a_header_sorts_its_natural_way_and_then_the_other() {
    let query = ListQuery::default();
    let once = query.with_sort(SortKey::Entered);
    assert_eq!(once.sort.to_text(), "-entered");
    assert_eq!(once.with_sort(SortKey::Entered).sort.to_text(), "entered");
    assert_eq!(query.with_sort(SortKey::Name).sort.to_text(), "name");
}

fn any_query() -> impl Strategy<Value = ListQuery> {
    let statuses = prop::sample::subsequence(Status::ALL.to_vec(), 0..4);
    let entries = prop::sample::subsequence(EntryType::ALL.to_vec(), 0..3);
    let sort = (prop::sample::select(SortKey::ALL.to_vec()), any::<bool>());
    let day = prop::option::of((2000_i32..2100, 1_u8..13, 1_u8..29));
    (
        "[^\\p{Cc}]{0,40}",
        statuses,
        entries,
        sort,
        day,
        1_i64..500,
        any::<bool>(),
        prop::sample::select(PageSize::ALL.to_vec()),
    )
        .prop_map(
            |(
                search,
                statuses,
                entry_types,
                (key, descending),
                from,
                page,
                archived,
                page_size,
            )| ListQuery {
                filter: JourneyFilter {
                    search: search.trim().to_string(),
                    statuses,
                    entry_types,
                    from: from.map(|(year, month, day)| Day { year, month, day }),
                    archived,
                    ..JourneyFilter::default()
                },
                sort: Sort { key, descending },
                page,
                page_size,
            },
        )
}

proptest! {
    #[test]
    fn every_list_comes_back_from_its_url(query in any_query()) {
        prop_assert_eq!(ListQuery::parse(&query.to_query()), Ok(query));
    }

    #[test]
    fn what_the_list_sends_for_all_that_match_selects_just_that(query in any_query()) {
        let project = Some(ProjectId(uuid::Uuid::from_u128(7)));
        let selected = ListQuery::parse_selection(&query.to_matching(project));
        prop_assert_eq!(selected.map(|selected| selected.filter), Ok(query.filter));
    }

    #[test]
    fn any_url_is_read_or_refused_but_never_breaks(text in "\\PC{0,80}") {
        let _ = ListQuery::parse(&text);
    }
}
