//! What the machine promises: nothing typed is dropped, and each command does
//! its part in its place.

use super::*;
use crate::domain::Localised;

const AT: Duration = Duration::from_secs(100);

fn question(slug: &str) -> Arc<Question> {
    let text = r#"
title = { en = "What is MQA?", zh = "什么是 MQA？" }
reference = { en = "One K/V head.", zh = "一组 KV。" }
[[points]]
id = "cost"
tier = "should"
claim = { en = "Quality may drop." }
hint = { en = "What does it cost?" }
[[points]]
id = "shared"
tier = "must"
claim = { en = "All heads share one K/V head." }
hint = { en = "Who shares what?" }
[[points]]
id = "silent"
tier = "must"
claim = { en = "No hint here." }
"#;
    let mut question: Question = toml::from_str(text).unwrap();
    question.id = crate::domain::QuestionId::new(format!("attention/{slug}")).unwrap();
    Arc::new(question)
}

fn machine(questions: usize) -> Machine {
    let questions = (0..questions).map(|n| question(&format!("q{n}"))).collect();
    let mut machine = Machine::new(questions, 0, Lang::En, String::new());
    machine.step(Event::Begin, Duration::ZERO);
    machine
}

fn enter(machine: &mut Machine, text: &str) -> Vec<Effect> {
    machine.step(Event::Entered(text.to_owned()), AT)
}

fn read(text: &str) -> Effect {
    Effect::Read(text.to_owned())
}

fn review() -> Effect {
    Effect::ReadReview(String::new())
}

#[test]
fn an_answer_is_kept_before_it_is_graded_and_then_reviewed() {
    let mut machine = machine(2);
    let effects = enter(&mut machine, "One head.\n\nShared.\n");
    let answer = Answer::new("One head.\n\nShared.").unwrap();
    let submission = Submission::Answer { answer, hints: 0, seconds: 100 };
    assert_eq!(effects, [Effect::Submit(submission), Effect::Grade]);
    assert_eq!(machine.step(Event::Graded, AT), [Effect::Feedback, review()]);
    assert_eq!(enter(&mut machine, ""), [Effect::Question, read("")]);
    assert_eq!(machine.position(), 1);
}

#[test]
fn after_the_last_review_it_is_over() {
    let mut machine = machine(1);
    enter(&mut machine, "x");
    machine.step(Event::LeftPending, AT);
    assert_eq!(enter(&mut machine, "/next"), [Effect::Over(Ending::Finished)]);
    assert_eq!(enter(&mut machine, "late"), []);
}

#[test]
fn a_resumed_interview_goes_on_at_its_question_with_its_draft() {
    let questions = vec![question("a"), question("b")];
    let mut machine = Machine::new(questions, 1, Lang::Zh, "半句".to_owned());
    assert_eq!(machine.step(Event::Begin, AT), [Effect::Question, read("半句")]);
    assert_eq!((machine.position(), machine.shown()), (1, Lang::Zh));
}

#[test]
fn an_empty_text_is_no_answer() {
    let mut machine = machine(1);
    for text in ["", "\n\n", "  "] {
        assert_eq!(enter(&mut machine, text), [Effect::Say(Notice::Empty), read("")]);
    }
}

#[test]
fn hints_come_most_important_first_and_are_counted() {
    let mut machine = machine(1);
    let hint = |id: &str| vec![Effect::Hint(id.to_owned()), read("")];
    assert_eq!(enter(&mut machine, "/hint"), hint("shared"));
    assert_eq!(enter(&mut machine, "／提示"), hint("cost"));
    assert_eq!(enter(&mut machine, "/hint"), [Effect::Say(Notice::NoMoreHints), read("")]);
    let effects = enter(&mut machine, "answer");
    let Effect::Submit(Submission::Answer { hints: 2, .. }) = &effects[0] else {
        panic!("{effects:?}")
    };
}

#[test]
fn an_unknown_command_keeps_what_was_typed() {
    let mut machine = machine(1);
    let said = Effect::Say(Notice::UnknownCommand("proc/meminfo says".to_owned()));
    let text = "/proc/meminfo says";
    assert_eq!(enter(&mut machine, text), [said, read(text)]);
    let effects = enter(&mut machine, "//proc/meminfo says");
    let Effect::Submit(Submission::Answer { answer, .. }) = &effects[0] else {
        panic!("{effects:?}")
    };
    assert_eq!(answer.as_str(), text);
}

