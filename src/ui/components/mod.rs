//! Small native pieces that every page uses. Each has its style in `style/components/` under the
//! same name.

#[cfg(any(feature = "ssr", feature = "editor"))]
pub mod difference;
#[cfg(feature = "ssr")]
pub mod field;
pub mod for_project;
pub mod icon;
pub mod label_chip;
pub mod menu;
#[cfg(any(feature = "ssr", feature = "editor"))]
pub mod message_content;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(any(feature = "ssr", feature = "editor"))]
#[cfg(feature = "ssr")]
pub mod section;
pub mod state;
pub mod status_badge;
pub mod time;
pub mod typed_text;
