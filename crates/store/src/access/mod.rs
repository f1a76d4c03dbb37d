//! What the store knows of people who use Wayfare, and of programs: accounts, sessions, projects,
//! members, API keys and the audit log.

mod accounts;
mod api_keys;
mod audit;
mod members;
mod projects;
mod sessions;
mod sso;

pub use accounts::{AccountRecord, AccountStore, InitialRole, NewAccount, PasswordChange};
pub use api_keys::{ActiveApiKey, ApiKeyStore, NewKey};
pub use audit::AuditStore;
pub use members::MemberStore;
pub use projects::ProjectStore;
pub use sessions::{ActiveSession, NewSession, SessionStore};
pub use sso::{PendingSsoSignIn, SsoStore};
