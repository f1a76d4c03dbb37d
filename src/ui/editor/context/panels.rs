//! Which panels and dialogs are open.

use leptos::prelude::*;

/// What the panel beside the canvas shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SidePanel {
    Step,
    Settings,
    Problems,
    Simulation,
}

/// The list of steps to choose from, opened at an outlet.
#[derive(Debug, Clone, PartialEq)]
pub struct StepPickerState {
    pub from: String,
    pub outlet: String,
    /// Its place within the canvas element, in pixels.
    pub x: f64,
    pub y: f64,
    /// Whether it lists the outlets that are not drawn first.
    pub lists_outlets: bool,
}

/// Panels and dialogs, each with what it is about.
#[derive(Clone, Copy)]
pub struct Panels {
    pub side: RwSignal<SidePanel>,
    pub step_picker: RwSignal<Option<StepPickerState>>,
    /// The node whose profiles are listed.
    pub profiles_at: RwSignal<Option<String>>,
    /// The message node that is previewed.
    pub preview_of: RwSignal<Option<String>>,
}

impl Panels {
    pub(super) fn new() -> Self {
        Self {
            side: RwSignal::new(SidePanel::Settings),
            step_picker: RwSignal::new(None),
            profiles_at: RwSignal::new(None),
            preview_of: RwSignal::new(None),
        }
    }

    pub fn here() -> Self {
        expect_context()
    }
}
