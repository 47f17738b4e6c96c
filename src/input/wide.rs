//! Wide sheets: one row a candidate, one column a question.
//!
//! Each mapped cell of a record becomes a row of its own, called
//! `ROW/<question id>`, where ROW is the record's `id`, else its `candidate`,
//! else `line-N`. An empty cell is an empty answer. Columns that are not mapped
//! come back with each of them.

use super::csv::Record;
use super::field::Field;
use super::header::{Header, Role};
use super::{Ask, BadRow, InputError, Item, Row, row};

pub(super) struct Wide {
    /// Column and question id, in the order of the columns.
    questions: Vec<(usize, String)>,
    /// The cells of the current record that wait, the last one first.
    waiting: Vec<Item>,
}

impl Wide {
    pub(super) fn new(header: &Header, map: &[(String, String)]) -> Result<Self, InputError> {
        let mut questions = Vec::new();
        for (column, id) in map {
            let column = header.column(column)?;
            if questions.iter().any(|(other, _)| *other == column) {
                return Err(InputError::Conflict("one column is mapped to two questions"));
            }
            if matches!(header.roles[column], Role::Field(Field::Id | Field::Candidate)) {
                return Err(InputError::Conflict("a column with answers is id or candidate too"));
            }
            questions.push((column, id.clone()));
        }
        if questions.is_empty() {
            return Err(InputError::NoQuestions { header: header.list() });
        }
        questions.sort();
        Ok(Self { questions, waiting: Vec::new() })
    }

    /// Column and question id, in the order of the columns.
    pub(super) fn questions(&self) -> &[(usize, String)] {
        &self.questions
    }

    pub(super) fn next_cell(&mut self) -> Option<Item> {
        self.waiting.pop()
    }

    /// Makes a row of each answer of a record.
    pub(super) fn take(&mut self, record: &Record<'_>) -> Result<(), BadRow> {
        let is_answer = |index: usize| {
            self.questions.binary_search_by_key(&index, |(column, _)| *column).is_ok()
        };
        // A column named like a field of single rows means nothing here.
        let role = |index: usize| match record.header.roles[index] {
            _ if is_answer(index) => None,
            Role::Field(field @ (Field::Id | Field::Candidate | Field::Lang)) => {
                Some(Role::Field(field))
            }
            _ => Some(Role::Rest),
        };
        let mut raw = record.raw(role)?;
        let name = match row::name(&mut raw, Field::Candidate) {
            Ok(name) => name,
            Err(reason) => {
                return Err(BadRow { input: raw.into_rest(), ..record.bad(None, &reason) });
            }
        };
        let own = name.clone().unwrap_or_else(|| format!("line-{}", record.line));
        *raw.slot(Field::Candidate) = name.map(Into::into);
        *raw.slot(Field::Answer) = Some("".into());
        let columns = Some(record.columns());
        let head = row::build(record.line, raw, true, &own)
            .map_err(|bad| BadRow { columns: columns.clone(), ..bad })?;
        let head = Row { columns, ..head };
        let cells = self.questions.iter().rev();
        self.waiting = cells.map(|(column, id)| cell(record, &head, *column, id)).collect();
        Ok(())
    }
}

fn cell(record: &Record<'_>, head: &Row, column: usize, question: &str) -> Item {
    let id = format!("{}/{question}", head.id);
    let answer = record.text(column).and_then(|text| row::check_answer(text).map(|()| text));
    match answer {
        Ok(answer) => Item::Row(Row {
            id,
            ask: Ask::Question(question.to_owned()),
            answer: answer.to_owned(),
            ..head.clone()
        }),
        Err(reason) => {
            Item::Bad(BadRow { input: head.input.clone(), ..record.bad(Some(id), &reason) })
        }
    }
}
