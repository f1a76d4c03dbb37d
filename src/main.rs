//! The binary: one command a use case.

mod accounts;
mod people_import;

use std::{io::Read, path::Path, process::ExitCode, sync::Arc};

use clap::Parser;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use wayfare::{
    domain::{actor::Actor, document::JourneyFile, figures::counted},
    server::{
        auth::{Auth, Lifetimes},
        changes::Changes,
        clock::{Clock, SystemClock},
        config::{
            BackupArgs, Cli, Command, DatabaseArgs, DemoArgs, ExportArgs, ImportArgs, LogArgs, LogFormat, ProjectArgs,
            UserCommand,
        },
        engine::EngineSigns,
        serve::serve,
        services::Services,
        store::{
            Store,
            access::AccessStore,
            sqlite::{SqliteConfig, SqliteStore},
        },
    },
};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = start_log(log_of(&cli.command)) {
        eprintln!("wayfare: {error}");
        return ExitCode::from(2);
    }
    match run(cli.command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("wayfare: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(args) => serve(&args, CancellationToken::new()).await?,
        Command::Migrate(args) => {
            open(&args, true).await?.close().await;
            println!("{} is up to date.", args.database.display());
        }
        Command::Demo(args) => demo(&args).await?,
        Command::Import(args) => return import(&args).await,
        Command::ImportPeople(args) => return people_import::run(&args).await,
        Command::Export(args) => export(&args).await?,
        Command::Check(args) => return check(&args).await,
        Command::Backup(args) => backup(&args).await?,
        Command::User(command) => accounts::run(&command).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn log_of(command: &Command) -> &LogArgs {
    match command {
        Command::Serve(args) => &args.database.log,
        Command::Migrate(args) | Command::Check(args) => &args.log,
        Command::Export(args) => &args.database.log,
        Command::Demo(args) => &args.database.log,
        Command::Import(args) => &args.database.log,
        Command::ImportPeople(args) => &args.database.log,
        Command::Backup(args) => &args.database.log,
        Command::User(UserCommand::Add(args)) => &args.database.log,
        Command::User(UserCommand::List(args)) => &args.log,
        Command::User(UserCommand::Reset(args) | UserCommand::Suspend(args) | UserCommand::Restore(args)) => &args.database.log,
    }
}

fn start_log(args: &LogArgs) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&args.log)
        .map_err(|error| format!("“{}” is not a log filter ({error}). Use a level such as info.", args.log))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => log.with_ansi(false).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}

async fn open(args: &DatabaseArgs, create: bool) -> Result<SqliteStore, Failure> {
    Ok(SqliteStore::open(&SqliteConfig { readers: 2, create, ..SqliteConfig::new(&args.database) }).await?)
}

/// The services on a database, without a server: what the other commands use, in the name of whoever owns the machine.
async fn services(args: &DatabaseArgs, create: bool) -> Result<(Services<SqliteStore>, Actor, SqliteStore), Failure> {
    let store = open(args, create).await?;
    let clock = SystemClock;
    let actor = store.local_actor(clock.now()).await?;
    let auth = Auth::new(Lifetimes::default(), None);
    // Nothing is sent by a command.
    let services = Services::new(store.clone(), Arc::new(clock), Changes::default(), auth, false, EngineSigns::default(), None);
    Ok((services, actor, store))
}

/// The same, in a project.
async fn services_in(
    args: &DatabaseArgs,
    project: &ProjectArgs,
    create: bool,
) -> Result<(Services<SqliteStore>, Actor, SqliteStore), Failure> {
    let (services, actor, store) = services(args, create).await?;
    let Some(name) = &project.project else { return Ok((services, actor, store)) };
    let projects = store.projects(None).await?;
    let known = projects.iter().find(|known| known.name.eq_ignore_ascii_case(name));
    let known = known.ok_or_else(|| format!("There is no project “{name}”. Give the name of one with --project."))?;
    Ok((services, Actor { project: known.id, ..actor }, store))
}

async fn demo(args: &DemoArgs) -> Result<(), Failure> {
    let (services, actor, store) = services_in(&args.database, &args.project, true).await?;
    if args.if_empty && services.journey_count(&actor).await? > 0 {
        println!("{} has journeys already; the demo was not loaded.", args.database.database.display());
    } else {
        let written = services.load_demo(&actor, args.journeys).await?;
        println!("{} loaded into {}.", counted(written as i64, "journey", "journeys"), args.database.database.display());
    }
    store.close().await;
    Ok(())
}

async fn import(args: &ImportArgs) -> Result<ExitCode, Failure> {
    let shown = args.file.display();
    let text = read_text(&args.file).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let file = match JourneyFile::parse(&text) {
        Ok(file) => file,
        Err(errors) => {
            for error in &errors {
                eprintln!("{shown}: {error}");
            }
            eprintln!("Nothing was imported: {}.", counted(errors.len() as i64, "problem", "problems"));
            return Ok(ExitCode::FAILURE);
        }
    };
    let (services, actor, store) = services_in(&args.database, &args.project, true).await?;
    let imported = services.import(&actor, &file.journeys).await?;
    println!(
        "{} imported as {}.",
        counted(imported.len() as i64, "journey", "journeys"),
        if imported.len() == 1 { "a draft" } else { "drafts" }
    );
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn read_text(file: &Path) -> std::io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file)
}

async fn export(args: &ExportArgs) -> Result<(), Failure> {
    let (services, actor, store) = services_in(&args.database, &args.project, false).await?;
    let file = services.export(&actor).await?;
    serde_json::to_writer_pretty(std::io::stdout().lock(), &file)?;
    println!();
    store.close().await;
    Ok(())
}

async fn check(args: &DatabaseArgs) -> Result<ExitCode, Failure> {
    let (services, _, store) = services(args, false).await?;
    let findings = services.check().await?;
    for finding in &findings {
        println!("{finding}");
    }
    store.close().await;
    if findings.is_empty() {
        println!("{}: everything adds up.", args.database.display());
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}: {}.", args.database.display(), counted(findings.len() as i64, "difference", "differences"));
    Ok(ExitCode::FAILURE)
}

async fn backup(args: &BackupArgs) -> Result<(), Failure> {
    let (services, _, store) = services(&args.database, false).await?;
    services.backup(&args.file).await?;
    println!("{} written.", args.file.display());
    store.close().await;
    Ok(())
}
