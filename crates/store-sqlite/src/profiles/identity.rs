//! Reads whose names are, and writes what the rules of `crates/domain/src/profiles/identity.rs`
//! make of the records that carry them.

use std::collections::{HashMap, HashSet};

use sqlx::SqliteConnection;

use crate::{bulk_statement::BulkStatement, error::SqliteResult, rows::to_json};
use wayfare_domain::{
    ids::{ProfileKey, ProjectKey},
    profiles::{
        identity::{
            Identifier, IdentifierKind, KnownIdentifiers, ResolvedProfiles, resolve_profiles,
        },
        sender::Batch,
    },
    time::Timestamp,
};

/// Finds or makes everybody, and writes the new ones and their names.
pub async fn resolve<'a>(
    connection: &mut SqliteConnection,
    batches: &[(ProjectKey, &'a Batch)],
    now: Timestamp,
) -> SqliteResult<ResolvedProfiles<'a>> {
    let names = Identifier::all_in(batches);
    let count = names.len();
    let known = read(connection, names).await?;
    // No one is new where every name is known.
    let last =
        if known.owners.len() == count { ProfileKey(0) } else { last_profile(connection).await? };
    let resolved = resolve_profiles(batches, known, last);
    write(connection, &resolved, now).await?;
    Ok(resolved)
}

async fn last_profile(connection: &mut SqliteConnection) -> SqliteResult<ProfileKey> {
    let (last,): (i64,) = sqlx::query_as(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'profiles'), 0)",
    )
    .fetch_one(connection)
    .await?;
    Ok(ProfileKey(last))
}

async fn read<'a>(
    connection: &mut SqliteConnection,
    names: HashSet<Identifier<'a>>,
) -> SqliteResult<KnownIdentifiers<'a>> {
    let mut known = KnownIdentifiers {
        owners: HashMap::with_capacity(names.len()),
        ..KnownIdentifiers::default()
    };
    for ((project, kind), texts) in grouped(names) {
        // A list of texts is read much faster than a list of triples.
        let rows: Vec<(i64, i64, bool, bool)> = sqlx::query_as(
            "SELECT c.key, a.profile_key, p.identity IS NOT NULL, p.browser_fields IS NOT NULL
             FROM json_each(?3) c
             CROSS JOIN profile_identifiers a ON a.project_key = ?1 AND a.kind = ?2
             AND a.identifier = c.value
             CROSS JOIN profiles p ON p.key = a.profile_key",
        )
        .bind(project.0)
        .bind(kind.code())
        .bind(to_json(&texts)?)
        .fetch_all(&mut *connection)
        .await?;
        for (key, profile, has_identity, browsed) in rows {
            if let Some(text) = usize::try_from(key).ok().and_then(|key| texts.get(key)) {
                known.owners.insert(Identifier { project, kind, text }, ProfileKey(profile));
            }
            if has_identity {
                known.identified.insert(ProfileKey(profile));
            }
            if browsed {
                known.of_browser.insert(ProfileKey(profile));
            }
        }
    }
    Ok(known)
}

fn grouped(names: HashSet<Identifier<'_>>) -> HashMap<(ProjectKey, IdentifierKind), Vec<&str>> {
    let mut groups: HashMap<(ProjectKey, IdentifierKind), Vec<&str>> = HashMap::new();
    for Identifier { project, kind, text } in names {
        groups.entry((project, kind)).or_default().push(text);
    }
    groups
}

async fn write(
    connection: &mut SqliteConnection,
    resolved: &ResolvedProfiles<'_>,
    now: Timestamp,
) -> SqliteResult<()> {
    static INSERT: BulkStatement = BulkStatement::new(
        "INSERT INTO profiles (key, project_key, identity, created_at, updated_at) VALUES",
        5,
        "",
    );
    static IDENTIFY: BulkStatement = BulkStatement::new(
        "UPDATE profiles SET identity = c.column2 FROM (VALUES",
        2,
        ") c WHERE profiles.key = c.column1 AND profiles.identity IS NULL",
    );
    static NAME: BulkStatement = BulkStatement::new(
        "INSERT INTO profile_identifiers (project_key, kind, identifier, profile_key) VALUES",
        4,
        " ON CONFLICT DO UPDATE SET profile_key = excluded.profile_key",
    );
    INSERT
        .run(connection, &resolved.new, |query, (profile, project)| {
            let query =
                query.bind(profile.0).bind(project.0).bind(resolved.identities.get(profile));
            query.bind(now.0).bind(now.0)
        })
        .await?;
    let new: HashSet<ProfileKey> = resolved.new.iter().map(|(profile, _)| *profile).collect();
    let named = resolved.identities.iter().filter(|(profile, _)| !new.contains(profile));
    IDENTIFY
        .run(connection, named, |query, (profile, identity)| query.bind(profile.0).bind(identity))
        .await?;
    NAME.run(connection, &resolved.names, |query, (name, profile)| {
        query.bind(name.project.0).bind(name.kind.code()).bind(name.text).bind(profile.0)
    })
    .await?;
    Ok(())
}
