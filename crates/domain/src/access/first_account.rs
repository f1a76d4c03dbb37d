//! Local mode, in which no one has an account and whoever works at the machine may do everything,
//! the account that ends it, and the names that a new database begins with.

use super::{permissions::Role, refusal::AccessRefusal};

/// Who acts in local mode.
pub const LOCAL_ADMIN_NAME: &str = "Local admin";
/// Who acts when something happens by itself.
pub const SYSTEM_NAME: &str = "Wayfare";
/// The project that every database begins with, until someone renames it.
pub const FIRST_PROJECT_NAME: &str = "My project";

/// What everyone is in every project while there is no account.
pub const LOCAL_MODE_ROLE: Role = Role::Admin;

/// What the first account is in every project. From then on sign-in is required.
///
/// # Errors
/// Where there are other accounts already.
pub fn decide_first_account(other_accounts: i64) -> Result<Role, AccessRefusal> {
    if other_accounts > 0 { Err(AccessRefusal::FirstAccountExists) } else { Ok(LOCAL_MODE_ROLE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_account_is_admin_of_everything() {
        assert_eq!(decide_first_account(0), Ok(Role::Admin));
    }

    #[test]
    fn only_one_account_is_the_first() {
        assert_eq!(decide_first_account(1), Err(AccessRefusal::FirstAccountExists));
    }
}
