//! Criteria as SQL: the second evaluator, for many people at once. A property test of the
//! crate `store-tests` holds it to the first one ([`Criteria::matches`]).

use serde_json::Value;
use sqlx::{QueryBuilder, Sqlite};

use super::{SqliteStore, error::SqliteResult};
use wayfare_domain::{
    graph::criteria::{Comparison, Criteria, EventMatch, Occurrence, PropertyFilter, RelativeAge},
    ids::{ProfileKey, ProjectKey},
    profiles::{
        profile::{Channel, event_key},
        property_value::{is_date, to_canonical},
    },
    time::{DAY_MS, Timestamp},
};

/// An instant or a day in canonical form.
const DATE_SHAPES: [&str; 2] = [
    "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]",
    "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9]Z",
];

/// People who meet the criteria, after the given one, in the order of their numbers.
pub async fn matching(
    store: &SqliteStore,
    project: ProjectKey,
    criteria: &Criteria,
    after: ProfileKey,
    limit: i64,
    now: Timestamp,
) -> SqliteResult<Vec<ProfileKey>> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "SELECT p.key FROM profiles p
         WHERE p.project_key = ",
    );
    sql.push_bind(project.0).push(" AND p.key > ").push_bind(after.0).push(" AND ");
    push_criteria(&mut sql, criteria, now);
    sql.push(" ORDER BY p.key LIMIT ").push_bind(limit);
    let mut reader = store.costly_reader().await?;
    let rows: Vec<(i64,)> = sql.build_query_as().fetch_all(&mut *reader).await?;
    reader.release().await?;
    Ok(rows.into_iter().map(|(seq,)| ProfileKey(seq)).collect())
}

/// How many people meet the criteria.
pub async fn count(
    store: &SqliteStore,
    project: ProjectKey,
    criteria: &Criteria,
    now: Timestamp,
) -> SqliteResult<i64> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "SELECT count(*) FROM profiles p
         WHERE p.project_key = ",
    );
    sql.push_bind(project.0).push(" AND ");
    push_criteria(&mut sql, criteria, now);
    let mut reader = store.costly_reader().await?;
    let (count,): (i64,) = sql.build_query_as().fetch_one(&mut *reader).await?;
    reader.release().await?;
    Ok(count)
}

/// A condition on `profiles p`. Segments must have been put in; one that was not holds for no one.
pub fn push_criteria(sql: &mut QueryBuilder<Sqlite>, criteria: &Criteria, now: Timestamp) {
    let days_ago = |days: u32| now.plus(-(i64::from(days) * DAY_MS)).0;
    match criteria {
        Criteria::All(parts) => push_joined(sql, parts, "1", " AND ", now),
        Criteria::Any(parts) => push_joined(sql, parts, "0", " OR ", now),
        Criteria::Not(part) => {
            sql.push("NOT ");
            push_criteria(sql, part, now);
        }
        Criteria::Property(filter) => push_filter(sql, "p.properties", filter),
        Criteria::Did { at_least: 0, .. } => {
            sql.push("1");
        }
        Criteria::Did { event, at_least, within_days } => {
            sql.push("((SELECT count(*) FROM (SELECT 1");
            push_events(sql, event);
            if let Some(days) = within_days {
                sql.push(" AND e.at >= ").push_bind(days_ago(*days));
            }
            // No one's events are counted beyond what is asked for.
            sql.push(" LIMIT ")
                .push_bind(i64::from(*at_least))
                .push(")) >= ")
                .push_bind(i64::from(*at_least))
                .push(")");
        }
        Criteria::DidTime { event, occasion, ago, days } => {
            let which = if *occasion == Occurrence::First { "min" } else { "max" };
            sql.push("coalesce((SELECT ").push(which).push("(e.at)");
            push_events(sql, event);
            let side = if *ago == RelativeAge::Within { ") >= " } else { ") < " };
            sql.push(side).push_bind(days_ago(*days)).push(", 0)");
        }
        Criteria::InSegment(_) => {
            sql.push("0");
        }
        Criteria::OnList(name) => {
            sql.push(
                "EXISTS (SELECT 1 FROM list_members m JOIN lists l ON l.id = m.list_id
                         WHERE m.profile_key = p.key AND l.project_key = p.project_key
                         AND l.name = ",
            );
            sql.push_bind(name.clone()).push(")");
        }
        Criteria::Reachable(channel) => push_reachable(sql, channel),
    }
}

