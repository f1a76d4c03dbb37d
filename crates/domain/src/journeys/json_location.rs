//! Finds the line of a JSON text on which a path begins, so that a complaint about
//! `journeys[2].graph.nodes[0].id` can say where to look. It walks text that has been read
//! successfully before and therefore does not judge it.

/// The line (from 1) of the value at `path`, or of the deepest part of the path that exists.
pub fn line_of(text: &str, path: &str) -> Option<usize> {
    let mut walker = JsonCursor { bytes: text.as_bytes(), at: 0 };
    walker.space();
    let mut found = walker.at;
    for step in steps(path) {
        let entered = match step {
            PathSegment::Key(key) => walker.enter_key(key),
            PathSegment::Index(index) => walker.enter_index(index),
        };
        match entered {
            Some(()) => found = walker.at,
            None => break,
        }
    }
    let before = text.get(..found)?;
    Some(before.bytes().filter(|byte| *byte == b'\n').count() + 1)
}

enum PathSegment<'a> {
    Key(&'a str),
    Index(usize),
}

fn steps(path: &str) -> impl Iterator<Item = PathSegment<'_>> {
    path.split(['.', '[']).filter(|part| !part.is_empty()).map(|part| {
        match part.strip_suffix(']') {
            Some(index) => PathSegment::Index(index.parse().unwrap_or(usize::MAX)),
            None => PathSegment::Key(part),
        }
    })
}

struct JsonCursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl JsonCursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Past a byte that must come next, and the space behind it.
    fn past(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)?;
        self.space();
        Some(())
    }

    /// From the start of an object to the value of one of its keys. Keys of our form hold no
    /// escapes.
    fn enter_key(&mut self, key: &str) -> Option<()> {
        self.past(b'{')?;
        while self.peek()? == b'"' {
            let start = self.at;
            self.skip_string()?;
            let name = &self.bytes[start + 1..self.at - 1];
            self.space();
            self.past(b':')?;
            if name == key.as_bytes() {
                return Some(());
            }
            self.skip_value()?;
            self.space();
            if self.peek()? == b',' {
                self.past(b',')?;
            }
        }
        None
    }

    /// From the start of an array to one of its elements.
    fn enter_index(&mut self, index: usize) -> Option<()> {
        self.past(b'[')?;
        for _ in 0..index {
            if self.peek()? == b']' {
                return None;
            }
            self.skip_value()?;
            self.space();
            if self.peek()? == b',' {
                self.past(b',')?;
            }
        }
        (self.peek()? != b']').then_some(())
    }

    fn skip_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                _ => self.at += 1,
            }
        }
    }

    /// Past one value; brackets are counted, strings skipped.
    fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.skip_string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth == 0 => return Some(()),
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' if depth == 0 => return Some(()),
                _ => self.at += 1,
            }
            if depth == 0
                && matches!(self.bytes.get(self.at.wrapping_sub(1)), Some(b'"' | b'}' | b']'))
            {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::line_of;

    const TEXT: &str = "{\n  \"a\": [1, {\"x\": \"}]\\\"\"},\n    {\n      \"b\": true\n    }\n  \
        ],\n  \"c\": null\n}";

    #[test]
    fn a_path_leads_to_its_line() {
        for (path, line) in [("", 1), ("a", 2), ("a[1].x", 2), ("a[2]", 3), ("a[2].b", 4), ("c", 7)]
        {
            assert_eq!(line_of(TEXT, path), Some(line), "{path}");
        }
    }

    #[test]
    fn a_path_that_is_not_there_leads_to_the_nearest_part_that_is() {
        assert_eq!(line_of(TEXT, "a[2].missing"), Some(3));
        assert_eq!(line_of(TEXT, "a[9]"), Some(2));
    }
}
