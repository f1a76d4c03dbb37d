//! Writes an operation into the history, with a row for each journey that it was about.

use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use super::targets::OperationTargets;
use crate::{
    audit::NewAuditEntry,
    rows::{hex, to_json},
};
use wayfare_domain::{
    access::actor::Actor,
    audit::AuditEvent,
    ids::{JourneyId, OperationId},
    journeys::{
        list::selection::Selection,
        status::Status,
        transition::{Action, Refusal},
    },
    operations::{ItemResult, OperationItem, OperationResult, OperationSummary, SkipCount},
    time::Timestamp,
};
use wayfare_store::StoreResult;

/// Most rows that an answer carries; the rest are on the operation's own page.
const ANSWER_ROWS: usize = 100;

/// What an action did to one journey.
pub struct OperationItemRecord {
    pub journey: JourneyId,
    pub name: String,
    pub outcome: ItemResult,
    pub from: Status,
    /// What an undo puts back.
    pub before: Option<UndoSnapshot>,
    /// The journey's revision afterwards.
    pub revision: i64,
}

/// What was there before, where the status alone does not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoSnapshot {
    Name(String),
    /// Ids in hex.
    Labels(Vec<String>),
}

/// An operation to be written.
pub struct OperationRecord {
    pub action: Action,
    pub undo_of: Option<OperationId>,
    pub filter: Option<String>,
    pub items: Vec<OperationItemRecord>,
    pub missing: Vec<JourneyId>,
    pub note: String,
    pub ended_inside: i64,
    pub cancelled_messages: i64,
}

impl OperationRecord {
    pub fn new(
        action: Action,
        selection: &Selection,
        items: Vec<OperationItemRecord>,
        candidates: OperationTargets,
    ) -> Self {
        let filter = match selection {
            Selection::Ticked(_) => None,
            Selection::Matching(query) => Some(query.to_query()),
        };
        Self {
            action,
            undo_of: None,
            filter,
            items,
            missing: candidates.missing,
            note: String::new(),
            ended_inside: 0,
            cancelled_messages: 0,
        }
    }

    /// Writes it and gives the answer. An operation that changed nothing and skipped nothing is
    /// written all the same: it was asked for.
    pub async fn write(
        self,
        connection: &mut SqliteConnection,
        actor: &Actor,
        now: Timestamp,
    ) -> StoreResult<OperationResult> {
        let report = self.report(actor, now);
        let summary = if report.note.is_empty() {
            report.sentence()
        } else {
            format!("{} ({})", report.sentence(), report.note)
        };
        sqlx::query(
            "INSERT INTO operations (id, project_id, action, undo_of, by, at, filter, matched,
                changed, skipped, only_name, note,
                                     ended_inside, cancelled_messages)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(report.id.0)
        .bind(actor.project.0)
        .bind(self.action.key())
        .bind(self.undo_of.map(|id| id.0))
        .bind(actor.user.0)
        .bind(now.0)
        .bind(&self.filter)
        .bind((self.items.len() + self.missing.len()) as i64)
        .bind(report.changed)
        .bind(to_json(&report.skipped)?)
        .bind(&report.only)
        .bind(&self.note)
        .bind(self.ended_inside)
        .bind(self.cancelled_messages)
        .execute(&mut *connection)
        .await?;
        self.write_items(connection, actor, report.id).await?;
        let entry = NewAuditEntry {
            operation: Some(report.id),
            ..NewAuditEntry::of(actor, AuditEvent::Journeys(self.action), &summary)
        };
        entry.write(connection, now).await?;
        Ok(OperationResult { items: self.answer_items(), report })
    }

    async fn write_items(
        &self,
        connection: &mut SqliteConnection,
        actor: &Actor,
        id: OperationId,
    ) -> StoreResult<()> {
        type Row<'a> = (String, &'a str, Option<String>, i64, i64, Option<String>, i64);
        let rows = self
            .items
            .iter()
            .map(|item| {
                let (refusal, to) = match item.outcome {
                    ItemResult::Changed { to, .. } => (None, to),
                    ItemResult::Skipped(refusal) => (Some(refusal.key()), item.from),
                };
                let before = item.before.as_ref().map(to_json).transpose()?;
                Ok((
                    hex(item.journey.0),
                    item.name.as_str(),
                    refusal,
                    item.from.code(),
                    to.code(),
                    before,
                    item.revision,
                ))
            })
            .collect::<StoreResult<Vec<Row>>>()?;
        sqlx::query(
            "INSERT INTO operation_items (operation_id, place, project_id, journey_id, name,
                refusal, from_status, to_status, before, revision)
             SELECT ?1, key, ?2, unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value
             ->> 4, value ->> 5, value ->> 6
             FROM json_each(?3)",
        )
        .bind(id.0)
        .bind(actor.project.0)
        .bind(to_json(&rows)?)
        .execute(connection)
        .await?;
        Ok(())
    }

    fn report(&self, actor: &Actor, now: Timestamp) -> OperationSummary {
        let mut skipped: Vec<SkipCount> = Vec::new();
        let mut changed = 0;
        let mut skip = |refusal: Refusal, name: &str| match skipped
            .iter_mut()
            .find(|known| known.refusal == refusal)
        {
            Some(known) => known.count += 1,
            None => skipped.push(SkipCount { refusal, count: 1, example: name.to_string() }),
        };
        for item in &self.items {
            match item.outcome {
                ItemResult::Changed { .. } => changed += 1,
                ItemResult::Skipped(refusal) => skip(refusal, &item.name),
            }
        }
        for id in &self.missing {
            skip(Refusal::NotFound, &id.short());
        }
        let only =
            (self.items.len() == 1 && self.missing.is_empty()).then(|| self.items[0].name.clone());
        OperationSummary {
            id: OperationId::new(),
            action: self.action,
            undo_of: self.undo_of,
            by: actor.person(),
            at: now,
            changed,
            skipped,
            only,
            note: self.note.clone(),
            ended_inside: self.ended_inside,
            cancelled_messages: self.cancelled_messages,
            undoable: changed > 0 && self.undo_of.is_none() && can_be_undone(self.action),
        }
    }

    fn answer_items(&self) -> Vec<OperationItem> {
        let found = self.items.iter().map(|item| OperationItem {
            journey: item.journey,
            name: item.name.clone(),
            outcome: item.outcome,
        });
        let missing = self.missing.iter().map(|id| OperationItem {
            journey: *id,
            name: id.short(),
            outcome: ItemResult::Skipped(Refusal::NotFound),
        });
        found.chain(missing).take(ANSWER_ROWS).collect()
    }
}

/// What an undo exists for: the inverses of the table, and what is put back from [`UndoSnapshot`] or from
/// the shelf.
pub fn can_be_undone(action: Action) -> bool {
    action.inverse().is_some() || matches!(action, Action::Rename | Action::Label | Action::Delete)
}
