//! The machine's notices in words: what happened, what was kept, what to do.

use super::machine::Notice;
use super::screens::Look;
use crate::domain::{Lang, MAX_ANSWER_BYTES};
use crate::term::{Paint, safe_line};

/// A notice as the candidate reads it.
pub fn notice(look: &Look<'_>, notice: &Notice) -> String {
    let text = match look.terminal.ui {
        Lang::En => english(notice),
        Lang::Zh => chinese(notice),
    };
    look.text(Some(Paint::Yellow), &text)
}

fn english(notice: &Notice) -> String {
    match notice {
        Notice::Empty => "Nothing to send yet: type an answer, or /skip, /idk or /hint.".to_owned(),
        Notice::UnknownCommand(name) => format!(
            "There is no command /{}; /help lists them. To begin an answer with a slash, type two.",
            shortened(name)
        ),
        Notice::NotYet(command) => {
            format!("/{} works once the answer is graded; /idk gives up.", command.name())
        }
        Notice::TooLate(command) => format!(
            "/{} works while answering; Enter goes on to the next question.",
            command.name()
        ),
        Notice::CommandInText(command) => format!(
            "Not sent: the last line is /{0}, and a command stands alone. \
             Take it out and press Alt-/ for commands, or send again to submit it as text.",
            command.name()
        ),
        Notice::TooLong(bytes) => format!(
            "Not sent: the answer has {bytes} bytes and at most {MAX_ANSWER_BYTES} are graded. \
             Shorten it; the draft is kept."
        ),
        Notice::NoMoreHints => "There is no further hint for this question.".to_owned(),
        Notice::NotIn(lang) => {
            format!("This question does not exist in {}.", lang.english_name())
        }
        Notice::Interrupted { draft: true } => {
            "The draft is kept. Ctrl-C again within 2 s leaves.".to_owned()
        }
        Notice::Interrupted { draft: false } => "Ctrl-C again within 2 s leaves.".to_owned(),
        Notice::NotAsked => "No answer is asked for here: clear the line and press Enter for \
                             the next question. Your text stays on the line."
            .to_owned(),
        Notice::Edited => {
            "Back from the editor: Enter twice at the end sends this text.".to_owned()
        }
        Notice::Skipped => "Skipped.".to_owned(),
    }
}

fn chinese(notice: &Notice) -> String {
    match notice {
        Notice::Empty => "还没有内容：请输入回答，或用 /skip、/idk、/hint。".to_owned(),
        Notice::UnknownCommand(name) => format!(
            "没有 /{} 这个命令；/help 列出全部。回答要以斜杠开头时，请输入两个斜杠。",
            shortened(name)
        ),
        Notice::NotYet(command) => {
            format!("/{} 要等回答评分之后才能用；不会的话用 /idk。", command.name())
        }
        Notice::TooLate(command) => {
            format!("/{} 只能在答题时用；按回车进入下一题。", command.name())
        }
        Notice::CommandInText(command) => format!(
            "还没有提交：最后一行是 /{0}，而命令要单独成行。\
             请删掉它并按 Alt-/ 输入命令；再提交一次则作为正文。",
            command.name()
        ),
        Notice::TooLong(bytes) => format!(
            "还没有提交：回答有 {bytes} 字节，最多 {MAX_ANSWER_BYTES} 字节。请缩短；草稿已保留。"
        ),
        Notice::NoMoreHints => "这道题没有更多提示了。".to_owned(),
        Notice::NotIn(Lang::En) => "这道题没有英文版。".to_owned(),
        Notice::NotIn(Lang::Zh) => "这道题没有中文版。".to_owned(),
        Notice::Interrupted { draft: true } => {
            "草稿已保留。2 秒内再按一次 Ctrl-C 离开。".to_owned()
        }
        Notice::Interrupted { draft: false } => "2 秒内再按一次 Ctrl-C 离开。".to_owned(),
        Notice::NotAsked => {
            "这里不用作答：清空这一行再按回车进入下一题。你输入的文字还在这一行上。".to_owned()
        }
        Notice::Edited => "已从编辑器返回：在末尾连按两次回车提交。".to_owned(),
        Notice::Skipped => "已跳过。".to_owned(),
    }
}

/// The beginning of what was typed, for a message of one line.
fn shortened(name: &str) -> String {
    let name = safe_line(name);
    match name.char_indices().nth(20) {
        None => name,
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::command::Command;
    use crate::term::{Terminal, Wishes, width};

    #[test]
    fn every_notice_fits_eighty_columns_in_both_languages() {
        let notices = [
            Notice::Empty,
            Notice::UnknownCommand("x".repeat(500)),
            Notice::NotYet(Command::Reference),
            Notice::TooLate(Command::Hint),
            Notice::CommandInText(Command::Hint),
            Notice::TooLong(200_001),
            Notice::NoMoreHints,
            Notice::NotIn(Lang::Zh),
            Notice::Interrupted { draft: true },
            Notice::NotAsked,
            Notice::Edited,
            Notice::Skipped,
        ];
        for ui in Lang::ALL {
            let wishes = Wishes { no_colour: true, columns: Some(80), ..Wishes::default() };
            let terminal = Terminal::detect(ui, wishes);
            let look = Look { terminal: &terminal, lang: ui, painted: true };
            for each in &notices {
                for line in notice(&look, each).lines() {
                    assert!(width(line) <= 80, "{line}");
                }
            }
        }
    }
}
