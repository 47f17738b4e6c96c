//! `viva` alone: what can be done, and what was left unfinished.

use super::Context;
use crate::failure::{Failure, Status};

pub(super) fn run(help: &str, context: &Context) -> Result<Status, Failure> {
    context.terminal.result(help.trim_end())?;
    // Without a store there is nothing unfinished to tell of.
    let unfinished = if context.data_folder().join("viva.db").exists() {
        context.store().and_then(|store| store.unfinished_session()).ok().flatten()
    } else {
        None
    };
    if let Some(session) = unfinished {
        let said = context.terminal.say(
            "An unfinished session waits: `viva interview --resume` goes on at question",
            "有一场未完成的面试：`viva interview --resume` 可从这一题继续：",
        );
        let (next, all) = (session.position + 1, session.questions.len());
        context.terminal.result(&format!("\n{said} {next}/{all}"))?;
    }
    Ok(Status::Done)
}
