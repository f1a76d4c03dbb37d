//! Who acts, and what they may do: accounts, members, API keys, and the one table of permissions.

pub mod account;
pub mod actor;
pub mod key;
pub mod members;
pub mod permissions;
pub mod scope;
