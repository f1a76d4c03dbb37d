//! Icons that only the editor has; drawn like the others (`components/icon.rs`), apart so that the
//! list does not load them.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditorIcon {
    Minus,
    Fit,
    Split,
    Undo,
    Redo,
    AlignDown,
    AlignRight,
    Help,
}

impl EditorIcon {
    fn paths(self) -> &'static str {
        match self {
            EditorIcon::Minus => "M4 10h12",
            EditorIcon::Fit => "M3.5 7V3.5H7M13 3.5h3.5V7M16.5 13v3.5H13M7 16.5H3.5V13",
            EditorIcon::Split => {
                "M10 3v4M10 7c0 4-6 3-6 8m6-8c0 4 6 3 6 8M2 13l2 3 2-3M14 13l2 3 2-3"
            }
            EditorIcon::Undo => "M4 8h8a4 4 0 0 1 0 8H8M4 8l3.5-3.5M4 8l3.5 3.5",
            EditorIcon::Redo => "M16 8H8a4 4 0 0 0 0 8h4M16 8l-3.5-3.5M16 8l-3.5 3.5",
            EditorIcon::AlignDown => {
                "M7.5 3h5v4h-5zM3 13h5v4H3zM12 13h5v4h-5zM10 7v3M5.5 13v-3h9v3"
            }
            EditorIcon::AlignRight => {
                "M3 7.500v5h4v-5zM13 3v5h4V3zM13 12v5h4v-5zM7 10h3M13 5.500h-3v9h3"
            }
            EditorIcon::Help => {
                "M7.5 7.500a2.5 2.5 0 1 1 3.6 2.200c-.8.4-1.1.9-1.1 1.800M10 14.500h.01M10 \
                    17.500a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Z"
            }
        }
    }
}

#[component]
pub fn MarkIcon(mark: EditorIcon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
            <path d=mark.paths() />
        </svg>
    }
}
