//! A kill at any moment: each journey is wholly changed or wholly unchanged, and what was answered is there.

use std::{collections::HashMap, time::Duration};

use crate::support::{Place, text};

/// Kills in one run.
const KILLS: u64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn bulk_actions_under_kills_are_whole_and_what_was_answered_stays() {
    let place = Place::journeys(1_500);
    for round in 0..KILLS {
        let mut server = place.serve();
        // Whatever the last kill left behind is moved the other way.
        let running = server.list("status=running").await["total"].as_i64().expect("a total");
        let (action, from, to) =
            if running > 0 { ("pause", "status=running", "paused") } else { ("resume", "status=paused", "running") };
        let before = totals(&server.list("").await);
        let moved = server.list(from).await["total"].as_i64().expect("a total");
        let url = format!("{}/api/ui/journeys/operate", server.url);
        let request = server.client.post(url).form(&[("action", action), ("matching", from)]).send();
        let answered = tokio::spawn(request);
        // At another moment each time, before, during and after the transaction.
        tokio::time::sleep(Duration::from_micros(round * round * 220)).await;
        server.kill();
        let acknowledged = answered.await.expect("joined").is_ok_and(|answer| answer.status() == 200);

        let server = place.serve();
        let after = totals(&server.list("").await);
        let left = server.list(from).await["total"].as_i64().expect("a total");
        assert!(left == 0 || left == moved, "round {round}: {left} of {moved} were left");
        assert!(!acknowledged || left == 0, "round {round}: what was answered is gone");
        assert_eq!(before.values().sum::<i64>(), after.values().sum::<i64>(), "round {round}: nobody got lost");
        assert_eq!(after[to], before[to] + moved - left, "round {round}: what left one status is in the other");
    }
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check.stdout));
}

fn totals(page: &serde_json::Value) -> HashMap<String, i64> {
    let counts = page["counts"].as_array().expect("counts");
    counts
        .iter()
        .map(|count| (count["status"].as_str().expect("a status").to_string(), count["count"].as_i64().expect("a count")))
        .collect()
}