/// In halves: a long chain would be deeper than what the database takes.
fn push_joined(
    sql: &mut QueryBuilder<Sqlite>,
    parts: &[Criteria],
    empty: &str,
    word: &str,
    now: Timestamp,
) {
    sql.push("(");
    match parts {
        [] => {
            sql.push(empty);
        }
        [part] => push_criteria(sql, part, now),
        parts => {
            let (left, right) = parts.split_at(parts.len() / 2);
            push_joined(sql, left, empty, word, now);
            sql.push(word);
            push_joined(sql, right, empty, word, now);
        }
    }
    sql.push(")");
}

/// From the person's events of that name those on which the conditions hold; more conditions may
/// follow.
fn push_events(sql: &mut QueryBuilder<Sqlite>, event: &EventMatch) {
    sql.push(
        " FROM events e WHERE e.profile_key = p.key AND e.name_id =
           (SELECT n.id FROM event_names n WHERE n.project_key = p.project_key AND n.name_key = ",
    );
    sql.push_bind(event_key(&event.name)).push(")");
    for filter in &event.filters {
        sql.push(" AND ");
        push_filter(sql, "coalesce(e.properties, '{}')", filter);
    }
}

/// [`PropertyFilter::matches`] in SQL. `json` is a column of ours, never a person's text.
fn push_filter(sql: &mut QueryBuilder<Sqlite>, json: &str, filter: &PropertyFilter) {
    // Names hold no quotes (crates/domain/src/profiles/property_value.rs); one that does is not the
    // name of anything.
    let path = format!("$.\"{}\"", filter.property.replace(['"', '\\'], "\u{1}"));
    let wanted = to_canonical(filter.value.clone());
    let mut side = |opening: &str, closing: &str| {
        sql.push(opening).push(json).push(", ").push_bind(path.clone()).push(closing);
    };
    match filter.is {
        Comparison::Exists => side("(coalesce(json_type(", "), 'null') <> 'null')"),
        Comparison::Missing => side("(coalesce(json_type(", "), 'null') = 'null')"),
        Comparison::Equals => push_equals(sql, json, &path, &wanted),
        Comparison::NotEquals => {
            sql.push("NOT ");
            push_equals(sql, json, &path, &wanted);
        }
        Comparison::Contains => match &wanted {
            Value::String(part) => {
                sql.push("(CASE json_type(")
                    .push(json)
                    .push(", ")
                    .push_bind(path.clone())
                    .push(") WHEN 'text' THEN instr(");
                sql.push("json_extract(")
                    .push(json)
                    .push(", ")
                    .push_bind(path.clone())
                    .push("), ")
                    .push_bind(part.clone());
                sql.push(") > 0 OR ").push_bind(part.is_empty()).push(" WHEN 'array' THEN ");
                push_has_item(sql, json, &path, &wanted);
                sql.push(" ELSE 0 END)");
            }
            _ => {
                sql.push("(CASE json_type(")
                    .push(json)
                    .push(", ")
                    .push_bind(path.clone())
                    .push(") WHEN 'array' THEN ");
                push_has_item(sql, json, &path, &wanted);
                sql.push(" ELSE 0 END)");
            }
        },
        Comparison::StartsWith => match &wanted {
            Value::String(start) => {
                side("(coalesce(json_type(", "), '') = 'text' AND substr(");
                sql.push("json_extract(")
                    .push(json)
                    .push(", ")
                    .push_bind(path.clone())
                    .push("), 1, length(");
                sql.push_bind(start.clone()).push(")) = ").push_bind(start.clone()).push(")");
            }
            _ => {
                sql.push("0");
            }
        },
        Comparison::LessThan => push_compare(sql, json, &path, &wanted, "<"),
        Comparison::AtMost => push_compare(sql, json, &path, &wanted, "<="),
        Comparison::GreaterThan => push_compare(sql, json, &path, &wanted, ">"),
        Comparison::AtLeast => push_compare(sql, json, &path, &wanted, ">="),
    }
}

/// Of the same kind and the same value; a list is equal to each of its items.
fn push_equals(sql: &mut QueryBuilder<Sqlite>, json: &str, path: &str, wanted: &Value) {
    if matches!(wanted, Value::Null | Value::Array(_) | Value::Object(_)) {
        sql.push("0");
        return;
    }
    let extracted = |sql: &mut QueryBuilder<Sqlite>| {
        sql.push("json_extract(").push(json).push(", ").push_bind(path.to_string()).push(")");
    };
    sql.push("(CASE coalesce(json_type(")
        .push(json)
        .push(", ")
        .push_bind(path.to_string())
        .push("), '')");
    match wanted {
        Value::String(text) => {
            sql.push(" WHEN 'text' THEN ");
            extracted(sql);
            sql.push(" = ").push_bind(text.clone());
        }
        Value::Number(number) => {
            for kind in ["integer", "real"] {
                sql.push(" WHEN '").push(kind).push("' THEN CAST(");
                extracted(sql);
                sql.push(" AS REAL) = ").push_bind(number.as_f64());
            }
        }
        Value::Bool(flag) => {
            sql.push(" WHEN '").push(if *flag { "true" } else { "false" }).push("' THEN 1");
        }
        _ => {}
    }
    sql.push(" WHEN 'array' THEN ");
    push_has_item(sql, json, path, wanted);
    sql.push(" ELSE 0 END)");
}

/// Is it one of the list's items?
fn push_has_item(sql: &mut QueryBuilder<Sqlite>, json: &str, path: &str, wanted: &Value) {
    sql.push("EXISTS (SELECT 1 FROM json_each(")
        .push(json)
        .push(", ")
        .push_bind(path.to_string())
        .push(") i WHERE ");
    match wanted {
        Value::String(text) => {
            sql.push("i.type = 'text' AND i.atom = ").push_bind(text.clone());
        }
        Value::Number(number) => {
            sql.push("i.type IN ('integer', 'real') AND CAST(i.atom AS REAL) = ")
                .push_bind(number.as_f64());
        }
        Value::Bool(flag) => {
            sql.push("i.type = ").push_bind(if *flag { "true" } else { "false" });
        }
        _ => {
            sql.push("0");
        }
    }
    sql.push(")");
}

fn push_compare(
    sql: &mut QueryBuilder<Sqlite>,
    json: &str,
    path: &str,
    wanted: &Value,
    sign: &str,
) {
    let extracted = |sql: &mut QueryBuilder<Sqlite>| {
        sql.push("json_extract(").push(json).push(", ").push_bind(path.to_string()).push(")");
    };
    let kind = |sql: &mut QueryBuilder<Sqlite>| {
        sql.push("coalesce(json_type(")
            .push(json)
            .push(", ")
            .push_bind(path.to_string())
            .push("), '')");
    };
    match wanted {
        Value::Number(number) => {
            sql.push("(");
            kind(sql);
            sql.push(" IN ('integer', 'real') AND CAST(");
            extracted(sql);
            sql.push(" AS REAL) ").push(sign).push(" ").push_bind(number.as_f64()).push(")");
        }
        Value::String(text) if is_date(text) => {
            sql.push("(");
            kind(sql);
            sql.push(" = 'text' AND (");
            for (index, shape) in DATE_SHAPES.iter().enumerate() {
                sql.push(if index > 0 { " OR " } else { "" });
                extracted(sql);
                sql.push(" GLOB '").push(*shape).push("'");
            }
            sql.push(") AND ");
            extracted(sql);
            sql.push(" ").push(sign).push(" ").push_bind(text.clone()).push(")");
        }
        _ => {
            sql.push("0");
        }
    }
}

fn push_reachable(sql: &mut QueryBuilder<Sqlite>, channel: &str) {
    let Some(channel) = Channel::from_key(channel) else {
        sql.push("0");
        return;
    };
    sql.push("(coalesce(p.consent ->> ").push_bind(channel.key()).push(", 1)");
    if let Some(address) = channel.address_key() {
        sql.push(" AND p.addresses ->> ").push_bind(address).push(" IS NOT NULL");
    }
    sql.push(")");
}
