//! Names that templates may use, and the nearest one to a name that no one knows.

use std::collections::BTreeSet;

/// What is known about people and about the event that lets them in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownProperties {
    /// Properties that people have; empty where there is no one yet, who could tell.
    pub profile: BTreeSet<String>,
    /// Properties of the event; empty where it never came, or people come in without one.
    pub event: BTreeSet<String>,
}

/// What everybody has, besides properties.
pub const BUILT_IN: [&str; 4] = ["identity", "email", "phone", "time_zone"];

/// The known name that is spelled most like another one, where one is near: one letter in three may
/// differ.
pub fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|known| (distance(&name, &known.to_lowercase()), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, known)| known)
}

/// How many letters have to be put in, taken out, changed, or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows: [Vec<usize>; 3] = [Vec::new(), (0..=b.len()).collect(), Vec::new()];
    for (i, left) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let change = rows[1][j] + usize::from(left != right);
            let mut best = change.min(rows[1][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *left == b[j - 1] && a[i - 1] == *right {
                best = best.min(rows[0][j - 1] + 1);
            }
            row.push(best);
        }
        rows.rotate_left(1);
        rows[1] = row;
    }
    rows[1].last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_finds_what_was_meant() {
        let known = ["first_name", "last_name", "plan", "city"];
        assert_eq!(suggest("frist_name", known), Some("first_name"));
        assert_eq!(suggest("First_Name", known), Some("first_name"));
        assert_eq!(suggest("paln", known), Some("plan"));
        assert_eq!(suggest("citty", known), Some("city"));
        assert_eq!(suggest("favourite_colour", known), None);
        assert_eq!(suggest("x", known), None);
    }

    #[test]
    fn distance_counts_letters() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(distance("abc", "acb"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
