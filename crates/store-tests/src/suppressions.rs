//! The suppression list: addresses in one spelling, put on it and taken off by hand.

use wayfare_domain::messages::suppression::{AddressKind, SuppressionQuery};
use wayfare_store::{StoreError, Stores};

use crate::test_project::{NOW, TestProject};

const EMAIL: AddressKind = AddressKind::Email;

async fn suppress(project: &TestProject<'_>, addresses: &[String]) -> u64 {
    let listed = project
        .stores
        .suppressions
        .add_suppressions(&project.actor, EMAIL, addresses, "by post", NOW)
        .await;
    listed.expect("listed")
}

/// They are put on the list in their one spelling, and asked for in any.
pub async fn an_address_is_listed_once_and_found_however_it_is_spelled(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let here = project.actor.project;
    assert_eq!(suppress(&project, &["ada@example.com".to_string()]).await, 1);
    assert_eq!(suppress(&project, &["ada@example.com".to_string()]).await, 0);
    let why = stores
        .suppressions
        .find_suppression_reason(here, EMAIL, " Ada@EXAMPLE.com ")
        .await
        .expect("an answer");
    assert!(why.is_some_and(|why| why.contains("by post")));
    let page = stores
        .suppressions
        .get_suppression_page(here, &SuppressionQuery { search: String::new(), page: 1 })
        .await;
    assert_eq!(page.expect("a page").total, 1);
}

pub async fn what_was_taken_off_the_list_is_off_it(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let here = project.actor.project;
    suppress(&project, &["ada@example.com".to_string()]).await;
    stores
        .suppressions
        .remove_suppression(&project.actor, EMAIL, "ada@example.com", NOW)
        .await
        .expect("taken off");
    assert_eq!(
        stores
            .suppressions
            .find_suppression_reason(here, EMAIL, "ada@example.com")
            .await
            .expect("an answer"),
        None
    );
    let again =
        stores.suppressions.remove_suppression(&project.actor, EMAIL, "ada@example.com", NOW).await;
    assert!(matches!(again, Err(StoreError::NotFound(_))), "{again:?}");
}

pub async fn the_list_is_searched_paged_and_exported_whole(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let here = project.actor.project;
    let addresses: Vec<String> =
        (0..60).map(|number| format!("p{number:02}@example.com")).collect();
    assert_eq!(suppress(&project, &addresses).await, 60);
    let page = async |search: &str, page| {
        let query = SuppressionQuery { search: search.to_string(), page };
        stores.suppressions.get_suppression_page(here, &query).await.expect("a page")
    };
    assert_eq!((page("", 1).await.rows.len(), page("", 2).await.rows.len()), (50, 10));
    assert_eq!(page("P07", 1).await.total, 1);
    let mut exported: Vec<_> = Vec::new();
    loop {
        let batch = stores
            .suppressions
            .load_suppression_batch(here, exported.last())
            .await
            .expect("a batch");
        if batch.is_empty() {
            break;
        }
        exported.extend(batch);
    }
    let exported: Vec<String> = exported.into_iter().map(|one| one.address).collect();
    assert_eq!(exported, addresses);
}
