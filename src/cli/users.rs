//! `wayfare user …`: accounts, for anyone who owns the machine.

use std::io::{BufRead, IsTerminal, Write, stdout};

use super::args::{UserAddArgs, UserArgs, UserCommand};
use url::Url;
use wayfare_application::Services;
use wayfare_domain::{access::permissions::Role, time::Timestamp};
use wayfare_store::access::InitialRole;

use super::{
    commands::{Failure, project_of, services},
    open::Access,
};

pub async fn run(command: &UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Add(args) => add(args).await,
        UserCommand::List(args) => {
            let (services, _, stores) = services(args, Access::Read).await?;
            list(&services).await?;
            stores.maintenance.close().await;
            Ok(())
        }
        UserCommand::Reset(args) => {
            let (services, _, stores) = services(&args.database, Access::Write).await?;
            let account = services.account(&args.email).await.map_err(|_| unknown(args))?;
            let link = services.password_link(account.user).await?;
            show_link(&account.email, &args.link.public_url, &link)?;
            stores.maintenance.close().await;
            Ok(())
        }
        UserCommand::Suspend(args) => suspend(args, true).await,
        UserCommand::Restore(args) => suspend(args, false).await,
    }
}

fn unknown(args: &UserArgs) -> String {
    format!("The account {} does not exist. List the accounts with: wayfare user list", args.email)
}

async fn add(args: &UserAddArgs) -> Result<(), Failure> {
    let role: Role = args.role.parse().map_err(|error| format!("{error}"))?;
    let password = match args.password_stdin {
        true => Some(read_password()?),
        false => None,
    };
    let name = args
        .name
        .clone()
        .unwrap_or_else(|| args.email.split('@').next().unwrap_or(&args.email).to_string());
    let (services, _, stores) = services(&args.database, Access::Create).await?;
    let projects = stores.projects.list_projects(None).await?;
    let wanted: Vec<_> = match &args.project {
        None => projects.iter().map(|project| (project.id, role)).collect(),
        Some(name) => vec![(project_of(projects, name)?.id, role)],
    };
    let user = services
        .add_account(&name, &args.email, password.as_deref(), InitialRole::In(wanted))
        .await?;
    writeln!(stdout(), "{} can sign in as {role}.", args.email)?;
    if password.is_none() {
        let link = services.password_link(user).await?;
        show_link(&args.email, &args.link.public_url, &link)?;
    }
    stores.maintenance.close().await;
    Ok(())
}

/// From a person without showing it, from a program as one line.
fn read_password() -> Result<String, Failure> {
    if std::io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password("Password: ")?);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_string())
}

fn show_link(email: &str, base: &Url, path: &str) -> Result<(), Failure> {
    writeln!(stdout(), "{email} can choose a password within a day at:")?;
    writeln!(stdout(), "{}{path}", base.as_str().trim_end_matches('/'))?;
    Ok(())
}

async fn list(services: &Services) -> Result<(), Failure> {
    let accounts = services.accounts().await?;
    if accounts.is_empty() {
        writeln!(
            stdout(),
            "There is no account yet. Create one with: wayfare user add you@example.com"
        )?;
    }
    for account in accounts {
        let seen = account.last_sign_in_at.map_or_else(
            || "never signed in".to_string(),
            |at: Timestamp| format!("last signed in {at}"),
        );
        let suspended = if account.suspended { ", suspended" } else { "" };
        writeln!(stdout(), "{}  {}  {seen}{suspended}", account.email, account.name)?;
    }
    Ok(())
}

async fn suspend(args: &UserArgs, suspend: bool) -> Result<(), Failure> {
    let (services, _, stores) = services(&args.database, Access::Write).await?;
    let account = services.account(&args.email).await.map_err(|_| unknown(args))?;
    services.suspend_account(account.user, suspend).await?;
    writeln!(
        stdout(),
        "{} {}.",
        account.email,
        if suspend { "is suspended" } else { "can sign in again" }
    )?;
    stores.maintenance.close().await;
    Ok(())
}
