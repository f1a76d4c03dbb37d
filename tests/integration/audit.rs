//! The audit log: complete, readable by admins alone, and never changed.

use serde_json::Value;

use crate::support::{Browser, PASSWORD, Place, value_of};

const ADA: &str = "ada@example.com";

fn place() -> Place {
    let place = Place::demo();
    place.account(ADA, "admin");
    place
}

/// The log as CSV, in records of columns.
async fn log(browser: &Browser, query: &str) -> Vec<Vec<String>> {
    let answer = browser.get(&format!("/audit.csv?{query}")).await;
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let text = answer.text().await.expect("text");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader
        .records()
        .map(|record| record.expect("a record").iter().map(str::to_string).collect())
        .collect()
}

#[tokio::test]
async fn a_bulk_action_is_one_entry_with_its_filter_and_an_account_of_every_row() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let form = [("action", "pause"), ("matching", "?status=running,stopped")];
    let answer: Value = ada.post("journeys/operate", &form).await.json().await.expect("JSON");
    let entries = log(&ada, "event=journeys.pause").await;
    assert_eq!(entries.len(), 1);
    let entry = entries[0].join(" | ");
    for part in
        ["127.0.0.1", "status=running", "28", "32", answer["report"]["id"].as_str().expect("an id")]
    {
        assert!(entry.contains(part), "{part} in {entry}");
    }
    let (_, page) = ada.page("/audit?event=journeys.pause").await;
    assert!(
        page.contains("28 of 32") && page.contains("View result"),
        "the page leads to the rows"
    );
}

#[tokio::test]
async fn what_people_do_to_accounts_keys_people_and_projects_is_written_down_with_who_and_from_where()
 {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    assert_eq!(server.browser().sign_in(ADA, "a guess").await.status(), 401);
    ada.post("people/invite", &[("email", "bob@example.com"), ("role", "viewer")]).await;
    ada.post("keys/create", &[("name", "Shop"), ("scopes[0]", "read")]).await;
    let (_, page) = ada.page("/api-keys").await;
    ada.post("keys/revoke", &[("key", &value_of(&page, "key", 0))]).await;
    ada.post("filters/save", &[("saved_filter_name", "Mine")]).await;
    ada.post(
        "account/password",
        &[("present", PASSWORD), ("password", "velvet harbour quiet seventeen")],
    )
    .await;
    // No one who guesses waits for the entry about it.
    while log(&ada, "event=session.sign_in_failed").await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let events: Vec<String> =
        log(&ada, "").await.into_iter().map(|entry| entry[2].clone()).collect();
    for event in [
        "session.sign_in",
        "session.sign_in_failed",
        "people.invite",
        "keys.create",
        "keys.revoke",
        "filter.save",
        "account.password",
        "account.create",
    ] {
        assert!(events.iter().any(|there| there == event), "{event} in {events:?}");
    }
}

#[tokio::test]
async fn it_is_filtered_searched_and_paged() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    for number in 0..120 {
        let form = [("saved_filter_name", format!("Filter {number}"))];
        let form: Vec<(&str, &str)> =
            form.iter().map(|(key, value)| (*key, value.as_str())).collect();
        assert_eq!(ada.post("filters/save", &form).await.status(), 200);
    }
    assert_eq!(log(&ada, "event=filter.save").await.len(), 120, "the export has every page");
    assert_eq!(log(&ada, "event=filter.save&search=Filter 77").await.len(), 1);
    assert_eq!(
        log(&ada, "event=filter.save&search=%25").await.len(),
        0,
        "a percent sign is just a sign"
    );
    assert_eq!(log(&ada, "event=filter.save&to=2001-01-01").await.len(), 0);
    let (status, page) = ada.page("/audit?event=filter.save&page=2").await;
    assert!(status == 200 && page.contains("Newer"), "it pages");
    for wrong in ["/audit?page=x", "/audit?from=yesterday", "/audit?by=x"] {
        assert_eq!(ada.page(wrong).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_journey_finds_its_part_of_it() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let journeys = ada.ids("status=running").await;
    ada.operate("pause", &journeys[..3], &[]).await;
    ada.operate("pause", &journeys[3..5], &[]).await;
    let entries = log(&ada, &format!("event=journeys.pause&search={}", journeys[0])).await;
    assert_eq!(entries.len(), 1);
    let (_, page) = ada.page(&format!("/journeys/{}", journeys[0])).await;
    assert!(page.contains(&format!("/audit?search={}", journeys[0])), "its page leads there");
}

#[tokio::test]
async fn another_projects_entries_are_not_in_it() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    ada.post("filters/save", &[("saved_filter_name", "First")]).await;
    ada.post("projects/create", &[("name", "Shop")]).await;
    ada.post("filters/save", &[("saved_filter_name", "Second")]).await;
    let saved: Vec<String> =
        log(&ada, "event=filter.save").await.into_iter().map(|entry| entry.join(" ")).collect();
    assert!(saved.len() == 1 && saved[0].contains("Second"), "{saved:?}");
}

#[tokio::test]
async fn nobody_changes_or_shortens_it_not_even_with_sql() {
    let place = place();
    for sql in [
        "UPDATE audit_entries SET summary = ''",
        "DELETE FROM audit_entries",
        "REPLACE INTO audit_entries SELECT * FROM audit_entries",
    ] {
        let error = place.sql_error(sql).await;
        assert!(error.contains("only added to"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_name_that_looks_like_a_formula_is_text_in_the_export() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    ada.post("filters/save", &[("saved_filter_name", "=HYPERLINK(\"http://evil.example\")")]).await;
    ada.post("account/rename", &[("name", "=1+1")]).await;
    let entries = log(&ada, "event=account.rename").await;
    assert!(entries[0].iter().all(|cell| !cell.starts_with('=')), "{entries:?}");
}
