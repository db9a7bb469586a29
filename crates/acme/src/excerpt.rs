//! Quoting a stranger's text in an error.

use std::fmt;

/// At most this many characters of a text are kept.
const EXCERPT_CHARS_MAX: usize = 64;

/// The beginning of a text that was not accepted, short and without control characters when shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    beginning: Box<str>,
    truncated: bool,
}

impl Excerpt {
    /// Keeps the first characters of `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let end = text.char_indices().nth(EXCERPT_CHARS_MAX).map(|(end, _)| end);
        Self { beginning: text[..end.unwrap_or(text.len())].into(), truncated: end.is_some() }
    }
}

/// In quotation marks, control characters and quotation marks escaped.
impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}{}\"", self.beginning.escape_debug(), if self.truncated { "…" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_strange_texts_are_shown_short_and_escaped() {
        // (text, shown)
        let cases = [
            ("example", "\"example\"".to_owned()),
            ("a\"b\n\u{1b}[31m", "\"a\\\"b\\n\\u{1b}[31m\"".to_owned()),
            (&"é".repeat(1000), format!("\"{}…\"", "é".repeat(64))),
            (&"x".repeat(64), format!("\"{}\"", "x".repeat(64))),
        ];
        for (text, shown) in cases {
            assert_eq!(Excerpt::of(text).to_string(), shown);
        }
    }
}
