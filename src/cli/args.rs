//! Flags and environment. Every setting has a flag, a `WAYFARE_*` variable and a sentence in
//! `--help`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use url::{Host, Url};

use crate::server::log::LogFormat;
use wayfare_application::{auth::oidc::ProviderConfig, retention::RetentionPolicy};
use wayfare_domain::access::role_rules::RoleRules;
use wayfare_secrets::server_key::{KeyFileError, ServerKey};

#[derive(Debug, Parser)]
#[command(
    name = "wayfare",
    version,
    about = "Customer journeys in one binary and one file.",
    max_term_width = 100
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the pages and the API.
    Serve(Box<ServeArgs>),
    /// Create the database, or update its schema, and exit.
    Migrate(DatabaseArgs),
    /// Load the demo project: journeys of a shop, a bank and a travel app, in every status.
    Demo(DemoArgs),
    /// Import journeys from a JSON file as drafts: all of them or none.
    Import(ImportArgs),
    /// Import profiles or events from a CSV file or JSON lines, row by row. Exits with 1 if rows
    /// were rejected.
    #[command(alias = "import-people")]
    ImportProfiles(ImportProfilesArgs),
    /// Write all journeys as JSON to the standard output.
    Export(ExportArgs),
    /// Check that the counters add up and the file is intact. Exits with 1 if not.
    Check(DatabaseArgs),
    /// Write a consistent copy of the database, even while the server runs. A server that starts on
    /// the copy is held.
    Backup(BackupArgs),
    /// Release a held server: people enter and move again, and messages go out.
    Release(DatabaseArgs),
    /// Accounts: who may sign in.
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create an account. Its user chooses a password with the link that is shown, unless you give
    /// one with --password-stdin.
    Add(UserAddArgs),
    /// List the accounts.
    List(DatabaseArgs),
    /// Show a link to choose a new password. It works once, within a day.
    Reset(UserArgs),
    /// End every session of an account and block its sign-in.
    Suspend(UserArgs),
    /// Allow a suspended account to sign in again.
    Restore(UserArgs),
}

#[derive(Debug, Args)]
pub struct UserAddArgs {
    /// The email address to sign in with.
    #[arg(value_name = "EMAIL")]
    pub email: String,
    /// The user's name. Default: the part of the address before the @.
    #[arg(long)]
    pub name: Option<String>,
    /// The user's role: viewer, creator, publisher or admin.
    #[arg(long, default_value = "admin")]
    pub role: String,
    /// The project for the role, by name. Default: every project.
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Read the password from the first line of the standard input.
    #[arg(long)]
    pub password_stdin: bool,
    #[command(flatten)]
    pub link: LinkArgs,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub struct UserArgs {
    /// The email address of the account.
    #[arg(value_name = "EMAIL")]
    pub email: String,
    #[command(flatten)]
    pub link: LinkArgs,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub struct LinkArgs {
    /// The address that links begin with.
    #[arg(
        long,
        env = "WAYFARE_PUBLIC_URL",
        default_value = "http://127.0.0.1:3000",
        value_name = "URL"
    )]
    pub public_url: Url,
}

#[derive(Debug, Args)]
pub struct DatabaseArgs {
    /// The database: one SQLite file. serve, demo, migrate and user add create it if it does not
    /// exist.
    #[arg(long, env = "WAYFARE_DATABASE", default_value = "wayfare.db", value_name = "FILE")]
    pub database: PathBuf,
    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Debug, Args)]
