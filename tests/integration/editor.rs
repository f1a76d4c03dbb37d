//! Versions over real HTTP: saved, changed in place, begun, published while people are inside,
//! tried, and refused with reasons.

pub mod shop;

use serde_json::json;

use crate::{
    ingest::Program,
    support::{Place, Server, text, value_of, values_of},
};
use shop::{Editor, enter, reminder};

#[tokio::test]
async fn the_second_of_two_who_edit_is_shown_both_versions_and_overwrites_nothing() {
    let place = Place::empty();
    place.account("ada@example.com", "admin");
    place.account("bob@example.com", "creator");
    let server = place.serve();
    let (ada, bob) =
        (server.signed_in("ada@example.com").await, server.signed_in("bob@example.com").await);
    let (ada, bob) = (Editor(&ada), Editor(&bob));
    let journey = ada.create("Reminder").await;
    let (mine, theirs) = (ada.open(&journey).await, bob.open(&journey).await);
    let saved = ada.save_graph(&mine, reminder("Ada's subject")).await;
    assert_eq!(saved.1["done"]["revision"], json!(2), "{saved:?}");
    let (status, refused) = bob.save_graph(&theirs, reminder("Bob's subject")).await;
    assert_eq!(status, 200);
    let conflict = &refused["conflict"];
    assert_eq!(conflict["by"]["name"], json!("ada"), "{refused}");
    assert!(conflict["at"].is_string());
    assert_eq!(
        conflict["theirs"]["graph"]["nodes"][2]["step"]["email"]["subject"],
        json!("Ada's subject")
    );
    // On what is there now, the same save is taken.
    let (_, saved) = bob.save_graph(&conflict["theirs"], reminder("Bob's subject")).await;
    assert_eq!(saved["done"]["revision"], json!(3));
    let history = ada.detail(&journey).await["history"].clone();
    let edits = history
        .as_array()
        .expect("lines")
        .iter()
        .filter(|line| line["operation"]["note"] != json!("created"));
    assert_eq!(edits.count(), 2, "{history}");
}

#[tokio::test]
async fn a_draft_that_saves_itself_leaves_one_line_for_a_sitting_and_never_spoils_the_form_beside_it()
 {
    let place = Place::empty();
    let server = place.serve();
    let editor = Editor(&server);
    let journey = editor.create("Reminder").await;
    for count in 1..=5 {
        let document = editor.open(&journey).await;
        assert_eq!(
            editor.save_graph(&document, reminder(&format!("Subject {count}"))).await.0,
            200
        );
    }
    let detail = editor.detail(&journey).await;
    assert_eq!(detail["history"].as_array().map(Vec::len), Some(2), "{}", detail["history"]);
    let form =
        [("id", journey.as_str()), ("name", "Other"), ("description", ""), ("revision", "1")];
    assert_eq!(server.post("journeys/edit", &form).await.status(), 200);
}

#[tokio::test]
async fn texts_of_a_published_version_are_changed_in_place_and_nothing_else_is() {
    let place = Place::empty();
    let server = place.serve();
    let editor = Editor(&server);
    let journey = editor.published("Reminder", reminder("Hello")).await;
    let document = editor.open(&journey).await;
    assert_eq!((&document["mode"], &document["status"]), (&json!("content"), &json!("running")));

    let mut texts = reminder("Still there?");
    texts["nodes"][2]["name"] = json!("Second try");
    texts["nodes"][1]["position"] = json!({ "x": 40.0, "y": 90.0 });
    let (status, saved) = editor.save_graph(&document, texts).await;
    assert_eq!((status, &saved["done"]["revision"]), (200, &json!(3)), "{saved}");

    let document = editor.open(&journey).await;
    assert_eq!(document["graph"]["nodes"][2]["step"]["email"]["subject"], json!("Still there?"));
    let mut other = document["graph"].clone();
    other["nodes"][1]["step"] = json!({ "delay": { "for": { "minutes": 7 } } });
    other["connectors"].as_array_mut().expect("connectors").pop();
    let (status, refused) = editor.save_graph(&document, other).await;
    let paths: Vec<&str> = refused["invalid"]
        .as_array()
        .expect("reasons")
        .iter()
        .filter_map(|reason| reason["path"].as_str())
        .collect();
    assert_eq!(
        (status, paths),
        (400, vec!["graph.nodes.wait.delay", "graph.connectors"]),
        "{refused}"
    );

    for broken in ["", "Hi {{ profile.name"] {
        let (status, refused) = editor.save_graph(&document, reminder(broken)).await;
        assert_eq!(status, 400, "a live message cannot become “{broken}”: {refused}");
    }
    assert_eq!(editor.open(&journey).await["revision"], json!(3));
}

