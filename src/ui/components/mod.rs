//! Small native pieces that every page uses. Each has its style in `style/components/` under the same name.

pub mod icon;
pub mod label_chip;
pub mod menu;
pub mod state;
pub mod status_badge;
pub mod time;
