//! Wide sheets: one row a candidate, one column a question.
//!
//! Each mapped cell of a record becomes a row of its own, called
//! `ROW/<question id>`, where ROW is the record's `id`, else its `candidate`,
//! else `line-N`. An empty cell is an empty answer, and a record that cannot be read is a bad row
//! for each question, so that all records weigh the same. Columns that are not mapped
//! come back with each of them.

use super::csv::Record;
use super::field::Field;
use super::header::{Header, Role};
use super::{Ask, BadRow, InputError, Item, MAX_REASON, Row, row, shown};

pub(super) struct Wide {
    /// Column and question id, in the order of the columns.
    questions: Vec<(usize, String)>,
    /// What the cells of the current record share; or why it is bad.
    record: Option<Result<Row, BadRow>>,
    /// Its questions and answers that wait, the last one first. They are made rows one by one:
    /// each takes a copy of what the record carries.
    waiting: Vec<(String, Result<String, String>)>,
}

impl Wide {
    pub(super) fn new(header: &Header, map: &[(String, String)]) -> Result<Self, InputError> {
        let mut questions = Vec::new();
        for (column, id) in map {
            let column = header.column(column)?;
            if questions.iter().any(|(other, _)| *other == column) {
                return Err(InputError::Conflict(
                    "one column is mapped to two questions",
                    "同一列对应了两道题",
                ));
            }
            if matches!(header.roles[column], Role::Field(Field::Id | Field::Candidate)) {
                return Err(InputError::Conflict(
                    "a column with answers is id or candidate too",
                    "回答列同时又是 id 或 candidate 列",
                ));
            }
            if questions.iter().any(|(_, other)| other == id) {
                return Err(InputError::QuestionTwice(id.clone()));
            }
            questions.push((column, id.clone()));
        }
        if questions.is_empty() {
            return Err(InputError::NoQuestions { header: header.list() });
        }
        questions.sort();
        Ok(Self { questions, record: None, waiting: Vec::new() })
    }

    /// Column and question id, in the order of the columns.
    pub(super) fn questions(&self) -> &[(usize, String)] {
        &self.questions
    }

    pub(super) fn next_cell(&mut self) -> Option<Item> {
        let (question, answer) = self.waiting.pop()?;
        Some(match self.record.as_ref()? {
            Ok(head) => {
                let id = format!("{}/{question}", head.id);
                let mut row = Row { id, ask: Ask::Question(question), ..head.clone() };
                match answer {
                    Ok(answer) => Item::Row(Row { answer, ..row }),
                    Err(reason) => Item::Bad(row.refused(shown(&reason, MAX_REASON))),
                }
            }
            Err(bad) => {
                let own = format!("line-{}", bad.line);
                let id = Some(format!("{}/{question}", bad.id.as_ref().unwrap_or(&own)));
                Item::Bad(BadRow { id, ..bad.clone() })
            }
        })
    }

    /// Takes a record, or why it cannot be read.
    pub(super) fn take(&mut self, record: Result<Record<'_>, BadRow>) {
        let read = record.and_then(|record| self.head(&record).map(|head| (head, record)));
        let cells = self.questions.iter().rev();
        (self.record, self.waiting) = match read {
            Ok((head, record)) => {
                let answer = |column: usize| {
                    let text = record.text(column)?;
                    row::check_answer(text).map(|()| text.to_owned())
                };
                (Some(Ok(head)), cells.map(|(column, id)| (id.clone(), answer(*column))).collect())
            }
            Err(bad) => {
                (Some(Err(bad)), cells.map(|(_, id)| (id.clone(), Ok(String::new()))).collect())
            }
        };
    }

    /// What the cells of a record share.
    fn head(&self, record: &Record<'_>) -> Result<Row, BadRow> {
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
        Ok(Row { columns, record: Some(head.id.clone()), ..head })
    }
}
