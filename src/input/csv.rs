//! CSV with a header, one answer a row or, in a wide sheet, one a cell.
//!
//! An empty cell counts as absent, but an empty answer is one and an empty id is
//! a fault. In a cell, `references` and `points` are JSON lists; anything else is
//! one reference, or one point a line (`must: …`, `bonus: …`, else `should`).

use std::io;

use serde_json::{Map, Value, json};

use super::decode::Found;
use super::field::{Field, Names, Raw};
use super::header::{Header, MAX_COLUMNS, Role, declared, sniff};
use super::record::{Cells, Records, Taken};
use super::source::Text;
use super::wide::Wide;
use super::{BadRow, Columns, InputError, Item, Options, json, row, source};

pub(super) struct Csv {
    records: Records,
    header: Header,
    whole: bool,
    wide: Option<Wide>,
    found: Found,
    delimiter: u8,
}

impl Csv {
    pub(super) fn open(text: Text, fields: &Names, options: &Options) -> Result<Self, InputError> {
        let Text { mut window, found, .. } = text;
        if options.delimiter.is_some_and(|byte| b"\"\r\n".contains(&byte) || !byte.is_ascii()) {
            return Err(InputError::Conflict(
                "a delimiter is one ASCII character, neither a quote nor a line break",
                "分隔符是一个 ASCII 字符，不能是引号或换行",
            ));
        }
        let first = source::first_line(&mut window)?;
        let own = declared(first);
        let delimiter = match options.delimiter.or(own) {
            Some(delimiter) => delimiter,
            None => sniff(first, &wanted(fields, options)),
        };
        let mut records = Records::new(window, delimiter);
        if own.is_some() {
            records.pass_line()?;
        }
        let names = names(&mut records)?;
        let header = Header::new(names, fields)?;
        let wide = options.wide.as_ref().map(|map| Wide::new(&header, map)).transpose()?;
        match &wide {
            Some(_) if options.whole_question => {
                return Err(InputError::Conflict(
                    "one question was given for the whole input, and columns for several",
                    "既给了整个输入共用的一道题，又给了多道题的列",
                ));
            }
            // Tells what is there, so that the map can be written.
            None if !header.has(Field::Answer) => {
                header.column(Field::Answer.name())?;
            }
            None if !options.whole_question
                && !header.has(Field::QuestionId)
                && !header.has(Field::Question) =>
            {
                header.column(Field::QuestionId.name())?;
            }
            _ => {}
        }
        Ok(Self { records, header, whole: options.whole_question, wide, found, delimiter })
    }

    pub(super) fn columns(&self) -> Columns {
        const TEXTS: [Field; 5] =
            [Field::Answer, Field::Question, Field::Reference, Field::References, Field::Points];
        let roles = self.header.roles.iter().enumerate();
        let fields = roles.filter_map(|(index, role)| match role {
            Role::Field(field) if TEXTS.contains(field) => Some(index),
            _ => None,
        });
        let answers = self.wide.iter().flat_map(Wide::questions).map(|(column, _)| *column);
        Columns {
            names: self.header.names.clone(),
            texts: fields.chain(answers).collect(),
            questions: self
                .wide
                .iter()
                .flat_map(Wide::questions)
                .map(|(_, question)| question.clone())
                .collect(),
            delimiter: self.delimiter.into(),
        }
    }

    pub(super) fn next_item(&mut self) -> io::Result<Option<Item>> {
        loop {
            if let Some(item) = self.wide.as_mut().and_then(Wide::next_cell) {
                return Ok(Some(item));
            }
            let Some(taken) = self.records.next_record()? else { return Ok(None) };
            let line = self.records.line();
            let record = match taken {
                Taken::Bad(reason) => Err(BadRow::new(line, None, reason)),
                Taken::Cells => Ok(Record {
                    line,
                    cells: self.records.cells(),
                    header: &self.header,
                    encoding: self.found.name(),
                }),
            };
            let Some(wide) = &mut self.wide else {
                return Ok(Some(record.map_or_else(Item::Bad, |record| record.item(self.whole))));
            };
            wide.take(record);
        }
    }
}

/// The names by which the delimiter is told.
fn wanted<'a>(fields: &'a Names, options: &'a Options) -> Vec<&'a str> {
    let columns = options.wide.iter().flatten().map(|(column, _)| column.as_str());
    fields.iter().map(|(_, name, _)| name).chain(columns).collect()
}

