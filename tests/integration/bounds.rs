//! What a project may have of everything, and for how long: at the bound each interface says so,
//! and nothing beyond it is kept.

use std::{fs, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use wayfare::{
    http::{AppState, PublicUrl, STREAMS_MAX, assets::Assets, routers},
    server::{concurrency_limit::ConcurrencyLimit, listener::ConnectionLimits},
};
use wayfare_application::{
    Services,
    auth::{Auth, Lifetimes},
    change_feed::ChangeFeed,
};
use wayfare_runtime::{clock::SystemClock, engine_metrics::EngineMetrics, supervisor::Supervisor};
use wayfare_store::Stores;
use wayfare_store_sqlite::{SqliteConfig, SqliteStore};

use crate::{
    editor::shop::{Editor, reminder},
    ingest::{Program, welcome},
    support::{Place, text},
};

/// The longest wait, in minutes.
const LONGEST: u64 = 3_650 * 24 * 60;

#[tokio::test]
async fn a_project_has_two_hundred_saved_filters_and_no_form_saves_another() {
    let place = Place::empty();
    let server = place.serve();
    place
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200)
             INSERT INTO saved_filters (id, project_id, name, query, created_by, created_at)
             SELECT randomblob(16), (SELECT id FROM projects), 'Filter ' || i, '?q=x',
                    (SELECT id FROM actors LIMIT 1), i FROM n",
        )
        .await;
    let form = [("saved_filter_name", "One more"), ("q", "shop")];
    let answer = server.post("filters/save", &form).await;
    assert_eq!(answer.status(), 409);
    assert!(answer.text().await.expect("text").contains("200"), "the limit is named");
    // Without scripts the same form is answered with a page.
    let page = server.plain("/api/ui/filters/save", &form, "/journeys").await;
    assert_ne!(page.status(), 303, "it did not go well");
    assert_eq!(place.count("SELECT count(*) FROM saved_filters").await, 200);
    place.sql("DELETE FROM saved_filters WHERE name = 'Filter 7'").await;
    assert_eq!(server.post("filters/save", &form).await.status(), 200, "there is a place again");
}

#[tokio::test]
async fn a_project_has_five_hundred_labels_that_are_used_and_no_interface_adds_another() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let (_, made) = program.json("/api/v1/journeys", welcome()).await;
    let journey = made["id"].as_str().expect("an id").to_string();
    place
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500)
             INSERT INTO labels (id, project_id, name, name_key, hue, created_at)
             SELECT randomblob(16), (SELECT id FROM projects), 'label ' || i, 'label ' || i, 0, i
             FROM n",
        )
        .await;
    place
        .sql(
            "INSERT INTO journey_labels (project_id, label_id, journey_id)
             SELECT l.project_id, l.id, (SELECT id FROM journeys) FROM labels l",
        )
        .await;
    let mut document = welcome();
    document["name"] = json!("Labelled");
    document["labels"] = json!(["One more"]);

    let form = [("ids[0]", journey.as_str()), ("create", "One more")];
    assert_eq!(server.post("journeys/label", &form).await.status(), 409, "by a form");
    let (status, told) = program.json("/api/v1/journeys", document.clone()).await;
    assert_eq!((status, &told["error"]["code"]), (StatusCode::CONFLICT, &json!("conflict")));
    drop(server);
    let path = place.file("in.json");
    let file = json!({ "format": "wayfare.journeys", "version": 1, "journeys": [document] });
    fs::write(&path, file.to_string()).expect("written");
    let import = || place.run(&["import", path.to_str().expect("a name")]);
    let refused = import();
    assert_eq!(refused.status.code(), Some(1), "by a file");
    assert!(text(&refused.stderr).contains("500"), "{}", text(&refused.stderr));
    let counts = "SELECT (SELECT count(*) FROM labels) * 1000 + (SELECT count(*) FROM journeys)";
    assert_eq!(place.count(counts).await, 500_001, "nothing was kept of any of it");
    // One that no journey has makes room.
    place.sql("DELETE FROM journey_labels WHERE label_id = (SELECT id FROM labels LIMIT 1)").await;
    let imported = import();
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    assert_eq!(place.count("SELECT count(*) FROM labels").await, 500);
}

