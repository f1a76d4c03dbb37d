//! Rows of a table (CSV), read with a bound: a row that is longer than one may be is told of as
//! soon as that is known, and the rest of it is passed over without being kept. A quotation mark
//! that is never closed makes a row of all that follows.

use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::ROW_MAX;

/// Most cells of a row. One without a letter in its cells is short and long at once.
const CELLS_MAX: usize = 10_000;

/// One row, kept from one reading to the next.
#[derive(Debug)]
pub struct Row {
    text: Vec<u8>,
    /// Where each cell ends in `text`.
    ends: Vec<usize>,
    length: usize,
    cells: usize,
}

impl Default for Row {
    fn default() -> Self {
        Self { text: vec![0; 4 * 1024], ends: vec![0; 64], length: 0, cells: 0 }
    }
}

impl Row {
    pub fn text(&self) -> &[u8] {
        &self.text[..self.length]
    }

    pub fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let ends = &self.ends[..self.cells];
        ends.iter().enumerate().map(|(index, end)| {
            let start = if index == 0 { 0 } else { ends[index - 1] };
            &self.text[start..*end]
        })
    }

    fn breaks(&self) -> u64 {
        self.text().iter().filter(|byte| **byte == b'\n').count() as u64
    }
}

/// What was found at a place of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A row that begins on this line, from 1.
    Row {
        line: u64,
    },
    /// One that is too long; the next reading goes on behind its end.
    TooLong {
        line: u64,
    },
    End,
}

pub struct TableRows<R> {
    input: R,
    reader: Reader,
    /// The row that was begun last has not ended yet.
    within: bool,
    /// Bytes read so far, from the beginning of the file.
    pub bytes: u64,
}

impl<R: BufRead> TableRows<R> {
    pub fn new(input: R, delimiter: u8) -> Self {
        Self {
            input,
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            within: false,
            bytes: 0,
        }
    }

    /// Reads the next row into `row`.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read(&mut self, row: &mut Row) -> io::Result<Found> {
        self.pass_over()?;
        (row.length, row.cells) = (0, 0);
        let from = self.reader.line();
        loop {
            let input = self.input.fill_buf()?;
            let (result, read, written, ended) = self.reader.read_record(
                input,
                &mut row.text[row.length..],
                &mut row.ends[row.cells..],
            );
            self.input.consume(read);
            self.bytes += read as u64;
            row.length += written;
            row.cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if row.text.len() < ROW_MAX => {
                    row.text.resize((2 * row.text.len()).min(ROW_MAX), 0);
                }
                ReadRecordResult::OutputEndsFull if row.ends.len() < CELLS_MAX => {
                    row.ends.resize((2 * row.ends.len()).min(CELLS_MAX), 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    self.within = true;
                    return Ok(Found::TooLong {
                        line: self.reader.line().saturating_sub(row.breaks()).max(from),
                    });
                }
                // The reader counts from the end of the row before, and leaves out empty lines; now
                // it stands behind this one.
                ReadRecordResult::Record => {
                    let line = self.reader.line().saturating_sub(row.breaks() + 1).max(from);
                    return Ok(Found::Row { line });
                }
                ReadRecordResult::End => return Ok(Found::End),
            }
        }
    }

    /// Leaves out what is left of a row that was too long.
    fn pass_over(&mut self) -> io::Result<()> {
        let (mut text, mut ends) = ([0; 4 * 1024], [0; 64]);
        while self.within {
            let input = self.input.fill_buf()?;
            let (result, read, ..) = self.reader.read_record(input, &mut text, &mut ends);
            self.input.consume(read);
            self.bytes += read as u64;
            self.within = !matches!(result, ReadRecordResult::Record | ReadRecordResult::End);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;

    /// Begins so, and then goes on for ever.
    struct Endless(&'static [u8]);

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let begun = self.0.read(buffer)?;
            if begun > 0 {
                return Ok(begun);
            }
            buffer.fill(b'x');
            Ok(buffer.len())
        }
    }

    fn found(text: &[u8]) -> Vec<Found> {
        let mut rows = TableRows::new(text, b',');
        let mut row = Row::default();
        let mut found = Vec::new();
        loop {
            match rows.read(&mut row).expect("readable") {
                Found::End => return found,
                other => found.push(other),
            }
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_refused_once_the_row_is_too_long_and_nothing_more_of_it_is_read()
     {
        let mut rows = TableRows::new(BufReader::new(Endless(b"identity,plan\nada,\"go")), b',');
        let mut row = Row::default();
        assert_eq!(rows.read(&mut row).expect("readable"), Found::Row { line: 1 });
        assert_eq!(rows.read(&mut row).expect("readable"), Found::TooLong { line: 2 });
        assert!(rows.bytes <= ROW_MAX as u64 + 64, "{} bytes read", rows.bytes);
        assert!(row.text.len() <= ROW_MAX && row.ends.len() <= CELLS_MAX);
    }

    #[test]
    fn a_row_of_very_many_empty_cells_is_refused_as_well() {
        let text = [b"a,b\n".as_slice(), &vec![b','; 1_000_000], b"\nc,d\n"].concat();
        assert_eq!(
            found(&text),
            [Found::Row { line: 1 }, Found::TooLong { line: 2 }, Found::Row { line: 3 }]
        );
    }

    #[test]
    fn what_follows_a_row_that_was_too_long_is_read_and_knows_its_line() {
        let long = format!("a,\"{}\nx\"\n", "y\n".repeat(ROW_MAX));
        let text = format!("h\n\n{long}b,c\n");
        let after = 3 + ROW_MAX as u64 + 2;
        assert_eq!(
            found(text.as_bytes()),
            [Found::Row { line: 1 }, Found::TooLong { line: 3 }, Found::Row { line: after }]
        );
    }

    #[test]
    fn cells_are_what_stands_between_the_delimiters() {
        let mut rows = TableRows::new(b"a,\"b,\"\"c\"\"\",,d".as_slice(), b',');
        let mut row = Row::default();
        assert_eq!(rows.read(&mut row).expect("readable"), Found::Row { line: 1 });
        assert_eq!(row.cells().collect::<Vec<_>>(), [b"a".as_slice(), b"b,\"c\"", b"", b"d"]);
    }
}
