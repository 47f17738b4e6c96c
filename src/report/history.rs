//! The history of sessions: when, how many answers, how well, and where it is weak.
//!
//! Scores are compared within one fingerprint only: sessions carry the letter of
//! theirs, a change is against the last session of the same letter, and the weak
//! topics are those under the newest one.

use std::collections::BTreeMap;

use serde::Serialize;

use super::feedback::View;
use super::rows::Row;
use super::run::{Mean, Tally, mean_text};
use super::words::cut;
use crate::domain::{GraderKind, Lang};
use crate::term::{Paint, clip, pad, safe_line};

/// Topics in the list of weak ones.
const WEAKEST: usize = 5;
/// Columns of a topic's name.
const TOPIC: usize = 28;

/// A session with its graded answers.
#[derive(Debug, Clone)]
pub struct PastSession {
    /// Its number.
    pub id: i64,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// Language of its questions.
    pub lang: Lang,
    /// Whether it has ended.
    pub finished: bool,
    /// Questions planned.
    pub questions: usize,
    /// Its answers.
    pub rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Line {
    id: i64,
    started_at: String,
    lang: &'static str,
    finished: bool,
    questions: usize,
    answered: usize,
    mean: Option<Mean>,
    /// The one fingerprint of its answers; none when they have several or none.
    fingerprint: Option<String>,
    /// Difference of means to the last session before it under the same fingerprint.
    change: Option<f64>,
    weakest: Option<String>,
}

#[derive(Debug, Serialize)]
struct Weak {
    topic: String,
    mean: Mean,
}

#[derive(Debug, Serialize)]
struct Group {
    letter: char,
    fingerprint: String,
    grader: String,
}

#[derive(Debug, Serialize)]
struct History {
    sessions: Vec<Line>,
    fingerprints: Vec<Group>,
    weakest_topics: Vec<Weak>,
}

/// The history as one JSON object; `sessions` come newest first.
pub fn history_json(sessions: &[PastSession]) -> serde_json::Value {
    serde_json::json!(gather(sessions))
}

fn gather(sessions: &[PastSession]) -> History {
    let mut lines: Vec<Line> = sessions.iter().map(line).collect();
    for index in 0..lines.len() {
        lines[index].change = change(&lines[index], &lines[index + 1..]);
    }
    let newest = lines.iter().find_map(|line| line.fingerprint.clone());
    let weakest_topics = newest.map_or_else(Vec::new, |newest| {
        let rows = sessions.iter().flat_map(|session| &session.rows);
        topics(rows.filter(|row| fingerprint(row) == Some(newest.as_str())), WEAKEST)
    });
    let fingerprints = groups(sessions, &lines);
    History { sessions: lines, fingerprints, weakest_topics }
}

fn line(session: &PastSession) -> Line {
    let fingerprint = common_fingerprint(&session.rows);
    let mut tally = Tally::default();
    session.rows.iter().for_each(|row| tally.add(row));
    Line {
        id: session.id,
        started_at: session.started_at.clone(),
        lang: session.lang.code(),
        finished: session.finished,
        questions: session.questions,
        answered: session.rows.len(),
        mean: fingerprint.is_some().then(|| tally.mean()).flatten(),
        change: None,
        weakest: fingerprint
            .is_some()
            .then(|| topics(session.rows.iter(), 1).pop())
            .flatten()
            .map(|weak| weak.topic),
        fingerprint,
    }
}

fn fingerprint(row: &Row) -> Option<&str> {
    row.line.assessment.as_ref().map(|assessment| assessment.fingerprint.as_str())
}

fn common_fingerprint(rows: &[Row]) -> Option<String> {
    let mut all = rows.iter().filter_map(fingerprint);
    let first = all.next()?;
    all.all(|other| other == first).then(|| first.to_owned())
}

fn change(line: &Line, older: &[Line]) -> Option<f64> {
    let exact = |line: &Line| line.mean.filter(Mean::is_exact).map(|mean| mean.low);
    let before =
        older.iter().find(|other| other.fingerprint == line.fingerprint && other.mean.is_some())?;
    Some(exact(line)? - exact(before)?)
}

/// The topics with the lowest mean, that one first.
fn topics<'a>(rows: impl Iterator<Item = &'a Row>, limit: usize) -> Vec<Weak> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for row in rows {
        let topic =
            row.question().and_then(|id| id.split_once('/')).map(|(topic, _)| cut(topic, 100));
        tallies.entry(topic.unwrap_or_else(|| "–".to_owned())).or_default().add(row);
    }
    let means =
        tallies.into_iter().filter_map(|(topic, tally)| Some(Weak { topic, mean: tally.mean()? }));
    let mut topics: Vec<Weak> = means.collect();
    topics.sort_by(|a, b| a.mean.low.total_cmp(&b.mean.low));
    topics.truncate(limit);
    topics
}

