//! CSV and TSV with a header row.

use csv::{ReaderBuilder, StringRecord};

use super::row::Row;
use super::{Item, Problem, problem};

pub(super) fn read(text: &str) -> Vec<Result<Item, Problem>> {
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter(text)).flexible(true).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return vec![Err(problem(1, error.to_string()))],
    };
    let known: Vec<&str> =
        header.iter().filter(|name| Row::default().set(name, "")).map(str::trim).collect();
    if !known.iter().any(|name| !name.is_empty()) {
        let names: Vec<&str> = header.iter().collect();
        let message = format!(
            "the header {names:?} names no known column: there are question, answer, topic, difficulty, tags, source, each also as _en and _zh"
        );
        return vec![Err(problem(1, message))];
    }
    reader.records().filter_map(|record| item(&header, record)).collect()
}

fn item(header: &StringRecord, record: csv::Result<StringRecord>) -> Option<Result<Item, Problem>> {
    let record = match record {
        Ok(record) => record,
        Err(error) => {
            let line = error.position().map_or(0, csv::Position::line);
            return Some(Err(problem(usize::try_from(line).unwrap_or(0), error.to_string())));
        }
    };
    let line = record.position().map_or(0, csv::Position::line);
    let line = usize::try_from(line).unwrap_or(0);
    let mut row = Row::default();
    for (name, value) in header.iter().zip(record.iter()) {
        row.set(name, value);
    }
    (!row.is_blank()).then_some(Ok(Item::Row { line, row: Box::new(row) }))
}

/// The mark that stands in the header: a tab, else a comma, else a semicolon.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    [b'\t', b',', b';'].into_iter().find(|mark| header.as_bytes().contains(mark)).unwrap_or(b',')
}
