//! JSONL: one object a line.
//!
//! Blank lines are passed over, and objects without a value. A row without `id` is called `line-N` by its
//! line. Each line stands for itself, so no line can spoil another.

use std::io;

use super::decode::Found;
use super::field::{Names, Raw};
use super::lines::Lines;
use super::source::Text;
use super::{BadRow, InputError, Item, MAX_ROW_BYTES, Options, json, row, source};

pub(super) struct Jsonl {
    lines: Lines,
    names: Names,
    whole: bool,
    found: Found,
}

impl Jsonl {
    pub(super) fn open(
        mut text: Text,
        names: Names,
        options: &Options,
    ) -> Result<Self, InputError> {
        if options.wide.is_some() {
            return Err(InputError::Conflict(
                "only CSV has one column a question",
                "只有 CSV 才会每题一列",
            ));
        }
        if source::is_json_array(source::first_line(&mut text.window)?) {
            return Err(InputError::JsonArray);
        }
        Ok(Self {
            lines: Lines::new(text.window),
            names,
            whole: options.whole_question,
            found: text.found,
        })
    }

    pub(super) fn next_item(&mut self) -> io::Result<Option<Item>> {
        while let Some(line) = self.lines.next_line()? {
            let bad = |reason: String| BadRow::new(line.number, None, reason);
            let raw = match line.text {
                None => Err(bad(too_long())),
                Some(text) if text.trim_ascii().is_empty() => continue,
                Some(text) => parse(text, &self.names, &self.found).map_err(bad),
            };
            if raw.as_ref().is_ok_and(Raw::is_empty) {
                continue;
            }
            let own_id = format!("line-{}", line.number);
            let row = raw.and_then(|raw| row::build(line.number, raw, self.whole, &own_id));
            return Ok(Some(row.map_or_else(Item::Bad, Item::Row)));
        }
        Ok(None)
    }
}

fn parse(line: &[u8], names: &Names, found: &Found) -> Result<Raw, String> {
    let text =
        std::str::from_utf8(line).map_err(|_| row::not_text("the line", line, found.name()))?;
    json::object(text, names)
}

fn too_long() -> String {
    format!("longer than {MAX_ROW_BYTES} bytes, the most that is read")
}
