//! Files of people and events: read in row by row, while a page or a terminal shows how far it has
//! come.

use std::{fs::File, panic::AssertUnwindSafe};

use futures::FutureExt;

use super::{
    ServiceError, ServiceResult, Services,
    csv_file::{CsvFile, harmless},
};
use crate::import_reader::{ImportChunk, portions};
use wayfare_domain::{
    access::{
        actor::Actor,
        first_account::LOCAL_MODE_ROLE,
        permissions::{Authority, Permission},
    },
    error::FieldError,
    ids::ImportId,
    profiles::{
        import::{ImportOptions, ImportProgress, ImportView, RejectedRow},
        property_value::read_key,
        sender::{Batch, RecordSource, Sender},
    },
};
use wayfare_runtime::{
    costly_work::Running,
    supervisor::{said, short_task},
};
use wayfare_store::{StoreError, actors::LOCAL_ADMIN, error::IntakeError, profiles::NewImport};

/// Longest name of a file that is kept, in characters.
const NAME_MAX: usize = 255;
/// What the page of an import says where the program itself failed.
const BROKEN_OFF: &str = "Something went wrong on our side. Import the file again: existing \
    profiles are updated.";

/// The same where whoever sent the file may do so no more.
const NOT_ALLOWED_ANY_MORE: &str = "The account that uploaded the file may not import profiles any \
    more. The other rows were not imported.";

/// A file to be read in.
pub struct PeopleFile {
    pub name: String,
    pub file: File,
    pub bytes: u64,
    pub reading: ImportOptions,
}

impl Services {
    /// Starts to read a file in and answers at once; its page shows how far it has come. It keeps
    /// its place until its end.
    ///
    /// # Errors
    /// Where they may not, the file's name is too long, or the list has no proper name.
    pub async fn start_import(
        &self,
        actor: &Actor,
        file: PeopleFile,
        place: Running,
    ) -> ServiceResult<ImportId> {
        let (import, file) = self.begin_import(actor, file).await?;
        let (services, actor) = (self.clone(), actor.clone());
        short_task("import", async move {
            let _place = place;
            // Whatever happens, its page does not say for ever that it is being read.
            let reading = AssertUnwindSafe(services.read_in(&actor, import, file, |_, _| {}))
                .catch_unwind()
                .await;
            let error = match reading {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.to_string(),
                Err(panic) => said(&*panic).to_string(),
            };
            tracing::error!(error, %import, "import.failed");
            if let Err(error) = services
                .stores
                .imports
                .finish_import(&actor, import, Some(BROKEN_OFF), services.now())
                .await
            {
                tracing::error!(%error, %import, "import.not_finished");
            }
        });
        Ok(import)
    }

    /// Reads a file in and tells of each portion; answers what became of it.
    ///
    /// # Errors
    /// As [`Services::start_import`], and where the file cannot be read to its end.
    pub async fn import_people(
        &self,
        actor: &Actor,
        file: PeopleFile,
        tell: impl FnMut(&ImportProgress, &[RejectedRow]) + Send,
    ) -> ServiceResult<ImportView> {
        let (import, file) = self.begin_import(actor, file).await?;
        self.read_in(actor, import, file, tell).await?;
        self.import_of(actor, import).await
    }

    async fn begin_import(
        &self,
        actor: &Actor,
        mut file: PeopleFile,
    ) -> ServiceResult<(ImportId, PeopleFile)> {
        actor.require(Permission::IngestRecords)?;
        if file.name.chars().count() > NAME_MAX {
            let sentence =
                format!("The file's name has more than {NAME_MAX} characters. Shorten it.");
            return Err(FieldError::new("file", "too_long", sentence).into());
        }
        let list = file.reading.list.as_deref().map(read_key).transpose();
        file.reading.list = list.map_err(|error| error.under("list"))?;
        let new = NewImport {
            file_name: file.name.clone(),
            list: file.reading.list.clone(),
            bytes: file.bytes,
        };
        Ok((self.stores.imports.begin_import(actor, &new, self.now()).await?, file))
    }

