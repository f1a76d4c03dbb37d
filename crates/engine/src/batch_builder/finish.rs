//! What a round comes to: the batch that is committed.

use super::{BatchBuilder, WorkingEnrolment};
use wayfare_domain::ids::{ProfileKey, VersionKey};
use wayfare_store::engine::{EngineBatch, EnrolmentPosition, EnrolmentUpdate, NewEnrolment};

impl BatchBuilder<'_> {
    /// The batch, with everybody who moved.
    pub fn finish(mut self) -> EngineBatch {
        let enrolments =
            std::mem::take(&mut self.enrolments).into_iter().chain(std::mem::take(&mut self.over));
        let mut moved: Vec<((VersionKey, ProfileKey), WorkingEnrolment)> =
            enrolments.filter(|(_, working)| working.moved).collect();
        moved.sort_unstable_by_key(|(_, working)| working.seq);
        for ((version, profile), working) in moved {
            let Some(live) = self.plan.versions.get(&version) else { continue };
            let position = EnrolmentPosition {
                node: live.compiled.nodes[working.state.node].id.clone(),
                visit: working.state.visit,
                wait_until: working.state.due,
                due_at: working.state.due_at(&live.compiled),
                awaits: working.state.awaits_engagement,
                ended: working.ended,
            };
            match working.from_visit {
                Some(from_visit) => self.batch.moved.push(EnrolmentUpdate {
                    seq: working.seq,
                    from_visit,
                    position,
                }),
                None => self.batch.entered.push(NewEnrolment {
                    seq: working.seq,
                    project: live.planned.project,
                    journey: live.planned.journey,
                    version,
                    profile,
                    position,
                    entered_at: working.state.entered_at,
                    began_at: working.state.triggered_at,
                    entry_properties: working.entry_text,
                }),
            }
        }
        for ((version, node), outlets) in self.passed {
            let Some(live) = self.plan.versions.get(&version) else { continue };
            let id = &live.compiled.nodes[node].id;
            for (kind, name, count) in outlets {
                *self.batch.nodes.entry((version, id.clone(), kind, name)).or_default() += count;
            }
        }
        self.batch.counted.retain(|_, counted| *counted != Default::default());
        self.batch
    }
}