fn names(records: &mut Records) -> Result<Vec<String>, InputError> {
    match records.next_record()? {
        None => Err(InputError::BadHeader("no column has a name".to_owned())),
        Some(Taken::Bad(reason)) => Err(InputError::BadHeader(reason)),
        Some(Taken::Cells) => records
            .cells()
            .iter()
            .map(|cell| std::str::from_utf8(cell).map(|name| name.trim().to_owned()))
            .collect::<Result<_, _>>()
            .map_err(|_| {
                InputError::BadHeader(
                    "it is not UTF-8; save it as UTF-8, or name its encoding with --encoding"
                        .to_owned(),
                )
            }),
    }
}

/// One record under its header.
pub(super) struct Record<'a> {
    pub(super) line: u64,
    pub(super) cells: &'a Cells,
    pub(super) header: &'a Header,
    pub(super) encoding: &'static str,
}

impl Record<'_> {
    fn item(&self, whole: bool) -> Item {
        let row = self
            .raw(|index| Some(self.header.roles[index]))
            .and_then(|raw| row::build(self.line, raw, whole, &format!("line-{}", self.line)));
        match row {
            Ok(row) => Item::Row(super::Row { columns: Some(self.columns()), ..row }),
            Err(bad) => Item::Bad(BadRow { columns: Some(self.columns()), ..bad }),
        }
    }

    /// All cells, as far as they are text and not beyond all measure.
    pub(super) fn columns(&self) -> Vec<String> {
        let cells = self.cells.iter().take(MAX_COLUMNS);
        cells.map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
    }

    /// A bad row with what could be read of it.
    pub(super) fn bad(&self, id: Option<String>, reason: &str) -> BadRow {
        let id = id.or_else(|| self.name(Field::Id));
        let (candidate, columns) = (self.name(Field::Candidate), Some(self.columns()));
        BadRow { candidate, columns, ..BadRow::new(self.line, id, reason) }
    }

    /// Its own id or candidate, if that stands where the header says.
    fn name(&self, field: Field) -> Option<String> {
        let column = self.header.roles.iter().position(|role| *role == Role::Field(field))?;
        let whole = self.cells.len() == self.header.names.len();
        let name = self.text(column).ok()?;
        (whole && !name.trim().is_empty()).then(|| row::sound_name(name))?
    }

    /// The fields of those columns to which `role` gives a meaning.
    pub(super) fn raw(&self, role: impl Fn(usize) -> Option<Role>) -> Result<Raw, BadRow> {
        let (has, needs) = (self.cells.len(), self.header.names.len());
        if has != needs {
            let reason = format!("{has} cells where the header has {needs}");
            let input = json!({ "cells": self.columns() });
            return Err(BadRow { input, ..self.bad(None, &reason) });
        }
        let (mut raw, mut fault) = (Raw::default(), None);
        for (index, role) in (0..needs).filter_map(|index| Some((index, role(index)?))) {
            let read = self.text(index).and_then(|text| match role {
                Role::Field(field) => value(field, text).map(|value| *raw.slot(field) = value),
                Role::Rest => {
                    raw.rest.insert(self.header.keys[index].clone(), Value::from(text));
                    Ok(())
                }
            });
            fault = fault.or(read.err());
        }
        match fault {
            None => Ok(raw),
            Some(reason) => Err(BadRow { input: raw.into_rest(), ..self.bad(None, &reason) }),
        }
    }

    /// One cell.
    pub(super) fn text(&self, index: usize) -> Result<&str, String> {
        let cell = self.cells.get(index).unwrap_or_default();
        std::str::from_utf8(cell).map_err(|_| {
            let column = super::shown(&self.header.names[index], 60);
            row::not_text(&format!("column {column:?}"), cell, self.encoding)
        })
    }
}

/// The value of a cell.
fn value(field: Field, text: &str) -> Result<Option<Value>, String> {
    if text.trim().is_empty() && !matches!(field, Field::Answer | Field::Id) {
        return Ok(None);
    }
    let list = text.trim_start().starts_with('[');
    Ok(Some(match field {
        Field::References | Field::Points if list => {
            json::bounded(text)?;
            serde_json::from_str(text).map_err(|error| {
                format!("{} begins like a JSON list but is none: {error}", field.name())
            })?
        }
        Field::References => json!([text]),
        Field::Points => {
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(point).collect()
        }
        _ => Value::from(text),
    }))
}

/// A point on a line of its own.
fn point(line: &str) -> Value {
    let tiered = line.split_once([':', '：']).filter(|(tier, _)| {
        matches!(tier.trim().to_ascii_lowercase().as_str(), "must" | "should" | "bonus")
    });
    let Some((tier, claim)) = tiered else { return Value::from(line) };
    let tier = tier.trim().to_ascii_lowercase();
    Value::Object(Map::from_iter([
        ("tier".to_owned(), Value::from(tier)),
        ("claim".to_owned(), Value::from(claim.trim())),
    ]))
}
