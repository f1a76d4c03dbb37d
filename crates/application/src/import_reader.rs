//! Reads a file of people and events, portion by portion: what is good becomes records, what is not
//! is named by its line.

mod table_rows;

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

use tokio::sync::mpsc;

use self::table_rows::{Found, Row, TableRows};
use wayfare_domain::{
    error::FieldError,
    profiles::{
        csv::CsvHeader,
        import::{FileFormat, ImportOptions, RejectedRow},
        ingest_json::read_line,
        ingest_record::{IngestRecord, RecordPayload},
    },
    time::Timestamp,
};
use wayfare_runtime::supervisor::thread_task;

/// Most rows of one portion.
const PORTION: usize = 2_000;
/// A portion ends with the row that makes it as large as this, in bytes of the file: what a row says
/// takes many times as much in memory.
const PORTION_BYTES: u64 = 2 * 1024 * 1024;
/// Longest line or row, in bytes.
const ROW_MAX: usize = 1024 * 1024;

/// What a few rows of the file said.
#[derive(Debug, Default)]
pub struct ImportChunk {
    pub records: Vec<IngestRecord>,
    /// Rows that are in `records`.
    pub taken: u64,
    pub refused: Vec<RejectedRow>,
    /// From the beginning of the file.
    pub bytes_read: u64,
}

/// Why nothing more can be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("{0}")]
    Heading(String),
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("Something went wrong on our side while the file was read.")]
    BrokenOff,
}

/// Reads in a thread of its own; a portion is read while the one before is stored.
pub fn portions(
    file: File,
    reading: ImportOptions,
    now: Timestamp,
) -> mpsc::Receiver<Result<ImportChunk, FileError>> {
    let (sender, receiver) = mpsc::channel(2);
    thread_task("import.read", move || {
        let mut rows = RowReader {
            portion: ImportChunk::default(),
            began_at: 0,
            list: reading.list.clone(),
            sender: &sender,
        };
        // A panic must not look like the end of the file.
        let read = catch_unwind(AssertUnwindSafe(|| match reading.format {
            FileFormat::Csv => read_table(file, reading.identity.as_deref(), now, &mut rows),
            FileFormat::JsonLines => read_lines(file, now, &mut rows),
        }));
        rows.send();
        if let Err(error) = read.unwrap_or(Err(FileError::BrokenOff)) {
            // No one listens any more where this fails.
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

struct RowReader<'a> {
    portion: ImportChunk,
    /// Bytes that were read before the portion.
    began_at: u64,
    list: Option<String>,
    sender: &'a mpsc::Sender<Result<ImportChunk, FileError>>,
}

impl RowReader<'_> {
    /// Takes one row. False where no one wants more.
    fn take(
        &mut self,
        line: u64,
        bytes_read: u64,
        row: Result<Vec<IngestRecord>, FieldError>,
    ) -> bool {
        match row {
            Ok(records) => {
                let who = records.first().map(|record| record.who.clone());
                self.portion.records.extend(records);
                if let (Some(who), Some(list)) = (who, &self.list) {
                    self.portion
                        .records
                        .push(IngestRecord { who, what: RecordPayload::List(list.clone()) });
                }
                self.portion.taken += 1;
            }
            Err(error) => self.portion.refused.push(RejectedRow { line, error }),
        }
        self.portion.bytes_read = bytes_read;
        let rows = self.portion.taken as usize + self.portion.refused.len();
        let is_full = rows >= PORTION || bytes_read - self.began_at >= PORTION_BYTES;
        !is_full || self.send()
    }

    fn send(&mut self) -> bool {
        let portion = std::mem::take(&mut self.portion);
        self.portion.bytes_read = portion.bytes_read;
        self.began_at = portion.bytes_read;
        self.sender.blocking_send(Ok(portion)).is_ok()
    }
}

fn read_table(
    file: File,
    identity: Option<&str>,
    now: Timestamp,
    rows: &mut RowReader<'_>,
) -> Result<(), FileError> {
    let mut input = BufReader::with_capacity(64 * 1024, file);
    let delimiter = delimiter(input.fill_buf()?);
    let mut table = TableRows::new(input, delimiter);
    let mut row = Row::default();
    let Some(heading) = read_heading(&mut table, &mut row, identity)? else {
        return Err(FileError::Heading(
            "The file is empty. Its first row names the columns.".to_string(),
        ));
    };
    loop {
        let (line, read) = match table.read(&mut row)? {
            Found::End => return Ok(()),
            Found::TooLong { line } => (line, Err(too_long())),
            Found::Row { line } => {
                (line, texts(&row).and_then(|cells| heading.records(cells.into_iter(), now)))
            }
        };
        if !rows.take(line, table.bytes, read) {
            return Ok(());
        }
    }
}

/// None of an empty file.
fn read_heading<R: BufRead>(
    table: &mut TableRows<R>,
    row: &mut Row,
    identity: Option<&str>,
) -> Result<Option<CsvHeader>, FileError> {
    let cells = match table.read(row)? {
        Found::End => return Ok(None),
        Found::TooLong { .. } => return Err(FileError::Heading(too_long().sentence)),
        Found::Row { .. } => texts(row).map_err(|error| FileError::Heading(error.sentence))?,
    };
    let heading = CsvHeader::read(cells.into_iter(), identity);
    heading.map(Some).map_err(|errors| {
        FileError::Heading(
            errors.into_iter().map(|error| error.sentence).collect::<Vec<_>>().join(" "),
        )
    })
}

fn texts(row: &Row) -> Result<Vec<&str>, FieldError> {
    row.cells()
        .map(|cell| {
            let sentence = "The row is not UTF-8 text. Save the file as UTF-8.";
            std::str::from_utf8(cell).map_err(|_| FieldError::new("", "encoding", sentence))
        })
        .collect()
}

fn too_long() -> FieldError {
    FieldError::new(
        "",
        "too_long",
        format!("The row is longer than {ROW_MAX} bytes. Is a quotation mark not closed?"),
    )
}

/// Whichever of comma, semicolon and tab the first line holds most of: spreadsheets write what
/// their country is used to.
fn delimiter(start: &[u8]) -> u8 {
    let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| first.iter().filter(|byte| **byte == wanted).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|byte| count(*byte)).unwrap_or(b',')
}

fn read_lines(file: File, now: Timestamp, rows: &mut RowReader<'_>) -> Result<(), FileError> {
    let mut input = BufReader::new(file);
    let mut line = Vec::new();
    let (mut number, mut bytes) = (0, 0);
    loop {
        line.clear();
        let length = input.by_ref().take(ROW_MAX as u64).read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok(());
        }
        number += 1;
        bytes += length as u64;
        let whole = line.last() == Some(&b'\n') || length < ROW_MAX;
        let read = if whole {
            match std::str::from_utf8(&line) {
                Ok(text) if text.trim().is_empty() => continue,
                Ok(text) => read_line(text.trim_start_matches('\u{feff}'), now),
                Err(_) => Err(FieldError::new("", "encoding", "The line is not UTF-8 text.")),
            }
        } else {
            bytes += skip_line(&mut input)?;
            Err(too_long())
        };
        if !rows.take(number, bytes, read) {
            return Ok(());
        }
    }
}

