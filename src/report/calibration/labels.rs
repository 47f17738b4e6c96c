//! What people say about answers: scores by id, or verdicts by id and point.
//!
//! JSONL or CSV with a header. The scale is told from the numbers (0–1 when none
//! is above 1, 0–100 when one is above 20) and said, never guessed: any other must
//! be named. A file that mixes forms, repeats an answer or holds anything else is
//! refused with its line.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::io::BufRead;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value};

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

/// The scale of labelled scores: the worst and the best, of which either may be the larger.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The worst score.
    pub worst: f64,
    /// The best score.
    pub best: f64,
}

impl Scale {
    const UNIT: Self = Self { worst: 0.0, best: 1.0 };
    const HUNDRED: Self = Self { worst: 0.0, best: 100.0 };

    fn holds(self, score: f64) -> bool {
        (self.worst.min(self.best)..=self.worst.max(self.best)).contains(&score)
    }

    /// A score on it as one of 0 to 100.
    fn of_hundred(self, score: f64) -> f64 {
        100.0 * ((score - self.worst) / (self.best - self.worst))
    }
}

impl FromStr for Scale {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The first character may be a sign.
        let dash = text.char_indices().skip(1).find(|(_, c)| *c == '-').map(|(at, _)| at);
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        let scale = dash.and_then(|at| {
            Some(Self { worst: number(&text[..at])?, best: number(&text[at + 1..])? })
        });
        scale
            .filter(|scale| (scale.best - scale.worst).abs() > f64::EPSILON)
            .ok_or("write the worst and the best score, such as 0-5 or 6-1")
    }
}

impl Display for Scale {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{}", self.worst, self.best)
    }
}

/// How labels are to be read.
#[derive(Debug, Clone)]
pub struct Form {
    /// Other names of fields, as (field, column or key).
    pub map: Vec<(String, String)>,
    /// The scale of scores; `None`: told by the numbers.
    pub scale: Option<Scale>,
    /// What stands between the cells of CSV.
    pub delimiter: u8,
}

impl Form {
    /// The names that mean something.
    pub const FIELDS: [&'static str; 4] = ["id", "score", "point", "verdict"];

    /// The name of a field in the file.
    fn name<'a>(&'a self, field: &'a str) -> &'a str {
        self.map.iter().find(|(own, _)| own == field).map_or(field, |(_, name)| name)
    }

    fn check(&self) -> Result<(), String> {
        match self.map.iter().find(|(field, _)| !Self::FIELDS.contains(&field.as_str())) {
            Some((field, _)) => {
                Err(format!("unknown field {field:?}: a label has id, score, point and verdict"))
            }
            None => Ok(()),
        }
    }
}

/// One line, in any of the forms.
#[derive(Debug, Deserialize)]
struct Line {
    id: Name,
    score: Option<f64>,
    point: Option<String>,
    verdict: Option<Verdict>,
    verdicts: Option<HashMap<String, Verdict>>,
}

/// An id: text or a whole number, as in an input.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Name {
    Text(String),
    Number(i64),
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
    pub fn jsonl(reader: impl BufRead, form: &Form) -> Result<Self, String> {
        form.check()?;
        let mut reading = Reading::default();
        for (number, text) in (1..).zip(reader.lines()) {
            let text = text.map_err(|error| format!("line {number}: {error}"))?;
            let text = text.trim_start_matches('\u{feff}').trim();
            if !text.is_empty() {
                let line =
                    line(text, form).map_err(|error| format!("line {number}: {error}; {FORMS}"))?;
                reading.add(line, number)?;
            }
        }
        reading.finish(form.scale)
    }

