//! Signing in with an identity provider, whatever it says: whose account it opens, and whose it
//! does not.

mod accounts;
pub mod idp;
mod roles;

use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{Browser, PASSWORD, Place, Server, session_in};
use idp::{Idp, Said};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

struct House {
    place: Place,
    server: Server,
    idp: Idp,
}

/// With two admins who have passwords, and Mia who was added without one.
async fn house() -> House {
    let place = Place::demo();
    place.account(ADA, "admin");
    place.account(BOB, "admin");
    assert!(place.run(&["user", "add", "mia@example.com", "--role", "publisher"]).status.success());
    let idp = Idp::start().await;
    let flags = idp.flags();
    let server = place.serve_with(&flags.iter().map(String::as_str).collect::<Vec<_>>());
    House { place, server, idp }
}

fn said(subject: &'static str, token: Value, info: Value) -> Said {
    Said { subject, token, info }
}

/// Signed, and verified.
fn signed(subject: &'static str, email: &str) -> Said {
    said(subject, json!({ "email": email, "email_verified": true }), Value::Null)
}

impl House {
    /// Goes to the provider with a browser and comes back signed in.
    async fn sign_in(&self, browser: &Browser, said: Said) -> Response {
        let there = html(browser, "/sign-in/provider?next=%2Fapi-keys").await;
        assert_eq!(there.status(), 303);
        self.arrive(browser, there.headers()["location"].to_str().expect("text"), said).await
    }

    async fn arrive(&self, browser: &Browser, there: &str, said: Said) -> Response {
        let back = self.idp.consent(there, said);
        browser.client.get(back).header("accept", "text/html").send().await.expect("an answer")
    }

    /// The status of a sign-in in a browser of its own, and whom it signed in.
    async fn who(&self, said: Said) -> (u16, Option<String>) {
        let browser = self.server.browser();
        let answer = self.sign_in(&browser, said).await;
        let signed_in = session_in(&answer).is_some();
        let who = if signed_in { Some(address(&browser).await) } else { None };
        (answer.status().as_u16(), who)
    }

    /// Begins to link; answers where the browser is to go.
    async fn begin_link(&self, browser: &Browser, present: &str) -> Response {
        let request = browser.client.post(format!("{}/sign-in/provider/link", self.server.url));
        request
            .header("accept", "text/html")
            .form(&[("present", present)])
            .send()
            .await
            .expect("an answer")
    }

    async fn audit(&self, event: &str) -> String {
        let admin = self.server.signed_in(BOB).await;
        admin.get(&format!("/audit.csv?event={event}")).await.text().await.expect("text")
    }
}

async fn html(browser: &Browser, path: &str) -> Response {
    browser
        .client
        .get(format!("{}{path}", browser.url))
        .header("accept", "text/html")
        .send()
        .await
        .expect("an answer")
}

/// With which the browser is signed in.
async fn address(browser: &Browser) -> String {
    let (_, page) = browser.page("/account").await;
    let rest = page.split("You sign in as ").nth(1).expect("the account's page");
    rest.split('<').next().expect("an address").trim_end_matches('.').to_string()
}

/// The address of the provider in the page that leads on to it.
fn onward(page: &str) -> String {
    let link = page.split("<a class=\"button button-primary\" href=\"").nth(1).expect("a link");
    link.split('"').next().expect("an address").replace("&amp;", "&")
}

#[tokio::test]
async fn a_flag_of_the_id_token_verifies_no_address_of_user_info() {
    let house = house().await;
    let flag = || json!({ "email_verified": true });
    let mia = || json!({ "email": "mia@example.com" });
    assert_eq!(house.who(said("eve", flag(), mia())).await, (409, None));
    assert_eq!(
        house.who(said("eve", json!({ "email": "mia@example.com" }), flag())).await,
        (409, None),
        "nor the other way"
    );
    let own = json!({ "email": "eve@example.com", "email_verified": true });
    let who = house
        .who(said("eve", own, json!({ "email": "mia@example.com", "email_verified": true })))
        .await;
    assert_eq!(who, (303, Some("eve@example.com".to_string())), "what is signed stands");
    assert_eq!(
        house.who(signed("mia", "mia@example.com")).await,
        (303, Some("mia@example.com".to_string()))
    );
}

