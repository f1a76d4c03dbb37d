//! The machine's clock is set back by an hour: what ran goes on running, what waits goes on once,
//! and pages go on hearing of it.

use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::json;
use wayfare_domain::time::{HOUR_MS, MINUTE_MS};
use wayfare_engine::Engine;
use wayfare_runtime::{engine_metrics::EngineMetrics, time_zones::TzdbZones};

use crate::{
    courier::shop::{self, Shop},
    ingest::{Program, welcome},
    support::Place,
};

#[tokio::test]
async fn a_journey_that_ran_goes_on_running_when_it_is_resumed() {
    let place = Place::empty();
    let server = place.serve();
    let program = Program::new(&server).await;
    let journey = program.publish(welcome()).await;
    let operate = async |action: &str| {
        let (status, answer) = program
            .json("/api/v1/journeys/operate", json!({ "ids": [journey], "action": action }))
            .await;
        assert_eq!((status, &answer["report"]["changed"]), (StatusCode::OK, &json!(1)), "{answer}");
    };
    operate("pause").await;
    // Seen from a clock that was set back by an hour, it starts in an hour.
    assert_eq!(
        place.sql("UPDATE versions SET start_at = start_at + 3600000 WHERE status = 3").await,
        1
    );
    operate("resume").await;
    let (_, detail) = program.get(&format!("/api/v1/journeys/{journey}")).await;
    assert_eq!(detail["summary"]["status"], "running", "{detail}");
    let event = json!({ "identity": "ada", "name": "Signed Up" });
    assert_eq!(
        program.json("/api/v1/events", json!({ "events": [event] })).await.0,
        StatusCode::OK
    );
    program.until(&journey, "entered", 1).await;
}

fn engine(shop: &Shop) -> Engine {
    Engine::new(
        &shop.stores,
        Arc::new(shop.clock.clone()),
        Arc::new(TzdbZones),
        EngineMetrics::default(),
    )
}

async fn rest(engine: &mut Engine) {
    while engine.tick().await.expect("a round") {}
}

#[tokio::test]
async fn pages_go_on_hearing_of_what_the_engine_does() {
    let shop = Shop::without_tasks().await;
    let journey = shop.publish("Later", shop::an_hour()).await;
    let mut engine = engine(&shop);
    shop.sign_up(1..=1).await;
    rest(&mut engine).await;
    let heard = shop.stores.projects.list_generations().await.expect("generations");
    shop.clock.pass(-HOUR_MS);
    shop.sign_up(2..=2).await;
    rest(&mut engine).await;
    assert_eq!(shop.figures(journey).await.entered, 2);
    assert_ne!(
        shop.stores.projects.list_generations().await.expect("generations"),
        heard,
        "it was told"
    );
    shop.close().await;
}

#[tokio::test]
async fn whoever_waits_goes_on_once_when_the_clock_shows_the_time() {
    let shop = Shop::without_tasks().await;
    let journey = shop.publish("Later", shop::an_hour()).await;
    let mut engine = engine(&shop);
    shop.sign_up(1..=10).await;
    rest(&mut engine).await;
    shop.clock.pass(-HOUR_MS);
    shop.sign_up(11..=20).await;
    rest(&mut engine).await;
    // Those who came after the clock was set back are due first.
    shop.clock.pass(HOUR_MS + MINUTE_MS);
    rest(&mut engine).await;
    assert_eq!(shop.figures(journey).await.completed, 10);
    shop.clock.pass(HOUR_MS);
    rest(&mut engine).await;
    let figures = shop.figures(journey).await;
    assert_eq!((figures.entered, figures.completed, figures.inside), (20, 20, 0));
    shop.close().await;
}