/// The page of segments of a server that has this time for counting them.
async fn segments_page(store: &SqliteStore, counting_time: Duration) -> String {
    let stop = CancellationToken::new();
    let services = Services::new(
        Stores::of(store.clone()),
        Arc::new(SystemClock),
        ChangeFeed::default(),
        Auth::new(Lifetimes::default(), None),
        EngineMetrics::default(),
        None,
        Supervisor::new(stop.clone()),
    )
    .with_local_mode(true)
    .with_counting_time(counting_time);
    let here: SocketAddr = "127.0.0.1:3000".parse().expect("an address");
    let site = Arc::new(PublicUrl::new(None, here.ip(), Vec::new()));
    let streams = ConcurrencyLimit::new(STREAMS_MAX);
    let state = AppState { services, assets: Arc::new(Assets::embedded()), site, stop, streams };
    let router = routers(&state, &ConnectionLimits::new(100)).direct;
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = "/segments".parse().expect("a path");
    request.headers_mut().insert("host", "localhost".parse().expect("a name"));
    request.headers_mut().insert("accept", "text/html".parse().expect("a type"));
    request.extensions_mut().insert(ConnectInfo(here));
    let answer = router.oneshot(request).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    text(&to_bytes(answer.into_body(), 1024 * 1024).await.expect("a page"))
}

#[tokio::test]
async fn segments_that_are_not_counted_in_time_are_shown_and_said_not_to_be_counted() {
    let place = Place::empty();
    let server = place.serve();
    for name in ["gold", "silver"] {
        let criteria = json!({ "property": { "property": "plan", "is": "equals", "value": name } });
        let saved = Program::new(&server).await;
        let request = saved.client().put(format!("{}/api/v1/segments/{name}", server.url));
        let request = request.bearer_auth(saved.key()).body(criteria.to_string());
        assert!(request.send().await.expect("an answer").status().is_success(), "{name}");
    }
    drop(server);
    let store = SqliteStore::open(&SqliteConfig::new(place.database())).await.expect("a store");
    let counted = segments_page(&store, Duration::from_secs(60)).await;
    assert_eq!(
        (counted.matches("0 profiles").count(), counted.matches("Not counted").count()),
        (2, 0)
    );
    // The time is over before the first of them is counted.
    let uncounted = segments_page(&store, Duration::ZERO).await;
    assert_eq!(uncounted.matches("Not counted").count(), 2, "{uncounted}");
    for shown in ["gold", "silver", "Delete"] {
        assert!(uncounted.contains(shown), "{shown}");
    }
}

/// A welcome after so long.
fn after(minutes: u64) -> Value {
    let mut graph = reminder("Hello");
    graph["nodes"][1]["step"]["delay"]["for"]["minutes"] = json!(minutes);
    graph
}

#[tokio::test]
async fn a_wait_of_more_than_ten_years_is_refused_by_form_api_and_file_with_its_field() {
    let place = Place::empty();
    let server = place.serve();
    let (editor, program) = (Editor(&server), Program::new(&server).await);
    let field = "graph.nodes[1].step.delay.for.minutes";

    let mut document = welcome();
    document["graph"] = after(LONGEST + 1);
    let (status, told) = program.json("/api/v1/journeys", document.clone()).await;
    assert_eq!(
        (status, &told["error"]["fields"][0]["path"]),
        (StatusCode::BAD_REQUEST, &json!(field)),
        "{told}"
    );

    let journey = editor.create("Reminder").await;
    let opened = editor.open(&journey).await;
    let entry = json!({ "entry": { "event": { "name": "Signed Up" } } });
    let (status, _) = editor.save(&opened, after(u64::from(u32::MAX)), entry).await;
    assert_eq!(status, 200, "a draft is kept however unfinished");
    let (status, refused) = editor.publish(&editor.open(&journey).await, "carry_on").await;
    assert_eq!(status, 400);
    let paths = refused["invalid"].as_array().expect("reasons").iter();
    assert!(paths.clone().any(|reason| reason["path"] == json!(field)), "{refused}");
    drop(server);

    let path = place.file("in.json");
    fs::write(
        &path,
        json!({ "format": "wayfare.journeys", "version": 1, "journeys": [document] }).to_string(),
    )
    .expect("written");
    let output = place.run(&["import", path.to_str().expect("a name")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(field), "{}", text(&output.stderr));
}

#[tokio::test]
async fn a_longer_wait_that_was_published_before_goes_on_and_its_texts_can_be_edited() {
    let place = Place::empty();
    let server = place.serve();
    let editor = Editor(&server);
    let journey = editor.published("Reminder", after(LONGEST)).await;
    drop(server);
    place.replace_in_graphs(&format!("\"minutes\":{LONGEST}"), "\"minutes\":4294967295").await;

    let server = place.serve();
    let (editor, program) = (Editor(&server), Program::new(&server).await);
    crate::editor::shop::enter(&program, &["ada"]).await;
    program.until(&journey, "inside", 1).await;
    assert_eq!(server.page(&format!("/journeys/{journey}")).await.0, 200);
    let document = editor.open(&journey).await;
    let mut graph = document["graph"].clone();
    assert_eq!(graph["nodes"][1]["step"]["delay"]["for"]["minutes"], json!(u32::MAX));
    graph["nodes"][2]["step"]["email"]["subject"] = json!("Still there?");
    let (status, saved) = editor.save_graph(&document, graph).await;
    assert_eq!(status, 200, "{saved}");
}