/// Leaves the rest of a line out without keeping it. Answers its length.
fn skip_line(input: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = input.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let length = end.unwrap_or(buffer.len());
        input.consume(length);
        skipped += length as u64;
        if end.is_some() || length == 0 {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    async fn read(text: &[u8], format: FileFormat) -> (u64, Vec<u64>, Option<String>) {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(text).expect("written");
        file.rewind().expect("rewound");
        let reading = ImportOptions { format, identity: None, list: Some("All".to_string()) };
        let mut portions = portions(file, reading, NOW);
        let (mut taken, mut refused, mut problem) = (0, Vec::new(), None);
        while let Some(portion) = portions.recv().await {
            match portion {
                Ok(portion) => {
                    assert_eq!(
                        portion.records.len() as u64,
                        portion.taken * 2,
                        "each is put on the list"
                    );
                    taken += portion.taken;
                    refused.extend(portion.refused.iter().map(|refused| refused.line));
                }
                Err(error) => problem = Some(error.to_string()),
            }
        }
        (taken, refused, problem)
    }

    #[tokio::test]
    async fn bad_rows_are_named_by_their_line_and_the_others_taken() {
        let table =
            b"identity;age:number\nada;36\nbob;old\n\n;7\neve;\"1\n2\"\nfay;8\n\xff;9\nzoe\n";
        assert_eq!(read(table, FileFormat::Csv).await, (2, vec![3, 5, 6, 9, 10], None));
    }

    #[tokio::test]
    async fn a_row_that_is_too_long_is_named_and_what_follows_is_taken() {
        let table = format!(
            "identity,note\nada,\"{}\"\nbob,short\neve,\"never closed\n",
            "x".repeat(2 * ROW_MAX)
        );
        assert_eq!(read(table.as_bytes(), FileFormat::Csv).await, (2, vec![2], None));
    }

    #[tokio::test]
    async fn lines_of_json_are_read_one_by_one() {
        let mut lines = b"{\"identity\":\"ada\"}\n\nnonsense\n{\"identity\":\"bob\",\"name\":\"Visited\"}\n\xff\n".to_vec();
        lines.extend(vec![b'x'; 3 * ROW_MAX]);
        lines.extend(b"\n{\"identity\":\"eve\"}");
        assert_eq!(read(&lines, FileFormat::JsonLines).await, (3, vec![3, 5, 6], None));
    }

    #[tokio::test]
    async fn a_file_that_names_nobody_is_refused_as_a_whole() {
        let (taken, _, problem) = read(b"mail,plan\na@example.com,gold\n", FileFormat::Csv).await;
        assert_eq!(taken, 0);
        assert!(problem.is_some_and(|problem| problem.contains("identity")));
        assert!(read(b"", FileFormat::Csv).await.2.is_some());
    }

    #[tokio::test]
    async fn a_long_file_comes_in_portions_and_loses_nothing() {
        let rows: String =
            (0..2 * PORTION + 7).map(|number| format!("p{number},{number}\n")).collect();
        let table = format!("identity,age:number\n{rows}");
        assert_eq!(
            read(table.as_bytes(), FileFormat::Csv).await,
            (2 * PORTION as u64 + 7, vec![], None)
        );
    }

    #[tokio::test]
    async fn heavy_rows_come_in_smaller_portions() {
        let row = |number| format!("{{\"identity\":\"p{number}\"{}}}\n", " ".repeat(900_000));
        let mut file = tempfile::tempfile().expect("a file");
        for number in 0..9 {
            file.write_all(row(number).as_bytes()).expect("written");
        }
        file.rewind().expect("rewound");
        let reading = ImportOptions { format: FileFormat::JsonLines, identity: None, list: None };
        let mut portions = portions(file, reading, NOW);
        let mut rows = Vec::new();
        while let Some(portion) = portions.recv().await {
            rows.push(portion.expect("readable").taken);
        }
        assert_eq!(rows, [3, 3, 3, 0], "the last one is that of the end");
    }
}
