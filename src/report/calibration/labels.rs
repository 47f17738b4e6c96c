//! What people say about answers: scores by id, or verdicts by id and point.
//!
//! JSONL or CSV with a header. The scale is told from the numbers (0–1 when none
//! is above 1, else 0–100) and said, never guessed in silence. A file that mixes
//! forms, repeats an answer or holds anything else is refused with its line.

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;

use crate::domain::Verdict;

/// What people say, by id of the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels {
    /// Scores, 0 to 100.
    Scores {
        /// Score by id.
        by_id: HashMap<String, f64>,
        /// The scale they were read on.
        scale: Scale,
    },
    /// Verdicts by id and point.
    Verdicts(HashMap<String, HashMap<String, Verdict>>),
}

/// The scale of labelled scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// 0 to 1.
    Unit,
    /// 0 to 100.
    Hundred,
}

/// One line, in any of the forms.
#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    score: Option<f64>,
    point: Option<String>,
    verdict: Option<Verdict>,
    verdicts: Option<HashMap<String, Verdict>>,
}

/// Labels in the making.
#[derive(Debug, Default)]
struct Reading {
    scores: HashMap<String, (f64, u64)>,
    verdicts: HashMap<String, HashMap<String, Verdict>>,
}

impl Labels {
    /// Reads JSONL of `id` and `score`, or `id`, `point` and `verdict`, or `id` and
    /// `verdicts` (point to verdict); other fields are passed over.
    ///
    /// # Errors
    /// The first line that does not fit, with what would be right.
    pub fn jsonl(reader: impl BufRead) -> Result<Self, String> {
        let mut reading = Reading::default();
        for (number, text) in (1..).zip(reader.lines()) {
            let text = text.map_err(|error| format!("line {number}: {error}"))?;
            let text = text.trim_start_matches('\u{feff}').trim();
            if !text.is_empty() {
                let line: Line = serde_json::from_str(text)
                    .map_err(|error| format!("line {number}: {error}; {FORMS}"))?;
                reading.add(line, number)?;
            }
        }
        reading.finish()
    }