#[tokio::test]
async fn a_whole_pair_of_user_info_is_taken_where_the_id_token_has_none() {
    let house = house().await;
    let pair = json!({ "email": "mia@example.com", "email_verified": true });
    assert_eq!(
        house.who(said("mia", Value::Null, pair)).await,
        (303, Some("mia@example.com".to_string()))
    );
}

#[tokio::test]
async fn groups_that_are_not_signed_do_not_overrule_signed_ones() {
    let house = house().await;
    let browser = house.server.browser();
    let token =
        json!({ "email": "zoe@example.com", "email_verified": true, "groups": ["marketing"] });
    house.sign_in(&browser, said("zoe", token, json!({ "groups": ["admins"] }))).await;
    assert_eq!(browser.list("").await["seat"]["role"], "publisher");
}

#[tokio::test]
async fn user_info_about_somebody_else_is_refused() {
    let house = house().await;
    let other = json!({ "sub": "mia", "email": "mia@example.com", "email_verified": true });
    assert_eq!(house.who(said("eve", Value::Null, other)).await, (502, None));
}

#[tokio::test]
async fn an_address_finds_an_account_once_and_never_one_that_somebody_signs_in_to() {
    let house = house().await;
    let answer = house.sign_in(&house.server.browser(), signed("ada", ADA)).await;
    assert_eq!(
        (answer.status().as_u16(), session_in(&answer)),
        (409, None),
        "the account has a password"
    );
    let page = answer.text().await.expect("text");
    assert!(
        page.contains("link the identity provider under “Your account”"),
        "it is said how: {page}"
    );
    assert_eq!(house.who(signed("mia", "mia@example.com")).await.0, 303);
    assert_eq!(
        house.who(signed("another-mia", "mia@example.com")).await,
        (409, None),
        "the address went to someone else"
    );
}

#[tokio::test]
async fn an_account_with_a_password_is_linked_from_inside_it_and_unlinked_again() {
    let house = house().await;
    let ada = house.server.signed_in(ADA).await;
    assert!(ada.page("/account").await.1.contains("Link Company sign-in"), "there is a button");
    assert_eq!(house.begin_link(&ada, "not the password").await.status(), 401);
    let begun = house.begin_link(&ada, PASSWORD).await;
    assert_eq!(begun.status(), 200);
    let there = onward(&begun.text().await.expect("a page"));
    // The address does not matter: the identity there is what counts.
    let answer = house.arrive(&ada, &there, signed("ada", "other@example.com")).await;
    assert_eq!(answer.headers()["location"], "/account?notice=provider-linked");
    assert_eq!(house.who(signed("ada", "other@example.com")).await, (303, Some(ADA.to_string())));
    assert!(house.audit("account.sso_link").await.contains("from inside the account"));

    let (_, page) = ada.page("/account").await;
    let identity = ["issuer", "subject"].map(|name| crate::support::value_of(&page, name, 0));
    let form = [("issuer", identity[0].as_str()), ("subject", identity[1].as_str())];
    let bob = house.server.signed_in(BOB).await;
    assert_eq!(
        bob.post("account/unlink-provider", &form).await.status(),
        404,
        "it is another user's"
    );
    assert_eq!(ada.post("account/unlink-provider", &form).await.status(), 200);
    assert_eq!(house.who(signed("ada", ADA)).await, (409, None));
    assert!(house.audit("account.sso_unlink").await.contains("ada at http"));
}

#[tokio::test]
async fn a_link_is_finished_only_in_the_session_that_began_it() {
    let house = house().await;
    let ada = house.server.signed_in(ADA).await;
    let begin = async || {
        let begun = house.begin_link(&ada, PASSWORD).await;
        let cookie = begun.headers()["set-cookie"]
            .to_str()
            .expect("text")
            .split(';')
            .next()
            .expect("a cookie")
            .to_string();
        (onward(&begun.text().await.expect("a page")), cookie)
    };
    // Bob's browser, and one without a session, with what bound it to Ada's.
    let bob = session_in(&house.server.browser().sign_in(BOB, PASSWORD).await).expect("a session");
    for session in [format!("; wayfare_session={bob}"), String::new()] {
        let (there, cookie) = begin().await;
        let back = house.idp.consent(&there, signed("eve", "eve@example.com"));
        let request =
            house.server.browser().client.get(back).header("cookie", format!("{cookie}{session}"));
        let answer = request.header("accept", "text/html").send().await.expect("an answer");
        assert_eq!((answer.status().as_u16(), session_in(&answer)), (410, None));
    }
    let (there, _) = begin().await;
    ada.sign_in(ADA, PASSWORD).await;
    let answer = house.arrive(&ada, &there, signed("eve", "eve@example.com")).await;
    assert_eq!(answer.status(), 410, "another session of the same user is another session");
    assert_eq!(house.who(signed("eve", ADA)).await, (409, None), "nothing was linked");
}

