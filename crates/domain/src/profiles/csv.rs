//! People and events as rows of a table (CSV). The heading says what a column means:
//!
//! - `identity`, `anonymous_id`: who. Another column can be named as the identity.
//! - `event`, with `time` and `message_id`: a table with it is one of events, one without it of
//!   profiles.
//! - anything else is a property. It is a text, unless the heading says otherwise: `age:number`,
//!   `vip:boolean`, `born:date`. Nothing is guessed, or postal codes would lose their zeros.
//!
//! An empty cell says nothing: the property stays as it is.

use serde_json::{Number, Value};

use super::{
    Properties,
    ingest_json::{EventJson, ProfileJson},
    ingest_record::IngestRecord,
    property_value::{PROPERTIES_MAX, is_date, read_key},
};
use crate::{
    error::FieldError,
    time::{Day, Timestamp},
};

/// Most columns: no one has more properties than these, and a few columns say who and when.
pub const COLUMNS_MAX: usize = PROPERTIES_MAX + 5;
/// Errors of a heading after which no further one is looked for.
const ERRORS_MAX: usize = 20;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum CsvColumn {
    Identity,
    Anonymous,
    Event,
    Time,
    MessageId,
    Property(String, CsvKind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CsvKind {
    Text,
    Number,
    Boolean,
    Date,
}

/// The first row of a table, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvHeader {
    columns: Vec<CsvColumn>,
    events: bool,
}

impl CsvHeader {
    /// `identity` is the name of the column that says who someone is, where it is called something
    /// else.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read<'a>(
        cells: impl Iterator<Item = &'a str>,
        identity: Option<&str>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut columns: Vec<CsvColumn> = Vec::new();
        let mut errors = Vec::new();
        for cell in cells {
            match column(cell.trim(), identity) {
                Ok(_) if columns.len() >= COLUMNS_MAX => {
                    let sentence = format!(
                        "The table has more than {COLUMNS_MAX} columns. Leave out those that are \
                            not needed."
                    );
                    return Err(vec![FieldError::new("", "too_many", sentence)]);
                }
                Ok(column) if columns.contains(&column) => {
                    errors.push(FieldError::new(
                        cell,
                        "duplicate",
                        format!("There are two columns “{}”.", cell.trim()),
                    ));
                }
                Ok(column) => columns.push(column),
                Err(error) => errors.push(error),
            }
            if errors.len() >= ERRORS_MAX {
                return Err(errors);
            }
        }
        if !columns
            .iter()
            .any(|column| matches!(column, CsvColumn::Identity | CsvColumn::Anonymous))
        {
            let wanted = identity.unwrap_or("identity");
            let sentence = format!(
                "There is no column “{wanted}”. The first row names the columns, and one of them \
                    must hold the identity."
            );
            errors.push(FieldError::new(wanted, "required", sentence));
        }
        let events = columns.contains(&CsvColumn::Event);
        if errors.is_empty() { Ok(Self { columns, events }) } else { Err(errors) }
    }

    /// What a row says.
    ///
    /// # Errors
    /// Names the first column that cannot be read.
    pub fn records<'a>(
        &self,
        cells: impl ExactSizeIterator<Item = &'a str>,
        now: Timestamp,
    ) -> Result<Vec<IngestRecord>, FieldError> {
        if cells.len() != self.columns.len() {
            let sentence = format!(
                "The row has {} cells; the first row has {}.",
                cells.len(),
                self.columns.len()
            );
            return Err(FieldError::new("", "malformed", sentence));
        }
        let (mut identity, mut anonymous_id, mut name, mut time, mut message_id) =
            (None, None, None, None, None);
        let mut properties = Properties::new();
        for (column, cell) in self.columns.iter().zip(cells) {
            let cell = cell.trim();
            if cell.is_empty() {
                continue;
            }
            let text = || Some(cell.to_string());
            match column {
                CsvColumn::Identity => identity = text(),
                CsvColumn::Anonymous => anonymous_id = text(),
                CsvColumn::Event => name = text(),
                CsvColumn::MessageId => message_id = text(),
                CsvColumn::Time => time = Some(instant(cell)?),
                CsvColumn::Property(name, kind) => {
                    let value = kind.read(cell).map_err(|error| error.under(name))?;
                    properties.insert(name.clone(), value);
                }
            }
        }
        if !self.events {
            return ProfileJson { identity, anonymous_id, properties, lists: Vec::new() }.read();
        }
        let name = name.ok_or_else(|| {
            FieldError::new("event", "required", "The cell of the event is empty.")
        })?;
        EventJson { identity, anonymous_id, name, time, properties, message_id }.read(now)
    }
}

