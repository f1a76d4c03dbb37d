//! Names of projects tell nothing to who does not see the projects.

use crate::support::{Place, text};

const ADA: &str = "ada@example.com";
const EVE: &str = "eve@example.com";

/// Ada runs both projects, Eve the second alone.
async fn place() -> Place {
    let place = Place::demo();
    place.account(ADA, "admin");
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    assert_eq!(ada.post("projects/create", &[("name", "Second")]).await.status(), 200);
    drop(server);
    place.account_in(EVE, "admin", &["--project", "Second"]);
    place
}

#[tokio::test]
async fn a_name_is_taken_only_by_a_project_that_somebody_sees() {
    let place = place().await;
    let server = place.serve();
    let (ada, eve) = (server.signed_in(ADA).await, server.signed_in(EVE).await);
    let second = eve.shown_project().await.expect("a project");
    for seen in ["Second", "second"] {
        assert_eq!(eve.post("projects/create", &[("name", seen)]).await.status(), 409, "{seen}");
    }
    assert_eq!(ada.post("projects/create", &[("name", "my project")]).await.status(), 409);
    let rename = [("project", second.as_str()), ("name", "My project")];
    assert_eq!(ada.post("projects/rename", &rename).await.status(), 409, "both are seen");
    assert_eq!(eve.post("projects/create", &[("name", "My project")]).await.status(), 200);
    assert_eq!(eve.list("").await["total"], 0, "it is another one");
    assert_eq!(eve.post("projects/create", &[("name", "My project")]).await.status(), 409);
}

#[tokio::test]
async fn the_command_line_asks_which_of_several_projects_is_meant() {
    let place = place().await;
    let server = place.serve();
    let eve = server.signed_in(EVE).await;
    assert_eq!(eve.post("projects/create", &[("name", "My project")]).await.status(), 200);
    let own = eve.shown_project().await.expect("a project");
    drop(server);
    let told = place.run(&["export", "--project", "My project"]);
    assert!(!told.status.success());
    assert!(text(&told.stderr).contains(&own), "{}", text(&told.stderr));
    assert!(place.run(&["export", "--project", &own]).status.success());
    assert!(place.run(&["export", "--project", "second"]).status.success());
}