pub struct LogArgs {
    /// What to log: error, warn, info, debug or trace, also by module
    /// (info,wayfare_engine=debug).
    #[arg(long, env = "WAYFARE_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
    /// Format of log lines: text or json. They go to standard error.
    #[arg(long, env = "WAYFARE_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address to listen on. Without an account, only this machine (127.0.0.1, [::1]) is allowed.
    /// Port 0 takes a free one.
    #[arg(
        long,
        env = "WAYFARE_LISTEN",
        default_value = "127.0.0.1:3000",
        value_name = "ADDR:PORT"
    )]
    pub listen: SocketAddr,
    /// Number of connections that read the database at the same time.
    #[arg(long, env = "WAYFARE_READERS", default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub readers: u32,
    /// Seconds that a preview, a check, a replay or other costly work may take before it stops.
    #[arg(long, env = "WAYFARE_WORK_SECONDS", default_value_t = 20, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=25))]
    pub work_seconds: u64,
    /// Records that one API key with the scope browser may send per minute from one client network:
    /// an IPv4 address or an IPv6 /64. 0 for no limit.
    #[arg(
        long,
        env = "WAYFARE_BROWSER_RECORDS_PER_MINUTE",
        default_value_t = 3_000,
        value_name = "N"
    )]
    pub browser_records_per_minute: u32,
    /// Seconds that running requests have to finish when the server stops. Messages being sent get
    /// as long as their channel waits for the provider, up to half a minute.
    #[arg(long, env = "WAYFARE_SHUTDOWN_SECONDS", default_value_t = 10, value_name = "SECONDS")]
    pub shutdown_seconds: u64,
    /// The public address, such as https://wayfare.example.com. Links begin with it, and the server
    /// answers to its name. With https://, cookies use TLS only.
    #[arg(long, env = "WAYFARE_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<Url>,
    /// Networks of proxies whose X-Forwarded-For, -Proto and -Host are trusted, such as
    /// 10.0.0.0/8,::1/128.
    #[arg(long, env = "WAYFARE_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
    /// In local mode, while there is no account, require the token in the address that is printed
    /// at the start.
    #[arg(long, env = "WAYFARE_LOCAL_TOKEN", value_parser = clap::builder::BoolishValueParser::new())]
    pub local_token: bool,
    /// Hours after which an unused session ends.
    #[arg(long, env = "WAYFARE_SESSION_IDLE_HOURS", default_value_t = 12, value_name = "HOURS", value_parser = clap::value_parser!(u64).range(1..=8760))]
    pub session_idle_hours: u64,
    /// Hours after which a session ends in any case.
    #[arg(long, env = "WAYFARE_SESSION_HOURS", default_value_t = 168, value_name = "HOURS", value_parser = clap::value_parser!(u64).range(1..=8760))]
    pub session_hours: u64,
    /// Days to keep events; criteria look back no further. 0 keeps them forever.
    #[arg(long, env = "WAYFARE_KEEP_EVENTS_DAYS", default_value_t = 400, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=36_500))]
    pub keep_events_days: u32,
    /// Days to keep the history of enrolments, their messages, and the reasons why people did not
    /// enter. 0 keeps them forever.
    #[arg(long, alias = "keep-steps-days", env = "WAYFARE_KEEP_STEPS_DAYS", default_value_t = 180, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=36_500))]
    pub keep_history_days: u32,
    /// Start held: no one enters or moves, and nothing is sent, until you release the server on any
    /// page or with wayfare release. For a database that was copied by other means than wayfare
    /// backup, whose copies are always held.
    #[arg(long, env = "WAYFARE_HOLD")]
    pub hold: bool,
    #[command(flatten)]
    pub provider: ProviderArgs,
    #[command(flatten)]
    pub delivery: DeliveryArgs,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

impl ServeArgs {
    /// How long what is kept.
    pub fn retention(&self) -> RetentionPolicy {
        let days = |days: u32| (days > 0).then_some(days);
        RetentionPolicy { events: days(self.keep_events_days), steps: days(self.keep_history_days) }
    }

    /// Where others than this machine's own users can reach the server, as far as its settings
    /// tell.
    pub fn reachable(&self) -> Option<String> {
        if !self.listen.ip().is_loopback() {
            return Some(self.listen.to_string());
        }
        let public = self.public_url.as_ref().filter(|url| !names_this_machine(url));
        let proxies =
            (!self.trusted_proxies.is_empty()).then(|| "the proxies that are trusted".to_string());
        public.map(Url::to_string).or(proxies)
    }
}

fn names_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// How messages get out.
#[derive(Debug, Args)]
pub struct DeliveryArgs {
    /// Private networks that channels and webhooks may reach, such as 10.0.0.0/8,127.0.0.1/32. The
    /// internet is always open.
    #[arg(long, env = "WAYFARE_ALLOW_NETWORKS", value_name = "NETWORKS", value_delimiter = ',')]
    pub allow_networks: Vec<IpNet>,
    /// How many overdue people continue per second after the server was down for more than a
    /// minute, the longest overdue first. 0 means no limit.
    #[arg(long, env = "WAYFARE_CATCH_UP_PER_SECOND", default_value_t = 500, value_name = "N")]
    pub catch_up_per_second: u32,
    /// The file with the server's key, created if it does not exist. The key encrypts provider
    /// secrets and signs links in messages. Default: beside the database (wayfare.db.key).
    #[arg(long, env = "WAYFARE_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// The key itself instead of a file, 32 bytes in base64. Set it in the environment rather than
    /// on the command line.
    #[arg(long, env = "WAYFARE_SECRET_KEY", value_name = "KEY", hide_env_values = true)]
    pub secret_key: Option<SecretKey>,
    /// Accept this key although the database was used with another one. Enter the channels' secrets
    /// again afterwards. Use it for one start only.
    #[arg(long)]
    pub accept_new_key: bool,
}

