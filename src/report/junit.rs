//! `JUnit` XML for CI: a suite for each question, a case for each candidate.
//!
//! Valid under the two schemas that are in use (Ant's, as windyroad wrote it down,
//! and Jenkins's junit-10). A score below the limit is a failure. An answer that
//! was not graded is never a pass unless even its worst case is: otherwise it is
//! an error. Suites need their counts in front, so cases are kept in memory; there
//! is a limit to how many, passed ones are left out first, and a property says so.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Setting;
use super::rows::{Row, State};
use super::words;
use crate::domain::{Assessment, GraderKind, Lang, Verdict};
use crate::term::safe_line;

/// Cases kept that passed, and as many that did not.
const CASES: usize = 50_000;
/// Suites told apart; further questions share one.
const SUITES: usize = 5_000;
/// Characters kept of a name.
const NAME: usize = 200;
/// Characters kept of what is told about a case.
const TOLD: usize = 2_000;

#[derive(Debug, Default)]
struct Suite {
    cases: Vec<Case>,
    failures: usize,
    errors: usize,
    milliseconds: u64,
}

#[derive(Debug)]
struct Case {
    name: String,
    milliseconds: u64,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    Passed,
    Failed { message: String, told: String },
    Error { message: String, told: String },
}

/// Writes the report.
///
/// # Errors
/// When a row cannot be read or the output cannot be written.
pub fn junit(
    out: &mut dyn Write,
    setting: &Setting<'_>,
    rows: &mut dyn Iterator<Item = io::Result<Row>>,
) -> io::Result<()> {
    let mut suites: BTreeMap<String, Suite> = BTreeMap::new();
    let (mut passed, mut others) = (0_usize, 0_usize);
    for row in rows {
        let row = row?;
        let outcome = outcome(setting, &row);
        let kept = if matches!(outcome, Outcome::Passed) { &mut passed } else { &mut others };
        *kept += 1;
        if *kept <= CASES {
            suites.entry(suite_name(&row, &suites)).or_default().add(&row, outcome);
        }
    }
    let left_out = [passed, others].map(|count| count.saturating_sub(CASES));
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n")?;
    for (index, (name, suite)) in suites.iter().enumerate() {
        suite.write(out, setting, index, name, left_out)?;
    }
    out.write_all(b"</testsuites>\n")
}

fn suite_name(row: &Row, suites: &BTreeMap<String, Suite>) -> String {
    let named = row.question().map(name).filter(|name| !name.is_empty());
    let name = named.unwrap_or_else(|| "no question".to_owned());
    let full = suites.len() >= SUITES && !suites.contains_key(&name);
    if full { "other questions".to_owned() } else { name }
}

fn name(text: &str) -> String {
    words::cut(&safe_line(text), NAME)
}

impl Suite {
    fn add(&mut self, row: &Row, outcome: Outcome) {
        match outcome {
            Outcome::Passed => {}
            Outcome::Failed { .. } => self.failures += 1,
            Outcome::Error { .. } => self.errors += 1,
        }
        let named = row.line.candidate.as_deref().map(name).filter(|name| !name.is_empty());
        let milliseconds = row.line.assessment.as_ref().map_or(0, |a| a.provenance.latency_ms);
        self.milliseconds += milliseconds;
        let name = named.unwrap_or_else(|| name(&row.line.id));
        self.cases.push(Case { name, milliseconds, outcome });
    }

    fn write(
        &self,
        out: &mut dyn Write,
        setting: &Setting<'_>,
        index: usize,
        name: &str,
        left_out: [usize; 2],
    ) -> io::Result<()> {
        let name = xml(name);
        write!(
            out,
            "  <testsuite id=\"{index}\" package=\"viva\" name=\"{name}\" timestamp=\"{}\" \
             hostname=\"localhost\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" \
             time=\"{}\">\n    <properties>\n",
            xml(setting.at),
            self.cases.len(),
            self.failures,
            self.errors,
            seconds(self.milliseconds),
        )?;
        let limit = setting.fail_under.map(|limit| format!("{limit}"));
        let [passed, others] = left_out.map(|n| (n > 0).then(|| n.to_string()));
        let properties =
            [("fail-under", limit), ("passed-left-out", passed), ("not-passed-left-out", others)];
        for (name, value) in properties {
            if let Some(value) = value {
                writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", xml(&value))?;
            }
        }
        out.write_all(b"    </properties>\n")?;
        for case in &self.cases {
            case.write(out, &name)?;
        }
        out.write_all(b"    <system-out/>\n    <system-err/>\n  </testsuite>\n")
    }
}

