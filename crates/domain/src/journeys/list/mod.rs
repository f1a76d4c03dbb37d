//! The journey list: what may be asked of it, which columns it has, and what a bulk action selects.

pub mod columns;
pub mod page;
pub mod query;
pub mod selection;
