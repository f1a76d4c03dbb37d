//! Tables for spreadsheets (RFC 4180). Every cell is quoted: one that takes semicolons or tabs for
//! separators would otherwise begin a cell in the middle of one.

use super::{ServiceError, ServiceResult};
use wayfare_store::StoreError;

pub struct CsvFile(csv::Writer<Vec<u8>>);

impl CsvFile {
    pub fn new() -> Self {
        Self(
            csv::WriterBuilder::new()
                .quote_style(csv::QuoteStyle::Always)
                .terminator(csv::Terminator::CRLF)
                .from_writer(Vec::new()),
        )
    }

    /// # Errors
    /// Never in practice: writing to memory does not fail.
    pub fn row<const N: usize>(&mut self, cells: [impl AsRef<[u8]>; N]) -> ServiceResult<()> {
        self.0.write_record(cells).map_err(|error| failed(&error.to_string()))
    }

    /// # Errors
    /// As [`CsvFile::row`].
    pub fn finish(self) -> ServiceResult<Vec<u8>> {
        self.0.into_inner().map_err(|error| failed(&error.to_string()))
    }
}

fn failed(why: &str) -> ServiceError {
    ServiceError::Store(StoreError::Corrupt(format!("a row that is no CSV: {why}")))
}

/// Spreadsheets run text that begins like a formula (CWE-1236), also in signs of full width; with
/// an apostrophe before it they do not.
pub fn harmless(text: &str) -> String {
    let formulas = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '\u{2212}'];
    if text.starts_with(formulas) { format!("'{text}") } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_like_a_formula_whatever_separates_cells() {
        let mut file = CsvFile::new();
        file.row(["a;=1+1".to_string(), harmless("=1+1"), "\"".to_string()]).expect("a row");
        let text = String::from_utf8(file.finish().expect("a file")).expect("text");
        assert_eq!(text, "\"a;=1+1\",\"'=1+1\",\"\"\"\"\r\n");
        for formula in ["+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A1"]
        {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        assert_eq!(harmless("a = 1"), "a = 1");
    }
}