/// A letter for each fingerprint, in the order of the sessions.
fn groups(sessions: &[PastSession], lines: &[Line]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut letters = ('A'..='Z').chain('a'..='z').cycle();
    for (session, line) in sessions.iter().zip(lines) {
        let Some(own) = &line.fingerprint else { continue };
        if groups.iter().any(|group| group.fingerprint == *own) {
            continue;
        }
        let grader = session.rows.iter().find_map(|row| {
            let assessment = row.line.assessment.as_ref()?;
            let source = &assessment.provenance;
            Some(match assessment.grader {
                GraderKind::Lexical => "lexical estimate".to_owned(),
                GraderKind::Llm => source.model.clone().unwrap_or_default(),
            })
        });
        let letter = letters.next().unwrap_or('?');
        groups.push(Group { letter, fingerprint: own.clone(), grader: grader.unwrap_or_default() });
    }
    groups
}

/// The history as text; `sessions` come newest first.
pub fn history(view: &View<'_>, sessions: &[PastSession]) -> String {
    let history = gather(sessions);
    let mut lines = vec![view.paint(Paint::Bold, &header(view))];
    lines.extend(history.sessions.iter().map(|line| row(view, &history, line)));
    if !history.weakest_topics.is_empty() {
        lines.push(String::new());
        lines.push(view.paint(Paint::Bold, view.say("Weakest topics", "最薄弱的主题")));
        for weak in &history.weakest_topics {
            let count = weak.mean.rows;
            let topic = pad(&clip(&safe_line(&weak.topic), TOPIC), TOPIC);
            lines.push(format!("  {topic} {:>11}  n = {count}", weak.mean.text()));
        }
    }
    lines.push(String::new());
    for group in &history.fingerprints {
        let text = format!(
            "{} = {} · {}",
            group.letter,
            safe_line(&group.grader),
            safe_line(&group.fingerprint)
        );
        lines.push(view.paint(Paint::Dim, &clip(&text, view.columns())));
    }
    lines.push(view.paint(
        Paint::Dim,
        view.say(
            "Scores compare only under one letter. `viva report NUMBER` shows a session.",
            "只有同一字母下的分数可比。`viva report 编号` 查看一场面试。",
        ),
    ));
    lines.join("\n")
}

fn header(view: &View<'_>) -> String {
    let cell = |en, zh, columns| pad(view.say(en, zh), columns);
    format!(
        "{} {} {} {} {} {} {}",
        cell("no.", "编号", 5),
        cell("date", "日期", 10),
        cell("lang", "语言", 4),
        cell("answers", "回答", 7),
        cell("mean", "平均分", 13),
        cell("change", "变化", 6),
        view.say("weakest topic", "最弱主题")
    )
}

fn row(view: &View<'_>, history: &History, line: &Line) -> String {
    let letter = history
        .fingerprints
        .iter()
        .find(|group| line.fingerprint.as_ref() == Some(&group.fingerprint))
        .map_or(' ', |group| group.letter);
    let mean = mean_text(line.mean);
    let change = line.change.map_or(String::new(), |change| format!("{change:+.1}"));
    let answers = format!("{}/{}", line.answered, line.questions);
    let weakest = line.weakest.as_deref().map(safe_line).unwrap_or_default();
    let mut text = format!(
        "{:<5} {:<10} {:<4} {:<7} {letter} {} {:>6} {}",
        line.id,
        line.started_at.get(..10).unwrap_or_default(),
        line.lang,
        answers,
        pad(&mean, 11),
        change,
        clip(&weakest, view.columns().saturating_sub(55).max(8))
    );
    if !line.finished {
        text.push_str(view.say(" (unfinished)", "（未完成）"));
    }
    text.trim_end().to_owned()
}