fn column(name: &str, identity: Option<&str>) -> Result<CsvColumn, FieldError> {
    let is_identity = match identity {
        Some(identity) => name.eq_ignore_ascii_case(identity),
        None => ["identity", "user_id", "userid", "external_id"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known)),
    };
    if is_identity {
        return Ok(CsvColumn::Identity);
    }
    match name.to_lowercase().as_str() {
        "anonymous_id" | "anonymousid" => return Ok(CsvColumn::Anonymous),
        "event" => return Ok(CsvColumn::Event),
        "time" | "timestamp" => return Ok(CsvColumn::Time),
        "message_id" | "messageid" => return Ok(CsvColumn::MessageId),
        _ => {}
    }
    let (name, kind) = match name.rsplit_once(':') {
        Some((name, "text")) => (name, CsvKind::Text),
        Some((name, "number")) => (name, CsvKind::Number),
        Some((name, "boolean")) => (name, CsvKind::Boolean),
        Some((name, "date")) => (name, CsvKind::Date),
        _ => (name, CsvKind::Text),
    };
    Ok(CsvColumn::Property(read_key(name)?, kind))
}

fn instant(cell: &str) -> Result<Timestamp, FieldError> {
    cell.parse().map_err(|_| {
        FieldError::new(
            "time",
            "malformed",
            format!("“{cell}” is not a time. Write it like 2026-03-01T09:30:00Z."),
        )
    })
}

impl CsvKind {
    fn read(self, cell: &str) -> Result<Value, FieldError> {
        let wrong =
            |wanted: &str| FieldError::new("", "malformed", format!("“{cell}” is not {wanted}."));
        match self {
            CsvKind::Text => Ok(Value::String(cell.to_string())),
            CsvKind::Number => {
                let whole = cell.parse::<i64>().ok().map(Number::from);
                let number = whole.or_else(|| cell.parse::<f64>().ok().and_then(Number::from_f64));
                number.map(Value::Number).ok_or_else(|| wrong("a number, such as 12.5"))
            }
            CsvKind::Boolean => match cell.to_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(Value::Bool(true)),
                "false" | "no" | "0" => Ok(Value::Bool(false)),
                _ => Err(wrong("true or false")),
            },
            CsvKind::Date => {
                let good = cell.parse::<Timestamp>().is_ok()
                    || (is_date(cell) && cell.parse::<Day>().is_ok());
                if good {
                    Ok(Value::String(cell.to_string()))
                } else {
                    Err(wrong("a date like 2026-03-01 or 2026-03-01T09:30:00Z"))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::profiles::ingest_record::RecordPayload;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn heading(text: &str) -> CsvHeader {
        CsvHeader::read(text.split(','), None).expect("a heading")
    }

    fn rows(heading: &CsvHeader, text: &str) -> Result<Vec<IngestRecord>, FieldError> {
        heading.records(text.split(',').collect::<Vec<_>>().into_iter(), NOW)
    }

    #[test]
    fn a_property_is_a_text_unless_the_heading_says_otherwise() {
        let records = rows(
            &heading("identity,zip,age:number,vip:boolean,born:date"),
            "ada,01067,36,yes,1815-12-10",
        )
        .expect("good");
        let RecordPayload::Change(change) = &records[0].what else { panic!("a profile") };
        assert_eq!(
            Value::Object(change.properties.clone()),
            json!({"zip": "01067", "age": 36, "vip": true, "born": "1815-12-10"})
        );
    }

    #[test]
    fn an_empty_cell_says_nothing() {
        let records = rows(&heading("identity,plan,age:number"), "ada,,").expect("good");
        assert!(
            matches!(&records[0].what, RecordPayload::Change(change) if change.properties.is_empty())
        );
    }

    #[test]
    fn a_table_with_a_column_event_is_one_of_events() {
        let records =
            rows(&heading("user_id,event,time,total:number"), "ada,Visited,2026-03-01T09:30:00Z,7")
                .expect("good");
        assert!(
            matches!(&records[0].what, RecordPayload::Event(event) if event.name == "Visited" && event.properties["total"] == 7)
        );
    }

    #[test]
    fn what_cannot_be_read_names_its_column() {
        let path = |row: &str| {
            rows(&heading("identity,age:number,vip:boolean,born:date"), row)
                .expect_err("refused")
                .path
        };
        assert_eq!(path("ada,old,,"), "age");
        assert_eq!(path("ada,,maybe,"), "vip");
        assert_eq!(path("ada,,,2026-02-31"), "born");
        assert_eq!(path(",1,true,"), "identity");
        assert_eq!(path("ada,1"), "");
    }

    #[test]
    fn a_heading_that_says_of_nobody_is_refused_and_another_column_can_be_named() {
        assert_eq!(
            CsvHeader::read("mail,plan".split(','), None).expect_err("refused")[0].key,
            "required"
        );
        assert!(CsvHeader::read("Mail,plan".split(','), Some("mail")).is_ok());
        assert_eq!(
            CsvHeader::read("identity,plan,plan".split(','), None).expect_err("refused")[0].key,
            "duplicate"
        );
    }
}
