//! `viva schema`: the JSON Schema of a result line.

use super::Context;
use crate::domain::ResultLine;
use crate::failure::{Failure, Status};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(super) fn run(_: &Args, context: &Context) -> Result<Status, Failure> {
    let schema = schemars::schema_for!(ResultLine);
    let text = serde_json::to_string_pretty(&schema).map_err(anyhow::Error::from)?;
    context.terminal.result(&text)?;
    Ok(Status::Done)
}
