//! Slash commands: telling them from answers.
//!
//! A text is a command only when the whole of it is one line that starts with
//! a slash, half- or full-width. Two slashes at the start stand for one that is
//! part of the answer. Nothing here acts on a command.

use crate::domain::Lang;

/// Something the candidate can ask of the interviewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// A nudge towards the most important point not yet hinted at.
    Hint,
    /// On without an answer.
    Skip,
    /// "I don't know": nothing to grade.
    Idk,
    /// The external editor.
    Edit,
    /// The draft once more.
    Draft,
    /// The question in this language.
    Show(Lang),
    /// The reference answer and its sources.
    Reference,
    /// Written answers of each level.
    Samples,
    /// On to the next question.
    Next,
    /// Away, to come back later.
    Quit,
    /// What can be done here.
    Help,
}

/// Names of a command; the first is the one that is shown and completed.
const NAMES: [(Command, &[&str]); 12] = [
    (Command::Hint, &["hint", "提示"]),
    (Command::Skip, &["skip", "跳过"]),
    (Command::Idk, &["idk", "不知道", "不会"]),
    (Command::Edit, &["edit", "编辑"]),
    (Command::Draft, &["draft", "草稿"]),
    (Command::Show(Lang::En), &["en", "英文"]),
    (Command::Show(Lang::Zh), &["zh", "中文"]),
    (Command::Reference, &["ref", "reference", "参考"]),
    (Command::Samples, &["sample", "samples", "范例"]),
    (Command::Next, &["next", "下一题"]),
    (Command::Quit, &["quit", "exit", "q", "退出"]),
    (Command::Help, &["help", "h", "?", "帮助"]),
];

impl Command {
    /// Its name without the slash.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(command, _)| *command == self).map_or("", |(_, names)| names[0])
    }

    /// The command of this name, in either width and any case, without its slash.
    pub fn named(name: &str) -> Option<Self> {
        let name = half_width(name.trim()).to_lowercase();
        NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(command, _)| *command)
    }
}

/// What a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// An answer, a doubled slash at its start undone.
    Answer(String),
    /// A command.
    Command(Command),
    /// One line that starts with a slash and is no command; what follows the slash.
    Unknown(String),
}

/// Tells what a text is.
pub fn parse(text: &str) -> Parsed {
    if let Some(rest) = literal_slash(text) {
        return Parsed::Answer(rest.to_owned());
    }
    match single_line_after_slash(text) {
        None => Parsed::Answer(text.to_owned()),
        Some(name) => match Command::named(name) {
            Some(command) => Parsed::Command(command),
            None => Parsed::Unknown(name.trim().to_owned()),
        },
    }
}

/// Whether Enter should hand this text over at once: one line that starts with a
/// single slash.
pub fn looks_like_command(text: &str) -> bool {
    literal_slash(text).is_none() && single_line_after_slash(text).is_some()
}

/// The known command that stands alone on the last line of a longer text.
pub fn command_at_the_end(text: &str) -> Option<Command> {
    let (before, last) = text.trim_end().rsplit_once('\n')?;
    if before.trim().is_empty() {
        return None;
    }
    last.trim().strip_prefix(['/', '／']).and_then(Command::named)
}

/// Names with their slash that complete a text, in the order of the help.
pub fn completions(text: &str) -> Vec<String> {
    let Some(started) = single_line_after_slash(text) else { return Vec::new() };
    let started = half_width(started).to_lowercase();
    NAMES
        .iter()
        .map(|(_, names)| names[0])
        .filter(|name| name.starts_with(&started))
        .map(|name| format!("/{name}"))
        .collect()
}

fn single_line_after_slash(text: &str) -> Option<&str> {
    let text = text.trim_end_matches(['\r', '\n']);
    if text.contains('\n') { None } else { text.strip_prefix(['/', '／']) }
}

fn literal_slash(text: &str) -> Option<&str> {
    ["//", "／／"].iter().find(|pair| text.starts_with(**pair)).map(|pair| &text[pair.len() / 2..])
}

/// Full-width letters, digits and signs as their ASCII forms.
fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match u32::from(c) {
            code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(c),
            0x3000 => ' ',
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_line_with_a_slash_is_a_command() {
        assert_eq!(parse("/hint"), Parsed::Command(Command::Hint));
        assert_eq!(parse("/HINT "), Parsed::Command(Command::Hint));
        assert_eq!(parse("／hint"), Parsed::Command(Command::Hint));
        assert_eq!(parse("／ｈｉｎｔ"), Parsed::Command(Command::Hint));
        assert_eq!(parse("／？"), Parsed::Command(Command::Help));
        assert_eq!(parse("/zh"), Parsed::Command(Command::Show(Lang::Zh)));
        assert_eq!(parse("/跳过"), Parsed::Command(Command::Skip));
        assert_eq!(parse("/hnit"), Parsed::Unknown("hnit".to_owned()));
    }

    #[test]
    fn anything_else_is_an_answer() {
        for text in ["a /hint", " /hint", "one\n/hint", "/hint\nmore", ""] {
            assert_eq!(parse(text), Parsed::Answer(text.to_owned()), "{text:?}");
            assert!(!looks_like_command(text));
        }
    }

    #[test]
    fn two_slashes_are_one() {
        assert_eq!(parse("//proc is"), Parsed::Answer("/proc is".to_owned()));
        assert_eq!(parse("／／a\nb"), Parsed::Answer("／a\nb".to_owned()));
        assert!(!looks_like_command("//hint"));
    }

    #[test]
    fn a_command_below_an_answer_is_noticed() {
        assert_eq!(command_at_the_end("text\n/hint\n"), Some(Command::Hint));
        assert_eq!(command_at_the_end("text\n/etc/hosts"), None);
        assert_eq!(command_at_the_end("\n/hint"), None);
        assert_eq!(command_at_the_end("/hint"), None);
    }

    #[test]
    fn completion_offers_first_names_only() {
        assert_eq!(completions("/s"), ["/skip", "/sample"]);
        assert_eq!(completions("／h"), ["/hint", "/help"]);
        assert_eq!(completions("/").len(), NAMES.len());
        assert!(completions("text").is_empty() && completions("a\n/h").is_empty());
    }

    #[test]
    fn every_command_has_a_name_that_leads_back() {
        for (command, names) in NAMES {
            assert_eq!(command.name(), names[0]);
            for name in names {
                assert_eq!(Command::named(name), Some(command));
            }
        }
    }
}
