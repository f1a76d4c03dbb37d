//! `wayfare import-profiles`: a file of people or events, from the terminal.

use std::{
    fs::File,
    io::{Write, stderr, stdout},
    process::ExitCode,
};

use super::args::ImportProfilesArgs;
use wayfare_application::imports::PeopleFile;
use wayfare_domain::{
    profiles::import::{FileFormat, ImportOptions, ImportState},
    stats::pluralize,
};

use super::{
    commands::{Failure, services_in},
    open::Access,
};

pub async fn run(args: &ImportProfilesArgs) -> Result<ExitCode, Failure> {
    let shown = args.file.display().to_string();
    let format = FileFormat::of_name(&shown).ok_or_else(|| {
        format!("The file {shown} has an unknown format. Use a .csv or .jsonl file.")
    })?;
    let file =
        File::open(&args.file).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let bytes = file.metadata()?.len();
    let (services, actor, stores) =
        services_in(&args.database, &args.project, Access::Write).await?;
    let reading =
        ImportOptions { format, identity: args.identity.clone(), list: args.list.clone() };
    let name =
        args.file.file_name().map_or(shown.clone(), |name| name.to_string_lossy().into_owned());
    let import = services
        .import_people(&actor, PeopleFile { name, file, bytes, reading }, |progress, refused| {
            for refused in refused {
                let field = if refused.error.path.is_empty() {
                    String::new()
                } else {
                    format!("{}: ", refused.error.path)
                };
                let _ = writeln!(stderr(), "{shown}:{}: {field}{}", refused.line, refused.error);
            }
            if progress.bytes_read < bytes {
                let _ = writeln!(stderr(), "{} % read", progress.bytes_read * 100 / bytes.max(1));
            }
        })
        .await?;
    stores.maintenance.close().await;
    let (taken, refused) = (import.progress.taken as i64, import.progress.refused as i64);
    writeln!(
        stdout(),
        "{} taken, {} refused.",
        pluralize(taken, "row", "rows"),
        pluralize(refused, "row", "rows")
    )?;
    if let ImportState::Failed(problem) = &import.state {
        let _ = writeln!(stderr(), "{shown}: {problem}");
        return Ok(ExitCode::FAILURE);
    }
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