    async fn read_in(
        &self,
        actor: &Actor,
        import: ImportId,
        file: PeopleFile,
        mut tell: impl FnMut(&ImportProgress, &[RejectedRow]) + Send,
    ) -> ServiceResult<()> {
        let mut progress = ImportProgress::default();
        let mut portions = portions(file.file, file.reading, self.now());
        let mut problem = None;
        while let Some(portion) = portions.recv().await {
            let stored = match portion {
                Ok(portion) => {
                    self.store_portion(actor, import, portion, &mut progress, &mut tell).await
                }
                Err(error) => Err(error.to_string()),
            };
            if let Err(error) = stored {
                problem = Some(error);
                break;
            }
        }
        self.stores.imports.finish_import(actor, import, problem.as_deref(), self.now()).await?;
        self.announce(actor.project).await;
        Ok(())
    }

    async fn store_portion(
        &self,
        actor: &Actor,
        import: ImportId,
        portion: ImportChunk,
        progress: &mut ImportProgress,
        tell: &mut (impl FnMut(&ImportProgress, &[RejectedRow]) + Send),
    ) -> Result<(), String> {
        let plain = |error: StoreError| ServiceError::from(error).to_string();
        if !portion.records.is_empty() {
            if !self.may_still_import(actor).await.map_err(|error| error.to_string())? {
                return Err(NOT_ALLOWED_ANY_MORE.to_string());
            }
            let sender = Sender::trusted(actor.user, RecordSource::File);
            let batch = Batch { project: actor.project, sender, records: portion.records };
            self.intake.take_when_free(batch).await.map_err(|error| match error {
                IntakeError::Full | IntakeError::Stopping => "The server is stopping.".to_string(),
                IntakeError::Store(error) => plain(error),
            })?;
        }
        progress.bytes_read = portion.bytes_read;
        progress.taken += portion.taken;
        progress.refused += portion.refused.len() as u64;
        self.stores
            .imports
            .record_import_progress(actor.project, import, progress, &portion.refused)
            .await
            .map_err(plain)?;
        self.announce(actor.project).await;
        tell(progress, &portion.refused);
        Ok(())
    }

    /// May whoever began an import still do so? Asked for each portion, because a file may be read
    /// for long. A session may end meanwhile: what was sent with it goes on.
    async fn may_still_import(&self, actor: &Actor) -> ServiceResult<bool> {
        // The command line is for anyone who owns the machine.
        let Authority::Role(_) = actor.authority else { return Ok(true) };
        let role = if actor.user == LOCAL_ADMIN {
            let projects = self.stores.sessions.find_local_projects().await?.unwrap_or_default();
            let is_there = projects.iter().any(|project| project.id == actor.project);
            is_there.then_some(LOCAL_MODE_ROLE)
        } else {
            self.stores.members.find_acting_role(actor.project, actor.user).await?
        };
        Ok(role.is_some_and(|role| role.allows(Permission::IngestRecords)))
    }

    /// The newest imports of the project.
    pub async fn imports(&self, actor: &Actor) -> ServiceResult<Vec<ImportView>> {
        actor.require(Permission::IngestRecords)?;
        Ok(self.stores.imports.list_imports(actor.project, None).await?)
    }

    pub async fn import_of(&self, actor: &Actor, import: ImportId) -> ServiceResult<ImportView> {
        actor.require(Permission::IngestRecords)?;
        let found = self.stores.imports.list_imports(actor.project, Some(import)).await?.pop();
        Ok(found.ok_or(StoreError::NotFound("import"))?)
    }

    /// The first of the rows that were refused.
    pub async fn refused_lines(
        &self,
        actor: &Actor,
        import: ImportId,
    ) -> ServiceResult<Vec<RejectedRow>> {
        actor.require(Permission::IngestRecords)?;
        Ok(self.stores.imports.list_rejected_rows(actor.project, import).await?)
    }
}

/// Refused rows as a table for a spreadsheet.
pub fn refused_csv(lines: &[RejectedRow]) -> ServiceResult<Vec<u8>> {
    let mut file = CsvFile::new();
    file.row(["line", "column", "why"])?;
    for refused in lines {
        let cells = [
            refused.line.to_string(),
            harmless(&refused.error.path),
            harmless(&refused.error.sentence),
        ];
        file.row(cells)?;
    }
    file.finish()
}
