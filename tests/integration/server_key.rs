//! The server's key: a database that depends on one is served with no other.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use crate::support::{BINARY, Place, Server, text};

fn key(place: &Place) -> PathBuf {
    place.file("test.db.key")
}

/// Seals a secret with the server's key.
async fn keep_a_secret(server: &Server) {
    let fields = [
        ("channel", "sms"),
        ("fields[account]", "AC1"),
        ("fields[from]", "Shop"),
        ("fields[base_url]", "https://sms.example.com"),
        ("secret", "a token"),
        ("revision", "0"),
    ];
    let answer = server.post("channels/save", &fields).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.expect("text"));
}

/// With a database in which a secret is sealed.
async fn with_a_secret() -> Place {
    let place = Place::demo();
    let mut server = place.serve();
    keep_a_secret(&server).await;
    server.terminate();
    place
}

/// A start that is refused.
fn refused(place: &Place, key: Option<&str>) -> Output {
    let mut command = Command::new(BINARY);
    command.args(["serve", "--listen", "127.0.0.1:0", "--database"]).arg(place.database());
    if let Some(key) = key {
        command.env("WAYFARE_SECRET_KEY", key);
    }
    command.output().expect("it ends")
}

#[tokio::test]
async fn a_missing_key_is_not_replaced_where_secrets_were_sealed_with_it() {
    let place = with_a_secret().await;
    let kept = fs::read(key(&place)).expect("a key");
    fs::remove_file(key(&place)).expect("removed");
    let output = refused(&place, None);
    let told = text(&output.stderr);
    assert!(!output.status.success() && told.contains("test.db.key is missing"), "{told}");
    assert!(!key(&place).exists(), "nothing is made in its place");
    fs::write(key(&place), kept).expect("restored");
    assert_eq!(place.serve().get("/readyz").await.status(), 200);
}

#[tokio::test]
async fn another_key_is_refused_unless_somebody_takes_it_knowingly() {
    let place = with_a_secret().await;
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let output = refused(&place, Some(other));
    let told = text(&output.stderr);
    assert!(
        !output.status.success()
            && told.contains("another key")
            && told.contains("--accept-new-key"),
        "{told}"
    );
    let flags = ["--secret-key", other, "--accept-new-key"];
    assert_eq!(place.serve_with(&flags).get("/readyz").await.status(), 200);
    // From then on that is the key.
    assert_eq!(place.serve_with(&flags[..2]).get("/readyz").await.status(), 200);
    assert!(!refused(&place, None).status.success());
}

#[tokio::test]
async fn a_message_that_a_provider_was_asked_to_take_depends_on_the_key_as_well() {
    let place = Place::demo();
    place.serve().terminate();
    place
        .sql(
            "INSERT INTO outbox (project_key, version_key, enrolment_key, profile_key, node, visit,
             channel, is_live, status, created_at)
             VALUES (1, 1, 1, 1, 'mail', 1, 'email', 1, 1, 0)",
        )
        .await;
    fs::remove_file(key(&place)).expect("removed");
    let output = refused(&place, None);
    assert!(text(&output.stderr).contains("is missing"), "{}", text(&output.stderr));
}

#[tokio::test]
async fn where_nothing_depends_on_it_a_new_key_is_made() {
    let place = Place::demo();
    place.serve().terminate();
    fs::remove_file(key(&place)).expect("removed");
    assert_eq!(place.serve().get("/readyz").await.status(), 200);
    assert!(key(&place).exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_database_behind_a_link_has_the_key_of_its_file() {
    let place = with_a_secret().await;
    std::os::unix::fs::symlink(place.database(), place.file("link.db")).expect("linked");
    assert_eq!(place.serve_file("link.db", &[]).get("/readyz").await.status(), 200);
    assert!(!place.file("link.db.key").exists());
}

#[test]
fn commands_that_send_nothing_make_no_key() {
    let place = Place::demo();
    for command in [
        &["check"][..],
        &["export"],
        &["user", "list"],
        &["release"],
        &["user", "add", "ada@example.com"],
    ] {
        assert!(place.run(command).status.success(), "{command:?}");
    }
    assert!(!key(&place).exists());
}
