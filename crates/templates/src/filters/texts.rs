//! Filters of texts, and `default`.

use liquid_core::{Result, Value, model::State};

use super::{Call, Spec, spec, text};

pub const FILTERS: &[Spec] = &[
    spec("default", 0, 1, default),
    spec("append", 1, 1, append),
    spec("prepend", 1, 1, prepend),
    spec("capitalize", 0, 0, capitalize),
    spec("titlecase", 0, 0, titlecase),
    spec("downcase", 0, 0, |call| text(call.text().to_lowercase())),
    spec("upcase", 0, 0, |call| text(call.text().to_uppercase())),
    spec("strip", 0, 0, |call| text(call.text().trim())),
    spec("lstrip", 0, 0, |call| text(call.text().trim_start())),
    spec("rstrip", 0, 0, |call| text(call.text().trim_end())),
    spec("strip_html", 0, 0, strip_html),
    spec("strip_newlines", 0, 0, |call| text(call.text().replace(['\n', '\r'], ""))),
    spec("newline_to_br", 0, 0, newline_to_br),
    spec("remove", 1, 1, |call| replaced(call, &call.text_of(0), "", Which::All)),
    spec("remove_first", 1, 1, |call| replaced(call, &call.text_of(0), "", Which::First)),
    spec("remove_last", 1, 1, |call| replaced(call, &call.text_of(0), "", Which::Last)),
    spec("replace", 1, 2, |call| replaced(call, &call.text_of(0), &call.text_of(1), Which::All)),
    spec("replace_first", 1, 2, |call| {
        replaced(call, &call.text_of(0), &call.text_of(1), Which::First)
    }),
    spec("replace_last", 1, 2, |call| {
        replaced(call, &call.text_of(0), &call.text_of(1), Which::Last)
    }),
    spec("truncate", 0, 2, truncate),
    spec("truncatewords", 0, 2, truncate_words),
];

/// Instead of nothing, `false`, an empty text and an empty list.
fn default(call: &Call<'_>) -> Result<Value> {
    let is_false = call.input.as_scalar().and_then(|scalar| scalar.to_bool()) == Some(false);
    let is_empty = call.input.is_nil()
        || call.input.query_state(State::Empty)
        || (is_false && !call.allow_false)
        || call.input.is_scalar() && call.input.to_kstr().is_empty();
    Ok(if is_empty { call.argument(0).to_value() } else { call.input.to_value() })
}

fn append(call: &Call<'_>) -> Result<Value> {
    joined(call, &call.text(), &call.text_of(0))
}

fn prepend(call: &Call<'_>) -> Result<Value> {
    joined(call, &call.text_of(0), &call.text())
}

fn joined(call: &Call<'_>, first: &str, second: &str) -> Result<Value> {
    call.makes(first.len() + second.len())?;
    text(format!("{first}{second}"))
}

fn capitalize(call: &Call<'_>) -> Result<Value> {
    text(capitalized(&call.text()))
}

fn capitalized(word: &str) -> String {
    let mut signs = word.chars();
    signs.next().map(|first| first.to_uppercase().chain(signs).collect()).unwrap_or_default()
}

fn titlecase(call: &Call<'_>) -> Result<Value> {
    text(
        call.text()
            .split(' ')
            .map(|word| capitalized(&word.to_lowercase()))
            .collect::<Vec<_>>()
            .join(" "),
    )
}

/// Without tags, and without what only browsers read.
fn strip_html(call: &Call<'_>) -> Result<Value> {
    let html = call.text();
    call.makes(html.len())?;
    text(without_tags(&html))
}

/// What opens, and what ends it, and whether such an end comes any more: what was not found once is
/// not looked for again.
const TAGS: [(&str, &str); 4] =
    [("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->"), ("<", ">")];

fn without_tags(html: &str) -> String {
    let small = html.to_ascii_lowercase();
    let mut out = String::with_capacity(html.len());
    let mut at = 0;
    let mut comes = [true; TAGS.len()];
    while let Some(found) = small[at..].find('<') {
        let start = at + found;
        out.push_str(&html[at..start]);
        let end = TAGS.iter().zip(&mut comes).find_map(|((open, close), comes)| {
            if !*comes || !small[start..].starts_with(open) {
                return None;
            }
            let end = small[start..].find(close);
            *comes = end.is_some();
            Some(start + end? + close.len())
        });
        match end {
            Some(end) => at = end,
            // No tag at all, and none comes: “1 < 2”.
            None => {
                at = start;
                break;
            }
        }
    }
    out.push_str(&html[at..]);
    out
}

fn newline_to_br(call: &Call<'_>) -> Result<Value> {
    let plain = call.text();
    call.makes(plain.len() + 6 * plain.matches('\n').count())?;
    text(plain.replace("\r\n", "\n").replace('\n', "<br />\n"))
}

enum Which {
    All,
    First,
    Last,
}

fn replaced(call: &Call<'_>, from: &str, to: &str, which: Which) -> Result<Value> {
    let plain = call.text();
    let times = match which {
        Which::All if from.is_empty() => plain.chars().count() + 1,
        Which::All => plain.matches(from).count(),
        Which::First | Which::Last => 1,
    };
    call.makes(plain.len().saturating_add(to.len().saturating_mul(times)))?;
    text(match which {
        Which::All => plain.replace(from, to),
        Which::First => plain.replacen(from, to, 1),
        Which::Last => match plain.rfind(from) {
            Some(at) => format!("{}{to}{}", &plain[..at], &plain[at + from.len()..]),
            None => plain,
        },
    })
}

/// The last argument, or three dots.
fn truncation_mark(call: &Call<'_>) -> String {
    if call.arguments.len() > 1 { call.text_of(1) } else { "...".to_string() }
}

fn natural(number: Option<i64>, usual: usize) -> usize {
    number.map_or(usual, |number| usize::try_from(number).unwrap_or(0))
}

fn truncate(call: &Call<'_>) -> Result<Value> {
    let (plain, ending) = (call.text(), truncation_mark(call));
    let length = natural(call.whole(0), 50);
    if plain.chars().count() <= length {
        return text(plain);
    }
    let kept = length.saturating_sub(ending.chars().count());
    text(plain.chars().take(kept).chain(ending.chars()).collect::<String>())
}

fn truncate_words(call: &Call<'_>) -> Result<Value> {
    let (plain, ending) = (call.text(), truncation_mark(call));
    let words = natural(call.whole(0), 15).max(1);
    if plain.split_whitespace().count() <= words {
        return text(plain);
    }
    let kept: Vec<&str> = plain.split_whitespace().take(words).collect();
    text(format!("{}{ending}", kept.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::without_tags;

    #[test]
    fn tags_scripts_styles_and_comments_go_and_texts_stay() {
        let html = "a<b>c</b><script>d</script><STYLE>e</style><!-- f -->g<script>h<br>i 1 < 2";
        assert_eq!(without_tags(html), "acghi 1 < 2");
        assert_eq!(without_tags("<!--> a <b>c"), " a c");
    }

    #[test]
    fn what_never_ends_is_looked_for_once() {
        for (unit, stays) in [
            ("<script>", false),
            ("<style>", false),
            ("<!-- >", false),
            ("<script", true),
            ("<!--", true),
            ("<", true),
        ] {
            let html = unit.repeat(4_000_000 / unit.len());
            // A square of it takes hours.
            assert_eq!(without_tags(&html).len(), if stays { html.len() } else { 0 }, "{unit}");
        }
    }
}
