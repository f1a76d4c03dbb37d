//! The least that could be done: a loop of prepared statements that writes the rows that Wayfare
//! writes, into the same tables with the same indexes and the same durability. `cargo xtask bench
//! engine` prints its figures beside ours.
//!
//! `bare_sqlite events|scattered|people FILE ROWS BATCH`; FILE was made by `wayfare migrate`.
#![expect(
    clippy::expect_used,
    reason = "a measurement that cannot be made has nothing better to do"
)]

use std::time::Instant;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [what, file, rows, batch] = words.as_slice() else { return };
    let (rows, batch): (i64, i64) =
        (rows.parse().expect("a number"), batch.parse().expect("a number"));
    let mut connection = Connection::open(file).expect("a database");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192; \
                PRAGMA mmap_size = 1073741824",
        )
        .expect("settings");
    if what == "people" {
        make_profiles(&mut connection, rows);
    }
    let write: fn(&Transaction<'_>, i64) = match what.as_str() {
        "events" => event,
        "scattered" => scattered_event,
        _ => person,
    };
    let start = Instant::now();
    let mut written = 0;
    while written < rows {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .expect("a transaction");
        for number in written..(written + batch).min(rows) {
            write(&transaction, number);
        }
        if what == "people" {
            transaction
                .execute("UPDATE engine_state SET event_cursor = event_cursor + ?1", [batch])
                .expect("a cursor");
        }
        transaction.commit().expect("committed");
        written += batch;
    }
    println!("{:.0}", rows as f64 / start.elapsed().as_secs_f64());
}

/// The people of the enrolments; not part of what is measured.
fn make_profiles(connection: &mut Connection, count: i64) {
    let transaction = connection.transaction().expect("a transaction");
    for seq in 1..=count {
        let mut profile = transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO profiles (key, project_key, identity, properties, created_at,
                    updated_at)
                 VALUES (?1, 9, 'p' || ?1, '{\"plan\":\"free\"}', 0, 0)",
            )
            .expect("a statement");
        profile.execute([seq]).expect("written");
    }
    transaction.commit().expect("committed");
}

/// One event of anybody of a million.
fn scattered_event(transaction: &Transaction<'_>, number: i64) {
    event_of(transaction, (number.wrapping_mul(2_654_435_761) % 1_000_000).abs(), number);
}

/// One event of one of ten thousand.
fn event(transaction: &Transaction<'_>, number: i64) {
    event_of(transaction, number % 10_000, number);
}

fn event_of(transaction: &Transaction<'_>, person: i64, number: i64) {
    let mut statement = transaction
        .prepare_cached(
            "INSERT INTO events (project_key, profile_key, name_id, at, received_at, properties)
            VALUES (9, ?1, 1, ?2, ?2, ?3)",
        )
        .expect("a statement");
    statement
        .execute(params![person, 1_790_000_000_000_i64 + number, "{\"total\":7}"])
        .expect("written");
}

/// One enrolment through three nodes: entry, split, profile update.
fn person(transaction: &Transaction<'_>, number: i64) {
    let at = 1_790_000_000_000_i64 + number;
    let mut trip = transaction
        .prepare_cached(
            "INSERT INTO enrolments (project_key, journey_key, version_key, profile_key,
             exit_reason, node, visit, entered_at, triggered_at, ended_at)
             VALUES (9, 1, 1, ?1, 1, 'set', 3, ?2, ?2, ?2)",
        )
        .expect("a statement");
    trip.execute(params![number, at]).expect("written");
    let seq = transaction.last_insert_rowid();
    let mut step = transaction
        .prepare_cached(
            "INSERT INTO enrolment_log (enrolment_key, visit, at, node_visits)
             VALUES (?1, 3, ?2, ?3)",
        )
        .expect("a statement");
    let path = r#"[["entry","left:next",""],["split","left:a","drew 17 of 100"],["set","ended:completed","“next” leads nowhere: the end"]]"#;
    step.execute(params![seq, at, path]).expect("written");
    let mut profile = transaction
        .prepare_cached(
            "UPDATE profiles SET properties = json_patch(properties, ?2), updated_at =
             ?3 WHERE key = ?1",
        )
        .expect("a statement");
    profile.execute(params![number + 1, "{\"seen\":true}", at]).expect("written");
}
