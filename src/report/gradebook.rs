//! The answers' own table with what they were given: one row out a row in.
//!
//! Columns of the input come back in their order, then the marks. Of a wide sheet
//! a row is a candidate, with the marks on each question side by side. What is no
//! table comes with a few columns of its own. Cells keep their line breaks, and no
//! line of a cell can be taken for a formula. Holds the marks of one row.

use std::collections::HashSet;
use std::io::{self, Write};

use super::csv::{cell, feedback, guarded, list, numbers};
use super::rows::Row;
use super::words;
use crate::domain::{GraderKind, Lang, ResultLine, Verdict};
use crate::metrics::float64;
use crate::term::safe;

/// Columns of an input that has none.
const OWN: [&str; 3] = ["id", "candidate", "question"];
/// Marks on an answer.
const MARKS: [&str; 6] = ["score", "low", "high", "band", "feedback", "flags"];
/// Those that a candidate has over all answers.
const NUMBERS: usize = 3;
/// What stands behind the marks.
const LAST: [&str; 2] = ["grader", "error"];

/// Columns that come back.
#[derive(Debug, Clone)]
pub enum Columns {
    /// Those of the input.
    Input {
        /// Names as written.
        names: Vec<String>,
        /// Indices of those that come back.
        shown: Vec<usize>,
        /// Wide sheets: the question of each answer of a row; else empty.
        questions: Vec<String>,
        /// What stands between its cells.
        delimiter: char,
    },
    /// The input has none.
    None {
        /// Whether answers come back.
        answers: bool,
        /// Whether rows may carry something beside, which comes back as JSON.
        input: bool,
    },
}

/// The table as it is written.
pub struct Gradebook<W: Write> {
    table: csv::Writer<W>,
    ui: Lang,
    columns: Columns,
    /// The row of the input whose answers are being collected.
    open: Option<Open>,
}

struct Open {
    line: u64,
    cells: Option<Vec<String>>,
    answers: Vec<Row>,
}

impl<W: Write> Gradebook<W> {
    /// Begins a table, with a byte order mark so that spreadsheets read it as UTF-8.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(mut out: W, ui: Lang, columns: Columns) -> io::Result<Self> {
        out.write_all("\u{feff}".as_bytes())?;
        let style = csv::QuoteStyle::NonNumeric;
        let table = csv::WriterBuilder::new().quote_style(style).from_writer(out);
        let mut book = Self { table, ui, columns, open: None };
        let header = header(&book.columns);
        book.table.write_record(header.iter().map(|name| cell(name)))?;
        Ok(book)
    }

    /// Adds the result of an answer that stands on a line of the input, with the cells of its
    /// row; answers of one line follow each other.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(
        &mut self,
        line: u64,
        cells: Option<Vec<String>>,
        result: ResultLine,
    ) -> io::Result<()> {
        let answer = Row::new(line, result);
        match &mut self.open {
            Some(open) if open.line == line => open.answers.push(answer),
            _ => {
                self.close()?;
                self.open = Some(Open { line, cells, answers: vec![answer] });
            }
        }
        Ok(())
    }

    /// Writes what is still to be written.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.close()?;
        self.table.flush()
    }

    fn close(&mut self) -> io::Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let mut record = match &self.columns {
            Columns::Input { names, shown, delimiter, .. } => {
                own_cells(open.cells, names.len(), shown, *delimiter)
            }
            Columns::None { answers, input } => identity(&open.answers[0], *answers, *input),
        };
        match &self.columns {
            Columns::Input { questions, .. } if !questions.is_empty() => {
                record.extend(side_by_side(self.ui, &open.answers, questions));
            }
            _ => record.extend(marks(self.ui, &open.answers[0])),
        }
        record.push(grader(self.ui, &open.answers));
        record.push(errors(&open.answers));
        Ok(self.table.write_record(record)?)
    }
}

/// Names of all columns; a mark whose name is taken is `viva score`, then `viva score 2`, …
fn header(columns: &Columns) -> Vec<String> {
    let (mut names, questions) = match columns {
        Columns::Input { names, shown, questions, .. } => {
            (shown.iter().map(|index| names[*index].clone()).collect(), questions.as_slice())
        }
        Columns::None { answers, input } => {
            let (answer, input) = (answers.then_some("answer"), input.then_some("input"));
            let names = OWN.into_iter().chain(answer).chain(input);
            (names.map(str::to_owned).collect::<Vec<_>>(), &[][..])
        }
    };
    let whole = if questions.is_empty() { MARKS.len() } else { NUMBERS };
    let single = questions
        .iter()
        .flat_map(|question| MARKS.iter().map(move |mark| format!("{question} {mark}")));
    let marks = MARKS[..whole].iter().map(|mark| (*mark).to_owned()).chain(single);
    let mut taken: HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    for mark in marks.chain(LAST.iter().map(|name| (*name).to_owned())) {
        let others = (2..).map(|number| format!("viva {mark} {number}"));
        let mut names_of_it = [mark.clone(), format!("viva {mark}")].into_iter().chain(others);
        names.extend(names_of_it.find(|name| taken.insert(name.to_lowercase())));
    }
    names
}

