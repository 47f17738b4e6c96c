//! What people say about answers: scores by id, or verdicts by id and point.
//!
//! JSONL or CSV with a header. The scale is told from the numbers (0–1 when none
//! is above 1, 0–100 when one is above 20) and said, never guessed: any other must
//! be named. An empty mark is no label and is counted. A file that mixes forms,
//! repeats an answer or holds anything else is refused with its line.

mod line;
mod scale;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::BufRead;

use crate::domain::Verdict;
use crate::report::fault::Fault;
use line::{Label, Line};
use scale::Mark;
pub use scale::Scale;

/// What people say about a set of answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    /// The labels, by id of the answer.
    pub given: Given,
    /// Lines that name an answer and leave its mark empty.
    pub unmarked: u64,
}

/// Labels by id of the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
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

    fn check(&self) -> Result<(), Fault> {
        match self.map.iter().find(|(field, _)| !Self::FIELDS.contains(&field.as_str())) {
            Some((field, _)) => Err(Fault::new(
                format!("unknown field {field:?}: a label has id, score, point and verdict"),
                format!("没有字段 {field:?}：标注有 id、score、point 和 verdict"),
            )),
            None => Ok(()),
        }
    }
}

/// Labels in the making.
#[derive(Debug, Default)]
struct Reading {
    scores: HashMap<String, (Mark, u64)>,
    verdicts: HashMap<String, HashMap<String, Verdict>>,
    unmarked: u64,
}

impl Labels {
    /// Reads JSONL of `id` and `score`, or `id`, `point` and `verdict`, or `id` and
    /// `verdicts` (point to verdict); other fields are passed over.
    ///
    /// # Errors
    /// The first line that does not fit, with what would be right.
    pub fn jsonl(reader: impl BufRead, form: &Form) -> Result<Self, Fault> {
        form.check()?;
        let mut reading = Reading::default();
        for (number, text) in (1..).zip(reader.lines()) {
            let text = text.map_err(|error| unread(&error).at(number))?;
            let text = text.trim_start_matches('\u{feff}').trim();
            if !text.is_empty() {
                let line = Line::of_json(text, form).map_err(|fault| fault.at(number))?;
                reading.add(line, number)?;
            }
        }
        reading.finish(form.scale)
    }

    /// Reads CSV with a header: `id` and `score`, or `id`, `point` and `verdict`.
    ///
    /// # Errors
    /// The first line that does not fit, with what would be right.
    pub fn csv(mut reader: impl BufRead, form: &Form) -> Result<Self, Fault> {
        form.check()?;
        // By itself the csv crate counts a line of `\r\n` one too late; the `\r` is trimmed.
        let feeds = reader.fill_buf().map_err(|error| unread(&error))?.contains(&b'\n');
        let end = if feeds { csv::Terminator::Any(b'\n') } else { csv::Terminator::CRLF };
        let mut table = csv::ReaderBuilder::new()
            .terminator(end)
            .trim(csv::Trim::All)
            .delimiter(form.delimiter)
            .from_reader(reader);
        let header = table.headers().map_err(|error| unread(&error))?.clone();
        let columns = line::columns(&header, form)?;
        let mut reading = Reading::default();
        for record in table.records() {
            let record = record.map_err(|error| unread(&error))?;
            let number = record.position().map_or(0, csv::Position::line);
            let line = Line::of_record(&record, &columns).map_err(|fault| fault.at(number))?;
            line.map_or(Ok(()), |line| reading.add(line, number))?;
        }
        reading.finish(form.scale)
    }

