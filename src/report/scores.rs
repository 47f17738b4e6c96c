//! One answer as a row of a table on the terminal: who, what, score, band.
//!
//! A row is made by itself, so that a table of any length can be shown as it
//! grows. What has no score says so, and why on a line of its own.

use super::rows::{Row, State};
use super::words::{self, say};
use crate::domain::{GraderKind, ResultLine};
use crate::term::{Paint, Terminal, clip, pad, safe_line, width, wrap_indented};

/// Columns of a score or an interval, and of a band.
const SCORE: usize = 10;
const BAND: usize = 11;
/// Most characters of a reason.
const LONGEST: usize = 400;
/// Blanks between columns.
const GAP: &str = "  ";

/// The names of the columns.
pub fn score_head(terminal: &Terminal) -> String {
    let ui = terminal.ui;
    let names = [
        say(ui, "candidate", "考生"),
        say(ui, "question", "题目"),
        say(ui, "score", "得分"),
        say(ui, "band", "等级"),
    ];
    line(terminal, names[0], names[1], names[2], names[3])
}

/// The row of a result, and the reason where there is no score.
pub fn score_row(terminal: &Terminal, result: ResultLine) -> Vec<String> {
    let ui = terminal.ui;
    let row = Row::new(0, result);
    let who = row.line.candidate.as_deref().unwrap_or(&row.line.id);
    let question = row.line.question.as_ref();
    // A question that a row brings along has no name but its words.
    let what = question.map_or("", |q| if q.id.starts_with("ad-hoc/") { &q.title } else { &q.id });
    let open = say(ui, "not graded", "未评分");
    let assessment = row.line.assessment.as_ref();
    let (score, band) = match row.state() {
        State::Graded(score) => (format!("{score:.1}"), None),
        State::Ungraded { low, high } => (format!("{low:.1}–{high:.1}"), Some(open)),
        State::Failed => ("–".to_owned(), Some(open)),
    };
    let estimate = assessment.filter(|a| a.grader == GraderKind::Lexical);
    let graded = assessment.and_then(|a| a.band).map(|band| words::band(ui, band));
    let band = band
        .or(graded)
        .or(estimate.map(|_| say(ui, "estimate", "词面估分")))
        .unwrap_or_else(|| say(ui, "open", "未定"));
    let mut lines = vec![line(terminal, who, what, &score, band)];
    if let (Some(why), true) = (row.why_ungraded(), band == open) {
        let why = safe_line(&words::cut(why, LONGEST));
        let why = wrap_indented(&why, terminal.text_columns(), "  ", "  ");
        lines.extend(why.iter().map(|line| terminal.paint(Paint::Dim, line, true)));
    }
    lines
}

fn line(terminal: &Terminal, who: &str, what: &str, score: &str, band: &str) -> String {
    let room = terminal.text_columns().saturating_sub(SCORE + BAND + 3 * GAP.len());
    let names = (room * 2 / 5).max(4);
    let cell =
        |text: &str, room: usize| pad(&clip(&safe_line(&words::cut(text, room)), room), room);
    let right = " ".repeat(SCORE.saturating_sub(width(score)));
    let (who, what) = (cell(who, names), cell(what, room.saturating_sub(names).max(4)));
    format!("{who}{GAP}{what}{GAP}{right}{score}{GAP}{band}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Lang;
    use crate::report::samples;
    use crate::term::Wishes;

    fn rows(ui: Lang, columns: usize) -> Vec<String> {
        let wishes = Wishes { no_colour: true, columns: Some(columns), ..Wishes::default() };
        let terminal = Terminal::detect(ui, wishes);
        let mut long = samples::graded("r1", "王小明与一个长得放不进一栏的名字\u{1b}[2J\nx", 1.0);
        long.question.as_mut().unwrap().id = "architecture/".to_owned() + &"x".repeat(500);
        let results = [
            long,
            samples::ungraded("r2", "Ada"),
            samples::failed("r3"),
            samples::graded("r4", "李", 0.0),
        ];
        let rows = results.into_iter().flat_map(|result| score_row(&terminal, result));
        std::iter::once(score_head(&terminal)).chain(rows).collect()
    }

    #[test]
    fn every_row_fits_and_scores_stand_below_each_other() {
        for (ui, columns) in [(Lang::En, 80), (Lang::Zh, 80), (Lang::Zh, 47), (Lang::En, 120)] {
            let rows = rows(ui, columns);
            assert_eq!(rows.len(), 7, "{rows:#?}");
            for row in &rows {
                assert!(width(row) <= columns && !row.contains('\u{1b}'), "{row}");
            }
            let end = |row: &str, of: &str| width(&row[..row.rfind(of).unwrap() + of.len()]);
            let scores = [end(&rows[1], "100.0"), end(&rows[2], "–100.0"), end(&rows[6], "0.0")];
            assert!(scores.iter().all(|at| *at == scores[0]), "{rows:#?}");
        }
    }

    #[test]
    fn what_has_no_score_says_why() {
        let rows = rows(Lang::En, 80);
        assert!(rows[2].ends_with("not graded") && rows[3] == "  no quote could be located");
        assert!(rows[4].contains("–  not graded") && rows[5] == "  unknown question `x/y`");
    }
}