#[test]
fn a_command_below_an_answer_is_asked_about_once() {
    let mut machine = machine(1);
    let text = "half an answer\n/hint";
    let said = Effect::Say(Notice::CommandInText(Command::Hint));
    assert_eq!(enter(&mut machine, &format!("{text}\n")), [said, read(text)]);
    assert!(matches!(enter(&mut machine, text)[..], [Effect::Submit(_), Effect::Grade]));
}

#[test]
fn a_command_from_the_command_line_keeps_the_draft() {
    let mut machine = machine(1);
    let keys = || Event::CommandKeys("half".to_owned());
    assert_eq!(machine.step(keys(), AT), [Effect::Keep("half".to_owned()), Effect::ReadCommand]);
    assert_eq!(enter(&mut machine, "hint"), [Effect::Hint("shared".to_owned()), read("half")]);
    machine.step(keys(), AT);
    assert_eq!(enter(&mut machine, ""), [read("half")]);
    machine.step(keys(), AT);
    assert_eq!(machine.step(Event::End(String::new()), AT), [read("half")]);
}

#[test]
fn skipping_and_giving_up_keep_the_draft_with_the_attempt() {
    let mut machine = machine(3);
    machine.step(Event::CommandKeys("half".to_owned()), AT);
    let skipped = Submission::Skipped { draft: "half".to_owned() };
    assert_eq!(
        enter(&mut machine, "/skip"),
        [Effect::Submit(skipped), Effect::Say(Notice::Skipped), Effect::GoOn]
    );
    assert_eq!(machine.position(), 0, "what is carried out belongs to this question");
    assert_eq!(machine.step(Event::GoOn, AT), [Effect::Question, read("")]);
    let gave_up = Submission::GaveUp { draft: String::new(), hints: 0, seconds: 0 };
    assert_eq!(enter(&mut machine, "/idk"), [Effect::Submit(gave_up), Effect::Grade]);
    assert_eq!(machine.step(Event::Graded, AT), [Effect::Feedback, review()]);
}

#[test]
fn the_editor_begins_with_the_draft_and_its_failure_changes_nothing() {
    let mut machine = machine(1);
    let draft = || "half".to_owned();
    let opened = [Effect::Keep(draft()), Effect::Edit(draft())];
    assert_eq!(machine.step(Event::EditorKeys(draft()), AT), opened);
    assert_eq!(machine.step(Event::NotEdited, AT), [read("half")]);
    machine.step(Event::EditorKeys(draft()), AT);
    assert_eq!(
        machine.step(Event::Edited("whole".to_owned()), AT),
        [Effect::Keep("whole".to_owned()), Effect::Say(Notice::Edited), read("whole")]
    );
}

#[test]
fn a_suspended_interview_comes_back_to_the_same_line() {
    let mut machine = machine(1);
    let suspend = || Event::Suspend("half".to_owned());
    assert_eq!(
        machine.step(suspend(), AT),
        [Effect::Keep("half".to_owned()), Effect::Suspend, read("half")]
    );
    enter(&mut machine, "answer");
    machine.step(Event::Graded, AT);
    let line = Effect::ReadReview("half".to_owned());
    assert_eq!(machine.step(suspend(), AT), [Effect::Suspend, line]);
}

#[test]
fn one_interrupt_keeps_the_draft_and_two_leave() {
    let mut machine = machine(1);
    let interrupt = || Event::Interrupt("half".to_owned());
    let kept = [
        Effect::Keep("half".to_owned()),
        Effect::Say(Notice::Interrupted { draft: true }),
        read("half"),
    ];
    assert_eq!(machine.step(interrupt(), AT), kept);
    assert_eq!(machine.step(interrupt(), AT + Duration::from_millis(2001)), kept);
    assert_eq!(
        machine.step(interrupt(), AT + Duration::from_secs(4)),
        [Effect::Keep("half".to_owned()), Effect::Over(Ending::Interrupted)]
    );
}