#[tokio::test]
async fn people_carry_on_in_the_older_version_and_newcomers_enter_the_new_one() {
    let place = Place::empty();
    let server = place.serve();
    let (editor, program) = (Editor(&server), Program::new(&server).await);
    let journey = editor.published("Reminder", reminder("Hello")).await;
    enter(&program, &["ada", "bilal", "chiara"]).await;
    program.until(&journey, "inside", 3).await;

    let draft = editor.begin(&journey).await;
    assert_eq!(
        (&draft["version"], &draft["mode"], &draft["status"]),
        (&json!(2), &json!("draft"), &json!("draft"))
    );
    // The row still shows what is running.
    assert_eq!(server.list("").await["rows"][0]["status"], json!("running"));
    let (status, published) = editor.publish(&draft, "carry_on").await;
    assert_eq!((status, &published["status"]), (200, &json!("running")), "{published}");
    assert_eq!(editor.statuses(&journey).await, ["running", "restricted"]);

    enter(&program, &["ada", "dora"]).await;
    program.until(&journey, "inside", 1).await;
    let figures = editor.figures(&journey).await;
    assert_eq!(
        (&figures[1]["inside"], &figures[1]["entered"]),
        (&json!(3), &json!(3)),
        "ada is inside of the older one"
    );
    let row = server.list("").await["rows"][0].clone();
    assert_eq!((&row["versions"], &row["figures"]["entered"]), (&json!(2), &json!(1)), "{row}");
    let here =
        editor.ask("people", json!({ "journey": journey, "version": 1, "node": "wait" })).await.1;
    let mut names: Vec<&str> = here
        .as_array()
        .expect("people")
        .iter()
        .filter_map(|here| here["identity"].as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["ada", "bilal", "chiara"]);
    checked(place, server);
}

#[tokio::test]
async fn people_leave_the_older_version_and_the_counts_add_up() {
    let place = Place::empty();
    let server = place.serve();
    let (editor, program) = (Editor(&server), Program::new(&server).await);
    let journey = editor.published("Reminder", reminder("Hello")).await;
    enter(&program, &["ada", "bilal", "chiara"]).await;
    program.until(&journey, "inside", 3).await;

    let draft = editor.begin(&journey).await;
    let settings =
        json!({ "entry": { "event": { "name": "Signed Up" } }, "reentry": "after_exit" });
    let (_, saved) = editor.save(&draft, reminder("Second version"), settings).await;
    let draft = json!({ "journey": journey, "version": 2, "revision": saved["done"]["revision"], "name": "Reminder" });
    let (status, published) = editor.publish(&draft, "leave").await;
    assert_eq!(status, 200, "{published}");
    assert_eq!(editor.statuses(&journey).await, ["running", "completed"]);
    let older = editor.figures(&journey).await[1].clone();
    assert_eq!(
        (&older["inside"], &older["version_exit"], &older["entered"]),
        (&json!(0), &json!(3), &json!(3)),
        "at once"
    );
    assert_eq!(
        editor.ask("people", json!({ "journey": journey, "version": 1, "node": "wait" })).await.1,
        json!([])
    );

    // People who exited may enter the new one, if it allows re-entry.
    enter(&program, &["ada"]).await;
    program.until(&journey, "inside", 1).await;
    let trips = server.page("/profiles/1").await.1;
    assert!(
        trips.contains("version 1: moved to a newer version"),
        "the profile shows how the first enrolment ended"
    );
    checked(place, server);
}

