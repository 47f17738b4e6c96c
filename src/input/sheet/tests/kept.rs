//! Nothing that a candidate wrote is lost without a word, and a sheet that lists n questions
//! counts n answers, whatever was done to its headings and quotations.

use proptest::prelude::*;

use super::*;

const LIST: &str = "# Answer sheet\n\nCandidate: Ann\n\nQuestions: t/a, t/b, t/c\n\n";

/// What a sheet says: the rows' questions with the answers, none where the row is bad.
fn said(text: &str) -> Vec<(String, Option<String>)> {
    let of = |item| match item {
        Item::Row(row) => (row.id, Some(row.answer)),
        Item::Bad(bad) => (bad.id.unwrap_or_default(), None),
    };
    items(text).into_iter().map(of).collect()
}

/// The answers to three questions, where the second part of the sheet is this.
fn three(second: &str) -> Vec<(String, Option<String>)> {
    said(&format!(
        "{LIST}## Question 1: `t/a`\n\n> Why?\n> And how?\n\nOne.\n\n{second}\n\n\
         ## Question 3: `t/c`\n\n> Why?\n\nThree.\n"
    ))
}

fn row(id: &str, answer: &str) -> (String, Option<String>) {
    (format!("Ann/{id}"), Some(answer.to_owned()))
}

fn bad(id: &str) -> (String, Option<String>) {
    (format!("Ann/{id}"), None)
}

#[test]
fn an_answer_may_stand_wherever_a_hand_puts_it() {
    let heading = "## Question 2: `t/b`";
    for (second, answer) in [
        ("HEAD\n\n> Why?\n> And how?\n> MQA shares.", "MQA shares."),
        ("HEAD\n\n> Why?\n> And how?\n>\n> MQA shares.\n> > \"so\"", "MQA shares.\n> \"so\""),
        ("HEAD\n\n> Why? And how? MQA shares.", "MQA shares."),
        ("HEAD\n\n> Why?\n> And how?\nMQA shares.", "MQA shares."),
        ("HEAD\n\n> **为什么?**MQA 共享。", "MQA 共享。"),
        ("HEAD\n\n> Why?\n\nMQA shares.\n\n> Why? they ask.", "MQA shares.\n\n> Why? they ask."),
        ("HEAD MQA shares, see `t/a`.\n\n> Why?", "MQA shares, see `t/a`."),
        ("HEAD: MQA，共享 **K**\n\n> Why?\n\nAnd V.", "MQA，共享 **K**\n\nAnd V."),
        ("HEAD Why? And how?\n\nMQA shares.", "MQA shares."),
        ("HEAD\nWhy? And\nhow?\n\n- MQA\n- shares", "- MQA\n- shares"),
        ("HEAD\n\n> MQA shares.", "> MQA shares."),
        ("HEAD\n\n> Whyever? MQA shares.", "> Whyever? MQA shares."),
        ("HEAD\n\n> MQA shares.\n> Why?", "> MQA shares.\n> Why?"),
    ] {
        let expected = [row("t/a", "One."), row("t/b", answer), row("t/c", "Three.")];
        assert_eq!(three(&second.replace("HEAD", heading)), expected, "{second}");
    }
    let long = "MQA shares. ".repeat(1000);
    let found = three(&format!("{heading} {long}"));
    assert_eq!(found[1], row("t/b", long.trim()));
}

#[test]
fn a_heading_that_was_spoilt_makes_one_row() {
    for (heading, id) in [
        ("## Question 2: `t/typo`", "t/typo"),
        ("## Question 2: t/typo", "t/typo"),
        ("Question 2: t/typo", "t/typo"),
        ("## Question: `t/typo`", "t/typo"),
        ("## Question 2: `T/B`", "t/b"),
        ("## Question: `T/B`", "t/b"),
        ("t/b", "t/b"),
        ("Question 2: t/b\n\nt/b", "t/b"),
        ("## Question 2", "t/b"),
        ("第二题", "t/b"),
        ("My second answer", "t/b"),
    ] {
        let found = three(&format!("{heading}\n\n> Why?\n\nTwo."));
        let mut ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
        ids.sort_unstable();
        let mut expected = ["Ann/t/a", &format!("Ann/{id}"), "Ann/t/c"];
        expected.sort_unstable();
        assert_eq!(ids, expected, "{heading}");
    }
    for heading in ["## Question 2:\n`t/b`", "## Question 2:\n\n## `t/b`", "Question 2:\nt/b"] {
        let expected = [row("t/a", "One."), row("t/b", "Two."), row("t/c", "Three.")];
        assert_eq!(three(&format!("{heading}\n\n> Why?\n\nTwo.")), expected, "{heading}");
    }
}