impl DeliveryArgs {
    /// Where the server's key stands, unless it is given itself. A database that is opened through
    /// a link has the key of the file that the link leads to, where there is none beside the link.
    pub fn key_file(&self, database: &Path) -> PathBuf {
        if let Some(file) = &self.key_file {
            return file.clone();
        }
        let canonical = database.canonicalize().unwrap_or_else(|_| database.to_path_buf());
        let (named, own) = (ServerKey::beside(database), ServerKey::beside(&canonical));
        if named.exists() { named } else { own }
    }

    /// The server's key; none where there is none yet.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read_key(&self, file: &Path) -> Result<Option<ServerKey>, KeyFileError> {
        ServerKey::read(self.secret_key.as_ref().map(|key| key.0.as_str()), file)
    }
}

/// Never printed.
#[derive(Clone)]
pub struct SecretKey(String);

impl std::str::FromStr for SecretKey {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_string()))
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(not shown)")
    }
}

/// Sign-in with OpenID Connect.
#[derive(Debug, Args)]
pub struct ProviderArgs {
    /// The issuer of an OpenID Connect identity provider, such as https://accounts.example.com.
    /// Users can then sign in with it.
    #[arg(long, env = "WAYFARE_OIDC_ISSUER", value_name = "URL")]
    pub oidc_issuer: Option<String>,
    /// The client ID of Wayfare at the identity provider.
    #[arg(long, env = "WAYFARE_OIDC_CLIENT_ID", value_name = "ID")]
    pub oidc_client_id: Option<String>,
    /// The client secret. Set it in the environment rather than on the command line.
    #[arg(long, env = "WAYFARE_OIDC_CLIENT_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub oidc_client_secret: Option<String>,
    /// Scopes to request besides openid.
    #[arg(
        long,
        env = "WAYFARE_OIDC_SCOPES",
        default_value = "email profile",
        value_name = "SCOPES"
    )]
    pub oidc_scopes: String,
    /// The text of the button on the sign-in page.
    #[arg(long, env = "WAYFARE_OIDC_NAME", default_value = "Single sign-on", value_name = "NAME")]
    pub oidc_name: String,
    /// The claim that determines roles, or a path such as realm_access.roles.
    #[arg(long, env = "WAYFARE_OIDC_ROLE_CLAIM", default_value = "groups", value_name = "CLAIM")]
    pub oidc_role_claim: String,
    /// The role for each value of the claim: admins=admin;marketing=publisher@Shop;*=viewer
    #[arg(long, env = "WAYFARE_OIDC_ROLES", default_value = "", value_name = "RULES")]
    pub oidc_roles: RoleRules,
}

/// Settings of the provider that do not fit together.
#[derive(Debug, thiserror::Error)]
#[error("WAYFARE_OIDC_ISSUER and WAYFARE_OIDC_CLIENT_ID belong together. Set both, or neither.")]
pub struct ProviderArgsError;

impl ProviderArgs {
    /// The provider, where one is configured.
    ///
    /// # Errors
    /// Where only half of it is.
    pub fn config(&self) -> Result<Option<ProviderConfig>, ProviderArgsError> {
        match (&self.oidc_issuer, &self.oidc_client_id) {
            (None, None) => Ok(None),
            (Some(issuer), Some(client_id)) => Ok(Some(ProviderConfig {
                issuer: issuer.clone(),
                client_id: client_id.clone(),
                client_secret: self.oidc_client_secret.clone(),
                scopes: self.oidc_scopes.split_whitespace().map(str::to_string).collect(),
                name: self.oidc_name.clone(),
                role_claim: self.oidc_role_claim.clone(),
                roles: self.oidc_roles.clone(),
            })),
            _ => Err(ProviderArgsError),
        }
    }
}

fn public_url(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|error| format!("{error}"))?;
    let fine = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none();
    if fine {
        Ok(url)
    } else {
        Err("use the form https://wayfare.example.com, without a path".to_string())
    }
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Create this many journeys instead, for load tests.
    #[arg(long, value_name = "N")]
    pub journeys: Option<usize>,
    /// Do nothing if the database has journeys already.
    #[arg(long)]
    pub if_empty: bool,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file, in the format of `docs/journey-json.md`. Use - for standard input.
    #[arg(value_name = "FILE.json")]
    pub file: PathBuf,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub struct ImportProfilesArgs {
    /// The file, in a format of `docs/profile-files.md`: .csv or .jsonl.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Add every profile in the file to this list.
    #[arg(long, value_name = "NAME")]
    pub list: Option<String>,
    /// The column with the identity, if it is not called identity.
    #[arg(long, value_name = "NAME")]
    pub identity: Option<String>,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub struct ProjectArgs {
    /// The project, by name. Default: the first one.
    #[arg(long, env = "WAYFARE_PROJECT", value_name = "NAME")]
    pub project: Option<String>,
}

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; it must not exist yet.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub database: DatabaseArgs,
}