#[tokio::test]
async fn a_stopped_journey_gets_a_new_version_and_the_old_one_stays_as_it_was() {
    let place = Place::empty();
    let server = place.serve();
    let (editor, program) = (Editor(&server), Program::new(&server).await);
    let journey = editor.published("Reminder", reminder("Hello")).await;
    enter(&program, &["ada"]).await;
    program.until(&journey, "inside", 1).await;
    server.stop(std::slice::from_ref(&journey)).await;
    let draft = editor.begin(&journey).await;
    assert_eq!(editor.publish(&draft, "leave").await.0, 200);
    assert_eq!(editor.statuses(&journey).await, ["running", "stopped"]);
    assert_eq!(
        editor.figures(&journey).await[1]["stopped"],
        json!(1),
        "stopped, and not moved to a newer version"
    );
    checked(place, server);
}

#[tokio::test]
async fn a_draft_is_discarded_and_another_is_begun_from_any_version() {
    let place = Place::empty();
    let server = place.serve();
    let editor = Editor(&server);
    let journey = editor.published("Reminder", reminder("First")).await;
    let draft = editor.begin(&journey).await;
    let (status, again) = editor.ask("begin", json!({ "journey": journey, "from": null })).await;
    assert_eq!(status, 409, "{again}");
    editor.save_graph(&draft, reminder("Second")).await;
    let second = editor.open(&journey).await;
    assert_eq!(editor.publish(&second, "carry_on").await.0, 200);
    let third = editor.begin(&journey).await;
    assert_eq!(third["graph"]["nodes"][2]["step"]["email"]["subject"], json!("Second"));
    assert_eq!(editor.ask("discard", json!({ "journey": journey })).await.0, 200);
    let (_, old) = editor.ask("begin", json!({ "journey": journey, "from": 1 })).await;
    assert_eq!(
        (&old["version"], &old["graph"]["nodes"][2]["step"]["email"]["subject"]),
        (&json!(3), &json!("First"))
    );
    let difference =
        editor.ask("compare", json!({ "journey": journey, "from": 2, "to": 3 })).await.1;
    assert_eq!(
        difference["nodes"][0]["change"]["changed"][0]["field"],
        json!("subject"),
        "{difference}"
    );
    let page = server.page(&format!("/journeys/{journey}/compare?from=2&to=3")).await.1;
    assert!(page.contains("<del>Second") && page.contains("<ins>First"), "{page}");
    checked(place, server);
}

#[tokio::test]
async fn publishing_is_refused_with_all_problems_at_once_and_for_an_older_save() {
    let place = Place::empty();
    let server = place.serve();
    let editor = Editor(&server);
    let journey = editor.create("Reminder").await;
    let document = editor.open(&journey).await;
    let mut graph = reminder("");
    graph["nodes"]
        .as_array_mut()
        .expect("nodes")
        .push(json!({ "id": "alone", "step": { "goal": { "name": "Done" } } }));
    let settings = json!({ "entry": { "event": { "name": " " } }, "control_percent": 100, "time_zone": "Nowhere/Land" });
    let (status, saved) = editor.save(&document, graph, settings).await;
    assert_eq!(status, 200, "a draft is kept however unfinished: {saved}");
    let document = editor.open(&journey).await;
    let mut publish = document.clone();
    publish["description"] = json!("x".repeat(121));
    let (status, refused) = editor.publish(&publish, "carry_on").await;
    let keys: Vec<&str> = refused["invalid"]
        .as_array()
        .expect("reasons")
        .iter()
        .filter_map(|reason| reason["key"].as_str())
        .collect();
    assert_eq!(status, 400);
    for key in ["too_long", "unreachable", "required", "range", "unknown_value"] {
        assert!(keys.contains(&key), "{key} is not in {refused}");
    }
    assert_eq!(editor.open(&journey).await["status"], json!("draft"));

    editor.save(&document, reminder("Hello"), shop::settings()).await;
    let (status, refused) = editor.publish(&document, "carry_on").await;
    assert_eq!(status, 409, "someone saved since: {refused}");
    let document = editor.open(&journey).await;
    assert_eq!(editor.publish(&document, "carry_on").await.0, 200);
    assert_eq!(editor.publish(&document, "carry_on").await.0, 409, "it is published");
}

