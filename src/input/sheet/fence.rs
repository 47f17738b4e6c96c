//! Code blocks of an answer sheet, in which no heading counts.
//!
//! A block that somebody forgot to close is none, so that it swallows no question: its lines
//! are held until it is clear which it is. It is left open where the sheet ends in it, where
//! another one begins in it, and where a heading stands in it with its quoted question below.
//! Then no line of it opens a block any more, so that each line is held once at most.

/// A line that may have to be read again.
pub(super) struct Held {
    /// 1-based.
    pub(super) number: u64,
    /// Why it is no text, where it is none.
    pub(super) text: Result<String, String>,
}

/// An open code block.
pub(super) struct Fence {
    /// Three or more backticks or tildes.
    mark: String,
    /// Its lines so far, the mark first.
    pub(super) lines: Vec<Held>,
    pub(super) bytes: usize,
}

impl Fence {
    pub(super) fn new(mark: String, line: Held) -> Self {
        let mut fence = Self { mark, lines: Vec::new(), bytes: 0 };
        fence.hold(line);
        fence
    }

    /// The mark with which a line opens a block.
    pub(super) fn open(line: &Held) -> Option<String> {
        let (mark, info) = split(line)?;
        // Backticks on both sides are code within a line.
        (!info.contains('`')).then(|| mark.to_owned())
    }

    pub(super) fn hold(&mut self, line: Held) {
        self.bytes += line.text.as_ref().map_or(0, String::len) + 1;
        self.lines.push(line);
    }

    pub(super) fn is_closed_by(&self, line: &Held) -> bool {
        split(line)
            .is_some_and(|(mark, rest)| mark.starts_with(&self.mark) && rest.trim().is_empty())
    }

    /// Whether a line opens a block of the same kind, as only after the end of this one.
    pub(super) fn is_left_open(&self, line: &Held) -> bool {
        Self::open(line).is_some_and(|mark| mark == self.mark) && !self.is_closed_by(line)
    }

    /// Whether a heading stands in it with its quoted question below, as sheets are made.
    pub(super) fn holds_a_question(&self, is_heading: impl Fn(&str) -> bool) -> bool {
        let texts = self.lines.iter().filter_map(|line| line.text.as_deref().ok());
        let mut texts = texts.filter(|text| !text.trim().is_empty()).peekable();
        while let Some(text) = texts.next() {
            if texts.peek().is_some_and(|next| next.starts_with('>')) && is_heading(text) {
                return true;
            }
        }
        false
    }
}

/// The mark at the beginning of a line, and what follows.
fn split(line: &Held) -> Option<(&str, &str)> {
    let line = line.text.as_ref().ok()?;
    let text = line.trim_start_matches(' ');
    if line.len() - text.len() > 3 {
        return None;
    }
    ['`', '~'].into_iter().find_map(|c| {
        let length = text.len() - text.trim_start_matches(c).len();
        (length >= 3).then(|| text.split_at(length))
    })
}