    /// Reads CSV with a header: `id` and `score`, or `id`, `point` and `verdict`.
    ///
    /// # Errors
    /// The first line that does not fit, with what would be right.
    pub fn csv(reader: impl BufRead) -> Result<Self, String> {
        let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(reader);
        let header = table.headers().map_err(|error| error.to_string())?.clone();
        let column = |name: &str| {
            header
                .iter()
                .position(|cell| cell.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
        };
        let id = column("id").ok_or_else(|| format!("line 1: no column id; {FORMS}"))?;
        let columns = [column("score"), column("point"), column("verdict")];
        let mut reading = Reading::default();
        for record in table.records() {
            let record = record.map_err(|error| error.to_string())?;
            let number = record.position().map_or(0, csv::Position::line);
            let [score, point, verdict] = columns.map(|column| cell(&record, column));
            reading.add(
                Line {
                    id: record.get(id).unwrap_or_default().to_owned(),
                    score: parse(score, number)?,
                    point: point.map(str::to_owned),
                    verdict: verdict.map(|word| word_to_verdict(word, number)).transpose()?,
                    verdicts: None,
                },
                number,
            )?;
        }
        reading.finish()
    }

    /// Answers with a label.
    pub fn len(&self) -> usize {
        match self {
            Self::Scores { by_id, .. } => by_id.len(),
            Self::Verdicts(by_id) => by_id.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

const FORMS: &str = "a label is id and score, or id, point and verdict";

fn cell(record: &csv::StringRecord, column: Option<usize>) -> Option<&str> {
    column.and_then(|column| record.get(column)).filter(|text| !text.is_empty())
}

fn parse(cell: Option<&str>, number: u64) -> Result<Option<f64>, String> {
    cell.map(|text| text.parse().map_err(|_| format!("line {number}: score {text:?} is no number")))
        .transpose()
}

fn word_to_verdict(word: &str, number: u64) -> Result<Verdict, String> {
    let value = serde_json::Value::from(word.to_ascii_lowercase());
    serde_json::from_value(value).map_err(|_| {
        format!("line {number}: verdict {word:?} is none of met, partial, missing, contradicted")
    })
}

impl Reading {
    fn add(&mut self, line: Line, number: u64) -> Result<(), String> {
        match line {
            Line { id, score: Some(score), verdict: None, verdicts: None, .. } => {
                if !(0.0..=100.0).contains(&score) {
                    return Err(format!(
                        "line {number}: score {score} is not within 0 to 1 or 0 to 100"
                    ));
                }
                match self.scores.insert(id, (score, number)) {
                    Some((_, first)) => Err(format!(
                        "line {number}: the answer has a score in line {first} already"
                    )),
                    None => Ok(()),
                }
            }
            Line {
                id,
                score: None,
                point: Some(point),
                verdict: Some(verdict),
                verdicts: None,
            } => match self.verdicts.entry(id).or_default().insert(point, verdict) {
                Some(_) => Err(format!("line {number}: the point has a verdict already")),
                None => Ok(()),
            },
            Line { id, score: None, verdict: None, verdicts: Some(verdicts), .. } => {
                match self.verdicts.insert(id, verdicts) {
                    Some(_) => Err(format!("line {number}: the answer has verdicts already")),
                    None => Ok(()),
                }
            }
            _ => Err(format!("line {number}: {FORMS}")),
        }
    }

    fn finish(self) -> Result<Labels, String> {
        match (self.scores.is_empty(), self.verdicts.is_empty()) {
            (true, true) => Err(format!("no label in it; {FORMS}")),
            (false, false) => Err("some lines hold scores and others verdicts".to_owned()),
            (true, false) => Ok(Labels::Verdicts(self.verdicts)),
            (false, true) => {
                let most = self.scores.values().map(|(score, _)| *score).fold(0.0, f64::max);
                let scale = if most <= 1.0 { Scale::Unit } else { Scale::Hundred };
                let factor = if scale == Scale::Unit { 100.0 } else { 1.0 };
                let scores = self.scores.into_iter().map(|(id, (score, _))| (id, score * factor));
                Ok(Labels::Scores { by_id: scores.collect(), scale })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_told_from_the_largest_score() {
        let of = |text: &str| Labels::jsonl(text.as_bytes()).unwrap();
        let unit =
            of("{\"id\":\"a\",\"score\":0.5}\n\n{\"id\":\"b\",\"score\":1,\"note\":\"x\"}\n");
        let Labels::Scores { by_id, scale } = unit else { panic!() };
        assert_eq!((scale, by_id["a"], by_id["b"]), (Scale::Unit, 50.0, 100.0));
        let hundred = of("{\"id\":\"a\",\"score\":0.5}\n{\"id\":\"b\",\"score\":55}");
        let Labels::Scores { by_id, scale } = hundred else { panic!() };
        assert_eq!((scale, by_id["a"]), (Scale::Hundred, 0.5));
    }

    #[test]
    fn csv_and_jsonl_say_the_same() {
        let csv =
            Labels::csv("\u{feff}ID,Point,Verdict\na,p1,Met\na,p2,missing\n".as_bytes()).unwrap();
        let lines = "{\"id\":\"a\",\"point\":\"p1\",\"verdict\":\"met\"}\n{\"id\":\"a\",\"point\":\"p2\",\"verdict\":\"missing\"}";
        assert_eq!(csv, Labels::jsonl(lines.as_bytes()).unwrap());
        let whole = "{\"id\":\"a\",\"verdicts\":{\"p1\":\"met\",\"p2\":\"missing\"}}";
        assert_eq!(csv, Labels::jsonl(whole.as_bytes()).unwrap());
    }

    #[test]
    fn faults_are_named_by_line() {
        let bad = |text: &str| Labels::jsonl(text.as_bytes()).unwrap_err();
        assert!(bad("{\"id\":\"a\",\"score\":101}").contains("line 1: score 101"));
        assert!(
            bad("{\"id\":\"a\",\"score\":1}\n{\"id\":\"a\",\"score\":1}")
                .contains("line 1 already")
        );
        assert!(bad("{\"id\":\"a\"}").contains("id and score"));
        assert!(bad("").contains("no label"));
        let mixed =
            "{\"id\":\"a\",\"score\":1}\n{\"id\":\"b\",\"point\":\"p\",\"verdict\":\"met\"}";
        assert!(bad(mixed).contains("others verdicts"));
        let csv = |text: &str| Labels::csv(text.as_bytes()).unwrap_err();
        assert!(csv("name,score\na,1").contains("no column id"));
        assert!(csv("id,score\na,good").contains("line 2: score \"good\""));
        assert!(csv("id,point,verdict\na,p,fine").contains("line 2: verdict \"fine\""));
    }
}
