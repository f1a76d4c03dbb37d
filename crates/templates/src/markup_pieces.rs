//! Takes a text with tags apart, from its beginning to its end, as far as one can without a reader
//! of HTML. Each byte is looked at a few times and no more, whatever is written: what was not found
//! once is not looked for again.

use super::text_part::split_tag;

/// A piece of it. All pieces, one after the other, are the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    /// With its `<!--` and `-->`.
    Comment(&'a str),
    /// From its `<` to its `>`, or to the end of the text where it has none. A comment that never
    /// ends is one as well.
    Tag(&'a str),
}

pub struct MarkupPieces<'a> {
    rest: &'a str,
    /// Comments end somewhere ahead, as far as is known.
    comments_end: bool,
    /// Bytes that were looked at: the cost, for tests.
    #[cfg(test)]
    pub looked_at: usize,
}

impl<'a> MarkupPieces<'a> {
    pub fn of(text: &'a str) -> Self {
        Self {
            rest: text,
            comments_end: true,
            #[cfg(test)]
            looked_at: 0,
        }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (piece, rest) = self.rest.split_at(length);
        self.rest = rest;
        piece
    }

    /// How long the comment is that begins here, if one does.
    fn comment(&mut self) -> Option<usize> {
        if !self.comments_end || !self.rest.starts_with("<!--") {
            return None;
        }
        let end = self.rest.find("-->").map(|end| end + 3);
        self.comments_end = end.is_some();
        self.looks_at(end.unwrap_or(self.rest.len()));
        end
    }

    fn looks_at(&mut self, _bytes: usize) {
        #[cfg(test)]
        {
            self.looked_at += _bytes;
        }
    }
}

impl<'a> Iterator for MarkupPieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let text = self.rest.find('<').unwrap_or(self.rest.len());
        self.looks_at(text);
        if text > 0 {
            return Some(Piece::Text(self.take(text)));
        }
        if let Some(length) = self.comment() {
            return Some(Piece::Comment(self.take(length)));
        }
        let length = split_tag(self.rest).0.len();
        self.looks_at(length);
        Some(Piece::Tag(self.take(length)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The pieces, and how many bytes were looked at for them.
    fn taken_apart(text: &str) -> (Vec<Piece<'_>>, usize) {
        let mut markup = MarkupPieces::of(text);
        let pieces = markup.by_ref().collect();
        (pieces, markup.looked_at)
    }

    #[test]
    fn texts_comments_and_tags_are_told_apart() {
        let (pieces, _) = taken_apart("a<!-- <b> --><c d='>'>e<!-- f");
        assert_eq!(
            pieces,
            [
                Piece::Text("a"),
                Piece::Comment("<!-- <b> -->"),
                Piece::Tag("<c d='>'>"),
                Piece::Text("e"),
                Piece::Tag("<!-- f")
            ]
        );
    }

    #[test]
    fn no_text_makes_it_look_at_a_byte_more_than_three_times() {
        let units = [
            "<br/>",
            "<!-- >",
            "<!--",
            "<",
            "<a b='",
            "<a b=\"'\">",
            "-->",
            "<!-->",
            "<!-- -->",
            "a<",
            ">",
            "<!---",
        ];
        for unit in units {
            let text = unit.repeat(1_000_000 / unit.len());
            let (_, looked_at) = taken_apart(&text);
            assert!(looked_at <= 3 * text.len(), "{unit}: {looked_at} for {}", text.len());
        }
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text(text in "[<>!a\\-'\"/ é]{0,80}") {
            let (pieces, looked_at) = taken_apart(&text);
            let again: String = pieces.iter().map(|(Piece::Text(part) | Piece::Comment(part) | Piece::Tag(part))| *part).collect();
            prop_assert!(looked_at <= 3 * text.len());
            prop_assert_eq!(again, text);
        }
    }
}
