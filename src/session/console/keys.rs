//! What keys do in the editor.
//!
//! Enter adds a line; it submits at the very end of the text alone, on an
//! empty last line that Enter itself began. A pasted line break never counts.
//! Keys that end a reading leave the whole text to the reader. A key that
//! answers `None` does what the library has it do.

// One shape for all keys, whether or not a key ever leaves things to the library.
#![expect(clippy::unnecessary_wraps)]

use std::sync::Arc;

use rustyline::history::DefaultHistory;
use rustyline::{
    CharSearch, Cmd, ConditionalEventHandler, Editor, Event, EventContext, EventHandler, KeyCode,
    KeyEvent, Modifiers, Movement, RepeatCount,
};

use super::Mode;
use super::assistant::Assistant;
use super::shared::{Reason, Shared};
use crate::session::command::looks_like_command;
use crate::text::is_han;

/// Binds all keys that differ from the library's own.
pub(super) fn bind(editor: &mut Editor<Assistant, DefaultHistory>, shared: &Arc<Shared>) {
    let mut bind = |event: Event, key: fn(&Shared, &Text<'_>) -> Option<Cmd>| {
        let handler = Key { shared: Arc::clone(shared), key };
        editor.bind_sequence(event, EventHandler::Conditional(Box::new(handler)));
    };
    let ctrl = |c| Event::from(KeyEvent::ctrl(c));
    let plain = |code| Event::from(KeyEvent(code, Modifiers::NONE));
    bind(plain(KeyCode::Enter), enter);
    bind(ctrl('M'), enter);
    bind(Event::from(KeyEvent(KeyCode::Enter, Modifiers::ALT)), new_line);
    bind(Event::from(KeyEvent::alt('\r')), new_line);
    bind(ctrl('J'), line_feed);
    bind(plain(KeyCode::BracketedPasteStart), paste);
    bind(ctrl('C'), interrupt);
    bind(ctrl('D'), end);
    bind(ctrl('Z'), suspend);
    bind(Event::KeySeq(vec![KeyEvent::ctrl('X'), KeyEvent::ctrl('E')]), external_editor);
    bind(Event::from(KeyEvent::alt('/')), command_line);
    bind(ctrl('W'), kill_word);
    bind(plain(KeyCode::Up), up);
    bind(ctrl('P'), up);
    bind(plain(KeyCode::Down), down);
    bind(ctrl('N'), down);
    bind(Event::from(KeyEvent::alt('<')), |_, _| Some(Cmd::Move(Movement::BeginningOfBuffer)));
    bind(Event::from(KeyEvent::alt('>')), |_, _| Some(Cmd::Move(Movement::EndOfBuffer)));
    bind(ctrl('R'), |_, _| Some(Cmd::Noop));
    bind(ctrl('S'), |_, _| Some(Cmd::Noop));
}

/// The text and the cursor in it, as a byte offset.
struct Text<'a> {
    line: &'a str,
    cursor: usize,
}

impl Text<'_> {
    fn at_end(&self) -> bool {
        self.cursor == self.line.len()
    }
}

struct Key {
    shared: Arc<Shared>,
    key: fn(&Shared, &Text<'_>) -> Option<Cmd>,
}

impl ConditionalEventHandler for Key {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        (self.key)(&self.shared, &Text { line: context.line(), cursor: context.pos() })
    }
}

fn enter(shared: &Shared, text: &Text<'_>) -> Option<Cmd> {
    let submits = shared.mode() != Mode::Answer
        || text.line.is_empty()
        || looks_like_command(text.line)
        || (text.at_end() && on_typed_empty_line(text.line, shared.typed()));
    if submits {
        return Some(Cmd::AcceptLine);
    }
    shared.set_typed(text.at_end().then(|| text.line.len() + 1));
    Some(Cmd::Newline)
}

/// Whether the last line is empty and begins where Enter broke the line.
fn on_typed_empty_line(line: &str, typed: Option<usize>) -> bool {
    typed.is_some_and(|start| {
        let after = line.get(start..);
        let broken = start.checked_sub(1).and_then(|at| line.as_bytes().get(at)) == Some(&b'\n');
        broken && after.is_some_and(|rest| !rest.contains('\n') && rest.trim().is_empty())
    })
}

fn new_line(shared: &Shared, _: &Text<'_>) -> Option<Cmd> {
    Some(if shared.mode() == Mode::Answer { Cmd::Newline } else { Cmd::AcceptLine })
}

/// A line feed is also what Enter sends when it was pressed before the editor read.
fn line_feed(shared: &Shared, text: &Text<'_>) -> Option<Cmd> {
    let submits = shared.mode() != Mode::Answer || looks_like_command(text.line);
    Some(if submits { Cmd::AcceptLine } else { Cmd::Newline })
}

fn paste(shared: &Shared, _: &Text<'_>) -> Option<Cmd> {
    shared.set_typed(None);
    None
}

fn interrupt(shared: &Shared, _: &Text<'_>) -> Option<Cmd> {
    shared.end_with(Reason::Interrupt);
    Some(Cmd::AcceptLine)
}

fn end(shared: &Shared, text: &Text<'_>) -> Option<Cmd> {
    if !text.line.is_empty() {
        return None;
    }
    shared.end_with(Reason::End);
    Some(Cmd::AcceptLine)
}

/// The library's own way stops the process from the editor's thread, which then
/// redraws before the process has stopped rather than after.
fn suspend(shared: &Shared, _: &Text<'_>) -> Option<Cmd> {
    shared.end_with(Reason::Suspend);
    Some(Cmd::AcceptLine)
}

fn external_editor(shared: &Shared, _: &Text<'_>) -> Option<Cmd> {
    if shared.mode() != Mode::Answer {
        return Some(Cmd::Noop);
    }
    shared.end_with(Reason::Editor);
    Some(Cmd::AcceptLine)
}

