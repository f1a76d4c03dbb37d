//! The problems of the version that is edited.

use leptos::prelude::*;

use super::{GraphState, OpenVersion, graph_state::set_if_new};
use crate::ui::editor::browser;
use wayfare_domain::versions::Problem;
use wayfare_editor_model::problems::find_problems;

/// The problems that were found last: the editor's own, and those that only the server can find.
#[derive(Clone, Copy)]
pub struct Problems {
    version: OpenVersion,
    graph: GraphState,
    /// Errors before warnings.
    pub found: RwSignal<Vec<Problem>>,
    from_server: StoredValue<Vec<Problem>>,
}

impl Problems {
    pub(super) fn new(version: OpenVersion, graph: GraphState) -> Self {
        let problems = Self {
            version,
            graph,
            found: RwSignal::new(Vec::new()),
            from_server: StoredValue::new(Vec::new()),
        };
        problems.find();
        problems
    }

    pub fn here() -> Self {
        expect_context()
    }

    /// Looks for the problems of the graph and the settings as they are now.
    pub fn find(&self) {
        let document = self.version.document();
        let now = browser::now();
        let mut found = self.graph.with_state(|state| {
            find_problems(&state.graph, &state.settings, &document.catalogue, now)
        });
        for problem in self.from_server.get_value() {
            if !found.iter().any(|other| {
                other.problem.sentence == problem.problem.sentence && other.node == problem.node
            }) {
                found.push(problem);
            }
        }
        found.sort_by_key(|problem| problem.severity);
        set_if_new(self.found, found);
    }

    /// Takes over what the server found when it saved.
    pub fn add_from_server(&self, problems: Vec<Problem>) {
        self.from_server.set_value(problems);
        self.find();
    }
}
