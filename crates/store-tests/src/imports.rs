//! Imports of files: how far they have come, and which rows were rejected.

use wayfare_domain::{
    error::FieldError,
    profiles::import::{ImportProgress, ImportState, RejectedRow},
};
use wayfare_store::{Stores, profiles::NewImport};

use crate::test_project::{NOW, TestProject};

fn file() -> NewImport {
    NewImport { file_name: "people.csv".to_string(), list: Some("VIP".to_string()), bytes: 99 }
}

pub async fn an_import_tells_how_far_it_has_come_and_what_it_rejected(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let here = project.actor.project;
    let import = stores.imports.begin_import(&project.actor, &file(), NOW).await.expect("begun");
    let progress = ImportProgress { bytes_read: 50, taken: 4, refused: 1 };
    let row = RejectedRow { line: 3, error: FieldError::new("email", "malformed", "No.") };
    let rejected = std::slice::from_ref(&row);
    stores.imports.record_import_progress(here, import, &progress, rejected).await.expect("noted");
    let state =
        async || stores.imports.list_imports(here, Some(import)).await.expect("one").remove(0);
    let running = state().await;
    assert_eq!((running.state, running.progress), (ImportState::Running, progress));
    assert_eq!((running.file_name.as_str(), running.bytes), ("people.csv", 99));
    let lines = stores.imports.list_rejected_rows(here, import).await.expect("rows");
    assert_eq!(lines.iter().map(|row| row.line).collect::<Vec<_>>(), [3]);
    stores.imports.finish_import(&project.actor, import, None, NOW.plus(1)).await.expect("done");
    let done = state().await;
    assert_eq!((done.state, done.finished_at), (ImportState::Done, Some(NOW.plus(1))));
}

pub async fn what_was_under_way_when_the_server_ended_has_failed(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let here = project.actor.project;
    let import = stores.imports.begin_import(&project.actor, &file(), NOW).await.expect("begun");
    let finished = stores.imports.begin_import(&project.actor, &file(), NOW).await.expect("begun");
    stores.imports.finish_import(&project.actor, finished, None, NOW).await.expect("done");
    stores.imports.fail_running_imports("The server ended.", NOW).await.expect("written");
    let state = async |import| {
        stores.imports.list_imports(here, Some(import)).await.expect("one")[0].state.clone()
    };
    assert_eq!(state(import).await, ImportState::Failed("The server ended.".to_string()));
    assert_eq!(state(finished).await, ImportState::Done);
}
