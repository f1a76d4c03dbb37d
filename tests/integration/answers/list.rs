//! The suppression list and its page.

use wayfare_domain::{ids::ProjectId, messages::suppression::AddressKind};
use wayfare_store_sqlite::{SqliteConfig, SqliteStore};

use crate::support::{Place, value_of};
use wayfare_store::Stores;

#[tokio::test]
async fn addresses_are_added_found_exported_and_removed_and_it_is_written_down() {
    let place = Place::empty();
    place.account("admin@example.com", "admin");
    place.account("viewer@example.com", "viewer");
    let server = place.serve();
    let admin = server.signed_in("admin@example.com").await;
    let add = |kind: &'static str, addresses: &'static str| {
        let form = [("kind", kind), ("addresses", addresses), ("note", "moved over")];
        let admin = &admin;
        async move { admin.post("suppressions/add", &form).await.status().as_u16() }
    };
    assert_eq!(add("email", "Ada@Example.com\nbob@example.com\n").await, 200);
    assert_eq!(add("phone", "+49 170 12345").await, 200);
    assert_eq!(add("email", "carol@example.com\nnobody").await, 400, "all of them or none");
    assert_eq!(add("pigeon", "carol@example.com").await, 400);

    let (_, page) = admin.page("/suppressions?search=ADA").await;
    assert!(
        page.contains("ada@example.com") && page.contains("added by hand: moved over"),
        "{page}"
    );
    assert!(!page.contains("bob@example.com") && !page.contains("carol@example.com"), "{page}");
    let file = admin.get("/suppressions.csv").await.text().await.expect("text");
    let rows: Vec<&str> =
        file.lines().map(|line| line.rsplit_once(',').map_or(line, |(row, _)| row)).collect();
    let reason = "added by hand: moved over";
    let wanted = [
        "\"kind\",\"address\",\"reason\"".to_string(),
        format!("\"email\",\"ada@example.com\",\"{reason}\""),
        format!("\"email\",\"bob@example.com\",\"{reason}\""),
        format!("\"phone\",\"+4917012345\",\"{reason}\""),
    ];
    assert_eq!(rows, wanted);

    let remove = [("kind", "email"), ("address", "ada@example.com")];
    let viewer = server.signed_in("viewer@example.com").await;
    let (status, page) = viewer.page("/suppressions").await;
    assert!(
        status == 200 && page.contains("b•••@example.com") && !page.contains("suppressions/remove"),
        "they see it: {page}"
    );
    assert!(!page.contains("bob@example.com"), "whole addresses are for those who may see people");
    assert_eq!(viewer.post("suppressions/remove", &remove).await.status(), 403);
    assert_eq!(viewer.get("/suppressions.csv").await.status(), 403);
    assert_eq!(admin.post("suppressions/remove", &remove).await.status(), 200);
    assert_eq!(admin.post("suppressions/remove", &remove).await.status(), 404);
    let log = admin.get("/audit.csv").await.text().await.expect("text");
    for part in [
        "suppressions.add",
        "2 addresses",
        "suppressions.export",
        "suppressions.remove",
        "ada@example.com (added by hand",
    ] {
        assert!(log.contains(part), "{part} in {log}");
    }
}

#[tokio::test]
async fn a_secret_is_kept_sealed_and_never_shown_again() {
    let place = Place::empty();
    let server = place.serve();
    let browser = server.browser();
    let save = |provider: &'static str, secret: &'static str| {
        let browser = &browser;
        async move {
            browser
                .post("hooks/save", &[("provider", provider), ("secret", secret)])
                .await
                .status()
                .as_u16()
        }
    };
    assert_eq!(save("gateway", "grey heron over the lake").await, 200);
    assert_eq!(
        (
            save("gateway", "short").await,
            save("gateway", " ").await,
            save("bounce", "whatever this is").await
        ),
        (400, 400, 400)
    );
    assert_eq!((save("sendgrid", "not a key").await, save("nobody", "x").await), (400, 400));
    let (_, page) = browser.page("/channels/webhooks").await;
    for part in ["Local admin", "/twilio", "/sendgrid", "/mailgun", "/gateway", "/bounce"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("grey heron"));
    let again = browser
        .plain(
            "hooks/save",
            &[("provider", "sendgrid"), ("secret", "not a key")],
            "/channels/webhooks",
        )
        .await;
    let again = again.text().await.expect("text");
    assert!(again.contains("verification key") && !again.contains("not a key"), "{again}");
    assert_eq!(value_of(&page, "provider", 0), "twilio");
    let bytes = std::fs::read(place.file("test.db-wal")).expect("the log of the database");
    assert!(!bytes.windows(15).any(|window| window == b"grey heron over"), "nor is it in the file");
    assert_eq!(browser.post("hooks/remove", &[("provider", "gateway")]).await.status(), 200);
    assert_eq!(browser.post("hooks/remove", &[("provider", "gateway")]).await.status(), 404);
}

#[tokio::test]
async fn an_address_is_found_in_whatever_spelling() {
    let place = Place::empty();
    let server = place.serve();
    for (kind, addresses) in [("email", "ada@example.com"), ("phone", "+4917012345")] {
        let form = [("kind", kind), ("addresses", addresses)];
        assert_eq!(server.post("suppressions/add", &form).await.status(), 200);
    }
    drop(server);
    let store = SqliteStore::open(&SqliteConfig::new(place.database())).await.expect("a store");
    let stores = Stores::of(store);
    let ours = "01900000-0000-7000-8000-000000000001".parse::<ProjectId>().expect("an id");
    let theirs = "01900000-0000-7000-8000-000000000002".parse::<ProjectId>().expect("an id");
    let reason = async |project, kind, address| {
        stores.suppressions.find_suppression_reason(project, kind, address).await.expect("a reason")
    };
    let by_hand = Some("added by hand".to_string());
    assert_eq!(reason(ours, AddressKind::Email, "Ada@example.com").await, by_hand);
    assert_eq!(reason(ours, AddressKind::Phone, "0049 170 12345").await, by_hand);
    assert_eq!(reason(ours, AddressKind::Email, "bob@example.com").await, None);
    assert_eq!(reason(ours, AddressKind::Push, "ada@example.com").await, None, "it is no token");
    assert_eq!(
        reason(theirs, AddressKind::Email, "ada@example.com").await,
        None,
        "another project has its own list"
    );
    stores.maintenance.close().await;
}