/// The cells of a row under the header: missing ones are empty, and what is too much stands in
/// the last one, as an unquoted delimiter in the last column makes it.
fn own_cells(
    cells: Option<Vec<String>>,
    width: usize,
    shown: &[usize],
    delimiter: char,
) -> Vec<String> {
    let mut cells = cells.unwrap_or_default();
    if cells.len() > width && width > 0 {
        let rest = cells.split_off(width - 1).join(delimiter.encode_utf8(&mut [0; 4]));
        cells.push(rest);
    }
    let empty = String::new();
    shown.iter().map(|index| lines(cells.get(*index).unwrap_or(&empty))).collect()
}

fn identity(row: &Row, answers: bool, input: bool) -> Vec<String> {
    let text = |text: Option<&str>| cell(text.unwrap_or_default());
    let line = &row.line;
    let mut cells = vec![cell(&line.id), text(line.candidate.as_deref()), text(row.question())];
    if answers {
        cells.push(lines(line.answer.as_deref().unwrap_or_default()));
    }
    if input {
        cells.push(cell(&line.input.as_ref().map(ToString::to_string).unwrap_or_default()));
    }
    cells
}

/// A text on its own lines, none of which a spreadsheet takes for a formula. A plain number
/// is none.
fn lines(text: &str) -> String {
    if text.parse::<f64>().is_ok_and(f64::is_finite) {
        return text.to_owned();
    }
    let lines: Vec<String> = safe(text).split('\n').map(guarded).collect();
    lines.join("\n")
}

fn marks(ui: Lang, row: &Row) -> Vec<String> {
    let assessment = row.line.assessment.as_ref();
    let mut cells = numbers(row).to_vec();
    cells.push(assessment.and_then(|a| a.band).map_or("", |band| words::band(ui, band)).to_owned());
    cells.push(
        assessment
            .map(feedback)
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| worth_adding(ui, row)),
    );
    let flags = assessment.iter().flat_map(|a| &a.flags);
    cells.push(list(flags.map(|flag| words::flag(ui, *flag))));
    cells
}

/// The first of the weightiest points that are open, for an answer without feedback.
fn worth_adding(ui: Lang, row: &Row) -> String {
    let points = row.line.assessment.iter().flat_map(|assessment| &assessment.points);
    let open = points.filter(|p| !matches!(p.verdict, Verdict::Met | Verdict::Ungraded));
    let Some(point) = open.min_by_key(|point| point.tier) else { return String::new() };
    let verdict = words::verdict(ui, point.verdict);
    let colon = words::say(ui, ": ", "：");
    cell(&format!("{verdict}{colon}{}", row.claim(&point.id).unwrap_or(&point.id)))
}

/// The marks of a candidate: means over all questions, then those on each.
fn side_by_side(ui: Lang, answers: &[Row], questions: &[String]) -> Vec<String> {
    let nothing = answers.iter().all(|row| row.line.assessment.is_none());
    if nothing || answers.len() != questions.len() {
        // Nothing of the row was graded.
        return vec![String::new(); NUMBERS + MARKS.len() * questions.len()];
    }
    let mean = |of: fn(&Row) -> f64| {
        format!("{:.1}", answers.iter().map(of).sum::<f64>() / float64(answers.len() as u64))
    };
    let complete =
        answers.iter().all(|row| row.line.assessment.as_ref().is_some_and(|a| !a.is_ungraded()));
    let score = if complete { mean(|row| row.interval().0) } else { String::new() };
    let ends = [mean(|row| row.interval().0), mean(|row| row.interval().1)];
    let single = answers.iter().flat_map(|row| marks(ui, row));
    std::iter::once(score).chain(ends).chain(single).collect()
}

fn grader(ui: Lang, answers: &[Row]) -> String {
    let grader = answers.iter().find_map(|row| row.line.assessment.as_ref()).map(|a| a.grader);
    grader.map_or("", |grader: GraderKind| words::grader(ui, grader)).to_owned()
}

