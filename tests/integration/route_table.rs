//! What each route is asked in `roles.rs`, and for whom it is.

use reqwest::StatusCode;
use serde_json::{Value, json};
use wayfare_domain::access::permissions::{Permission, Role, Scope};

use crate::support::PASSWORD;

/// The password that everyone changes to.
pub const NEW_PASSWORD: &str = "velvet harbour quiet seventeen";
/// Stands where another session of the asker's goes.
pub const OTHER_SESSION: &str = "another session";

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    Nobody,
    /// An account without a role in any project.
    Outsider,
    Person(Role),
    Program(Scope),
}

/// For whom a route is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    Everybody,
    /// People who are signed in, whatever their role.
    SignedIn,
    /// People whose role has it.
    People(Permission),
    /// Programs with a key that has it.
    Programs(Permission),
    /// Programs with a key that has one of both.
    ProgramsWith(Permission, Permission),
    /// Programs with a key that has both.
    ProgramsWithBoth(Permission, Permission),
}

#[derive(Debug, Clone)]
pub enum Body {
    None,
    Form(Vec<(&'static str, String)>),
    Json(Value),
    /// The contents of a table, as a browser sends a file.
    File(&'static str),
}

/// One question about a route: well formed, so that only who asks decides.
pub struct Line {
    pub method: &'static str,
    pub route: &'static str,
    pub path: String,
    pub body: Body,
    pub opens: Opens,
}

impl Line {
    pub fn names_project(&self) -> bool {
        matches!(&self.body, Body::Form(form) if form.iter().any(|(field, _)| *field == "project"))
    }
}

impl Opens {
    pub fn lets(self, asker: Asker) -> bool {
        match (self, asker) {
            (Opens::Everybody, _) => true,
            (Opens::SignedIn, Asker::Outsider | Asker::Person(_)) => true,
            (Opens::People(permission), Asker::Person(role)) => role.allows(permission),
            (Opens::Programs(permission), Asker::Program(scope)) => scope.may(permission),
            (Opens::ProgramsWithBoth(one, other), Asker::Program(scope)) => {
                scope.may(one) && scope.may(other)
            }
            (Opens::ProgramsWith(one, other), Asker::Program(scope)) => {
                scope.may(one) || scope.may(other)
            }
            _ => false,
        }
    }

    /// The status of a refusal: 401 where it is not known who asks, 403 where it is.
    pub fn refusal(self, asker: Asker) -> StatusCode {
        let known = match self {
            Opens::Programs(_) | Opens::ProgramsWith(..) | Opens::ProgramsWithBoth(..) => {
                matches!(asker, Asker::Program(_))
            }
            _ => matches!(asker, Asker::Outsider | Asker::Person(_)),
        };
        if known { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED }
    }
}

/// What the questions are about.
#[derive(Default)]
pub struct World {
    pub journey: String,
    /// One for each asker: those who may, delete it.
    pub drafts: Vec<String>,
    pub operation: String,
    pub project: String,
    pub spare_project: String,
    pub member: String,
    pub invitation: String,
    pub key: String,
    /// One for each asker: those who may, delete it.
    pub filters: Vec<String>,
}

pub const ASKERS: [Asker; 13] = [
    Asker::Nobody,
    Asker::Outsider,
    Asker::Program(Scope::Ingest),
    Asker::Program(Scope::Read),
    Asker::Program(Scope::Operate),
    Asker::Program(Scope::Enter),
    Asker::Program(Scope::Erase),
    Asker::Program(Scope::Profiles),
    Asker::Program(Scope::Browser),
    Asker::Person(Role::Viewer),
    Asker::Person(Role::Creator),
    Asker::Person(Role::Publisher),
    Asker::Person(Role::Admin),
];

pub fn email(asker: Asker) -> Option<String> {
    match asker {
        Asker::Outsider => Some("outsider@example.com".to_string()),
        Asker::Person(role) => Some(format!("{role}@example.com")),
        Asker::Nobody | Asker::Program(_) => None,
    }
}

fn page(route: &'static str, path: String, opens: Opens) -> Line {
    Line { method: "GET", route, path, body: Body::None, opens }
}

fn function(route: &'static str, form: &[(&'static str, &str)], opens: Opens) -> Line {
    let form = form.iter().map(|(key, value)| (*key, value.to_string())).collect();
    Line { method: "POST", route, path: route.to_string(), body: Body::Form(form), opens }
}

fn upload(route: &'static str, text: &'static str, opens: Opens) -> Line {
    Line { method: "POST", route, path: route.to_string(), body: Body::File(text), opens }
}

/// The questions of one asker.
pub fn table(world: &World, asker: usize) -> Vec<Line> {
    [
        pages(world, asker),
        reads(world),
        editor_functions(world, asker),
        journey_functions(world, asker),
        team_functions(world, asker),
        programs(world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn pages(world: &World, asker: usize) -> Vec<Line> {
    use Permission::{
        EditJourneys, IngestRecords, ManageChannels, ManageKeys, ManageMembers, OperateJourneys,
        SeeAuditLog, SeeJourneys,
    };
    let (journey, draft, operation) = (&world.journey, &world.drafts[asker], &world.operation);
    let plain = |route: &'static str, opens| page(route, route.to_string(), opens);
    let post = |route: &'static str, path: &str| Line {
        method: "POST",
        path: path.to_string(),
        body: Body::Form(vec![("List-Unsubscribe", "One-Click".to_string())]),
        ..page(route, String::new(), Opens::Everybody)
    };
    vec![
        plain("/", Opens::Everybody),
        plain("/sign-in", Opens::Everybody),
        plain("/sign-in/provider", Opens::Everybody),
        plain("/sign-in/provider/back", Opens::Everybody),
        plain("/setup", Opens::Everybody),
        page("/invitations/{link}", "/invitations/nothing".to_string(), Opens::Everybody),
        page("/password/{link}", "/password/nothing".to_string(), Opens::Everybody),
        page("/t/o/{token}", "/t/o/nothing".to_string(), Opens::Everybody),
        page("/t/c/{token}", "/t/c/nothing".to_string(), Opens::Everybody),
        page("/u/{token}", "/u/nothing".to_string(), Opens::Everybody),
        post("/u/{token}", "/u/nothing"),
        post("/hooks/{token}/{provider}", "/hooks/nothing/twilio"),
        page("/pkg/{file}", "/pkg/nothing.js".to_string(), Opens::Everybody),
        plain("/api/openapi.json", Opens::Everybody),
        plain("/healthz", Opens::Everybody),
        plain("/readyz", Opens::Everybody),
        plain("/account", Opens::SignedIn),
        plain("/projects", Opens::SignedIn),
        plain("/journeys", Opens::People(SeeJourneys)),
        page("/journeys/{id}", format!("/journeys/{journey}"), Opens::People(SeeJourneys)),
        page("/operations/{id}", format!("/operations/{operation}"), Opens::People(SeeJourneys)),
        plain("/journeys/new", Opens::People(EditJourneys)),
        plain("/journeys/label", Opens::People(EditJourneys)),
        page("/journeys/{id}/edit", format!("/journeys/{draft}/edit"), Opens::People(EditJourneys)),
        page(
            "/journeys/{id}/clone",
            format!("/journeys/{draft}/clone"),
            Opens::People(EditJourneys),
        ),
        page(
            "/journeys/{id}/publish",
            format!("/journeys/{draft}/publish"),
            Opens::People(OperateJourneys),
        ),
        page(
            "/journeys/{id}/compare",
            format!("/journeys/{journey}/compare?from=1&to=1"),
            Opens::People(SeeJourneys),
        ),
        page(
            "/journeys/{id}/messages/{node}",
            format!("/journeys/{journey}/messages/999"),
            Opens::People(SeeJourneys),
        ),
        page(
            "/journeys/{id}/messages/{node}/html",
            format!("/journeys/{journey}/messages/999/html"),
            Opens::People(SeeJourneys),
        ),
        page(
            "/journeys/stop",
            format!("/journeys/stop?ids[]={journey}"),
            Opens::People(OperateJourneys),
        ),
        plain("/profiles", Opens::People(SeeJourneys)),
        page("/profiles/{id}", "/profiles/999".to_string(), Opens::People(SeeJourneys)),
        page("/enrolments/{id}", "/enrolments/999".to_string(), Opens::People(SeeJourneys)),
        plain("/delivery", Opens::People(SeeJourneys)),
        plain("/segments", Opens::People(SeeJourneys)),
        plain("/segments/edit", Opens::People(SeeJourneys)),
        plain("/imports", Opens::People(IngestRecords)),
        page("/imports/{id}", "/imports/999".to_string(), Opens::People(IngestRecords)),
        page(
            "/imports/{id}/refused.csv",
            "/imports/999/refused.csv".to_string(),
            Opens::People(IngestRecords),
        ),
        upload("/imports/upload", "identity,plan\nada,gold\n", Opens::People(IngestRecords)),
        plain("/team", Opens::People(ManageMembers)),
        page(
            "/team/role",
            format!("/team/role?user={}&role=viewer", world.member),
            Opens::People(ManageMembers),
        ),
        // Where pages were before.
        plain("/people", Opens::Everybody),
        plain("/people/role", Opens::Everybody),
        page("/trips/{id}", "/trips/999".to_string(), Opens::Everybody),
        plain("/keys", Opens::Everybody),
        plain("/channels/hooks", Opens::Everybody),
        plain("/channels", Opens::People(ManageChannels)),
        page("/channels/{channel}", "/channels/email".to_string(), Opens::People(ManageChannels)),
        plain("/api-keys", Opens::People(ManageKeys)),
        plain("/channels/webhooks", Opens::People(ManageChannels)),
        plain("/suppressions", Opens::People(SeeJourneys)),
        plain("/suppressions.csv", Opens::People(ManageChannels)),
        plain("/audit", Opens::People(SeeAuditLog)),
        plain("/audit.csv", Opens::People(SeeAuditLog)),
    ]
}

fn reads(world: &World) -> Vec<Line> {
    let sees = Opens::People(Permission::SeeJourneys);
    let read = |route: &'static str, query: String| page(route, format!("{route}?{query}"), sees);
    vec![
        read("/api/ui/changes", String::new()),
        read("/api/ui/journeys/list", "query=".to_string()),
        read("/api/ui/journeys/get", format!("id={}", world.journey)),
        read("/api/ui/operations/get", format!("id={}&page=1", world.operation)),
        read("/api/ui/operations/outcome", format!("operation={}", world.operation)),
    ]
}

/// Each asker's draft is saved, and nothing else becomes of it: what publishes names a revision
/// that is long gone.
fn editor_functions(world: &World, asker: usize) -> Vec<Line> {
    let sees = Opens::People(Permission::SeeJourneys);
    let edits = Opens::People(Permission::EditJourneys);
    let operates = Opens::People(Permission::OperateJourneys);
    let (journey, draft) = (world.journey.as_str(), world.drafts[asker].as_str());
    let graph = json!({ "nodes": [{ "id": "entry", "step": { "entry": {} } }] });
    let settings = json!({ "entry": { "api": {} } });
    let ask = |route: &'static str, body: Value, opens| Line {
        method: "POST",
        route,
        path: route.to_string(),
        body: Body::Json(body),
        opens,
    };
    let save = json!({ "journey": draft, "version": 1, "revision": 1, "graph": graph, "settings": settings });
    let publish = json!({
        "journey": draft, "version": 1, "revision": 99, "name": "Draft", "description": "", "predecessor": "carry_on"
    });
    let trial =
        json!({ "graph": graph, "settings": settings, "person": null, "event": {}, "later": [] });
    let mail =
        json!({ "id": "mail", "step": { "email": { "subject": "Hi", "body": "<p>Hi</p>" } } });
    let message = json!({ "journey": journey, "node": mail, "settings": settings, "person": "" });
    let replay = json!({ "graph": graph, "settings": settings, "days": 7 });
    let delay = json!({ "for": { "minutes": 5 } });
    vec![
        ask("/api/ui/editor/open", json!({ "journey": journey, "version": null }), sees),
        ask("/api/ui/editor/figures", json!({ "journey": journey, "version": 1 }), sees),
        ask(
            "/api/ui/editor/people",
            json!({ "journey": journey, "version": 1, "node": "entry" }),
            sees,
        ),
        ask("/api/ui/editor/times", json!({ "delay": delay, "person": null, "zone": "UTC" }), sees),
        ask("/api/ui/editor/compare", json!({ "journey": journey, "from": 1, "to": 1 }), sees),
        ask("/api/ui/editor/try-person", json!({ "trial": trial }), sees),
        ask("/api/ui/editor/try-events", json!({ "replay": replay }), edits),
        ask("/api/ui/editor/preview", json!({ "message": message }), sees),
        ask("/api/ui/editor/test", json!({ "message": message, "to": "admin@example.com" }), edits),
        function("/messages/html", &[("message", &message.to_string())], sees),
        ask("/api/ui/editor/save", json!({ "save": save }), edits),
        ask("/api/ui/editor/begin", json!({ "journey": draft, "from": null }), edits),
        ask("/api/ui/editor/discard", json!({ "journey": draft }), edits),
        ask("/api/ui/editor/publish", json!({ "publish": publish }), operates),
        function("/api/ui/versions/begin", &[("id", draft)], edits),
        function("/api/ui/versions/discard", &[("id", draft)], edits),
        function(
            "/api/ui/versions/publish",
            &[("id", draft), ("version", "1"), ("revision", "99"), ("name", "Draft")],
            operates,
        ),
    ]
}

fn journey_functions(world: &World, asker: usize) -> Vec<Line> {
    let edits = Opens::People(Permission::EditJourneys);
    let operates = Opens::People(Permission::OperateJourneys);
    let (journey, draft) = (world.journey.as_str(), world.drafts[asker].as_str());
    let (filter_name, new_name) = (format!("Filter {asker}"), format!("Renamed {asker}"));
    vec![
        function("/api/ui/journeys/create", &[("name", "New")], edits),
        function("/api/ui/journeys/clone", &[("id", draft)], edits),
        function("/api/ui/journeys/clone", &[("id", draft), ("project", &world.project)], edits),
        function("/api/ui/journeys/rename", &[("id", draft), ("name", "Renamed")], edits),
        function("/api/ui/journeys/rename", &[("id", journey), ("name", &new_name)], operates),
        function(
            "/api/ui/journeys/edit",
            &[("id", draft), ("name", "Edited"), ("description", ""), ("revision", "1")],
            edits,
        ),
        function("/api/ui/journeys/label", &[("ids[0]", draft), ("create", "Red")], edits),
        function("/api/ui/journeys/operate", &[("ids[0]", draft), ("action", "delete")], edits),
        function("/api/ui/journeys/operate", &[("ids[0]", journey), ("action", "pause")], operates),
        function(
            "/api/ui/journeys/operate",
            &[("ids[0]", journey), ("action", "resume")],
            operates,
        ),
        function(
            "/api/ui/journeys/operate",
            &[("ids[0]", journey), ("action", "archive")],
            operates,
        ),
        function(
            "/api/ui/journeys/operate",
            &[("ids[0]", journey), ("action", "unarchive")],
            operates,
        ),
        function("/api/ui/journeys/preview-stop", &[("ids[0]", journey)], operates),
        function("/api/ui/journeys/publish", &[("id", journey)], operates),
        function("/api/ui/delivery/again", &[("messages[0]", "999")], operates),
        function(
            "/api/ui/messages/test",
            &[("journey", journey), ("node", "999"), ("to", "ada@example.com")],
            edits,
        ),
        function("/api/ui/operations/undo", &[("operation", &world.operation)], operates),
        function("/api/ui/filters/save", &[("saved_filter_name", &filter_name)], edits),
        function("/api/ui/filters/delete", &[("filter", &world.filters[asker])], edits),
        function("/api/ui/columns/choose", &[("columns[0]", "status")], Opens::SignedIn),
    ]
}

fn team_functions(world: &World, asker: usize) -> Vec<Line> {
    let edits = Opens::People(Permission::EditJourneys);
    let people = Opens::People(Permission::ManageMembers);
    let keys = Opens::People(Permission::ManageKeys);
    let channels = Opens::People(Permission::ManageChannels);
    let projects = Opens::People(Permission::ManageProjects);
    let project_name = format!("Project {asker}");
    let link = ("link", "nothing");
    vec![
        function(
            "/api/ui/segments/save",
            &[
                ("name", &format!("Segment {asker}")),
                ("kind[0]", "reachable"),
                ("property[0]", "email"),
            ],
            edits,
        ),
        function("/api/ui/segments/delete", &[("name", "999")], edits),
        function(
            "/api/ui/profiles/delete",
            &[("person", "999")],
            Opens::People(Permission::EraseProfiles),
        ),
        function(
            "/api/ui/people/invite",
            &[("email", "new@example.com"), ("role", "viewer")],
            people,
        ),
        function("/api/ui/people/withdraw", &[("invitation", &world.invitation)], people),
        function("/api/ui/people/role", &[("user", &world.member), ("role", "viewer")], people),
        function("/api/ui/keys/create", &[("name", "Shop"), ("scopes[0]", "read")], keys),
        function("/api/ui/keys/take-over", &[("key", &world.key)], keys),
        function("/api/ui/keys/revoke", &[("key", &world.key)], keys),
        function(
            "/api/ui/channels/save",
            &[("channel", "webhook"), ("fields[timeout_seconds]", "5")],
            channels,
        ),
        function("/api/ui/channels/test", &[("channel", "sms"), ("to", "+491701234567")], channels),
        function(
            "/api/ui/channels/caps",
            &[("channel[0]", ""), ("most[0]", "3"), ("hours[0]", "24")],
            channels,
        ),
        function(
            "/api/ui/suppressions/add",
            &[("kind", "email"), ("addresses", "ada@example.com")],
            channels,
        ),
        function("/api/ui/suppressions/remove", &[("kind", "email"), ("address", "999")], channels),
        function(
            "/api/ui/hooks/save",
            &[("provider", "mailgun"), ("secret", "a signing key")],
            channels,
        ),
        function("/api/ui/hooks/remove", &[("provider", "mailgun")], channels),
        function("/api/ui/projects/create", &[("name", &project_name)], projects),
        function(
            "/api/ui/projects/rename",
            &[("project", &world.spare_project), ("name", "Spare")],
            projects,
        ),
        function(
            "/api/ui/projects/archive",
            &[("project", &world.spare_project), ("archive", "true")],
            projects,
        ),
        function("/api/ui/hold/release", &[], projects),
        function(
            "/api/ui/projects/switch",
            &[("project", &world.project)],
            Opens::People(Permission::SeeJourneys),
        ),
        function(
            "/api/ui/session/found",
            &[("name", "A"), ("email", "a@example.com"), ("password", PASSWORD)],
            Opens::Everybody,
        ),
        function(
            "/api/ui/session/choose-password",
            &[link, ("password", PASSWORD)],
            Opens::Everybody,
        ),
        function(
            "/api/ui/session/join-new",
            &[link, ("name", "A"), ("password", PASSWORD)],
            Opens::Everybody,
        ),
        function("/api/ui/session/join", &[link], Opens::SignedIn),
        function("/api/ui/account/rename", &[("name", "Somebody")], Opens::SignedIn),
        function("/api/ui/account/end-session", &[("session", OTHER_SESSION)], Opens::SignedIn),
        function("/sign-in/provider/link", &[("present", PASSWORD)], Opens::SignedIn),
        function(
            "/api/ui/account/unlink-provider",
            &[("issuer", "999"), ("subject", "999")],
            Opens::SignedIn,
        ),
        function(
            "/api/ui/account/password",
            &[("present", PASSWORD), ("password", NEW_PASSWORD)],
            Opens::SignedIn,
        ),
        function("/api/ui/account/sign-out-everywhere", &[], Opens::SignedIn),
        function("/api/ui/session/sign-out", &[], Opens::Everybody),
        function(
            "/api/ui/session/sign-in",
            &[("email", "door@example.com"), ("password", PASSWORD)],
            Opens::Everybody,
        ),
    ]
}

/// What programs are asked for, the same for every asker.
pub fn programs(world: &World) -> Vec<Line> {
    use Permission::{
        EditJourneys, EnterProfiles, EraseProfiles, IngestRecords, OperateJourneys, SeeJourneys,
        SeePersonalData,
    };
    let get = |route: &'static str, path: String| page(route, path, Opens::Programs(SeeJourneys));
    let post = |route: &'static str, body: Value, permission| Line {
        method: "POST",
        route,
        path: route.to_string(),
        body: Body::Json(body),
        opens: Opens::Programs(permission),
    };
    let document: Value =
        serde_json::from_str(include_str!("../../docs/examples/abandoned-cart.json"))
            .expect("an example");
    let ids = json!([world.journey]);
    vec![
        get("/api/v1/journeys", "/api/v1/journeys?status=running".to_string()),
        get("/api/v1/journeys/{id}", format!("/api/v1/journeys/{}", world.journey)),
        post("/api/v1/journeys", document["journeys"][0].clone(), EditJourneys),
        post("/api/v1/journeys/preview-stop", json!({ "ids": ids }), OperateJourneys),
        post("/api/v1/journeys/operate", json!({ "ids": ids, "action": "pause" }), OperateJourneys),
        post("/api/v1/journeys/operate", json!({ "ids": ids, "action": "delete" }), EditJourneys),
        Line {
            path: format!("/api/v1/journeys/{}/enter", world.journey),
            ..post(
                "/api/v1/journeys/{id}/enter",
                json!({ "people": [{ "identity": "ada" }] }),
                EnterProfiles,
            )
        },
        post(
            "/api/v1/events",
            json!({ "events": [{ "identity": "ada", "name": "Visited" }] }),
            IngestRecords,
        ),
        post("/api/v1/profiles", json!({ "profiles": [{ "identity": "ada" }] }), IngestRecords),
        get("/api/v1/segments", "/api/v1/segments".to_string()),
        Line {
            method: "PUT",
            path: "/api/v1/segments/VIP".to_string(),
            opens: Opens::ProgramsWithBoth(EditJourneys, SeePersonalData),
            ..post("/api/v1/segments/{name}", json!({ "reachable": "email" }), EditJourneys)
        },
        Line {
            method: "DELETE",
            path: "/api/v1/segments/999".to_string(),
            ..post("/api/v1/segments/{name}", Value::Null, EditJourneys)
        },
        get("/api/v1/metrics", "/api/v1/metrics".to_string()),
        Line {
            opens: Opens::ProgramsWith(SeeJourneys, SeePersonalData),
            ..get("/api/v1/profiles/{identity}", "/api/v1/profiles/999".to_string())
        },
        Line {
            method: "DELETE",
            path: "/api/v1/profiles/999".to_string(),
            ..post("/api/v1/profiles/{identity}", Value::Null, EraseProfiles)
        },
        post("/v1/batch", json!({ "batch": [] }), IngestRecords),
        post("/v1/track", json!({ "userId": "ada", "event": "Visited" }), IngestRecords),
        post("/v1/identify", json!({ "userId": "ada" }), IngestRecords),
        post("/v1/page", json!({ "userId": "ada" }), IngestRecords),
        post("/v1/screen", json!({ "userId": "ada" }), IngestRecords),
        post("/v1/group", json!({ "userId": "ada", "groupId": "g" }), IngestRecords),
        post("/v1/alias", json!({ "userId": "ada", "previousId": "device" }), IngestRecords),
        post("/1/upload", json!({ "d": [] }), IngestRecords),
    ]
}
