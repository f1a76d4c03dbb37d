//! Why a database cannot be opened or brought up to date, in sentences for anyone who runs the
//! server. The driver's own words are for those who develop it: they go to the log, at the level
//! debug.

use std::path::Path;

use sqlx::migrate::MigrateError;

pub fn newer(path: &Path) -> String {
    format!(
        "The database {} was written by a newer version of Wayfare. Start that version, or name \
            another file with --database. Nothing was changed.",
        path.display()
    )
}

pub fn older(path: &Path) -> String {
    format!(
        "The database {shown} was last used by an older version of Wayfare. Run wayfare migrate \
            first, with the same --database; wayfare backup copies it as it is. Nothing was \
            changed.",
        shown = path.display()
    )
}

pub fn damaged(path: &Path, detail: &str) -> String {
    tracing::debug!(path = %path.display(), detail = detail.trim(), "database.damaged");
    format!(
        "The database {} is damaged. Nothing was changed. Restore it from a backup.",
        path.display()
    )
}

/// SQLite's extended codes of a file that has to be repaired first, by someone who may write.
const READONLY_RECOVERY: i64 = 264;
const READONLY_ROLLBACK: i64 = 776;

/// By SQLite's primary result codes.
pub fn explain(path: &Path, error: &sqlx::Error) -> String {
    let shown = path.display();
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i64>().ok());
    tracing::debug!(path = %shown, %error, "database.unusable");
    if let Some(READONLY_RECOVERY | READONLY_ROLLBACK) = code {
        return format!(
            "A program was cut off while it wrote into the database {shown}. Run wayfare migrate \
                with it, or start the server: that undoes what was not finished."
        );
    }
    match code.map(|code| code & 0xff) {
        Some(3 | 23) => format!(
            "This user is not allowed to open the database {shown}. Check the owner and \
                permissions of the file."
        ),
        Some(5 | 6) => format!(
            "Another program has locked the database {shown}. Try again when it has finished."
        ),
        Some(8) => format!(
            "The database {shown} cannot be written: the file, its folder or its file system is \
                read-only. Check their permissions."
        ),
        Some(10) => {
            format!("The disk of the database {shown} has errors. Check the disk and try again.")
        }
        Some(11 | 26) => damaged(path, &error.to_string()),
        Some(13) => {
            format!("The disk of the database {shown} is full. Free some space and try again.")
        }
        Some(14) => format!(
            "The database {shown} or a file beside it ({shown}-wal, {shown}-shm) cannot be opened. \
                Check the owner and permissions of the folder and of these files."
        ),
        Some(code) => {
            format!(
                "The database {shown} cannot be used (SQLite says {code}). With --log debug the \
                    log has the details."
            )
        }
        None => format!(
            "The database {shown} cannot be used. With --log debug the log has the details."
        ),
    }
}

pub fn explain_migration(path: &Path, error: &MigrateError) -> String {
    let shown = path.display();
    tracing::debug!(path = %shown, %error, "database.not_migrated");
    match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => newer(path),
        MigrateError::Dirty(step) => format!(
            "An update of the database {shown} was interrupted in step {step}. Restore the backup \
                from before the update, and start again on that."
        ),
        MigrateError::VersionMismatch(step) => format!(
            "The database {shown} was made by another build of Wayfare: its step {step} differs \
                from this version. Start the build that made it. Nothing was changed."
        ),
        MigrateError::Execute(error) => explain(path, error),
        MigrateError::ExecuteMigration(error, step) => {
            format!(
                "The database {shown} could not be updated: step {step} was undone. {}",
                explain(path, error)
            )
        }
        _ => format!(
            "The database {shown} could not be updated. With --log debug the log has the details."
        ),
    }
}