impl Case {
    fn write(&self, out: &mut dyn Write, class: &str) -> io::Result<()> {
        write!(
            out,
            "    <testcase name=\"{}\" classname=\"{class}\" time=\"{}\"",
            xml(&self.name),
            seconds(self.milliseconds)
        )?;
        let (element, kind, message, told) = match &self.outcome {
            Outcome::Passed => return out.write_all(b"/>\n"),
            Outcome::Failed { message, told } => ("failure", "below-limit", message, told),
            Outcome::Error { message, told } => ("error", "ungraded", message, told),
        };
        writeln!(
            out,
            ">\n      <{element} message=\"{}\" type=\"{kind}\">{}</{element}>\n    </testcase>",
            xml(message),
            xml(told)
        )
    }
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// What a row amounts to under the limit; with none, every graded answer passes.
fn outcome(setting: &Setting<'_>, row: &Row) -> Outcome {
    let limit = setting.fail_under.unwrap_or(0.0);
    let ui = setting.ui;
    let told = || told(ui, row);
    let lexical = row.line.assessment.as_ref().is_some_and(|a| a.grader == GraderKind::Lexical);
    let grader = if lexical { words::grader(ui, GraderKind::Lexical) } else { "" };
    let below = |score: String| match ui {
        Lang::En => format!("score {score} is below {limit} {grader}").trim_end().to_owned(),
        Lang::Zh => format!("得分 {score}，低于 {limit} {grader}").trim_end().to_owned(),
    };
    match row.state() {
        State::Graded(score) if score < limit => {
            Outcome::Failed { message: below(format!("{score:.1}")), told: told() }
        }
        State::Graded(_) => Outcome::Passed,
        State::Ungraded { low, high } if high < limit => {
            Outcome::Failed { message: below(format!("{low:.1}–{high:.1}")), told: told() }
        }
        State::Ungraded { low, .. } if setting.fail_under.is_some() && low >= limit => {
            Outcome::Passed
        }
        State::Ungraded { .. } | State::Failed => {
            let why = safe_line(row.why_ungraded().unwrap_or_default());
            let ungraded = words::verdict(ui, Verdict::Ungraded);
            Outcome::Error {
                message: words::cut(&format!("{ungraded}: {why}"), NAME),
                told: told(),
            }
        }
    }
}

/// Each point with its verdict, each misconception, and the feedback.
fn told(ui: Lang, row: &Row) -> String {
    let mut lines = vec![format!("id: {}", name(&row.line.id))];
    if let Some(assessment) = &row.line.assessment {
        lines.extend(assessment.points.iter().map(|point| {
            let claim = claim(row, &point.id);
            let verdict = words::verdict(ui, point.verdict);
            format!(
                "{} {} {}: {verdict}{claim}",
                words::mark(point.verdict),
                words::tier(ui, point.tier),
                name(&point.id)
            )
        }));
        lines.extend(wrong(assessment));
        lines.extend(assessment.feedback.iter().map(|line| safe_line(&line.text)));
    }
    words::cut(&lines.join("\n"), TOLD)
}

fn claim(row: &Row, id: &str) -> String {
    row.claim(id).map(|claim| format!(" – {}", name(claim))).unwrap_or_default()
}

fn wrong(assessment: &Assessment) -> impl Iterator<Item = String> {
    assessment.misconceptions.iter().map(|found| {
        let quote = found.evidence.first().map_or("", |evidence| evidence.quote.as_str());
        format!("≠ “{}” → {}", name(quote), name(&found.correction))
    })
}

/// Text for XML: escaped, and without the characters that XML 1.0 cannot hold.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c < ' ' || matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