    /// Reads CSV with a header: `id` and `score`, or `id`, `point` and `verdict`.
    ///
    /// # Errors
    /// The first line that does not fit, with what would be right.
    pub fn csv(mut reader: impl BufRead, form: &Form) -> Result<Self, String> {
        form.check()?;
        // By itself the csv crate counts a line of `\r\n` one too late; the `\r` is trimmed.
        let feeds = reader.fill_buf().map_err(|error| error.to_string())?.contains(&b'\n');
        let end = if feeds { csv::Terminator::Any(b'\n') } else { csv::Terminator::CRLF };
        let mut table = csv::ReaderBuilder::new()
            .terminator(end)
            .trim(csv::Trim::All)
            .delimiter(form.delimiter)
            .from_reader(reader);
        let header = table.headers().map_err(|error| error.to_string())?.clone();
        let [id, columns @ ..] = columns(&header, form)?;
        let id = id.ok_or_else(|| {
            let columns = list(&header);
            format!("line 1: no column id, but {columns}; {FORMS}; --map id=COLUMN names it")
        })?;
        let mut reading = Reading::default();
        for record in table.records() {
            let record = record.map_err(|error| error.to_string())?;
            if record.iter().all(str::is_empty) {
                continue;
            }
            let number = record.position().map_or(0, csv::Position::line);
            let [score, point, verdict] = columns.map(|column| cell(&record, column));
            reading.add(
                Line {
                    id: Name::Text(record.get(id).unwrap_or_default().to_owned()),
                    score: parse(score, number)?,
                    point: point.map(str::to_owned),
                    verdict: verdict.map(|word| word_to_verdict(word, number)).transpose()?,
                    verdicts: None,
                },
                number,
            )?;
        }
        reading.finish(form.scale)
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
/// Highest score of a file that may be on any scale of people's own.
const SMALL: f64 = 20.0;

/// A line of JSONL under the names of its form.
fn line(text: &str, form: &Form) -> Result<Line, serde_json::Error> {
    if form.map.is_empty() {
        return serde_json::from_str(text);
    }
    let mut given: Map<String, Value> = serde_json::from_str(text)?;
    let named: Vec<_> = form.map.iter().map(|(field, name)| (field, given.remove(name))).collect();
    for (field, value) in named {
        given.insert(field.clone(), value.unwrap_or_default());
    }
    serde_json::from_value(Value::Object(given))
}

/// Where the fields stand; one that was named must be there.
fn columns(header: &csv::StringRecord, form: &Form) -> Result<[Option<usize>; 4], String> {
    let mut columns = [None; 4];
    for (column, field) in columns.iter_mut().zip(Form::FIELDS) {
        let name = form.name(field);
        *column = header.iter().position(|cell| cell.to_lowercase() == name.to_lowercase());
        if column.is_none() && form.map.iter().any(|(mapped, _)| mapped == field) {
            return Err(format!("there is no column {name:?}; the header has {}", list(header)));
        }
    }
    Ok(columns)
}

fn list(header: &csv::StringRecord) -> String {
    header.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

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
        let Line { id, score, point, verdict, verdicts } = line;
        let id = match id {
            Name::Text(id) => id,
            Name::Number(id) => id.to_string(),
        };
        match (score, point, verdict, verdicts) {
            (Some(score), _, None, None) => match self.scores.insert(id, (score, number)) {
                Some((_, first)) => {
                    Err(format!("line {number}: the answer has a score in line {first} already"))
                }
                None => Ok(()),
            },
            (None, Some(point), Some(verdict), None) => {
                match self.verdicts.entry(id).or_default().insert(point, verdict) {
                    Some(_) => Err(format!("line {number}: the point has a verdict already")),
                    None => Ok(()),
                }
            }
            (None, _, None, Some(verdicts)) => match self.verdicts.insert(id, verdicts) {
                Some(_) => Err(format!("line {number}: the answer has verdicts already")),
                None => Ok(()),
            },
            _ => Err(format!("line {number}: {FORMS}")),
        }
    }

    fn finish(self, scale: Option<Scale>) -> Result<Labels, String> {
        match (self.scores.is_empty(), self.verdicts.is_empty()) {
            (true, true) => Err(format!("no label in it; {FORMS}")),
            (false, false) => Err("some lines hold scores and others verdicts".to_owned()),
            (true, false) => Ok(Labels::Verdicts(self.verdicts)),
            (false, true) => {
                let scale = scale.map_or_else(|| self.scale(), Ok)?;
                let outside = self.scores.values().filter(|(score, _)| !scale.holds(*score));
                if let Some((score, line)) = outside.min_by_key(|(_, line)| line) {
                    return Err(format!(
                        "line {line}: score {score} is not within {scale}; --scale WORST-BEST \
                         says what the scale is"
                    ));
                }
                let scores = self.scores.into_iter();
                let by_id = scores.map(|(id, (score, _))| (id, scale.of_hundred(score))).collect();
                Ok(Labels::Scores { by_id, scale })
            }
        }
    }

    /// The scale that the scores are on, where they leave no doubt.
    fn scale(&self) -> Result<Scale, String> {
        let most = self.scores.values().map(|(score, _)| *score).fold(f64::MIN, f64::max);
        if most > 1.0 && most <= SMALL {
            return Err(format!(
                "the highest score is {most}: is that one of 0–100, or of a scale such as 0–5? \
                 --scale 0-100 or --scale WORST-BEST says it"
            ));
        }
        Ok(if most <= 1.0 { Scale::UNIT } else { Scale::HUNDRED })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form { map: Vec::new(), scale: None, delimiter: b',' }
    }

    fn jsonl(text: &str) -> Result<Labels, String> {
        Labels::jsonl(text.as_bytes(), &form())
    }

    fn csv(text: &str) -> Result<Labels, String> {
        Labels::csv(text.as_bytes(), &form())
    }

    fn scores(labels: Labels) -> (HashMap<String, f64>, Scale) {
        match labels {
            Labels::Scores { by_id, scale } => (by_id, scale),
            Labels::Verdicts(_) => panic!("verdicts"),
        }
    }

    #[test]
    fn the_scale_is_told_from_the_largest_score() {
        let unit = "{\"id\":\"a\",\"score\":0.5}\n\n{\"id\":1,\"score\":1,\"note\":\"x\"}\n";
        let (by_id, scale) = scores(jsonl(unit).unwrap());
        assert_eq!((scale, by_id["a"], by_id["1"]), (Scale::UNIT, 50.0, 100.0));
        let hundred = "{\"id\":\"a\",\"score\":0.5}\n{\"id\":\"b\",\"score\":55}";
        let (by_id, scale) = scores(jsonl(hundred).unwrap());
        assert_eq!((scale, by_id["a"]), (Scale::HUNDRED, 0.5));
    }

    #[test]
    fn any_other_scale_must_be_named_and_may_run_either_way() {
        let text = "id,score\na,1\nb,3.5\nc,6\n";
        assert!(csv(text).unwrap_err().contains("the highest score is 6: is that one of 0–100"));
        let on = |scale: &str| {
            Labels::csv(text.as_bytes(), &Form { scale: Some(scale.parse().unwrap()), ..form() })
        };
        let (by_id, _) = scores(on("6-1").unwrap());
        assert_eq!((by_id["a"], by_id["b"], by_id["c"]), (100.0, 50.0, 0.0));
        let (by_id, scale) = scores(on("-4-6").unwrap());
        assert_eq!((by_id["a"], scale.to_string().as_str()), (50.0, "-4–6"));
        assert!((scores(on("0-100").unwrap()).0["a"] - 1.0).abs() < 1e-9);
        let said = on("0-5").unwrap_err();
        assert!(said.starts_with("line 4: score 6 is not within 0–5; --scale"), "{said}");
        for wrong in ["", "5", "-5", "0-", "a-b", "3-3", "0-NaN", "0–5"] {
            assert!(wrong.parse::<Scale>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn fields_may_go_by_other_names() {
        let map = [("id", "学号"), ("score", "Marks")];
        let map = map.map(|(field, name)| (field.to_owned(), name.to_owned())).to_vec();
        let form = Form { map, delimiter: b';', ..form() };
        let expected = csv("id,score\na,50\n").unwrap();
        let table = "Score;学号;marks\n1;a;50\n;;\n";
        assert_eq!(Labels::csv(table.as_bytes(), &form).unwrap(), expected);
        let line = "{\"score\":1,\"id\":\"x\",\"学号\":\"a\",\"Marks\":50}";
        assert_eq!(Labels::jsonl(line.as_bytes(), &form).unwrap(), expected);
        let said = Labels::csv("id;score\na;50".as_bytes(), &form).unwrap_err();
        assert_eq!(said, "there is no column \"学号\"; the header has \"id\", \"score\"");
        let wrong = Form { map: vec![("mark".to_owned(), "x".to_owned())], ..form };
        let said = Labels::csv("id;score\na;50".as_bytes(), &wrong).unwrap_err();
        assert!(said.starts_with("unknown field \"mark\""), "{said}");
    }

    #[test]
    fn csv_and_jsonl_say_the_same() {
        let table = csv("ID,Point,Verdict\na,p1,Met\na,p2,missing\n").unwrap();
        let lines = "{\"id\":\"a\",\"point\":\"p1\",\"verdict\":\"met\"}\n{\"id\":\"a\",\"point\":\"p2\",\"verdict\":\"missing\"}";
        assert_eq!(table, jsonl(lines).unwrap());
        let whole = "{\"id\":\"a\",\"verdicts\":{\"p1\":\"met\",\"p2\":\"missing\"}}";
        assert_eq!(table, jsonl(whole).unwrap());
    }

    #[test]
    fn faults_are_named_by_line() {
        let bad = |text: &str| jsonl(text).unwrap_err();
        let beyond = "{\"id\":\"b\",\"score\":50}\n{\"id\":\"a\",\"score\":101}";
        assert!(bad(beyond).contains("line 2: score 101 is not within 0–100; --scale"));
        assert!(
            bad("{\"id\":\"a\",\"score\":1}\n{\"id\":\"a\",\"score\":1}")
                .contains("line 1 already")
        );
        assert!(bad("{\"id\":\"a\"}").contains("id and score"));
        assert!(bad("").contains("no label"));
        let mixed =
            "{\"id\":\"a\",\"score\":1}\n{\"id\":\"b\",\"point\":\"p\",\"verdict\":\"met\"}";
        assert!(bad(mixed).contains("others verdicts"));
        let csv = |text: &str| csv(text).unwrap_err();
        assert!(csv("name,score\na,1").contains("no column id, but \"name\", \"score\""));
        for end in ["\n", "\r\n"] {
            let text = ["id,score", "b,\"70\"", "a,good"].join(end);
            assert!(csv(&text).starts_with("line 3: score \"good\""), "{}", csv(&text));
        }
        assert!(csv("id,score\ra,good").contains("score \"good\""));
        assert!(csv("id,point,verdict\na,p,fine").contains("line 2: verdict \"fine\""));
    }
}
