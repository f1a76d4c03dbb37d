//! The commands of the program, one a use case.

use std::{
    io::{Read, Write, stderr, stdout},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use super::{
    args::{
        BackupArgs, Cli, Command, DatabaseArgs, DemoArgs, ExportArgs, ImportArgs, LogArgs,
        ProjectArgs, UserCommand,
    },
    import_profiles,
    open::{Access, Database, backup, open},
    serve::{ServeError, serve},
    users,
};
use crate::server::log;
use clap::Parser;
use tokio_util::sync::CancellationToken;
use wayfare_application::{
    ServiceError, Services,
    auth::{Auth, Lifetimes},
    change_feed::ChangeFeed,
};
use wayfare_domain::{
    access::{actor::Actor, members::ProjectSummary},
    journeys::document::JourneyFile,
    stats::pluralize,
};
use wayfare_runtime::{
    clock::{Clock, SystemClock},
    engine_metrics::EngineMetrics,
    supervisor::Supervisor,
};
use wayfare_store::{StoreError, Stores};

/// What parses texts of others goes down a call a level; of memory that is not used none is taken.
const STACK_BYTES: usize = 8 * 1024 * 1024;

pub(super) type Failure = Box<dyn std::error::Error>;

/// The command or its settings make no sense, as clap says it too.
const USAGE: u8 = 2;
/// A fault of the program itself, as sysexits.h names it: the server was right to start, and may be
/// started again.
const FAULT: u8 = 70;
/// How long work in threads of its own, such as a file that is being read, gets to notice that the
/// program ends.
const LAST_WORK: Duration = Duration::from_secs(2);

/// The whole program: reads the command line, carries the command out, and answers its exit code.
pub fn run_program() -> ExitCode {
    let cli = Cli::parse();
    let LogArgs { log: filter, log_format } = log_of(&cli.command);
    let log = match log::start(filter, *log_format) {
        Ok(log) => log,
        Err(error) => {
            let _ = writeln!(stderr(), "wayfare: {error}");
            return ExitCode::from(USAGE);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .build();
    let ended = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(run(cli.command));
            runtime.shutdown_timeout(LAST_WORK);
            ended
        }
        Err(error) => Err(error.into()),
    };
    ended.unwrap_or_else(|error| {
        log.plain_line(&format!("wayfare: {}", sentence(&*error)));
        match error.downcast_ref() {
            Some(ServeError::Died(_) | ServeError::ClockJumped(_)) => ExitCode::from(FAULT),
            _ => ExitCode::FAILURE,
        }
    })
}

/// What anyone who typed the command is told. What the database's driver says is for the log.
fn sentence(error: &(dyn std::error::Error + 'static)) -> String {
    let store = match (error.downcast_ref(), error.downcast_ref()) {
        (Some(ServeError::Store(error)), _) | (_, Some(ServiceError::Store(error))) => Some(error),
        _ => error.downcast_ref::<StoreError>(),
    };
    if let Some(StoreError::Backend { error, .. }) = store {
        tracing::debug!(%error, "command.failed");
    }
    store.map_or_else(|| error.to_string(), StoreError::sentence)
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(args) => serve(&args, CancellationToken::new()).await?,
        Command::Migrate(args) => {
            open(&args.database, Access::Create).await?.stores.maintenance.close().await;
            writeln!(stdout(), "{} is up to date.", args.database.display())?;
        }
        Command::Demo(args) => demo(&args).await?,
        Command::Import(args) => return import(&args).await,
        Command::ImportProfiles(args) => return import_profiles::run(&args).await,
        Command::Export(args) => export(&args).await?,
        Command::Check(args) => return check(&args).await,
        Command::Backup(args) => write_backup(&args).await?,
        Command::Release(args) => release(&args).await?,
        Command::User(command) => users::run(&command).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn log_of(command: &Command) -> &LogArgs {
    match command {
        Command::Serve(args) => &args.database.log,
        Command::Migrate(args) | Command::Check(args) | Command::Release(args) => &args.log,
        Command::Export(args) => &args.database.log,
        Command::Demo(args) => &args.database.log,
        Command::Import(args) => &args.database.log,
        Command::ImportProfiles(args) => &args.database.log,
        Command::Backup(args) => &args.database.log,
        Command::User(UserCommand::Add(args)) => &args.database.log,
        Command::User(UserCommand::List(args)) => &args.log,
        Command::User(
            UserCommand::Reset(args) | UserCommand::Suspend(args) | UserCommand::Restore(args),
        ) => &args.database.log,
    }
}

/// The services on a database, without a server: what the other commands use, in the name of
/// anyone who owns the machine.
pub(super) async fn services(
    args: &DatabaseArgs,
    access: Access,
) -> Result<(Services, Actor, Stores), Failure> {
    services_on(open(&args.database, access).await?.stores, access).await
}

async fn services_on(stores: Stores, access: Access) -> Result<(Services, Actor, Stores), Failure> {
    let clock = SystemClock;
    let actor = match access {
        Access::Read => stores.projects.get_local_actor().await?,
        Access::Write | Access::Create => stores.projects.ensure_local_actor(clock.now()).await?,
    };
    let auth = Auth::new(Lifetimes::default(), None);
    // Nothing is sent by a command.
    let services = Services::new(
        stores.clone(),
        Arc::new(clock),
        ChangeFeed::default(),
        auth,
        EngineMetrics::default(),
        None,
        Supervisor::default(),
    );
    Ok((services, actor, stores))
}

/// The same, in a project.
pub(super) async fn services_in(
    args: &DatabaseArgs,
    project: &ProjectArgs,
    access: Access,
) -> Result<(Services, Actor, Stores), Failure> {
    let (services, actor, stores) = services(args, access).await?;
    let Some(name) = &project.project else { return Ok((services, actor, stores)) };
    let project = project_of(stores.projects.list_projects(None).await?, name)?.id;
    Ok((services, Actor { project, ..actor }, stores))
}

/// The project that `--project` means: by its name, or by its id where several have the name.
pub(super) fn project_of(
    projects: Vec<ProjectSummary>,
    name: &str,
) -> Result<ProjectSummary, Failure> {
    let means = |project: &ProjectSummary| {
        project.id.to_string() == name || project.name.eq_ignore_ascii_case(name)
    };
    let mut known: Vec<_> = projects.into_iter().filter(means).collect();
    let ids = known.iter().map(|project| project.id.to_string()).collect::<Vec<_>>().join(", ");
    match (known.pop(), known.is_empty()) {
        (Some(project), true) => Ok(project),
        (Some(_), false) => {
            Err(format!("Several projects are called “{name}”. Give the ID of one: {ids}.").into())
        }
        (None, _) => Err(format!(
            "The project “{name}” does not exist. Name an existing one with --project."
        )
        .into()),
    }
}

async fn demo(args: &DemoArgs) -> Result<(), Failure> {
    let (services, actor, stores) =
        services_in(&args.database, &args.project, Access::Create).await?;
    if args.if_empty && services.journey_count(&actor).await? > 0 {
        writeln!(
            stdout(),
            "{} has journeys already; the demo was not loaded.",
            args.database.database.display()
        )?;
    } else {
        let written = services.load_demo(&actor, args.journeys).await?;
        writeln!(
            stdout(),
            "{} loaded into {}.",
            pluralize(written as i64, "journey", "journeys"),
            args.database.database.display()
        )?;
    }
    stores.maintenance.close().await;
    Ok(())
}

async fn import(args: &ImportArgs) -> Result<ExitCode, Failure> {
    let shown = args.file.display();
    let text = read_text(&args.file).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let file = match JourneyFile::parse(&text) {
        Ok(file) => file,
        Err(errors) => {
            for error in &errors {
                let _ = writeln!(stderr(), "{shown}: {error}");
            }
            let _ = writeln!(
                stderr(),
                "Nothing was imported: {}.",
                pluralize(errors.len() as i64, "problem", "problems")
            );
            return Ok(ExitCode::FAILURE);
        }
    };
    let (services, actor, stores) =
        services_in(&args.database, &args.project, Access::Write).await?;
    let imported = services.import(&actor, &file.journeys).await?;
    writeln!(
        stdout(),
        "{} imported as {}.",
        pluralize(imported.len() as i64, "journey", "journeys"),
        if imported.len() == 1 { "a draft" } else { "drafts" }
    )?;
    let missing: usize = file.journeys.iter().map(|one| one.graph.missing_secrets()).sum();
    if missing > 0 {
        writeln!(
            stdout(),
            "{} no value, since files hold no keys. Enter them before you publish.",
            pluralize(missing as i64, "header of a webhook has", "headers of webhooks have")
        )?;
    }
    stores.maintenance.close().await;
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
    let (services, actor, stores) =
        services_in(&args.database, &args.project, Access::Read).await?;
    let file = services.export(&actor).await?;
    serde_json::to_writer_pretty(std::io::stdout().lock(), &file)?;
    writeln!(stdout())?;
    stores.maintenance.close().await;
    Ok(())
}

async fn check(args: &DatabaseArgs) -> Result<ExitCode, Failure> {
    let Database { stores, exposed_files, .. } = open(&args.database, Access::Read).await?;
    let (services, _, stores) = services_on(stores, Access::Read).await?;
    for sentence in exposed_files {
        let _ = writeln!(stderr(), "Warning: {sentence}");
    }
    let findings = services.check().await?;
    for finding in &findings {
        writeln!(stdout(), "{finding}")?;
    }
    stores.maintenance.close().await;
    if findings.is_empty() {
        writeln!(stdout(), "{}: everything adds up.", args.database.display())?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        stdout(),
        "{}: {}.",
        args.database.display(),
        pluralize(findings.len() as i64, "difference", "differences")
    )?;
    Ok(ExitCode::FAILURE)
}

async fn write_backup(args: &BackupArgs) -> Result<(), Failure> {
    backup(&args.database.database, &args.file).await?;
    let copy = args.file.display();
    writeln!(
        stdout(),
        "{copy} written. It does not contain the key file. Back up the key file separately."
    )?;
    writeln!(
        stdout(),
        "A server that starts on the copy is held: no one enters or moves, and nothing is sent, \
            until you press Release on any page or run: wayfare release --database {copy}"
    )?;
    Ok(())
}

async fn release(args: &DatabaseArgs) -> Result<(), Failure> {
    let (services, actor, stores) = services(args, Access::Write).await?;
    let released = services.release_hold(&actor).await?;
    stores.maintenance.close().await;
    let shown = args.database.display();
    if released {
        writeln!(stdout(), "{shown} is released. A running server continues within a second.")?;
    } else {
        writeln!(stdout(), "{shown} is not held.")?;
    }
    Ok(())
}
