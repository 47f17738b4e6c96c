//! Reading from a terminal that can only print lines (`TERM=dumb`).
//!
//! No editing beyond the terminal's own. An answer ends with an empty line, a
//! command with its line. A draft that is there already is shown, and what is
//! typed is put below it.

use std::io::{self, BufRead, Write};
use std::sync::mpsc::Receiver;

use super::shared::Shared;
use super::{End, Input, Mode, Request};
use crate::session::command::looks_like_command;

pub(super) fn serve(requests: &Receiver<Request>, shared: &Shared) {
    for request in requests {
        let input = read(&request, &mut io::stdin().lock(), &mut io::stderr(), shared)
            .unwrap_or_else(|error| Input::Failed(error.to_string(), shared.text()));
        shared.send(input);
    }
}

fn read(
    request: &Request,
    lines: &mut impl BufRead,
    prompt: &mut impl Write,
    shared: &Shared,
) -> io::Result<Input> {
    let mut text = request.initial.clone();
    if !text.is_empty() {
        if !text.ends_with('\n') && request.mode == Mode::Answer {
            text.push('\n');
        }
        write!(prompt, "{text}")?;
    }
    loop {
        write!(prompt, "{}", request.prompt.0)?;
        prompt.flush()?;
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(Input::Ended(End::End, text));
        }
        let line = line.trim_end_matches(['\n', '\r']);
        if request.mode == Mode::Line || (text.is_empty() && looks_like_command(line)) {
            return Ok(Input::Ended(End::Entered, line.to_owned()));
        }
        if line.trim().is_empty() {
            return Ok(Input::Ended(End::Entered, text));
        }
        text.push_str(line);
        text.push('\n');
        shared.note(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(mode: Mode, initial: &str, typed: &str) -> Input {
        let shared = Shared::new(tokio::sync::mpsc::unbounded_channel().0);
        let prompt = ("> ".to_owned(), "> ".to_owned());
        let request = Request { prompt, initial: initial.to_owned(), mode };
        read(&request, &mut typed.as_bytes(), &mut Vec::new(), &shared).unwrap()
    }

    #[test]
    fn an_empty_line_ends_an_answer_and_a_command_ends_with_its_line() {
        let ended = |text: &str| Input::Ended(End::Entered, text.to_owned());
        assert_eq!(entered(Mode::Answer, "", "one\r\ntwo\n\nrest\n"), ended("one\ntwo\n"));
        assert_eq!(entered(Mode::Answer, "", "/hint\nrest"), ended("/hint"));
        assert_eq!(entered(Mode::Answer, "draft", "more\n\n"), ended("draft\nmore\n"));
        assert_eq!(entered(Mode::Line, "", "n\n"), ended("n"));
        assert_eq!(entered(Mode::Answer, "", "cut"), Input::Ended(End::End, "cut\n".to_owned()));
    }
}