#[tokio::test]
async fn absurd_graphs_are_refused_with_reasons_and_large_ones_are_kept() {
    let place = Place::empty();
    let server = place.serve();
    let editor = Editor(&server);
    let journey = editor.create("Large").await;
    let document = editor.open(&journey).await;
    let mut unknown = reminder("Hello");
    unknown["nodes"][1]["step"] = json!({ "teleport": {} });
    let mut nowhere = reminder("Hello");
    nowhere["nodes"][1]["position"] = json!({ "x": null, "y": 0 });
    let mut far = reminder("Hello");
    far["nodes"][1]["position"] = json!({ "x": 1e300, "y": 0 });
    let mut twice = reminder("Hello");
    twice["nodes"][2]["id"] = json!("wait");
    for (graph, reason) in
        [(unknown, "teleport"), (nowhere, "null"), (far, "position"), (twice, "used by two nodes")]
    {
        let (status, refused) = editor.save_graph(&document, graph).await;
        assert_eq!(status, 400, "{refused}");
        assert!(refused.to_string().contains(reason), "{reason} is not in {refused}");
    }
    let (status, refused) = editor.save_graph(&document, shop::chain(5_001)).await;
    assert_eq!((status, &refused["invalid"][0]["key"]), (400, &json!("too_many")), "{refused}");
    let (status, saved) = editor.save_graph(&document, shop::chain(5_000)).await;
    assert_eq!(status, 200, "{saved}");
    let (status, page) = server.page(&format!("/journeys/{journey}/edit")).await;
    assert!(status == 200 && page.contains("n4999"), "a page of five thousand steps");
}

#[tokio::test]
async fn a_draft_is_tried_on_somebody_and_on_what_happened() {
    let place = Place::empty();
    let server = place.serve();
    let (editor, program) = (Editor(&server), Program::new(&server).await);
    enter(&program, &["ada", "bilal"]).await;
    let (graph, settings) = (reminder("Hello"), shop::settings());
    let trial =
        json!({ "graph": graph, "settings": settings, "person": "ada", "event": {}, "later": [] });
    let (status, steps) = editor.ask("try-person", json!({ "trial": trial })).await;
    let walked: Vec<&str> =
        steps.as_array().expect("steps").iter().filter_map(|step| step["what"].as_str()).collect();
    assert_eq!(
        (status, walked),
        (200, vec!["left:next", "waits", "left:next", "sends", "ended:completed"]),
        "{steps}"
    );
    let nobody = json!({ "graph": graph, "settings": settings, "person": "nobody", "event": {}, "later": [] });
    assert_eq!(editor.ask("try-person", json!({ "trial": nobody })).await.0, 400);

    let replay =
        |days: u32| json!({ "replay": { "graph": graph, "settings": settings, "days": days } });
    let (status, figures) = editor.ask("try-events", replay(7)).await;
    assert_eq!(
        (status, &figures["entered"], &figures["events"]),
        (200, &json!(2), &json!(2)),
        "{figures}"
    );
    assert_eq!(figures["nodes"][1], json!({ "node": "wait", "came": 2, "left": [], "ended": 0 }));
    assert_eq!(editor.ask("try-events", replay(0)).await.0, 400);
    assert_eq!(
        editor
            .ask(
                "times",
                json!({ "delay": { "until": { "time": "09:00" } }, "zone": "Asia/Tokyo" })
            )
            .await
            .1[2]
            .as_str()
            .map(|at| &at[10..]),
        Some("T00:00:00Z")
    );
    // Nothing was written, and no one entered.
    drop(server);
    assert_eq!(place.count("SELECT count(*) FROM enrolments").await, 0);
    assert_eq!(place.count("SELECT count(*) FROM outbox").await, 0);
}

