//! Why accounts, members, projects and sign-ins stay as they are, with the sentences that people
//! read.

/// A change that is refused as things are; nothing was changed. It prints as the sentence that says
/// what is in the way and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessRefusal {
    /// The password is not the account's any more, or the account is suspended: no one is told
    /// which.
    #[error("The email address or the password is wrong. Try again.")]
    WrongCredentials,
    /// The session that asks ended before it was done.
    #[error("Your session has ended. Nothing was changed. Sign in and try again.")]
    SessionEnded,
    #[error("An account with this email address already exists.")]
    AddressTaken,
    /// Local mode has ended.
    #[error("There is an account already. Sign in with it, or ask an admin to invite you.")]
    FirstAccountExists,
    #[error("This account is suspended. Ask your administrator.")]
    AccountSuspended,
    /// The role is not the one that was on the page.
    #[error(
        "Someone else changed the role of this member. Nothing was changed. Reload the page and \
            try again."
    )]
    RoleChangedMeanwhile,
    /// The project would be without an admin.
    #[error("A project needs an admin. Make another member an admin first.")]
    LastAdmin,
    #[error("They are already a member. Change their role on the Team page.")]
    AlreadyMember,
    #[error(
        "This invitation is for another account. Sign out, and open the link with the invited \
            account."
    )]
    InvitedAnotherAccount,
    #[error(
        "The project has journeys that are running, paused or scheduled, or people inside. Stop \
            those journeys first."
    )]
    ProjectInUse,
    #[error("This is the only project. Create another one before you archive it.")]
    OnlyProject,
    #[error("SSO is not set up here. Ask your administrator to set it up.")]
    SsoNotSetUp,
    #[error(
        "Your identity provider does not share your email address. Ask your administrator to add \
            the email scope."
    )]
    AddressNotShared,
    #[error(
        "Your identity provider does not confirm your email address, so it cannot open an account \
            here. Verify the address there and sign in again. Or ask an admin for an invitation, \
            then link the identity provider under “Your account”."
    )]
    AddressNotConfirmed,
    /// Someone signs in to the account of this address already, in another way.
    #[error(
        "The account with this email address is not linked to your identity provider. Sign in \
            with its password, then link the identity provider under “Your account”."
    )]
    AccountNotLinked,
    /// The identity opens another account.
    #[error(
        "Your identity at the identity provider is already linked to another account. Nothing was \
            linked."
    )]
    IdentityTaken,
    #[error("Choose a password first. Without one, you could no longer sign in to this account.")]
    NoPassword,
    /// Without the link their project would be without an admin.
    #[error(
        "You are the only admin of a project, by an SSO rule. Make another member an admin first."
    )]
    OnlyAdminBySsoRule,
    /// Without a password, a recent sign-in shows whose account it is.
    #[error(
        "Your account has no password yet, so this needs a recent sign-in. Sign out, sign in again \
            and try again within ten minutes."
    )]
    SignInTooOld,
}
