//! How people and programs show who they are: secrets, passwords, and limits on guessing.

pub mod confirmation;
pub mod device;
pub mod oidc;
pub mod password;
pub mod rate_limit;

use std::time::Duration;

use wayfare_domain::{
    access::links::{INVITATION_LIFETIME_MS, PASSWORD_LINK_LIFETIME_MS},
    time::HOUR_MS,
};

/// How long things are good for, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// A session that is not used.
    pub session_idle: i64,
    /// A session, used or not.
    pub session: i64,
    pub invitation: i64,
    pub password_link: i64,
    /// A sign-in that has gone to the provider.
    pub provider_sign_in: i64,
}

impl Lifetimes {
    pub fn new(idle: Duration, absolute: Duration) -> Self {
        let ms = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self {
            session_idle: ms(idle),
            session: ms(absolute),
            invitation: INVITATION_LIFETIME_MS,
            password_link: PASSWORD_LINK_LIFETIME_MS,
            provider_sign_in: HOUR_MS / 6,
        }
    }
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self::new(Duration::from_secs(12 * 3600), Duration::from_secs(7 * 24 * 3600))
    }
}

/// What the sign-in works with.
pub struct Auth {
    pub passwords: password::PasswordHasher,
    pub throttle: rate_limit::SignInLimiter,
    pub lifetimes: Lifetimes,
    /// None where no provider is configured.
    pub provider: Option<oidc::OidcClient>,
}

impl Auth {
    pub fn new(lifetimes: Lifetimes, provider: Option<oidc::OidcClient>) -> Self {
        Self {
            passwords: password::PasswordHasher::default(),
            throttle: rate_limit::SignInLimiter::default(),
            lifetimes,
            provider,
        }
    }
}
