//! A blank answer sheet, and the line of it that names the candidate.

use std::fmt::Write;

use crate::domain::{Lang, Question};

/// A sheet for these questions, to be filled in below each heading.
pub fn blank<'a>(questions: impl IntoIterator<Item = &'a Question>, lang: Lang) -> String {
    let (title, who, how, question, colon) = match lang {
        Lang::En => (
            "Answer sheet",
            "Candidate:",
            "Write each answer below its question. Leave the headings as they are.",
            "Question",
            ": ",
        ),
        Lang::Zh => ("答题卷", "姓名：", "请把答案写在每道题的下方，标题保持原样。", "问题", "："),
    };
    let mut sheet = format!("# {title}\n\n{who} \n\n{how}\n");
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
    let line = line.trim().trim_matches('*');
    let names = ["candidate", "name", "候选人", "姓名"];
    let (label, name) = line.split_once([':', '：'])?;
    let label = label.trim().trim_matches('*').to_lowercase();
    let name = name.trim().trim_matches(['*', '_']).trim();
    (names.contains(&label.as_str()) && !name.is_empty()).then(|| name.to_owned())
}
