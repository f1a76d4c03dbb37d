//! Whose account the provider opens, and what keeps it so: verified addresses, new passwords,
//! tokens that are meant for us.

use serde_json::{Value, json};

use super::{ADA, BOB, House, house, said, signed};
use crate::support::{Browser, PASSWORD, Server, link_in, secret_of, text};

const NEW_PASSWORD: &str = "velvet harbour quiet seventeen";

/// Somebody who wrote the address themselves.
fn claimed(subject: &'static str, email: &str) -> super::Said {
    said(subject, json!({ "email": email, "email_verified": false }), Value::Null)
}

/// The answer to a sign-in of somebody, without what is made anew for each answer.
async fn told(house: &House, said: super::Said) -> (u16, String) {
    let answer = house.sign_in(&house.server.browser(), said).await;
    (answer.status().as_u16(), answer.text().await.expect("a page"))
}

async fn choose(house: &House, email: &str) -> String {
    let link = link_in(&text(&house.place.run(&["user", "reset", email]).stdout), "/password/");
    let (status, page) = house.server.page(&link).await;
    assert_eq!(status, 200);
    let form = [("link", secret_of(&link)), ("password", NEW_PASSWORD)];
    assert_eq!(house.server.browser().post("session/choose-password", &form).await.status(), 200);
    page
}

#[tokio::test]
async fn only_a_verified_address_makes_an_account() {
    let house = house().await;
    let (status, page) = told(&house, claimed("eve", "cfo@example.com")).await;
    assert_eq!(status, 409);
    assert!(page.contains("Verify the address there") && page.contains("invitation"), "{page}");
    let silent = said("eve", json!({ "email": "cfo@example.com" }), Value::Null);
    assert_eq!(told(&house, silent).await, (409, page.clone()), "nothing said is not verified");
    assert_eq!(
        told(&house, claimed("eve", ADA)).await,
        (409, page.clone()),
        "whoever has an account is not told"
    );
    // The address is still whose it is.
    let added = house.place.run(&["user", "add", "cfo@example.com", "--role", "admin"]);
    assert!(added.status.success(), "{}", text(&added.stderr));
    assert_eq!(told(&house, claimed("eve", "cfo@example.com")).await, (409, page));
    let who = house.who(signed("cfo", "cfo@example.com")).await;
    assert_eq!(who, (303, Some("cfo@example.com".to_string())));
}

#[tokio::test]
async fn a_link_for_a_new_password_says_which_sign_ins_end_and_ends_them() {
    let house = house().await;
    assert_eq!(house.who(signed("a-stranger", "mia@example.com")).await.0, 303);
    let page = choose(&house, "mia@example.com").await;
    assert!(page.contains("a-stranger") && page.contains("SSO sign-ins are unlinked"), "{page}");
    assert_eq!(house.who(signed("a-stranger", "mia@example.com")).await, (409, None));
    let mia = house.server.browser();
    assert_eq!(mia.sign_in("mia@example.com", NEW_PASSWORD).await.status(), 200);
    assert_eq!(mia.list("").await["seat"]["role"], "publisher", "what an admin gave stays");
    let log = house.audit("account.sso_unlink").await;
    assert!(log.contains("a-stranger at http") && log.contains("new password"), "{log}");
    // Where nothing is linked there is nothing to say.
    assert!(!choose(&house, BOB).await.contains("are unlinked as well"));
}

fn zoe(groups: &[&str]) -> super::Said {
    let token = json!({ "email": "zoe@example.com", "email_verified": true, "groups": groups });
    said("zoe", token, Value::Null)
}

