//! Clicks and opens.

use reqwest::{Method, header::HeaderValue};
use serde_json::json;
use wayfare_templates::LinkBuilder;

use super::{Post, is_hardened};

const TARGET: &str = "https://shop.example/cart?id=7&from=mail#pay";

#[tokio::test]
async fn a_click_leads_on_at_once_moves_her_and_counts_once() {
    let post = Post::delivered("email").await;
    let link = post.links(1).click(TARGET);
    for _ in 0..3 {
        let answer = post.get(&link).send().await.expect("an answer");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["location"]),
            (302, &HeaderValue::from_static(TARGET))
        );
        assert_eq!(
            answer.headers()["referrer-policy"],
            "no-referrer",
            "the token is not passed on"
        );
        is_hardened(&answer);
    }
    post.until("clicked", 1).await;
    post.until("viewed", 1).await;
    assert_eq!(
        post.went_by("ada").await,
        json!("clicked"),
        "the click, and not the view that it implies"
    );
    let (_, page) = post.browser.page("/enrolments/1").await;
    assert!(page.contains("Clicked") && page.contains("takes the path “Clicked”"), "{page}");
    let (_, page) = post.browser.page(&format!("/journeys/{}", post.journey)).await;
    assert!(page.contains("1 (100.0%)"), "the share of what was sent: {page}");
    let (_, page) = post.browser.page("/profiles/1").await;
    assert!(page.contains("by email: Sent") && page.contains("Opened"), "{page}");
    let Post { place, server, .. } = post;
    drop(server);
    assert!(place.run(&["check"]).status.success());
}

#[tokio::test]
async fn a_picture_is_one_whatever_its_token_and_counts_for_a_person() {
    let post = Post::delivered("email").await;
    let pixel = post.links(1).pixel();
    let forged = format!("{}x", &pixel[..pixel.len() - 1]);
    for address in [&forged, &post.links(999).pixel(), &format!("{}/t/o/x", post.server.url)] {
        let answer = post.get(address).send().await.expect("an answer");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &HeaderValue::from_static("image/gif"))
        );
    }
    for request in [
        post.browser.client.request(Method::HEAD, &pixel),
        post.get(&pixel).header("sec-purpose", "prefetch"),
        post.get(&pixel)
            .header("user-agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
    ] {
        assert_eq!(request.send().await.expect("an answer").status(), 200);
    }
    let answer = post
        .get(&pixel)
        .header("user-agent", "Mozilla/5.0 (via ggpht.com GoogleImageProxy)")
        .send()
        .await
        .expect("one");
    is_hardened(&answer);
    let picture = answer.bytes().await.expect("bytes");
    assert!(picture.starts_with(b"GIF89a") && picture.len() < 64);
    post.until("viewed", 1).await;
    assert_eq!(post.went_by("ada").await, json!("viewed"));
    assert_eq!(
        post.place.count("SELECT count(*) FROM message_events").await,
        1,
        "nothing else was noted"
    );
}

#[tokio::test]
async fn a_link_leads_only_where_its_author_wanted() {
    let post = Post::delivered("email").await;
    let link = post.links(1).click(TARGET);
    let token = link.rsplit('/').next().expect("a token");
    let open = post.links(1).pixel();
    let middle = token.len() / 2;
    let changed = if token.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let tokens = [
        format!("{}{changed}{}", &token[..middle], &token[middle + 1..]),
        token[..token.len() - 4].to_string(),
        open.rsplit('/').next().expect("a token").to_string(),
        "https:%2f%2fevil.example".to_string(),
        "aHR0cHM6Ly9ldmlsLmV4YW1wbGU".to_string(),
        format!("{token}?url=https://evil.example").replace(token, "x"),
    ];
    for token in tokens {
        let answer =
            post.get(&format!("{}/t/c/{token}", post.server.url)).send().await.expect("an answer");
        assert_eq!(answer.status(), 404, "{token}");
        assert!(answer.headers().get("location").is_none(), "{token}");
        is_hardened(&answer);
        assert!(answer.text().await.expect("text").contains("This link does not work"), "{token}");
    }
    assert_eq!(post.traces().await.0, 0);
}

