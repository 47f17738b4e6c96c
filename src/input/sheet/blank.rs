//! A blank answer sheet, and the lines of it that name the candidate and the questions.

use std::fmt::Write;

use crate::domain::{Lang, Question, QuestionId};

/// A sheet for these questions, to be filled in below each heading.
pub fn blank<'a>(questions: impl IntoIterator<Item = &'a Question>, lang: Lang) -> String {
    let (title, who, how, list, question, colon) = match lang {
        Lang::En => (
            "Answer sheet",
            "Candidate:",
            "Write each answer below its question. Leave the headings as they are.",
            "Questions: ",
            "Question",
            ": ",
        ),
        Lang::Zh => {
            ("答题卷", "姓名：", "请把答案写在每道题的下方，标题保持原样。", "题目：", "问题", "：")
        }
    };
    let questions: Vec<&Question> = questions.into_iter().collect();
    let ids: Vec<&str> = questions.iter().map(|question| question.id.as_str()).collect();
    let ids = ids.join(", ");
    let mut sheet = format!("# {title}\n\n{who} \n\n{how}\n\n{list}{ids}\n");
    for (index, asked) in questions.into_iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(sheet, "\n## {question} {}{colon}`{}`\n\n", index + 1, asked.id);
        for line in asked.title.get(lang).lines() {
            let _ = writeln!(sheet, "> {line}");
        }
        sheet.push_str("\n\n");
    }
    sheet
}

/// The candidate, if this line names one.
pub(super) fn candidate(line: &str) -> Option<String> {
    let line = undressed(line);
    let names = ["candidate", "name", "候选人", "姓名"];
    let (label, name) = line.split_once([':', '：'])?;
    let label = label.trim().to_lowercase();
    let name = name.trim().trim_matches(['*', '_']).trim();
    (names.contains(&label.as_str()) && !name.is_empty()).then(|| name.to_owned())
}

/// Without bold print and the backslashes that exports put before punctuation.
fn undressed(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        if out.ends_with('\\') && c.is_ascii_punctuation() {
            out.pop();
        }
        out.push(c);
    }
    out.replace("**", "")
}

/// The questions, if this line begins their list.
pub(super) fn listed(line: &str) -> Option<Vec<String>> {
    let (label, list) = line.split_once([':', '：'])?;
    let label = label.trim().trim_matches('*').to_lowercase();
    ["questions", "题目"].contains(&label.as_str()).then(|| ids(list))?
}

/// The ids of a line on which nothing else stands.
pub(super) fn ids(line: &str) -> Option<Vec<String>> {
    // Exports put backslashes before hyphens.
    let line = line.replace('\\', "");
    let words = line.split(|c: char| c.is_whitespace() || ",，、;；`*".contains(c));
    let words = words.filter(|word| !word.is_empty());
    let ids: Option<Vec<String>> =
        words.map(|word| QuestionId::new(word).ok().map(Into::into)).collect();
    ids.filter(|ids| !ids.is_empty())
}
