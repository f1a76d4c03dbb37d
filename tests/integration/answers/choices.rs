//! Unsubscribing with one click (RFC 8058), and the page on which people choose.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Post, is_hardened};

const ONE_CLICK: [(&str, &str); 1] = [("List-Unsubscribe", "One-Click")];

#[tokio::test]
async fn looking_never_unsubscribes() {
    let post = Post::delivered("email").await;
    let address = post.choices(1);
    let before = post.traces().await;
    for suffix in ["", "?List-Unsubscribe=One-Click", "?do=everything", "?saved"] {
        for method in [Method::GET, Method::HEAD] {
            let answer = post
                .browser
                .client
                .request(method, format!("{address}{suffix}"))
                .send()
                .await
                .expect("an answer");
            assert_eq!(answer.status(), 200, "{suffix}");
            is_hardened(&answer);
        }
    }
    let page = post.get(&address).send().await.expect("an answer").text().await.expect("text");
    for part in
        ["Your messages", "My project", "a…@example.com", "…345", "Unsubscribe from everything"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    for secret in ["ada@example.com", "12345", "<script"] {
        assert!(!page.contains(secret), "{secret}: the link does not reveal it");
    }
    assert_eq!(post.traces().await, before);
    for body in ["", "List-Unsubscribe=", "List-Unsubscribe=Two-Clicks", "do=nothing", "want=email"]
    {
        let request = post
            .post(&address)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        assert_eq!(request.send().await.expect("an answer").status(), 400, "{body}");
    }
    assert_eq!(post.traces().await, before);
}

#[tokio::test]
async fn one_click_of_a_mail_program_unsubscribes_from_the_channel_and_moves_her() {
    let post = Post::delivered("email").await;
    let answer = post.choose(1, &ONE_CLICK).await;
    is_hardened(&answer);
    assert_eq!(answer.status(), 200);
    post.until("unsubscribed", 1).await;
    assert_eq!(post.went_by("ada").await, json!("unsubscribed"));
    assert_eq!(
        (post.consent("ada", "email").await, post.consent("ada", "sms").await),
        (json!(false), Value::Null)
    );
    let list = post.list().await;
    assert!(
        list.contains("ada@example.com") && list.contains("the recipient unsubscribed"),
        "{list}"
    );
    assert_eq!(post.choose(1, &ONE_CLICK).await.status(), 200, "a second time is no mistake");
    assert_eq!(post.figure("unsubscribed").await, 1);
}

#[tokio::test]
async fn one_click_is_understood_in_the_other_encoding_that_the_standard_allows() {
    let post = Post::delivered("email").await;
    let body = "--edge\r\nContent-Disposition: form-data; \
        name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--edge--\r\n";
    let request = post
        .post(&post.choices(1))
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(body);
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    assert_eq!(post.consent("ada", "email").await, json!(false));
}

#[tokio::test]
async fn a_link_that_was_made_for_something_else_or_changed_chooses_nothing() {
    let post = Post::delivered("email").await;
    let before = post.traces().await;
    let address = post.choices(1);
    let pixel = wayfare_templates::LinkBuilder::pixel(&post.links(1)).replace("/t/o/", "/u/");
    let unknown = post.choices(999);
    for address in
        [&pixel, &address[..address.len() - 3].to_string(), &format!("{address}A"), &unknown]
    {
        let answers = [post.get(address), post.post(address).form(&ONE_CLICK)];
        for request in answers {
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 404, "{address}");
            assert!(answer.text().await.expect("text").contains("This link does not work"));
        }
    }
    assert_eq!(post.traces().await, before);
}

