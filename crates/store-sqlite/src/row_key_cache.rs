//! The short numbers of projects and of events' names. They are given once and never change, so
//! that they are asked for once.

use std::collections::HashMap;

use wayfare_domain::ids::{ProjectId, ProjectKey};

/// Most names that are remembered; beyond it they are asked for again.
const NAMES_MAX: usize = 50_000;

#[derive(Default)]
pub struct RowKeyCache {
    projects: HashMap<ProjectId, ProjectKey>,
    /// By the name as it is sent: events come under the same few spellings.
    names: HashMap<ProjectKey, HashMap<String, i64>>,
    count: usize,
}

impl RowKeyCache {
    pub fn project(&self, id: ProjectId) -> Option<ProjectKey> {
        self.projects.get(&id).copied()
    }

    pub fn learn_project(&mut self, id: ProjectId, number: ProjectKey) {
        self.projects.insert(id, number);
    }

    pub fn name(&self, project: ProjectKey, name: &str) -> Option<i64> {
        self.names.get(&project)?.get(name).copied()
    }

    pub fn insert_name(&mut self, project: ProjectKey, name: &str, number: i64) {
        if self.count >= NAMES_MAX {
            self.forget_names();
        }
        if self.names.entry(project).or_default().insert(name.to_string(), number).is_none() {
            self.count += 1;
        }
    }

    /// After a transaction that was taken back: its numbers will be given to other names.
    pub fn forget_names(&mut self) {
        self.names.clear();
        self.count = 0;
    }
}