#[test]
fn an_interrupted_grading_goes_on_and_a_second_interrupt_leaves() {
    let mut machine = machine(2);
    enter(&mut machine, "answer");
    assert_eq!(machine.step(Event::GradingInterrupted, AT), [Effect::Feedback, review()]);
    assert_eq!(
        machine.step(Event::Interrupt(String::new()), AT),
        [Effect::Over(Ending::Interrupted)]
    );
}

#[test]
fn the_end_of_input_asks_once_and_then_leaves() {
    let mut machine = machine(2);
    let end = || Event::End(String::new());
    assert_eq!(machine.step(end(), AT), [Effect::ReadChoice]);
    assert_eq!(enter(&mut machine, ""), [read("")]);
    machine.step(end(), AT);
    assert_eq!(machine.step(end(), AT), [Effect::Keep(String::new()), Effect::Over(Ending::Left)]);
}

#[test]
fn the_choice_can_end_the_interview_for_good() {
    let mut machine = machine(2);
    enter(&mut machine, "answer");
    machine.step(Event::Graded, AT);
    machine.step(Event::End(String::new()), AT);
    assert_eq!(enter(&mut machine, ""), [review()]);
    machine.step(Event::End(String::new()), AT);
    assert_eq!(enter(&mut machine, "E"), [Effect::Over(Ending::Finished)]);
}

#[test]
fn commands_say_when_they_are_possible() {
    let mut machine = machine(1);
    let said = Effect::Say(Notice::NotYet(Command::Reference));
    assert_eq!(enter(&mut machine, "/ref"), [said, read("")]);
    enter(&mut machine, "answer");
    machine.step(Event::Graded, AT);
    let said = Effect::Say(Notice::TooLate(Command::Hint));
    assert_eq!(enter(&mut machine, "/hint"), [said, review()]);
    assert_eq!(enter(&mut machine, "ref"), [Effect::Reference, review()]);
    assert_eq!(enter(&mut machine, "/sample"), [Effect::Samples, review()]);
}

#[test]
fn text_typed_at_the_review_stays_on_the_line() {
    let mut machine = machine(2);
    enter(&mut machine, "answer");
    machine.step(Event::Graded, AT);
    let text = "my next answer";
    assert_eq!(
        enter(&mut machine, text),
        [Effect::Say(Notice::NotAsked), Effect::ReadReview(text.to_owned())]
    );
}

#[test]
fn the_question_can_be_seen_in_the_other_language_and_the_next_is_not_changed() {
    let mut machine = machine(2);
    assert_eq!(enter(&mut machine, "/zh"), [Effect::Question, read("")]);
    assert_eq!(machine.shown(), Lang::Zh);
    enter(&mut machine, "/skip");
    machine.step(Event::GoOn, AT);
    assert_eq!(machine.shown(), Lang::En);

    let mut single = Question::clone(&question("single"));
    single.title = Localised::single(Lang::En, "Only English?");
    let mut machine = Machine::new(vec![Arc::new(single)], 0, Lang::En, String::new());
    machine.step(Event::Begin, AT);
    assert_eq!(enter(&mut machine, "/zh"), [Effect::Say(Notice::NotIn(Lang::Zh)), read("")]);
}

#[test]
fn an_answer_beyond_the_limit_stays_a_draft() {
    let mut machine = machine(1);
    let text = "x".repeat(crate::domain::MAX_ANSWER_BYTES + 1);
    let said = Effect::Say(Notice::TooLong(text.len()));
    assert_eq!(enter(&mut machine, &text), [said, read(&text)]);
}

#[test]
fn blank_lines_around_an_answer_go_and_its_indent_stays() {
    assert_eq!(without_blank_ends("\n \n  code\n\ntext \n\n"), "  code\n\ntext");
    assert_eq!(without_blank_ends(" \n\n"), "");
}

#[test]
fn a_terminal_that_is_gone_leaves_at_once_with_the_draft_kept() {
    let mut machine = machine(1);
    assert_eq!(
        machine.step(Event::Gone("half".to_owned()), AT),
        [Effect::Keep("half".to_owned()), Effect::Over(Ending::Interrupted)]
    );
}