#[tokio::test]
async fn roles_of_the_rule_go_with_the_sign_ins_and_a_project_keeps_its_last_admin() {
    let house = house().await;
    assert_eq!(house.who(zoe(&["admins"])).await.0, 303);
    choose(&house, "zoe@example.com").await;
    let browser = house.server.browser();
    assert_eq!(browser.sign_in("zoe@example.com", NEW_PASSWORD).await.status(), 200);
    assert_eq!(browser.get("/api/ui/journeys/list?query=").await.status(), 403);

    let lonely = super::house().await;
    assert_eq!(lonely.who(zoe(&["admins"])).await.0, 303);
    lonely.place.sql("DELETE FROM memberships WHERE from_sso = 0").await;
    choose(&lonely, "zoe@example.com").await;
    let browser = lonely.server.browser();
    assert_eq!(browser.sign_in("zoe@example.com", NEW_PASSWORD).await.status(), 200);
    assert_eq!(browser.list("").await["seat"]["role"], "admin");
}

#[tokio::test]
async fn a_token_of_another_client_or_about_nobody_is_refused() {
    let house = house().await;
    let of = |party: &str| {
        let token = json!({ "email": "mia@example.com", "email_verified": true, "azp": party });
        said("mia", token, Value::Null)
    };
    assert_eq!(house.who(of("another-client")).await, (502, None));
    for nobody in ["", " "] {
        assert_eq!(house.who(signed(nobody, "mia@example.com")).await, (502, None), "{nobody:?}");
    }
    assert_eq!(house.who(of("wayfare")).await.0, 303);
}

#[tokio::test]
async fn a_first_password_needs_a_sign_in_of_just_now() {
    let house = house().await;
    let mia = house.server.browser();
    let choose =
        async |mia: &Browser| mia.post("account/password", &[("password", NEW_PASSWORD)]).await;
    house.sign_in(&mia, signed("mia", "mia@example.com")).await;
    house.place.sql("UPDATE sessions SET created_at = created_at - 11 * 60 * 1000").await;
    let answer = choose(&mia).await;
    assert_eq!(answer.status(), 409);
    assert!(answer.text().await.expect("an error").contains("sign in again"));
    assert_eq!(house.begin_link(&mia, "").await.status(), 409, "nor is another sign-in linked");
    assert_eq!(house.server.browser().sign_in("mia@example.com", NEW_PASSWORD).await.status(), 401);
    house.sign_in(&mia, signed("mia", "mia@example.com")).await;
    assert_eq!(choose(&mia).await.status(), 200);
    assert_eq!(house.server.browser().sign_in("mia@example.com", NEW_PASSWORD).await.status(), 200);
}

/// What a browser behind the public address sends.
async fn over_tls(server: &Server, path: &str, form: &[(&str, &str)], cookie: &str) -> Vec<String> {
    let request = match form {
        [] => server.browser().client.get(format!("{}{path}", server.url)),
        form => server.browser().client.post(format!("{}{path}", server.url)).form(form),
    };
    let request = request.header("host", "wayfare.example.com").header("cookie", cookie);
    let answer = request.send().await.expect("an answer");
    let cookies = answer.headers().get_all("set-cookie").iter();
    cookies.map(|cookie| cookie.to_str().expect("text").to_string()).collect()
}

#[tokio::test]
async fn over_tls_no_other_host_sets_the_cookies_of_the_provider_and_of_the_project() {
    let house = house().await;
    let mut flags = house.idp.flags();
    flags.extend(["--public-url", "https://wayfare.example.com"].map(str::to_string));
    drop(house.server);
    let server = house.place.serve_with(&flags.iter().map(String::as_str).collect::<Vec<_>>());
    let provider = over_tls(&server, "/sign-in/provider", &[], "").await;
    let sign_in = [("email", ADA), ("password", PASSWORD)];
    let session = over_tls(&server, "/api/ui/session/sign-in", &sign_in, "").await;
    let session = session[0].split(';').next().expect("a cookie").to_string();
    let create = [("name", "Shop")];
    let project = over_tls(&server, "/api/ui/projects/create", &create, &session).await;
    for (cookies, name) in [(provider, "provider"), (project, "project")] {
        let cookie = cookies.first().unwrap_or_else(|| panic!("a cookie of the {name}"));
        assert!(cookie.starts_with(&format!("__Host-wayfare_{name}=")), "{cookie}");
        assert!(cookie.contains("Secure") && cookie.contains("Path=/"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}