#[tokio::test]
async fn she_chooses_on_her_page_and_takes_it_back() {
    let post = Post::delivered("email").await;
    let answer = post.choose(1, &[("do", "everything")]).await;
    assert_eq!(answer.status(), 303);
    let back = answer.headers()["location"].to_str().expect("an address").to_string();
    let page = post
        .get(&format!("{}{back}", post.server.url))
        .send()
        .await
        .expect("a page")
        .text()
        .await
        .expect("text");
    assert!(page.contains("Your choice is saved") && !page.contains("checked"), "{page}");
    assert_eq!(
        (post.consent("ada", "email").await, post.consent("ada", "sms").await),
        (json!(false), json!(false))
    );
    assert_eq!(post.traces().await.1, 2, "both addresses are on the list");

    assert_eq!(post.choose(1, &[("do", "save"), ("want", "email")]).await.status(), 303);
    assert_eq!(
        (post.consent("ada", "email").await, post.consent("ada", "sms").await),
        (json!(true), json!(false))
    );
    let list = post.list().await;
    assert!(!list.contains("ada@example.com") && list.contains("+4917012345"), "{list}");
    post.until("unsubscribed", 1).await;
}

#[tokio::test]
async fn what_bounced_or_was_put_on_the_list_by_hand_is_not_taken_back_on_her_page() {
    let post = Post::delivered("email").await;
    let add = [("kind", "email"), ("addresses", "Ada@Example.com"), ("note", "asked by phone")];
    assert_eq!(post.browser.post("suppressions/add", &add).await.status(), 200);
    assert_eq!(
        post.choose(1, &[("do", "save"), ("want", "email"), ("want", "sms")]).await.status(),
        303
    );
    assert_eq!(
        post.consent("ada", "email").await,
        Value::Null,
        "what cannot be chosen is not chosen"
    );
    assert_eq!(post.choose(1, &ONE_CLICK).await.status(), 200);
    let list = post.list().await;
    assert!(list.contains("added by hand: asked by phone"), "the graver reason stays: {list}");
    let page = post.get(&post.choices(1)).send().await.expect("a page").text().await.expect("text");
    assert!(
        page.contains("disabled") && page.contains("We no longer send messages here"),
        "{page}"
    );
}

#[tokio::test]
async fn a_journey_for_those_who_cannot_be_reached_any_more_lets_her_in() {
    let post = Post::delivered("email").await;
    let win_back = json!({
        "name": "Win back",
        "settings": { "entry": { "profile": { "criteria": { "not": { "reachable": "email" } } } } },
        "graph": {
            "nodes": [{ "id": "entry", "step": { "entry": {} } }, { "id": "text", "step": { "sms": { "body": "Bye?" } } }],
            "connectors": [{ "from": "entry", "outlet": "next", "to": "text" }]
        }
    });
    // Who meets the criteria already is noted first and does not come in: Bob, who has no address.
    assert_eq!(
        post.program
            .json("/api/v1/profiles", json!({ "profiles": [{ "identity": "bob" }] }))
            .await
            .0,
        200
    );
    let win_back = post.program.publish(win_back).await;
    for _ in 0..200 {
        if post.place.count("SELECT count(*) FROM criteria_matches").await == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(post.choose(1, &ONE_CLICK).await.status(), 200);
    post.program.until(&win_back, "entered", 1).await;
}

#[tokio::test]
async fn what_recipients_choose_stands_with_them_and_in_the_audit_log() {
    let post = Post::delivered("email").await;
    assert_eq!(post.choose(1, &ONE_CLICK).await.status(), 200);
    assert_eq!(
        post.choose(1, &[("do", "save"), ("want", "email"), ("want", "sms")]).await.status(),
        303
    );
    assert_eq!(
        post.choose(1, &[("do", "save"), ("want", "email"), ("want", "sms")]).await.status(),
        303,
        "and again"
    );
    let changes = post.profile("ada").await["changes"].clone();
    let emails: Vec<(&Value, &Value, &Value)> = changes
        .as_array()
        .expect("changes")
        .iter()
        .filter(|change| change["field"] == json!("consent:email"))
        .map(|change| (&change["before"], &change["after"], &change["source"]))
        .collect();
    let recipient = json!("recipient");
    assert_eq!(
        emails,
        [(&json!("no"), &json!("yes"), &recipient), (&Value::Null, &json!("no"), &recipient)],
        "{changes}"
    );
    let (_, audit) = post.browser.page("/audit?event=recipients.decide").await;
    assert!(
        audit.contains("profile 1: email no")
            && audit.contains("Recipient")
            && audit.contains("email yes"),
        "{audit}"
    );
    assert!(!audit.contains("ada@example.com"), "the log has their number only");
}