#[tokio::test]
async fn nothing_of_a_stopped_journey_or_a_forgotten_person_moves_and_everything_is_kept() {
    let post = Post::delivered("email").await;
    post.send_to("bob", json!({ "email": "bob@example.com" })).await;
    let forget = reqwest::Client::new().delete(format!("{}/api/v1/profiles/bob", post.server.url));
    assert_eq!(
        forget.bearer_auth(post.program.key()).send().await.expect("an answer").status(),
        204
    );
    let (status, _) = post.browser.stop(std::slice::from_ref(&post.journey)).await;
    assert_eq!(status, 200);
    for message in [1, 2] {
        assert_eq!(
            post.get(&post.links(message).click(TARGET)).send().await.expect("an answer").status(),
            302
        );
    }
    post.until("clicked", 2).await;
    assert!(post.went_by("ada").await.is_null());
    assert_eq!(post.program.figures(&post.journey).await["stopped"], json!(1));
    let answer =
        post.get(&post.choices(2)).send().await.expect("an answer").text().await.expect("text");
    assert!(answer.contains("has no address for you"), "{answer}");
    assert_eq!(
        post.choose(2, &[("List-Unsubscribe", "One-Click")]).await.status(),
        200,
        "it can be said all the same"
    );
    let Post { place, server, .. } = post;
    drop(server);
    assert!(place.run(&["check"]).status.success());
}

#[tokio::test]
async fn what_was_clicked_is_kept_when_the_server_is_told_to_stop() {
    let mut post = Post::delivered("email").await;
    for number in 0..50 {
        let link = post.links(1).click(&format!("https://shop.example/{number}"));
        assert_eq!(post.get(&link).send().await.expect("an answer").status(), 302);
    }
    assert!(post.server.terminate().success());
    assert_eq!(post.place.count("SELECT count(*) FROM message_events WHERE kind = 4").await, 1);
}

#[tokio::test]
async fn outsiders_reach_us_under_our_own_name_only() {
    let post = Post::delivered("email").await;
    for address in [post.links(1).pixel(), post.links(1).click(TARGET), post.choices(1)] {
        let answer =
            post.get(&address).header("host", "evil.example").send().await.expect("an answer");
        assert_eq!(answer.status(), 421, "{address}");
    }
    // A form of another site carries no token, and one with a token needs no cookie: the origin
    // says nothing here.
    let request = post
        .post(&post.choices(1))
        .header("origin", "null")
        .form(&[("List-Unsubscribe", "One-Click")]);
    assert_eq!(request.send().await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn when_many_click_at_once_each_is_led_on_and_counted() {
    const PEOPLE: i64 = 300;
    let post = Post::delivered("email").await;
    let records =
        |make: &dyn Fn(i64) -> serde_json::Value| (1..PEOPLE).map(make).collect::<Vec<_>>();
    let profiles = records(
        &|who| json!({ "identity": who.to_string(), "properties": { "email": format!("{who}@example.com") } }),
    );
    assert_eq!(post.program.json("/api/v1/profiles", json!({ "profiles": profiles })).await.0, 200);
    let events = records(&|who| json!({ "identity": who.to_string(), "name": "Signed Up" }));
    assert_eq!(post.program.json("/api/v1/events", json!({ "events": events })).await.0, 200);
    post.until("sent", PEOPLE).await;
    let clicks = (1..=PEOPLE)
        .flat_map(|message| [post.links(message).click(TARGET), post.links(message).pixel()]);
    let mut answers = tokio::task::JoinSet::new();
    for address in clicks {
        let request = post.get(&address);
        answers.spawn(async move { request.send().await.expect("an answer").status().as_u16() });
    }
    let statuses = answers.join_all().await;
    assert!(statuses.iter().all(|status| [200, 302].contains(status)), "{statuses:?}");
    post.until("clicked", PEOPLE).await;
    post.until("viewed", PEOPLE).await;
    let Post { place, server, .. } = post;
    drop(server);
    assert_eq!(place.count("SELECT count(*) FROM message_events WHERE pending = 1").await, 0);
    assert!(place.run(&["check"]).status.success());
}

#[tokio::test]
async fn while_the_disk_takes_nothing_links_lead_on_and_are_counted_afterwards() {
    let post = Post::delivered("email").await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(post.place.database());
    let mut other = sqlx::ConnectOptions::connect(&options).await.expect("the database opens");
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.expect("it is held");
    assert_eq!(
        post.get(&post.links(1).click(TARGET)).send().await.expect("an answer").status(),
        302
    );
    // What is promised to be kept is not acknowledged, and the click is tried again meanwhile.
    assert_eq!(post.choose(1, &[("List-Unsubscribe", "One-Click")]).await.status(), 503);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("it is free");
    post.until("clicked", 1).await;
    assert_eq!(post.went_by("ada").await, json!("clicked"));
}
