//! Finds the tags that open and close a block of reasoning in a reply.
//!
//! It only names tags: what follows from them is decided by the scan. Tags are
//! told by their name, whatever the brackets; nothing is ever read inside one.

/// A tag at the start of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag {
    /// Whether it opens a block.
    pub(super) opens: bool,
    /// Its length in bytes.
    pub(super) len: usize,
}

/// Names of reasoning blocks as servers and models write them.
const NAMES: [&str; 9] = [
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "reflection",
    "scratchpad",
    "seed:think",
    "antthinking",
];

/// Tags that are not a bracketed name.
const LITERAL: [(&str, bool); 6] = [
    ("◁think▷", true),
    ("◁/think▷", false),
    ("<|channel|>analysis<|message|>", true),
    ("<|channel|>final<|message|>", false),
    ("<|begin_of_thought|>", true),
    ("<|end_of_thought|>", false),
];

/// Longest bracketed tag that is looked for, in bytes.
const LONGEST: usize = 24;

/// Whether a tag can start with this byte.
pub(super) fn may_start(byte: u8) -> bool {
    byte == b'<' || byte == b'[' || byte == "◁".as_bytes()[0]
}

/// The tag at byte offset `at`, if one stands there.
pub(super) fn tag_at(text: &str, at: usize) -> Option<Tag> {
    let bytes = &text.as_bytes()[at..];
    for (literal, opens) in LITERAL {
        if bytes.starts_with(literal.as_bytes()) {
            return Some(Tag { opens, len: literal.len() });
        }
    }
    let close = match bytes.first()? {
        b'<' => b'>',
        b'[' => b']',
        _ => return None,
    };
    let end = bytes.iter().take(LONGEST).position(|&byte| byte == close)?;
    let inside = std::str::from_utf8(&bytes[1..end]).ok()?.trim();
    let (opens, name) = match inside.strip_prefix('/') {
        Some(name) => (false, name.trim()),
        None => (true, inside),
    };
    let known = NAMES.iter().any(|known| known.eq_ignore_ascii_case(name));
    known.then_some(Tag { opens, len: end + 1 })
}

/// Byte offset just past the next closing tag at or after `at`.
pub(super) fn after_close(text: &str, mut at: usize, steps: &mut u64) -> Option<usize> {
    let bytes = text.as_bytes();
    while at < bytes.len() {
        *steps += 1;
        if may_start(bytes[at]) {
            *steps += LONGEST as u64;
            if let Some(tag) = tag_at(text, at)
                && !tag.opens
            {
                return Some(at + tag.len);
            }
        }
        at += 1;
    }
    None
}