    /// Answers with a label.
    pub fn len(&self) -> usize {
        match &self.given {
            Given::Scores { by_id, .. } => by_id.len(),
            Given::Verdicts(by_id) => by_id.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Highest score of a file that may be on any scale of people's own.
const SMALL: f64 = 20.0;

/// What keeps the file from being read, in the words of system or library.
fn unread(error: &dyn std::error::Error) -> Fault {
    Fault::new(format!("cannot be read: {error}"), format!("无法读取：{error}"))
}

impl Reading {
    fn add(&mut self, line: Line, number: u64) -> Result<(), Fault> {
        let Line { id, label } = line;
        let twice = |en: &str, zh: &str| Err(Fault::new(en, zh).at(number));
        match label {
            None => self.unmarked += 1,
            Some(Label::Score(mark)) => {
                if let Some((_, first)) = self.scores.insert(id, (mark, number)) {
                    let en = format!("the answer has a score in line {first} already");
                    return twice(&en, &format!("第 {first} 行已经给过这个回答得分"));
                }
            }
            Some(Label::Verdict(point, verdict)) => {
                if self.verdicts.entry(id).or_default().insert(point, verdict).is_some() {
                    return twice("the point has a verdict already", "这个要点已经有评判");
                }
            }
            Some(Label::Verdicts(verdicts)) => {
                if self.verdicts.insert(id, verdicts).is_some() {
                    return twice("the answer has verdicts already", "这个回答已经有评判");
                }
            }
        }
        Ok(())
    }

    fn finish(self, scale: Option<Scale>) -> Result<Labels, Fault> {
        let given = match (self.scores.is_empty(), self.verdicts.is_empty()) {
            (true, true) => {
                return Err(line::forms(Fault::new("no label in it", "里面没有标注")));
            }
            (false, false) => {
                return Err(Fault::new(
                    "some lines hold scores and others verdicts",
                    "有的行是得分，有的行是评判",
                ));
            }
            (true, false) => Given::Verdicts(self.verdicts),
            (false, true) => {
                let scale = self.scale(scale)?;
                let scores = self.scores.into_iter();
                let by_id = scores.map(|(id, (mark, _))| (id, scale.of_hundred(mark.score)));
                Given::Scores { by_id: by_id.collect(), scale }
            }
        };
        Ok(Labels { given, unmarked: self.unmarked })
    }

    /// The scale that all scores are on: the one that is named, or told where the scores leave
    /// no doubt.
    fn scale(&self, named: Option<Scale>) -> Result<Scale, Fault> {
        let marks = || self.scores.values();
        let first =
            |percent| marks().filter(|(mark, _)| mark.percent == percent).map(|m| m.1).min();
        let scale = match (named, first(true), first(false)) {
            (_, Some(percent), Some(_)) => {
                return Err(Fault::new(
                    "a percentage, but not all scores are",
                    "这是百分数，但别的得分不是",
                )
                .at(percent));
            }
            (Some(scale), Some(percent), None) if scale != Scale::HUNDRED => {
                return Err(Fault::new(
                    format!("a percentage is not on the scale {scale}: leave out --scale"),
                    format!("百分数不在 {scale} 上：请去掉 --scale"),
                )
                .at(percent));
            }
            (None, Some(_), None) => Scale::HUNDRED,
            (Some(scale), ..) => scale,
            (None, None, _) => told(marks().map(|(mark, _)| mark.score).fold(f64::MIN, f64::max))?,
        };
        let outside = marks().filter(|(mark, _)| !scale.holds(mark.score));
        match outside.min_by_key(|(_, line)| line) {
            None => Ok(scale),
            Some((mark, line)) => Err(Fault::new(
                format!("score {} is not within {scale}", mark.score),
                format!("得分 {} 不在 {scale} 之内", mark.score),
            )
            .at(*line)
            .but("--scale WORST-BEST says what the scale is", "用 --scale 最差-最好 说明分制")),
        }
    }
}

/// The scale that the highest score leaves no doubt about.
fn told(most: f64) -> Result<Scale, Fault> {
    if most > 1.0 && most <= SMALL {
        return Err(Fault::new(
            format!(
                "the highest score is {most}: is that one of 0–100, or of a scale such as 0–5? \
                 --scale 0-100 or --scale WORST-BEST says it"
            ),
            format!(
                "最高得分是 {most}：是 0–100 分制，还是 0–5 之类？\
                 用 --scale 0-100 或 --scale 最差-最好 说明"
            ),
        ));
    }
    Ok(if most <= 1.0 { Scale::UNIT } else { Scale::HUNDRED })
}
