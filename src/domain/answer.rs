//! A candidate's answer as it was given: text of bounded size, never altered.

use std::fmt;

/// The largest answer that is graded, in bytes of UTF-8.
pub const MAX_ANSWER_BYTES: usize = 200_000;

/// The text of one answer, at most [`MAX_ANSWER_BYTES`] long.
///
/// The text is kept as given: what is shown, quoted and counted in spans is
/// always this text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Answer(String);

/// Why a text cannot be an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Longer than [`MAX_ANSWER_BYTES`].
    #[error("the answer is {bytes} bytes long; at most {MAX_ANSWER_BYTES} are graded")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("the answer is not UTF-8 (first bad byte at offset {offset}); save it as UTF-8")]
    NotUtf8 {
        /// Offset of the first byte that is not UTF-8.
        offset: usize,
    },
}

impl Answer {
    /// An answer from text.
    ///
    /// # Errors
    /// [`AnswerError::TooLong`] when it exceeds [`MAX_ANSWER_BYTES`].
    pub fn new(text: impl Into<String>) -> Result<Self, AnswerError> {
        let text = text.into();
        if text.len() > MAX_ANSWER_BYTES {
            return Err(AnswerError::TooLong { bytes: text.len() });
        }
        Ok(Self(text))
    }

    /// An answer from bytes; a byte-order mark at the start is dropped.
    ///
    /// # Errors
    /// As [`Answer::new`], and [`AnswerError::NotUtf8`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AnswerError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::new(text),
            Err(error) => Err(AnswerError::NotUtf8 { offset: error.valid_up_to() }),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows only the length: an answer never reaches a log.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({} bytes)", self.0.len())
    }
}
