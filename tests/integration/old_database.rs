//! The program on a database that an earlier one left when it was cut off
//! (crates/store-sqlite/tests/fixtures/README.md): it shows what the earlier one showed.

use std::{fs, io::Read, path::PathBuf};

use flate2::read::GzDecoder;
use scraper::{Html, Selector};
use serde_json::Value;

use crate::support::{Browser, Place, Server, text};

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/store-sqlite/tests/fixtures");
    fs::read(PathBuf::from(folder).join(name)).expect("the fixture")
}

fn unpacked(name: &str) -> Vec<u8> {
    let mut contents = Vec::new();
    GzDecoder::new(fixture(name).as_slice()).read_to_end(&mut contents).expect("the fixture");
    contents
}

/// The earlier program's database, and what it showed of it.
fn old_place() -> (Place, Value) {
    let place = Place::empty();
    fs::write(place.database(), unpacked("old.db.gz")).expect("written");
    fs::write(place.file("test.db.key"), fixture("old.key")).expect("written");
    let shown = serde_json::from_slice(&unpacked("shown.json.gz")).expect("JSON");
    (place, shown)
}

/// Nothing moves by itself, so that it stays as it was shown.
fn held(place: &Place) -> Server {
    place.serve_with(&["--hold"])
}

/// An answer to a program with a key.
async fn told(server: &Server, key: &Value, path: &str) -> Value {
    let key = key.as_str().expect("a key");
    let request = server.client.get(format!("{}/api/v1/{path}", server.url)).bearer_auth(key);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.expect("JSON")
}

async fn admin(server: &Server, shown: &Value) -> Browser {
    let browser = server.browser();
    let password = shown["password"].as_str().expect("a password");
    assert_eq!(browser.sign_in("admin@example.com", password).await.status(), 200);
    browser
}

/// What was shown then is shown now. A later program may tell more, and never less.
fn is_still_shown(then: &Value, now: &Value, place: &str) {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => {
            for (key, then) in then {
                let now = now.get(key).unwrap_or(&Value::Null);
                is_still_shown(then, now, &format!("{place}.{key}"));
            }
        }
        (Value::Array(then), Value::Array(now)) => {
            assert_eq!(then.len(), now.len(), "{place}: {then:?} has become {now:?}");
            for (index, (then, now)) in then.iter().zip(now).enumerate() {
                is_still_shown(then, now, &format!("{place}[{index}]"));
            }
        }
        // 0 and 0.0 are one number.
        (Value::Number(then), Value::Number(now)) => {
            assert_eq!(then.as_f64(), now.as_f64(), "{place}");
        }
        _ => assert_eq!(then, now, "{place}"),
    }
}

/// The rows of a table, without its head.
fn rows(table: &str) -> Vec<Vec<String>> {
    csv::Reader::from_reader(table.as_bytes())
        .into_deserialize()
        .collect::<Result<_, _>>()
        .expect("a table")
}

/// The names and the times of the steps on the page of an enrolment.
fn steps(page: &str) -> Vec<(String, String)> {
    let selector = |text| Selector::parse(text).expect("a selector");
    let (title, time) = (selector(".history-what"), selector("time"));
    let page = Html::parse_document(page);
    page.select(&selector("[data-live=steps] li"))
        .map(|line| {
            let text: String = line.select(&title).flat_map(|title| title.text()).collect();
            let (title, _) = text.split_once(": ").expect("a title");
            let at = line.select(&time).find_map(|time| time.attr("datetime")).expect("a time");
            (title.to_string(), at.to_string())
        })
        .collect()
}

fn entries(shown: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let entries = shown.as_object().expect("entries");
    assert!(!entries.is_empty());
    entries.iter()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_journeys_profiles_and_segments_are_those_of_the_earlier_program() {
    let (place, shown) = old_place();
    let server = held(&place);
    let key = &shown["keys"]["main"];
    for (query, then) in entries(&shown["lists"]) {
        is_still_shown(then, &told(&server, key, &format!("journeys{query}")).await, query);
    }
    for (id, then) in entries(&shown["journeys"]) {
        is_still_shown(then, &told(&server, key, &format!("journeys/{id}")).await, id);
    }
    for (identity, then) in entries(&shown["profiles"]) {
        is_still_shown(then, &told(&server, key, &format!("profiles/{identity}")).await, identity);
    }
    is_still_shown(&shown["segments"], &told(&server, key, "segments").await, "segments");
}

#[tokio::test(flavor = "multi_thread")]
async fn history_audit_log_and_suppression_list_are_those_of_the_earlier_program() {
    let (place, shown) = old_place();
    let server = held(&place);
    let admin = admin(&server, &shown).await;
    for (id, then) in entries(&shown["history"]) {
        let answer = admin.get(&format!("/api/ui/journeys/get?id={id}")).await;
        let now: Value = answer.json().await.expect("JSON");
        is_still_shown(then, &now["history"], id);
    }
    for (path, table) in [("/audit.csv", "audit"), ("/suppressions.csv", "suppressions")] {
        let now = rows(&admin.get(path).await.text().await.expect("text"));
        for row in rows(shown[table].as_str().expect("a table")) {
            assert!(now.contains(&row), "{path} has no longer {row:?}, but {now:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_enrolment_is_shown_with_the_steps_that_the_earlier_program_showed() {
    let (place, shown) = old_place();
    let server = held(&place);
    let admin = admin(&server, &shown).await;
    for (number, then) in entries(&shown["enrolments"]) {
        let (status, page) = admin.page(&format!("/enrolments/{number}")).await;
        assert_eq!(status, 200, "enrolment {number}");
        let mut then: Vec<(String, String)> = serde_json::from_value(then.clone()).expect("steps");
        assert!(!then.is_empty(), "enrolment {number}");
        // What a step without a name is called.
        then.iter_mut().filter(|(title, _)| title == "E-mail").for_each(|(title, _)| {
            title.replace_range(.., "Email");
        });
        assert_eq!(steps(&page), then, "enrolment {number}");
    }
}

#[test]
fn the_counts_add_up_and_the_export_is_that_of_the_earlier_program() {
    let (place, shown) = old_place();
    assert!(place.run(&["migrate"]).status.success());
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check.stdout));
    for (project, then) in entries(&shown["exports"]) {
        let export = place.run(&["export", "--project", project]);
        assert!(export.status.success(), "{}", text(&export.stderr));
        let now: Value = serde_json::from_slice(&export.stdout).expect("JSON");
        is_still_shown(then, &now, project);
    }
}
