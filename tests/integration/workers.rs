//! What works in the background dies: the server ends in order and says so, and the next one goes
//! on where it was.

use std::{fs::File, net::SocketAddr, process::Command, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request},
    http::StatusCode,
};
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
use wayfare_runtime::{
    clock::SystemClock,
    engine_metrics::EngineMetrics,
    supervisor::{Supervisor, Worker},
};
use wayfare_store_sqlite::{SqliteConfig, SqliteStore};

use crate::{
    deliver::{HERE, TOGETHER, hook, journey, pour, sign_up, until, webhooks_go_out},
    ingest::Program,
    providers::http::Receiver,
    support::{BINARY, Place, text},
};
use wayfare_store::Stores;

/// A fault of the program itself.
const FAULT: i32 = 70;

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_any_worker_ends_the_server_in_order_and_loses_nothing() {
    for worker in Worker::ALL {
        dies(worker.key()).await;
    }
}

/// People pour in, and get their messages, while the worker dies.
async fn dies(worker: &str) {
    let (place, receiver) = (Place::empty(), Receiver::start().await);
    let (fuse, log) = (place.file("fuse"), place.file("log"));
    let mut program = Command::new(BINARY);
    program.env("WAYFARE_PANIC_IN", format!("{worker}:{}", fuse.display()));
    program.stderr(File::create(&log).expect("a log"));
    let mut server = place.serve_as(program, &HERE);
    let program = Program::new(&server).await;
    webhooks_go_out(&server).await;
    let hooks = program.publish(journey("Hooks", "Signed Up", &hook(&receiver.url()))).await;
    let pouring = tokio::spawn(pour(program.at(&server), 0));
    until("messages go out", || receiver.asked().len() > 50).await;

    File::create(&fuse).expect("a file");
    let ended = tokio::task::spawn_blocking(move || server.ended()).await.expect("joined");
    assert_eq!(ended.code(), Some(FAULT), "{worker}");
    let log = std::fs::read_to_string(&log).expect("text");
    for line in
        ["worker.died", &format!("wayfare: the worker {worker} died (panic: injected by a test)")]
    {
        assert!(log.contains(line), "{worker}: {line} is not in {log}");
    }

    let sent = pouring.await.expect("joined");
    let mut server = place.serve_with(&HERE);
    let program = program.at(&server);
    // What was not answered is sent again, under the same message ids.
    assert!(sign_up(&program, sent).await, "{worker}: the next server takes people in");
    program.until(&hooks, "completed", (sent + TOGETHER) as i64).await;
    assert!(server.terminate().success(), "{worker}");
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{worker}: {}", text(&check.stdout));
}

#[tokio::test]
async fn healthz_names_the_worker_that_died() {
    let place = Place::empty();
    let store = SqliteStore::open(&SqliteConfig::new(place.database())).await.expect("a store");
    let stores = Stores::of(store);
    let stop = CancellationToken::new();
    let supervisor = Supervisor::new(stop.clone());
    let auth = Auth::new(Lifetimes::default(), None);
    let (clock, signs) = (Arc::new(SystemClock), EngineMetrics::default());
    let services =
        Services::new(stores, clock, ChangeFeed::default(), auth, signs, None, supervisor.clone());
    let here: SocketAddr = "127.0.0.1:3000".parse().expect("an address");
    let site = Arc::new(PublicUrl::new(None, here.ip(), Vec::new()));
    let streams = ConcurrencyLimit::new(STREAMS_MAX);
    let state = AppState { services, assets: Arc::new(Assets::embedded()), site, stop, streams };
    let router = routers(&state, &ConnectionLimits::new(100)).direct;
    let ask = async || {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = "/healthz".parse().expect("a path");
        request.headers_mut().insert("host", "localhost".parse().expect("a name"));
        request.extensions_mut().insert(ConnectInfo(here));
        let answer = router.clone().oneshot(request).await.expect("an answer");
        let status = answer.status();
        (status, text(&to_bytes(answer.into_body(), 1_000).await.expect("a body")))
    };
    assert_eq!(ask().await, (StatusCode::OK, "ok\n".to_string()));
    supervisor.run(Worker::Engine, async { panic!("for the test") });
    supervisor.until_ended(Duration::from_secs(60)).await;
    assert_eq!(ask().await, (StatusCode::SERVICE_UNAVAILABLE, "engine died\n".to_string()));
}
