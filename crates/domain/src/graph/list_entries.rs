//! How many entries a document's lists have. Counted on the text: reading it into a tree of values
//! would need code that the editor in the browser has no other use for.

/// Entries of all lists in a JSON text, those of lists within lists included.
pub fn count(json: &str) -> usize {
    let (mut open, mut entries) = (Vec::new(), 0);
    let (mut before, mut in_text, mut is_escaped) = (0, false, false);
    for byte in json.bytes() {
        if in_text {
            in_text = byte != b'"' || is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
        } else {
            match byte {
                b'"' => in_text = true,
                b'[' | b'{' => open.push(byte),
                b',' => entries += usize::from(open.last() == Some(&b'[')),
                b']' => {
                    entries += usize::from(before != b'[');
                    open.pop();
                }
                b'}' => drop(open.pop()),
                _ => {}
            }
        }
        before = byte;
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_lists_are_counted_and_not_what_looks_like_them_in_texts() {
        for (json, entries) in [
            ("{}", 0),
            ("[]", 0),
            ("[1]", 1),
            (r#"{"a":[1,2,{"b":[[],["x,y","]\",\\"]]}],"c":1}"#, 3 + 2 + 2),
        ] {
            assert_eq!(count(json), entries, "{json}");
        }
    }
}
