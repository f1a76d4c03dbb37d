//! Every route of the running router, called by every role, without a session and by every kind of
//! key, compared with the table of `domain::access`. A route that is missing here fails the test.

use std::collections::BTreeSet;

use reqwest::{Client, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;
use wayfare::http::catalogue;
use wayfare_domain::access::permissions::{Role, Scope};

use crate::{
    route_table::{
        ASKERS, Asker, Body, Line, NEW_PASSWORD, OTHER_SESSION, Opens, World, email, table,
    },
    support::{Browser, PASSWORD, Place, Server, session_in, upload, value_of, values_of},
};

#[tokio::test]
async fn every_route_answers_every_role_as_the_table_says() {
    let place = Place::demo();
    place.account("admin@example.com", "admin");
    let server = place.serve_with(&["--trusted-proxies", "127.0.0.1/32"]);
    let admin = server.signed_in("admin@example.com").await;
    let world = world(&place, &admin).await;
    let keys = keys(&admin).await;

    let asked: BTreeSet<_> = table(&world, 0)
        .iter()
        .map(|line| (line.method.to_string(), line.route.to_string()))
        .collect();
    let there: BTreeSet<_> =
        catalogue().into_iter().map(|route| (route.method, route.path)).collect();
    assert_eq!(asked, there, "the test knows every route, and no other");

    let mut wrong = Vec::new();
    for (index, asker) in ASKERS.into_iter().enumerate() {
        let client = client_from(index);
        let session = match email(asker) {
            Some(email) => open_session(&server, &email, PASSWORD).await,
            None => None,
        };
        for mut line in table(&world, index) {
            let mut session = session.clone();
            if let (Some(email), Some(own)) = (email(asker), &session) {
                if let Some(field) = placeholder(&mut line) {
                    *field = other_session(&client, &server, &email, own).await;
                }
                // Each of these ends the session that asks.
                if line.route.contains("sign-out") {
                    session = open_session(&server, &email, NEW_PASSWORD).await;
                }
            }
            let request = question(&client, &server, &line);
            let request = match (asker, &session) {
                (Asker::Program(scope), _) => request.bearer_auth(&keys[scope as usize]),
                (_, Some(session)) => {
                    request.header("cookie", format!("wayfare_session={session}"))
                }
                _ => request,
            };
            let answer = request.send().await.expect("an answer");
            if let Some(complaint) =
                complaint(&line, asker, answer.status(), answer.headers().get("location"))
            {
                wrong.push(complaint);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each asks from a network of its own: together they try to sign in more often than one network
/// may.
fn client_from(index: usize) -> Client {
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", format!("192.0.2.{index}").parse().expect("a header"));
    let builder =
        Client::builder().redirect(reqwest::redirect::Policy::none()).default_headers(headers);
    builder.build().expect("a client")
}

fn placeholder(line: &mut Line) -> Option<&mut String> {
    let Body::Form(form) = &mut line.body else { return None };
    form.iter_mut().map(|(_, value)| value).find(|value| *value == OTHER_SESSION)
}

fn names_nobody(line: &Line) -> bool {
    let in_form =
        matches!(&line.body, Body::Form(form) if form.iter().any(|(_, value)| value == "999"));
    line.path.split('/').any(|part| part == "999") || in_form
}

/// What is wrong with an answer, if anything.
fn complaint(
    line: &Line,
    asker: Asker,
    status: StatusCode,
    location: Option<&reqwest::header::HeaderValue>,
) -> Option<String> {
    let sent_to_sign_in =
        location.is_some_and(|to| to.to_str().is_ok_and(|to| to.starts_with("/sign-in?next=")));
    let fine = match line.opens.lets(asker) {
        // The gate is open: the answer is there, or says that there was nothing left to do.
        true if line.opens == Opens::Everybody => {
            !matches!(status.as_u16(), 401 | 403 | 405 | 500..)
        }
        // Profile 999 does not exist. Those who may ask are told so.
        true if names_nobody(line) => status == StatusCode::NOT_FOUND,
        true => {
            matches!(status.as_u16(), 200 | 201 | 202 | 204 | 303 | 409 | 410) && !sent_to_sign_in
        }
        // A browser that asks for a page is sent to sign in.
        false if sent_to_sign_in => {
            line.opens.refusal(asker) == StatusCode::UNAUTHORIZED && line.method == "GET"
        }
        // A project of others is not even revealed to exist.
        false if asker == Asker::Outsider && line.names_project() => {
            status == StatusCode::NOT_FOUND
        }
        false => status == line.opens.refusal(asker),
    };
    (!fine).then(|| format!("{} {} asked by {asker:?}: {status}", line.method, line.path))
}

fn question(client: &Client, server: &Server, line: &Line) -> RequestBuilder {
    let address = format!("{}{}", server.url, line.path);
    match &line.body {
        _ if line.method == "DELETE" => client.delete(address),
        Body::Json(body) if line.method == "PUT" => client.put(address).json(body),
        Body::None => client.get(address).header(
            "accept",
            if line.route.starts_with("/api/") { "application/json" } else { "text/html" },
        ),
        Body::Form(form) => client.post(address).form(form),
        Body::Json(body) => client.post(address).json(body),
        Body::File(text) => upload(client, &address, "people.csv", text, &[]),
    }
}

async fn world(place: &Place, admin: &Browser) -> World {
    // The spare project is made before the others are: everybody has the same role in both.
    assert_eq!(admin.post("projects/create", &[("name", "Spare")]).await.status(), 200);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
        place.account(&format!("{role}@example.com"), role.key());
    }
    place.account("door@example.com", "viewer");
    place.account("outsider@example.com", "viewer");

    let projects = admin.get("/projects").await.text().await.expect("a page");
    let spare_project = chosen_project(&projects);
    let all = values_of(&projects, "project");
    let project = all.iter().find(|id| **id != spare_project).expect("another project").clone();
    assert_eq!(admin.post("projects/switch", &[("project", &project)]).await.status(), 200);

    let journey = admin.ids("status=running").await[0].clone();
    let (_, outcome) = admin.operate("pause", std::slice::from_ref(&journey), &[]).await;
    assert_eq!(
        admin
            .post("people/invite", &[("email", "guest@example.com"), ("role", "viewer")])
            .await
            .status(),
        200
    );
    assert_eq!(
        admin.post("keys/create", &[("name", "Old"), ("scopes[0]", "read")]).await.status(),
        200
    );
    let (mut drafts, mut filters) = (Vec::new(), Vec::new());
    for index in 0..ASKERS.len() {
        let made = admin.post("journeys/create", &[("name", &format!("Draft {index}"))]).await;
        drafts.push(made.json::<String>().await.expect("an id"));
        let saved: Value = admin
            .post("filters/save", &[("saved_filter_name", &format!("Kept {index}"))])
            .await
            .json()
            .await
            .expect("JSON");
        filters.push(saved["id"].as_str().expect("an id").to_string());
    }
    let people = admin.get("/team").await.text().await.expect("a page");
    let keys = admin.get("/api-keys").await.text().await.expect("a page");
    let door = member(&people, "door@example.com");
    let outsider = member(&people, "outsider@example.com");
    leave_everything(admin, &[&project, &spare_project], &outsider).await;
    World {
        journey,
        drafts,
        operation: outcome["report"]["id"].as_str().expect("an id").to_string(),
        project,
        spare_project,
        member: door,
        invitation: value_of(&people, "invitation", 0),
        key: value_of(&keys, "key", 0),
        filters,
    }
}

/// Removes a user from every project.
async fn leave_everything(admin: &Browser, projects: &[&str], user: &str) {
    for project in projects.iter().rev() {
        assert_eq!(admin.post("projects/switch", &[("project", project)]).await.status(), 200);
        assert_eq!(admin.give_role(user, "").await.status(), 200);
    }
}

/// A key for each scope, in their order.
async fn keys(admin: &Browser) -> Vec<String> {
    let mut keys = Vec::new();
    for scope in Scope::ALL {
        let answer =
            admin.post("keys/create", &[("name", scope.key()), ("scopes[0]", scope.key())]).await;
        keys.push(answer.json::<String>().await.expect("a key"));
    }
    keys
}

/// Signs in and answers the cookie's value.
async fn open_session(server: &Server, email: &str, password: &str) -> Option<String> {
    session_in(&server.browser().sign_in(email, password).await)
}

/// Another session of the same person, by its id.
async fn other_session(client: &Client, server: &Server, email: &str, session: &str) -> String {
    server.signed_in(email).await;
    let page = client
        .get(format!("{}/account", server.url))
        .header("cookie", format!("wayfare_session={session}"));
    let page = page.send().await.expect("an answer").text().await.expect("a page");
    value_of(&page, "session", 0)
}

/// The project that the switcher marks.
fn chosen_project(page: &str) -> String {
    let before = page.split("aria-current=\"true\"").next().unwrap_or_default();
    before
        .rsplit("value=\"")
        .next()
        .and_then(|rest| rest.split('"').next())
        .expect("a chosen project")
        .to_string()
}

/// The id of a user on the Team page.
fn member(page: &str, email: &str) -> String {
    let after = page.split(email).nth(1).expect("the user is on the page");
    value_of(after, "user", 0)
}
