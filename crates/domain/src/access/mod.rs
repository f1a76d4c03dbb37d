//! Who acts, and what they may do: accounts, members, API keys, and the one table of permissions.

pub mod account;
pub mod actor;
pub mod change;
pub mod credentials;
pub mod first_account;
pub mod key;
pub mod links;
pub mod member_role;
pub mod members;
pub mod permissions;
pub mod projects;
pub mod refusal;
pub mod role_rules;
pub mod scope;
pub mod sessions;
pub mod sso;
pub mod sso_roles;
