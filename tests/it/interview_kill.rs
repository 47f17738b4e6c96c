//! Nothing typed is ever lost: the program is killed at many moments of a typing
//! session, and each time the store is looked at.

use std::time::{Duration, Instant};

use viva::store::Store;

use crate::support::{Typist, Viva};

/// Longest age of a draft on disk.
const DRAFT_AGE: Duration = Duration::from_millis(300);

/// One thing that is typed.
#[derive(Clone, Copy)]
enum Step {
    Keys(&'static str),
    /// Enter twice, then the review is waited for and left.
    Send,
}

use Step::{Keys, Send};

const SCRIPT: [Step; 20] = [
    Keys("One K/V "),
    Keys("head is shared "),
    Keys("by all query heads."),
    Keys("\rThe cache "),
    Keys("gets smaller."),
    Send,
    Keys("激活函数"),
    Keys("有 ReLU、"),
    Keys("GELU 和 SwiGLU。"),
    Keys("\r\x1b\r门控"),
    Keys("更好。"),
    Keys("\x17"),
    Send,
    Keys("RMSNorm "),
    Keys("drops the mean"),
    Keys("\x1b[D\x1b[D"),
    Keys("ing"),
    Keys("\x05 and bias."),
    Keys("\x1b[200~pasted\rlines\r\r\x1b[201~"),
    Keys("end"),
];

const QUESTIONS: [&str; 3] = [
    "architecture/mqa-and-gqa",
    "architecture/activation-functions-in-llms",
    "architecture/normalization-gpt3-llama-chatglm",
];

/// The store after a typing session that was killed.
#[derive(Debug, PartialEq)]
struct Left {
    answers: Vec<String>,
    draft: String,
}

/// Types the first `steps` steps, waits, kills, and reads the store.
fn killed(steps: usize, wait: Duration) -> Left {
    let viva = Viva::new();
    let arguments: Vec<&str> = ["interview"].into_iter().chain(QUESTIONS).collect();
    let me = Typist::start(&viva, &arguments);
    me.sees("Q1/3").sees_last(">");
    let mut question = 1;
    for step in &SCRIPT[..steps] {
        match step {
            Keys(keys) => {
                me.keys(keys);
            }
            Send => {
                question += 1;
                me.keys("\r\r").sees("[Enter] next").keys("\r");
                me.sees(&format!("Q{question}/3")).sees_last(">");
            }
        }
    }
    // From here on the text is in the program, and its age counts.
    let last = draft(steps).trim_end().lines().last().unwrap_or_default();
    me.sees(last);
    let typed = Instant::now();
    while typed.elapsed() < wait {
        std::thread::sleep(Duration::from_millis(1));
    }
    me.kill();
    let store = Store::open(&viva.data()).unwrap();
    let session = store.unfinished_session().unwrap().expect("the session");
    let stored = store.assessed(session.id).unwrap();
    Left {
        answers: stored.into_iter().map(|stored| stored.attempt.answer).collect(),
        draft: session.draft,
    }
}

/// The draft after the first `steps` steps, as the editor has it.
fn draft(steps: usize) -> &'static str {
    match steps {
        1 => "One K/V ",
        2 => "One K/V head is shared ",
        3 => "One K/V head is shared by all query heads.",
        4 => "One K/V head is shared by all query heads.\nThe cache ",
        5 => "One K/V head is shared by all query heads.\nThe cache gets smaller.",
        7 => "激活函数",
        8 => "激活函数有 ReLU、",
        9 => "激活函数有 ReLU、GELU 和 SwiGLU。",
        10 => "激活函数有 ReLU、GELU 和 SwiGLU。\n\n门控",
        11 => "激活函数有 ReLU、GELU 和 SwiGLU。\n\n门控更好。",
        12 => "激活函数有 ReLU、GELU 和 SwiGLU。\n\n门控更好",
        14 => "RMSNorm ",
        15 | 16 => "RMSNorm drops the mean",
        17 => "RMSNorm drops the meingan",
        18 => "RMSNorm drops the meingan and bias.",
        19 => "RMSNorm drops the meingan and bias.pasted\nlines\n\n",
        20 => "RMSNorm drops the meingan and bias.pasted\nlines\n\nend",
        _ => "",
    }
}

fn submitted(steps: usize) -> Vec<&'static str> {
    let all = [draft(5), draft(12)];
    let sent = SCRIPT[..steps].iter().filter(|step| matches!(step, Send)).count();
    all[..sent].to_vec()
}

#[test]
fn after_each_step_everything_is_in_the_store_within_300_ms() {
    for steps in 0..=SCRIPT.len() {
        let whole = Left {
            answers: submitted(steps).into_iter().map(str::to_owned).collect(),
            draft: draft(steps).to_owned(),
        };
        // A machine that was busy elsewhere for 300 ms says nothing about the
        // program: a moment counts as failed when it fails each time.
        let mut left = killed(steps, DRAFT_AGE);
        for _ in 0..4 {
            assert_eq!(left.answers, whole.answers, "answers after step {steps}");
            if left == whole {
                break;
            }
            left = killed(steps, DRAFT_AGE);
        }
        assert_eq!(left, whole, "after step {steps}");
    }
}

#[test]
fn a_kill_at_any_moment_leaves_every_answer_and_a_draft_that_once_stood() {
    for steps in 1..=SCRIPT.len() {
        let left = killed(steps, Duration::from_millis((steps as u64 * 37) % 140));
        assert_eq!(left.answers, submitted(steps), "answers after step {steps}");
        // The draft of an earlier moment, while the last change was on its way.
        let earlier = (0..=steps).any(|step| draft(step) == left.draft);
        let begun = draft(steps).starts_with(&left.draft);
        assert!(earlier || begun, "draft after step {steps}: {:?}", left.draft);
    }
}