/// Why there is no score.
fn errors(answers: &[Row]) -> String {
    let mut reasons: Vec<&str> = answers.iter().filter_map(Row::why_ungraded).collect();
    // The answers of a row that is bad as a whole say the same.
    reasons.dedup();
    cell(&reasons.join(" / "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn table(
        columns: Columns,
        rows: Vec<(u64, Option<Vec<&str>>, ResultLine)>,
    ) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        let mut book = Gradebook::new(&mut out, Lang::En, columns).unwrap();
        for (line, cells, result) in rows {
            let cells = cells.map(|cells| cells.into_iter().map(str::to_owned).collect());
            book.add(line, cells, result).unwrap();
        }
        book.finish().unwrap();
        let text = String::from_utf8(out).unwrap();
        let text = text.strip_prefix('\u{feff}').unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    fn input(names: &[&str], questions: &[&str]) -> Columns {
        let text = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (names, questions): (Vec<String>, _) = (text(names), text(questions));
        let delimiter = ';';
        Columns::Input { shown: (0..names.len()).collect(), names, questions, delimiter }
    }

    #[test]
    fn columns_come_back_as_they_were_with_the_marks_behind() {
        let rows = table(
            input(&["Name", "answer", "Score"], &[]),
            vec![
                (
                    2,
                    Some(vec!["Ada", "one\n\n  two, \"x\"", "-5"]),
                    samples::graded("a", "Ada", 1.0),
                ),
                (5, Some(vec!["Bo", "x", "1", "y"]), samples::failed("b")),
                (6, Some(vec!["Cy"]), samples::ungraded("c", "Cy")),
                (7, None, samples::failed("d")),
            ],
        );
        let header = "Name,answer,Score,viva score,low,high,band,feedback,flags,grader,error";
        assert_eq!(rows[0].join(","), header);
        assert_eq!(rows[1][..4], ["Ada", "one\n\n  two, \"x\"", "-5", "100.0"]);
        assert_eq!(rows[2][..4], ["Bo", "x", "1;y", ""]);
        assert!(rows[2][10].starts_with("unknown question"), "{:?}", rows[2]);
        assert_eq!((rows[3][0].as_str(), rows[3][3].as_str()), ("Cy", ""));
        assert!(!rows[3][4].is_empty() && rows[3][4] != rows[3][5], "{:?}", rows[3]);
        assert_eq!(rows[3][10], "no quote could be located");
        assert_eq!(rows[4][..3], ["", "", ""]);
    }

    #[test]
    fn no_name_stands_twice_however_often_a_table_is_graded_again() {
        let mut names = vec!["answer".to_owned(), "FEEDBACK".to_owned()];
        for pass in 1..=4 {
            let columns: Vec<&str> = names.iter().map(String::as_str).collect();
            names = table(input(&columns, &["t/a", "t/b"]), Vec::new()).remove(0);
            let distinct: HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
            assert_eq!((distinct.len(), names.len()), (names.len(), 2 + pass * 17), "{names:?}");
        }
        assert!(names.contains(&"viva t/a score 3".to_owned()), "{names:?}");
    }

    #[test]
    fn no_line_of_a_cell_is_a_formula() {
        let hostile = "=1\n+2\n ok\n\t@x\r\n-3;=4";
        let mut line = samples::graded("=id", "@Ada", 1.0);
        line.answer = Some(hostile.to_owned());
        let cells = vec!["=HYPERLINK(1)", hostile];
        let rows = table(input(&["=a", "b"], &[]), vec![(2, Some(cells), line.clone())]);
        assert_eq!(rows[0][..2], ["'=a", "b"]);
        assert_eq!(rows[1][0], "'=HYPERLINK(1)");
        let inert = "'=1\n'+2\n ok\n    '@x\n'-3;'=4";
        assert_eq!(rows[1][1], inert);
        let own = Columns::None { answers: true, input: false };
        let rows = table(own, vec![(1, None, line)]);
        assert_eq!(rows[1][..2], ["'=id", "'@Ada"]);
        assert_eq!(rows[1][3], inert);
    }

    #[test]
    fn a_wide_row_is_a_candidate() {
        let cells = || Some(vec!["Ada", "x", "y"]);
        let rows = table(
            input(&["candidate", "Q1", "Q2"], &["t/a", "t/b"]),
            vec![
                (2, cells(), samples::graded("2/t/a", "Ada", 1.0)),
                (2, cells(), samples::graded("2/t/b", "Ada", 0.0)),
                (3, cells(), samples::graded("3/t/a", "Bo", 1.0)),
                (3, cells(), samples::failed("3/t/b")),
                (4, cells(), samples::failed("line-4")),
            ],
        );
        let at = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
        let (first, second) = (at("t/a score"), at("t/b score"));
        assert_eq!(at("score"), 3);
        let number = |row: usize, column: usize| rows[row][column].parse::<f64>().ok();
        let mean = f64::midpoint(number(1, first).unwrap(), number(1, second).unwrap());
        assert_eq!(number(1, 3), Some(mean));
        assert_eq!((number(2, 3), number(2, first), number(2, second)), (None, Some(100.0), None));
        assert_eq!((number(2, 4), number(2, 5)), (Some(50.0), Some(100.0)));
        assert_eq!(number(3, 4), None);
        assert_eq!(rows.len(), 4);
        assert!(rows[3][at("error")].contains("unknown question"));
    }
}