fn command_line(shared: &Shared, text: &Text<'_>) -> Option<Cmd> {
    if shared.mode() != Mode::Answer || text.line.is_empty() {
        return Some(Cmd::Insert(1, "/".to_owned()));
    }
    shared.end_with(Reason::Command);
    Some(Cmd::AcceptLine)
}

/// Answers are no shell history: within a text, up and down only move.
fn up(_: &Shared, text: &Text<'_>) -> Option<Cmd> {
    keeps_history_away(text.line).then_some(Cmd::Move(Movement::LineUp(1)))
}

fn down(_: &Shared, text: &Text<'_>) -> Option<Cmd> {
    keeps_history_away(text.line).then_some(Cmd::Move(Movement::LineDown(1)))
}

fn keeps_history_away(line: &str) -> bool {
    !line.is_empty() && !looks_like_command(line)
}

/// Chinese has no spaces between words: the library would remove the whole
/// sentence, so two characters go at a time, or one mark of punctuation.
///
/// The library replaces any repeat count by the one that was typed; a search
/// backwards for a character is the movement that this leaves alone.
fn kill_word(_: &Shared, text: &Text<'_>) -> Option<Cmd> {
    let target = chinese_word_start(text.line.get(..text.cursor)?)?;
    Some(Cmd::Kill(Movement::ViCharSearch(1, CharSearch::Backward(target))))
}

/// The character up to which Ctrl-W removes; none where the text before the
/// cursor does not end in Chinese.
fn chinese_word_start(before: &str) -> Option<char> {
    let mut backwards = before.trim_end_matches(' ').chars().rev();
    let last = backwards.next()?;
    if is_wide_punctuation(last) {
        return Some(last);
    }
    if !is_han(last) {
        return None;
    }
    Some(backwards.next().filter(|c| is_han(*c)).unwrap_or(last))
}

fn is_wide_punctuation(c: char) -> bool {
    matches!(u32::from(c), 0x3000..=0x303f | 0xff01..=0xff0f | 0xff1a..=0xff20 | 0xff3b..=0xff40 | 0xff5b..=0xff65)
        || matches!(c, '“' | '”' | '‘' | '’' | '…' | '—')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared() -> Shared {
        Shared::new(tokio::sync::mpsc::unbounded_channel().0)
    }

    fn at_end(line: &str) -> Text<'_> {
        Text { line, cursor: line.len() }
    }

    #[test]
    fn enter_submits_on_the_empty_line_that_it_began() {
        let shared = shared();
        assert_eq!(enter(&shared, &at_end("text")), Some(Cmd::Newline));
        assert_eq!(enter(&shared, &at_end("text\n")), Some(Cmd::AcceptLine));
        assert_eq!(enter(&shared, &at_end("text\n  ")), Some(Cmd::AcceptLine));
    }

    #[test]
    fn enter_in_the_middle_adds_a_line() {
        let shared = shared();
        enter(&shared, &at_end("text"));
        assert_eq!(enter(&shared, &Text { line: "text\n", cursor: 2 }), Some(Cmd::Newline));
        assert_eq!(enter(&shared, &Text { line: "a\n\nb", cursor: 2 }), Some(Cmd::Newline));
    }

    #[test]
    fn a_pasted_or_restored_empty_line_does_not_submit_but_the_next_typed_one_does() {
        let shared = shared();
        enter(&shared, &at_end("x"));
        paste(&shared, &at_end("x\n"));
        assert_eq!(enter(&shared, &at_end("pasted\n\n")), Some(Cmd::Newline));
        assert_eq!(enter(&shared, &at_end("pasted\n\n\n")), Some(Cmd::AcceptLine));
        shared.begin(Mode::Answer, "draft\n");
        assert_eq!(enter(&shared, &at_end("draft\n")), Some(Cmd::Newline));
    }

    #[test]
    fn an_offset_from_another_text_never_submits() {
        for (line, typed) in [("多查询", 1), ("ab", 9), ("a\nb", 2), ("a\n\n", 2), ("ab", 0)] {
            assert!(!on_typed_empty_line(line, Some(typed)), "{line:?} {typed}");
        }
    }

    #[test]
    fn a_command_is_handed_over_at_once_and_so_is_nothing() {
        let shared = shared();
        assert_eq!(enter(&shared, &at_end("/hint")), Some(Cmd::AcceptLine));
        assert_eq!(enter(&shared, &at_end("／hint")), Some(Cmd::AcceptLine));
        assert_eq!(enter(&shared, &at_end("")), Some(Cmd::AcceptLine));
        assert_eq!(enter(&shared, &at_end("//x")), Some(Cmd::Newline));
    }

    #[test]
    fn one_line_questions_are_answered_by_enter() {
        let shared = shared();
        shared.begin(Mode::Line, "");
        assert_eq!(enter(&shared, &at_end("text")), Some(Cmd::AcceptLine));
        assert_eq!(line_feed(&shared, &at_end("")), Some(Cmd::AcceptLine));
    }

    #[test]
    fn up_and_down_never_replace_a_text_by_history() {
        let shared = shared();
        assert!(up(&shared, &at_end("draft")).is_some());
        assert!(up(&shared, &at_end("")).is_none());
        assert!(down(&shared, &at_end("/hi")).is_none());
    }

    #[test]
    fn a_chinese_word_is_two_characters_or_a_mark() {
        assert_eq!(chinese_word_start("模型并行"), Some('并'));
        assert_eq!(chinese_word_start("并行，"), Some('，'));
        assert_eq!(chinese_word_start("用 GPU 算 "), Some('算'));
        assert_eq!(chinese_word_start("在 GPU"), None);
        assert_eq!(chinese_word_start(""), None);
    }
}
