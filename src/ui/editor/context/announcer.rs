//! What is said to screen readers.

use leptos::prelude::*;

/// The sentence about the last action, for people who cannot see its effect.
#[derive(Clone, Copy)]
pub struct Announcer {
    pub sentence: RwSignal<String>,
}

impl Announcer {
    pub(super) fn new() -> Self {
        Self { sentence: RwSignal::new(String::new()) }
    }

    pub fn here() -> Self {
        expect_context()
    }

    pub fn say(&self, sentence: String) {
        // A live region announces changes only: the same sentence again differs by a blank.
        let is_repeated = self.sentence.with_untracked(|last| *last == sentence);
        self.sentence.set(if is_repeated { format!("{sentence}\u{a0}") } else { sentence });
    }
}
