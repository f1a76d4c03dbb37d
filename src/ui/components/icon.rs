//! Line icons, drawn on a 20 × 20 grid in the colour of the text. They are hidden from screen
//! readers, which read the words beside them.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    Brand,
    Shield,
    Search,
    Filter,
    Columns,
    Plus,
    Pause,
    Play,
    Stop,
    Archive,
    Unarchive,
    Label,
    More,
    Close,
    Check,
    Alert,
    Up,
    Down,
    UpDown,
    Left,
    Right,
    Clock,
    Draft,
    Flag,
    Drain,
    Copy,
    Edit,
    Text,
    Trash,
    History,
    Star,
    Person,
}

impl Symbol {
    fn paths(self) -> &'static str {
        match self {
            Symbol::Brand => {
                "M4 15c0-5 12-3 12-8a3 3 0 1 0-6 0c0 4-6 3-6 8Zm9-8h.01M4 15a1.6 1.6 0 1 0 3.2 \
                    0A1.6 1.6 0 0 0 4 15"
            }
            Symbol::Shield => "M10 2.5 4 5v4.5c0 4 2.6 6.7 6 8 3.4-1.3 6-4 6-8V5l-6-2.5Z",
            Symbol::Search => "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12Zm4.5-1.5L17 17",
            Symbol::Filter => "M3 5h14M6 10h8M8.5 15h3",
            Symbol::Columns => "M3 4h14v12H3zM8 4v12M12.5 4v12",
            Symbol::Plus => "M10 4v12M4 10h12",
            Symbol::Pause => "M7 4.5v11M13 4.5v11",
            Symbol::Play => "M6.5 4.5v11l9-5.5-9-5.5Z",
            Symbol::Stop => "M5 5h10v10H5z",
            Symbol::Archive => "M3 4h14v4H3zM4.5 8v8h11V8M8 11h4",
            Symbol::Unarchive => "M3 4h14v4H3zM4.5 8v8h11V8M10 14v-4M8 11.5l2-2 2 2",
            Symbol::Label => "M3 3.5h6.5l7 7-6 6-7.5-7V3.5Zm3.5 3.3h.01",
            Symbol::More => "M4.5 10h.01M10 10h.01M15.5 10h.01",
            Symbol::Close => "M5 5l10 10M15 5 5 15",
            Symbol::Check => "M4 10.5l4 4 8-9",
            Symbol::Alert => "M10 3 2.5 16.5h15L10 3Zm0 5v4m0 2.2h.01",
            Symbol::Up => "M10 16V4M5.5 8.5 10 4l4.5 4.5",
            Symbol::Down => "M10 4v12M5.5 11.5 10 16l4.5-4.5",
            Symbol::UpDown => "M7 8l3-3.5L13 8M7 12l3 3.5 3-3.5",
            Symbol::Left => "M12.5 4.5 7 10l5.5 5.5",
            Symbol::Right => "M7.5 4.5 13 10l-5.5 5.5",
            Symbol::Clock => "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM10 6v4.2l2.8 1.6",
            Symbol::Draft => "M4 16l.8-3.4L13.4 4l2.6 2.6-8.6 8.6L4 16Z",
            Symbol::Flag => "M5 17V3.5h9.5L12.500 7l2 3.5H5",
            Symbol::Drain => "M4 4h12l-4.5 6v5l-3 1.500V10L4 4Z",
            Symbol::Copy => "M7 7h9.500v9.500H7zM13 7V3.500H3.500V13H7",
            Symbol::Edit => {
                "M4 16l.8-3.400L13.400 4l2.600 2.600-8.600 8.600L4 16Zm7.800-10.400 2.600 2.600"
            }
            Symbol::Text => "M4 5h12M4 8.500h12M4 12h12M4 15.500h7",
            Symbol::Trash => {
                "M4 5.500h12M8 5.500V3.500h4v2M5.500 5.500l.7 11h7.600l.7-11M8.500 8.500v5M11.500 \
                    8.500v5"
            }
            Symbol::History => {
                "M3.500 10a6.500 6.500 0 1 0 2-4.700L3.500 7V3.500M10 6.500V10l2.500 1.500"
            }
            Symbol::Person => {
                "M10 10a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7Zm-6.500 7c.6-3.300 3.200-5 \
                    6.500-5s5.900 1.700 6.500 5"
            }
            Symbol::Star => {
                "M10 3l2.100 4.500 4.900.6-3.600 3.400.9 4.900L10 14l-4.300 2.400.9-4.900L3 \
                    8.100l4.900-.6L10 3Z"
            }
        }
    }
}

#[component]
pub fn Icon(symbol: Symbol) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
            <path d=symbol.paths() />
        </svg>
    }
}