#[tokio::test]
async fn every_template_is_made_checked_and_published_by_plain_forms() {
    let place = Place::empty();
    let server = place.serve();
    let page = server.page("/journeys/new").await.1;
    let templates = values_of(&page, "template");
    assert_eq!(templates.len(), 11, "ten and blank: {templates:?}");
    for template in templates.iter().filter(|key| !key.is_empty()) {
        let made = server
            .plain("journeys/create", &[("name", ""), ("template", template)], "/journeys/new")
            .await;
        let to = made.headers()["location"].to_str().expect("an address").to_string();
        assert!(to.ends_with("/edit"), "{template}: {to}");
        let (status, page) = server.page(&to).await;
        assert!(
            status == 200
                && page.contains("id=\"editor\"")
                && !page.contains("Fix before publishing"),
            "{template}"
        );
        let id = to.split('/').nth(2).expect("an id");
        let (_, page) = server.page(&format!("/journeys/{id}/publish")).await;
        let revision = value_of(&page, "revision", 0);
        let form = [
            ("id", id),
            ("version", "1"),
            ("revision", &revision),
            ("name", template),
            ("description", ""),
        ];
        let published =
            server.plain("versions/publish", &form, &format!("/journeys/{id}/publish")).await;
        assert_eq!(
            published.status(),
            303,
            "{template}: {}",
            published.text().await.unwrap_or_default()
        );
    }
    assert_eq!(server.list("status=running").await["total"], json!(10));
}

#[tokio::test]
async fn versions_are_begun_discarded_and_published_without_a_script() {
    let place = Place::empty();
    let server = place.serve();
    let editor = Editor(&server);
    let journey = editor.published("Reminder", reminder("Hello")).await;
    let edit = format!("/journeys/{journey}/edit");
    let begun = server.plain("versions/begin", &[("id", &journey), ("from", "1")], &edit).await;
    assert_eq!(begun.headers()["location"], edit.as_str());
    let (_, page) = server.page(&format!("/journeys/{journey}")).await;
    assert!(page.contains("Version 2 is a draft."), "the journey's page tells of the draft");
    let (_, page) = server.page(&edit).await;
    for wanted in ["Discard draft", "Publish…", "Open version 1", "data-version=\"2\""] {
        assert!(page.contains(wanted), "{wanted}");
    }
    assert_eq!(server.plain("versions/discard", &[("id", &journey)], &edit).await.status(), 303);
    let (_, page) = server.page(&edit).await;
    assert!(page.contains("New version") && !page.contains("Discard draft"));
    assert!(page.contains("For anything else, create a new version."));
    let (status, _) = server.page(&format!("/journeys/{journey}/publish")).await;
    assert_eq!(status, 200, "and says that there is nothing to publish");
}

#[tokio::test]
async fn whoever_may_not_edit_reads_why() {
    let place = Place::empty();
    place.account("ada@example.com", "admin");
    place.account("vera@example.com", "viewer");
    let server = place.serve();
    let (ada, vera) =
        (server.signed_in("ada@example.com").await, server.signed_in("vera@example.com").await);
    let journey = Editor(&ada).published("Reminder", reminder("Hello")).await;
    let document = Editor(&vera).open(&journey).await;
    assert_eq!((&document["mode"], &document["may_publish"]), (&json!("read"), &json!(false)));
    assert!(
        document["why"]
            .as_str()
            .is_some_and(|why| why.contains("needs a Creator") || why.contains("Creator")),
        "{document}"
    );
    assert_eq!(Editor(&vera).save_graph(&document, reminder("Mine")).await.0, 403);
}

#[tokio::test]
async fn figures_and_people_of_a_journey_of_another_project_are_not_found() {
    let place = Place::empty();
    let server = place.serve();
    let journey = Editor(&server).published("Reminder", reminder("Hello")).await;
    for expected in [200, 404] {
        for function in ["figures", "people"] {
            let asked = json!({ "journey": journey, "version": 1, "node": "wait" });
            assert_eq!(Editor(&server).ask(function, asked).await.0, expected, "{function}");
        }
        server.post("projects/create", &[("name", "Another")]).await;
    }
}

/// The reconciliation finds nothing once the server is gone.
fn checked(place: Place, server: Server) {
    drop(server);
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check.stdout));
}