#[test]
fn what_only_looks_like_a_heading_stays_in_the_answer() {
    for line in [
        "- Q4_0/Q8_0",
        "- Q4/Q8",
        "Q4_K_M/Q5_K_M",
        "Q2: int4/fp4",
        "Q2",
        "- Question 2:",
        "- t/b",
        "* Q2 t/b is next",
        "## Q4_K_M and Q5_K_M",
        "## Q2.5-Coder",
        "t/a",
        "t/b",
        "Question 3: t/c",
        "- Question 1: `t/a`",
        "### Question 1, continued",
        "### Question 7: Attention",
        "### Question 2 will build on this",
        "### Question 3 too",
        "Question 3:",
    ] {
        let answer = format!("One.\n\n{line}\n\nMore.");
        let text = format!(
            "{LIST}## Question 1: `t/a`\n\n{answer}\n\n## Question 2: `t/b`\n\nTwo.\n\n\
             ## Question 3: `t/c`\n\nThree.\n"
        );
        let expected = [row("t/a", &answer), row("t/b", "Two."), row("t/c", "Three.")];
        assert_eq!(said(&text), expected, "{line}");
    }
}

#[test]
fn a_heading_without_a_name_stands_when_no_other_names_the_question() {
    let found = said(&format!("{LIST}## Question 1: `t/a`\n\nOne.\n\n## Question 2\n\nTwo.\n"));
    assert_eq!(found, [row("t/a", "One."), bad("t/b"), bad("t/c")]);
    let found = three("## Question 3\n\nTwo.\n\n## Question 2: `t/b`\n\nAgain.");
    let one = row("t/a", "One.\n\n## Question 3\n\nTwo.");
    assert_eq!(found, [one, row("t/b", "Again."), row("t/c", "Three.")]);
    // Above the first heading is no answer of which it could be part.
    let found = said(&format!("{LIST}## Question 1\n\nOne.\n\n## Question 1: `t/a`\n\nAgain.\n"));
    assert_eq!(found, [row("t/a", "One.\n\nAgain."), bad("t/b"), bad("t/c")]);
}

/// What was done to the heading of a question.
fn headings() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "## Question N: `ID`",
        "##Question N – ID",
        "**Question N: ID**",
        "Question N: ID",
        "## 第 N 题：ID",
        "ID",
        "## N. ID",
        "## Question N: `ID` @",
        "## Question N:\n`ID`",
        "## Question N: `t/typo`",
        "## Question N: `ID",
        "## Question N",
        "Question N:",
        "Other",
    ])
}

fn quotes() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "> Why?\n> And how?\n",
        "> Why?\n> And how?\n> @\n",
        "> Why? And how? @\n",
        "> 为什么？ @\n",
        "Why?\n\n@\n",
        "@\n",
        "> @\n",
        "",
    ])
}

fn lines() -> impl Strategy<Value = Vec<&'static str>> {
    let line = prop::sample::select(vec![
        "@",
        "- Q4_0/Q8_0 @",
        "> @",
        "### Question 2 @",
        "### Question 9 @",
        "# @",
        "```\n@\n```",
        "```py\n@",
        "~~~~",
        "---",
        "",
        "see t/a, t/b @",
        "t/c",
        "Question 2: `t/b`",
        "## @ `t/c`x",
    ]);
    prop::collection::vec(line, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_word_is_lost(parts in prop::collection::vec((headings(), quotes(), lines()), 3)) {
        let mut text = LIST.to_owned();
        let mut words = Vec::new();
        for (at, (heading, quote, lines)) in parts.iter().enumerate() {
            let id = ["t/a", "t/b", "t/c"][at];
            let heading = heading.replace("ID", id).replace('N', &(at + 1).to_string());
            for part in [&heading, "\n\n", quote, "\n", &lines.join("\n"), "\n\n"] {
                for (at, part) in part.split('@').enumerate() {
                    if at > 0 {
                        words.push(format!("word{}", words.len()));
                        text.push_str(&words[words.len() - 1]);
                    }
                    text.push_str(part);
                }
            }
        }
        let found = said(&text);
        let told = found.iter().any(|(_, answer)| answer.is_none());
        for word in words {
            let kept = found.iter().flat_map(|(_, answer)| answer).any(|answer| {
                answer.split(|c: char| !c.is_alphanumeric()).any(|other| other == word)
            });
            prop_assert!(kept || told, "{word} is lost: {text}\n{found:?}");
        }
        prop_assert_eq!(found.len(), 3, "{}\n{:?}", text, found);
    }
}
