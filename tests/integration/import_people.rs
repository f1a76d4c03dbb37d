//! Files of people and events, from the terminal and from the page.

use std::{fs, time::Duration};

use reqwest::StatusCode;

use crate::support::{Place, Server, text, upload};

const TABLE: &str = "identity,plan,age:number\nada,gold,36\nbob,silver,old\n,free,1\neve,free,\n";

#[tokio::test]
async fn the_terminal_takes_the_good_rows_and_names_the_others() {
    let place = Place::demo();
    let file = place.file("people.csv");
    fs::write(&file, TABLE).expect("written");
    let output =
        place.run(&["import-profiles", file.to_str().expect("a name"), "--list", "Spring fair"]);
    assert_eq!(output.status.code(), Some(1), "rows were refused");
    assert_eq!(text(&output.stdout).trim(), "2 rows taken, 2 rows refused.");
    let told = text(&output.stderr);
    assert!(
        told.contains("people.csv:3: age: “old” is not a number")
            && told.contains("people.csv:4: identity:"),
        "{told}"
    );
    assert_eq!(
        place
            .count(
                "SELECT count(*) FROM list_members m JOIN lists l ON l.id = m.list_id
            WHERE l.name = 'Spring fair'"
            )
            .await,
        2
    );
    assert_eq!(
        place
            .count(
                "SELECT count(*) FROM profiles WHERE identity = 'ada'
        AND properties ->> '$.age' = 36"
            )
            .await,
        1
    );
    assert_eq!(
        place
            .count(
                "SELECT count(*) FROM audit_entries
                 WHERE event = 'profiles.import'"
            )
            .await,
        1
    );
}

#[tokio::test]
async fn the_same_file_again_changes_nothing() {
    let place = Place::demo();
    let file = place.file("people.jsonl");
    let lines = "{\"identity\":\"ada\",\"properties\":{\"plan\":\"gold\"}}\n{\"identity\":\"ada\",\"name\":\"Visited\",\"message_id\":\"1\"}\n";
    fs::write(&file, lines).expect("written");
    for _ in 0..2 {
        assert!(place.run(&["import-people", file.to_str().expect("a name")]).status.success());
    }
    assert_eq!(place.count("SELECT count(*) FROM profiles").await, 1);
    assert_eq!(place.count("SELECT count(*) FROM events").await, 1);
}

#[tokio::test]
async fn the_page_shows_how_far_it_has_come_and_what_was_refused() {
    let place = Place::demo();
    let server = place.serve();
    let page = send(&server, "people.csv", TABLE).await;
    let shown = finished(&server, &page).await;
    assert!(shown.contains("Done: 2 rows imported, 2 rejected."), "{shown}");
    assert!(shown.contains("“old” is not a number"));
    let table = server.get(&format!("{page}/refused.csv")).await.text().await.expect("a table");
    assert!(table.starts_with("\"line\",\"column\",\"why\"\r\n\"3\",\"age\","), "{table}");
    let list = server.get("/imports").await.text().await.expect("a page");
    assert!(list.contains("people.csv") && list.contains("2 rows imported, 2 rejected"), "{list}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_at_all_says_why_and_changes_nothing() {
    let place = Place::demo();
    let server = place.serve();
    let page = send(&server, "people.csv", "mail,plan\na@example.com,gold\n").await;
    let shown = finished(&server, &page).await;
    assert!(
        shown.contains("Interrupted") && shown.contains("There is no column “identity”"),
        "{shown}"
    );
    let address = format!("{}/imports/upload", server.url);
    let long = format!("{}.csv", "p".repeat(252));
    for (name, sentence) in [
        ("people.xlsx", "has an unknown format"),
        ("", "Choose a file"),
        (&long, "more than 255 characters"),
    ] {
        let answer =
            upload(&server.client, &address, name, TABLE, &[]).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{name}");
        assert!(answer.text().await.expect("a page").contains(sentence), "{name}");
    }
    let half = server
        .client
        .post(&address)
        .header("content-type", "multipart/form-data; boundary=edge")
        .body("--edge\r\nhalf");
    assert_eq!(half.send().await.expect("an answer").status(), StatusCode::BAD_REQUEST);
    drop(server);
    assert_eq!(place.count("SELECT count(*) FROM profiles").await, 0);
}

#[tokio::test]
async fn a_file_for_which_the_server_has_no_room_is_refused_and_says_so() {
    let place = Place::empty();
    place.run(&["migrate"]);
    // No file may grow beyond 8 MB, the temporary ones included.
    let server = place.serve_within(16_000);
    let rows: String = (0..600_000).map(|row| format!("p{row},customer\n")).collect();
    let address = format!("{}/imports/upload", server.url);
    let answer =
        upload(&server.client, &address, "large.csv", &format!("identity,kind\n{rows}"), &[])
            .send()
            .await
            .expect("an answer");
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let page = answer.text().await.expect("a page");
    assert!(page.contains("Nothing was imported"), "{page}");
}

/// Sends a file; answers the address of its page.
async fn send(server: &Server, name: &str, contents: &str) -> String {
    let address = format!("{}/imports/upload", server.url);
    let answer = upload(&server.client, &address, name, contents, &[("list", "Fair")])
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()["location"].to_str().expect("an address").to_string()
}

async fn finished(server: &Server, page: &str) -> String {
    for _ in 0..100 {
        let shown = server.get(page).await.text().await.expect("a page");
        if !shown.contains("In progress") {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the import never ended");
}