#[tokio::test]
async fn whoever_signs_in_to_one_account_is_not_linked_to_another() {
    let house = house().await;
    assert_eq!(house.who(signed("mia", "mia@example.com")).await.0, 303);
    let ada = house.server.signed_in(ADA).await;
    let there = onward(&house.begin_link(&ada, PASSWORD).await.text().await.expect("a page"));
    assert_eq!(house.arrive(&ada, &there, signed("mia", "mia@example.com")).await.status(), 409);
    assert_eq!(
        house.who(signed("mia", "mia@example.com")).await,
        (303, Some("mia@example.com".to_string()))
    );
}

#[tokio::test]
async fn no_other_site_begins_a_link() {
    let house = house().await;
    let ada = house.server.signed_in(ADA).await;
    assert_eq!(ada.get("/sign-in/provider/link").await.status(), 405, "it is no link to follow");
    let forged = ada
        .client
        .post(format!("{}/sign-in/provider/link", house.server.url))
        .form(&[("present", PASSWORD)]);
    assert_eq!(
        forged.header("sec-fetch-site", "cross-site").send().await.expect("an answer").status(),
        403
    );
}

#[tokio::test]
async fn an_account_without_a_password_keeps_its_link() {
    let house = house().await;
    let mia = house.server.browser();
    house.sign_in(&mia, signed("mia", "mia@example.com")).await;
    let (_, page) = mia.page("/account").await;
    let issuer = crate::support::value_of(&page, "issuer", 0);
    let answer =
        mia.post("account/unlink-provider", &[("issuer", &issuer), ("subject", "mia")]).await;
    assert_eq!(answer.status(), 409);
    assert_eq!(house.who(signed("mia", "mia@example.com")).await.0, 303);
}

#[tokio::test]
async fn what_the_rule_changes_is_in_the_audit_log_from_before_to_after() {
    let house = house().await;
    let groups = |groups: &[&str]| {
        said(
            "zoe",
            json!({ "email": "zoe@example.com", "email_verified": true, "name": "Zoe", "groups": groups }),
            Value::Null,
        )
    };
    for told in [&["admins"][..], &["admins"], &["marketing"], &[]] {
        assert_eq!(house.who(groups(told)).await.0, 303, "{told:?}");
    }
    let log = house.audit("people.role_by_sso").await;
    for change in ["from no role to admin", "from admin to publisher", "from publisher to no role"]
    {
        assert_eq!(
            log.matches(&format!("Zoe: {change}, by an SSO rule")).count(),
            1,
            "{change} in {log}"
        );
    }
    assert_eq!(
        log.trim_end().lines().count(),
        4,
        "a sign-in that changes nothing is no entry: {log}"
    );
    let texts = house
        .place
        .texts(
            "SELECT summary FROM audit_entries WHERE event
             IN ('account.create', 'account.sso_link')",
        )
        .await;
    assert!(texts.iter().any(|text| text == "zoe@example.com"), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("with a new account")), "{texts:?}");
}

#[tokio::test]
async fn a_sign_in_with_the_provider_leads_to_a_page_of_ours() {
    let house = house().await;
    for next in [
        "%2F%09%2Fevil.example",
        "%2F%2Fevil.example",
        "https%3A%2F%2Fevil.example",
        "%2F%5Cevil.example",
    ] {
        let browser = house.server.browser();
        let there = html(&browser, &format!("/sign-in/provider?next={next}")).await;
        let there = there.headers()["location"].to_str().expect("text").to_string();
        let answer = house.arrive(&browser, &there, signed("mia", "mia@example.com")).await;
        assert_eq!(answer.headers()["location"], "/journeys", "{next}");
    }
}
