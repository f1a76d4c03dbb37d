//! Operations on journeys through the server functions.

use serde_json::Value;

use crate::support::{Place, text};

fn changed(answer: &Value) -> i64 {
    answer["report"]["changed"].as_i64().expect("a count")
}

fn reasons(answer: &Value) -> Vec<(String, i64)> {
    let skipped = answer["report"]["skipped"].as_array().expect("reasons");
    skipped
        .iter()
        .map(|s| {
            (
                s["refusal"].as_str().expect("a key").to_string(),
                s["count"].as_i64().expect("a count"),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_bulk_action_sent_twice_changes_nothing_the_second_time() {
    let place = Place::demo();
    let server = place.serve();
    let ids = server.ids("status=running").await;
    let (_, first) = server.operate("pause", &ids, &[]).await;
    let (_, second) = server.operate("pause", &ids, &[]).await;
    assert_eq!(changed(&first), ids.len() as i64);
    assert_eq!(
        (changed(&second), reasons(&second)),
        (0, vec![("already_paused".to_string(), ids.len() as i64)])
    );
}

#[tokio::test]
async fn an_acknowledged_change_is_there_after_a_kill() {
    let place = Place::demo();
    let mut server = place.serve();
    let ids = server.ids("status=running&per=100").await;
    assert_eq!(server.operate("pause", &ids, &[]).await.0, 200);
    server.kill();
    let server = place.serve();
    assert_eq!(server.list("status=running").await["total"], 0);
}

#[tokio::test]
async fn stop_ends_everyone_inside_and_cancels_what_is_queued_and_the_figures_add_up() {
    let place = Place::demo();
    let server = place.serve();
    let ids = server.ids("status=running&per=100").await;
    let (status, answer) = server.stop(&ids).await;
    assert_eq!((status, changed(&answer)), (200, ids.len() as i64));
    assert!(answer["report"]["ended_inside"].as_i64().expect("a count") > 0);
    assert!(answer["report"]["cancelled_messages"].as_i64().expect("a count") > 0);
    let page = server.list("status=stopped&per=100").await;
    assert!(page["rows"].as_array().expect("rows").iter().all(|row| row["figures"]["inside"] == 0));
    for action in ["pause", "resume"] {
        let (_, answer) = server.operate(action, &ids, &[]).await;
        assert_eq!(
            (changed(&answer), reasons(&answer)[0].0.as_str()),
            (0, "is_stopped"),
            "{action}"
        );
    }
    drop(server);
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check.stdout));
}

#[tokio::test]
async fn stop_without_a_confirmation_is_refused() {
    let place = Place::demo();
    let server = place.serve();
    let ids = server.ids("status=running").await;
    let (status, answer) = server.operate("stop", &ids, &[]).await;
    assert_eq!((status, &answer["invalid"][0]["path"]), (400, &Value::from("confirmed")));
    assert_eq!(server.ids("status=running").await.len(), ids.len());
}

#[tokio::test]
async fn what_was_confirmed_is_what_is_stopped_or_nothing() {
    let place = Place::demo();
    let server = place.serve();
    let preview: Value = server
        .post("journeys/preview-stop", &[("matching", "status=running")])
        .await
        .json()
        .await
        .expect("a preview");
    let digest = preview["digest"].as_str().expect("a digest");
    let paused = server.ids("status=paused").await;
    server.operate("resume", &paused[..1], &[]).await;
    let (status, answer) =
        server.operate("stop", &[], &[("matching", "status=running"), ("confirmed", digest)]).await;
    assert_eq!(status, 409);
    let now = &answer["selection_changed"];
    assert_eq!(now["journeys"].as_i64(), preview["journeys"].as_i64().map(|count| count + 1));
    let digest = now["digest"].as_str().expect("a digest");
    let (status, answer) =
        server.operate("stop", &[], &[("matching", "status=running"), ("confirmed", digest)]).await;
    assert_eq!((status, changed(&answer)), (200, now["journeys"].as_i64().expect("a count")));
}

#[tokio::test]
async fn all_that_match_means_the_filter_at_that_moment_and_nothing_else() {
    let place = Place::journeys(3_000);
    let server = place.serve();
    let before =
        server.list("status=running&q=onboarding").await["total"].as_i64().expect("a total");
    let all = server.list("status=running").await["total"].as_i64().expect("a total");
    let (_, answer) =
        server.operate("pause", &[], &[("matching", "status=running&q=onboarding")]).await;
    assert_eq!(changed(&answer), before);
    assert_eq!(server.list("status=running").await["total"].as_i64(), Some(all - before));
}

#[tokio::test]
async fn undo_leaves_alone_what_somebody_changed_since() {
    let place = Place::demo();
    let server = place.serve();
    let ids = server.ids("status=running&sort=name").await;
    let (_, paused) = server.operate("pause", &ids[..3], &[]).await;
    server.stop(&ids[..1]).await;
    let operation = paused["report"]["id"].as_str().expect("an id");
    let undone: Value = server
        .post("operations/undo", &[("operation", operation)])
        .await
        .json()
        .await
        .expect("JSON");
    assert_eq!((changed(&undone), reasons(&undone)), (2, vec![("changed_since".to_string(), 1)]));
    let again = server.post("operations/undo", &[("operation", operation)]).await;
    assert_eq!(again.status(), 409);
}

#[tokio::test]
async fn an_account_is_kept_row_by_row_with_who_and_when() {
    let place = Place::demo();
    let server = place.serve();
    let ids = server.ids("sort=name&per=100").await;
    let (_, answer) = server.operate("archive", &ids, &[]).await;
    let operation = answer["report"]["id"].as_str().expect("an id");
    let url = format!("/api/ui/operations/get?id={operation}&page=1");
    let account: Value = server.get(&url).await.json().await.expect("JSON");
    assert_eq!(account["total"].as_u64(), Some(ids.len() as u64));
    assert_eq!(account["report"]["by"]["name"], "Local admin");
    assert!(
        account["items"]
            .as_array()
            .expect("rows")
            .iter()
            .any(|item| item["outcome"]["skipped"] == "is_running")
    );
}

#[tokio::test]
async fn a_clone_has_graph_and_settings_and_no_figures() {
    let place = Place::demo();
    let server = place.serve();
    let id = &server.ids("q=Suspicious").await[0];
    let clone: String =
        server.post("journeys/clone", &[("id", id)]).await.json().await.expect("an id");
    let get = async |id: &str| -> Value {
        server.get(&format!("/api/ui/journeys/get?id={id}")).await.json().await.expect("JSON")
    };
    let (original, clone) = (get(id).await, get(&clone).await);
    assert_eq!(clone["detail"]["graph"], original["detail"]["graph"]);
    assert_eq!(clone["detail"]["settings"], original["detail"]["settings"]);
    assert_eq!(clone["detail"]["summary"]["name"], "Clone of Suspicious payment");
    assert_eq!(clone["detail"]["summary"]["status"], "draft");
    assert_eq!(clone["detail"]["summary"]["figures"]["entered"], 0);
    assert_eq!(clone["detail"]["summary"]["labels"], original["detail"]["summary"]["labels"]);
}

#[tokio::test]
async fn two_at_once_on_the_same_journeys_never_tear_them() {
    let place = Place::journeys(400);
    let server = place.serve();
    let ids = server.ids("status=running&per=100").await;
    let (a, b, c) = tokio::join!(
        server.operate("pause", &ids, &[]),
        server.operate("pause", &ids, &[]),
        server.operate("resume", &ids, &[])
    );
    for (status, answer) in [&a, &b, &c] {
        let skipped: i64 = reasons(answer).iter().map(|(_, count)| count).sum();
        assert_eq!((*status, changed(answer) + skipped), (200, ids.len() as i64));
        assert!([0, ids.len() as i64].contains(&changed(answer)), "all or none of equal journeys");
    }
}
