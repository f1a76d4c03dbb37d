//! Which identities are addresses, asked of many of them at once: what
//! [`wayfare_domain::profiles::mask::kind_of`] says of one, from the same lists of characters.

use sqlx::{QueryBuilder, Sqlite};

use wayfare_domain::profiles::mask::address_shape::{
    ABROAD, AT_SIGNS, BARE_PHONE, DIGITS, PHONE_MIN, PLUS_SIGNS, SCHEMES, SEPARATORS,
};

/// Puts in whether the text of this column is an address. Identities have no spaces around them.
pub fn push_is_address(sql: &mut QueryBuilder<Sqlite>, column: &str) {
    sql.push("(");
    for sign in AT_SIGNS {
        begins_or_has(sql, column, sign.to_string(), " > 0 OR ");
    }
    let pattern = format!("{}*", format!("*[{DIGITS}]").repeat(PHONE_MIN));
    sql.push(format_args!("({column} GLOB ")).push_bind(pattern).push(" AND (");
    for sign in PLUS_SIGNS {
        begins_or_has(sql, column, sign.to_string(), " = 1 OR ");
    }
    let small = format!("lower({column})");
    for scheme in SCHEMES {
        begins_or_has(sql, &small, scheme.to_string(), " = 1 OR ");
    }
    // What is left between digits, and between what phone numbers are written with.
    let between = |sql: &mut QueryBuilder<Sqlite>, signs: String, is: &str| {
        sql.push(format_args!("trim({column}, ")).push_bind(signs).push(is);
    };
    sql.push("CASE WHEN ");
    between(sql, DIGITS.to_string(), ") = ''");
    sql.push(format_args!(
        " THEN length({column}) BETWEEN {} AND {} OR {column} GLOB ",
        BARE_PHONE.start(),
        BARE_PHONE.end()
    ));
    // With nothing behind the zeros there are too few digits.
    sql.push_bind(format!("{ABROAD}[^0]*"));
    sql.push(" ELSE ");
    between(sql, format!("{DIGITS}{SEPARATORS}"), ") = ''");
    sql.push(" END)))");
}

fn begins_or_has(sql: &mut QueryBuilder<Sqlite>, column: &str, text: String, then: &str) {
    sql.push(format_args!("instr({column}, ")).push_bind(text).push(format_args!("){then}"));
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, SqliteConnection};

    use super::*;
    use wayfare_domain::profiles::mask::kind_of;

    const BEGINNINGS: [&str; 12] =
        ["", "0", "00", "000", "+", "\u{ff0b}", "tel:", "Sms:", "hotel:", "(0", "x", "00 "];

    /// Names of this beginning that come near to being phone numbers, or are some: so many digits,
    /// of any script, with nothing or one other character among them.
    fn near_to_phone_numbers(beginning: &str) -> Vec<String> {
        let others = SEPARATORS.chars().chain(AT_SIGNS).chain("a#,;]^*'\"é١".chars());
        let others: Vec<String> =
            others.map(|sign| sign.to_string()).chain([String::new()]).collect();
        let digits: Vec<char> = DIGITS.chars().collect();
        let names = (3..=17).flat_map(|count| {
            let (front, back): (String, String) = (
                digits.iter().cycle().skip(count).take(count / 2).collect(),
                digits[1..].iter().cycle().take(count - count / 2).collect(),
            );
            others.iter().map(move |other| format!("{beginning}{front}{other}{back}"))
        });
        names.collect()
    }

    #[tokio::test]
    async fn sqlite_takes_for_an_address_what_the_rule_does() {
        let mut memory = SqliteConnection::connect("sqlite::memory:").await.expect("SQLite");
        for beginning in BEGINNINGS {
            let names = near_to_phone_numbers(beginning);
            let mut sql = QueryBuilder::<Sqlite>::new("SELECT ");
            push_is_address(&mut sql, "value");
            sql.push(" FROM json_each(").push_bind(serde_json::json!(names).to_string());
            sql.push(") ORDER BY key");
            let answers: Vec<bool> =
                sql.build_query_scalar().fetch_all(&mut memory).await.expect("answers");
            assert_eq!(answers.len(), names.len());
            for (name, is_address) in names.iter().zip(answers) {
                assert_eq!(is_address, kind_of(name).is_some(), "{name:?}");
            }
        }
    }
}
