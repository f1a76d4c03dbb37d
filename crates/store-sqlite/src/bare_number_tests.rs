//! No statement says the number of a state: it is bound, or written from `codes.rs`, so that the
//! domain's enums alone know it. A migration is a fixed text and says what the numbers meant.

use std::{fs, path::Path};

/// Columns that hold the number of an enum.
const COLUMNS: [&str; 15] = [
    "status",
    "visibility",
    "entry_type",
    "exit_reason",
    "bulk_exit_reason",
    "is_live",
    "kind",
    "rejection",
    "reason_code",
    "role",
    "scopes",
    "source",
    "held_reason",
    // Names that such columns had, and that new ones could get.
    "state",
    "lane",
];

const OPERATORS: [&str; 9] = ["=", "<>", "!=", "<=", ">=", "<", ">", "IN (", "BETWEEN "];

/// Comparisons of one of the columns with a number, and values that are set to one.
fn bare_numbers(source: &str) -> Vec<String> {
    let code: Vec<&str> =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for column in COLUMNS {
        for (start, _) in code.match_indices(column) {
            let (before, rest) = (&code[..start], &code[start + column.len()..]);
            let is_word =
                !before.ends_with(|before: char| before == '_' || before.is_alphanumeric());
            if is_word && is_compared_with_number(rest) {
                let line = rest.lines().next().unwrap_or_default();
                found.push(format!("{column}{line}"));
            }
        }
    }
    found
}

fn is_compared_with_number(rest: &str) -> bool {
    let rest = rest.trim_start_matches(')').trim_start();
    let rest = rest.strip_prefix("NOT ").unwrap_or(rest);
    OPERATORS.iter().filter_map(|operator| rest.strip_prefix(operator)).any(|value| {
        value.trim_start_matches([' ', '\n', '(']).starts_with(|first: char| first.is_ascii_digit())
    })
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source");
            found.push((path.display().to_string(), text));
        }
    }
}

#[test]
fn no_statement_says_the_number_of_a_state() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 50, "{} sources", files.len());
    for (file, text) in files {
        assert_eq!(bare_numbers(&text), Vec::<String>::new(), "{file}");
    }
}

#[test]
fn numbers_are_noticed_however_they_are_compared() {
    for column in COLUMNS {
        for rest in
            [" = 0", "=1", " <> 3", ") < 2", " IN (0, 4)", " NOT IN (1)", " BETWEEN 2 AND 5"]
        {
            assert_eq!(bare_numbers(&format!("o.{column}{rest}")).len(), 1, "{column}{rest}");
        }
        for rest in [" = ?1", " IN (?1, ?2)", " = {QUEUED}", " IS NULL", "s = 1", " + 1"] {
            assert_eq!(bare_numbers(&format!("o.{column}{rest}")).len(), 0, "{column}{rest}");
        }
        assert_eq!(bare_numbers(&format!("my_{column} = 1")).len(), 0, "{column}");
    }
}
