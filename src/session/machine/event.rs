//! What goes into the machine and what comes out: plain data.

use crate::domain::{Answer, Lang};
use crate::session::command::Command;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The interview begins or goes on.
    Begin,
    /// A text was handed over with Enter.
    Entered(String),
    /// The external editor was asked for by its keys, at this text.
    EditorKeys(String),
    /// The command line was asked for by its keys, at this text.
    CommandKeys(String),
    /// The external editor gave back a text.
    Edited(String),
    /// The external editor failed; the draft is as it was.
    NotEdited,
    /// Ctrl-Z, at this text.
    Suspend(String),
    /// Ctrl-C, at this text.
    Interrupt(String),
    /// Ctrl-D on an empty text, or the end of the input.
    End(String),
    /// The terminal is gone, or the process is told to end, at this text.
    Gone(String),
    /// A question is done with that had no review.
    GoOn,
    /// The answer has its assessment.
    Graded,
    /// The answer could not be graded now.
    LeftPending,
    /// Ctrl-C while the answer was being graded.
    GradingInterrupted,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Show the question.
    Question,
    /// Read an answer, starting from this text.
    Read(String),
    /// Read one line for the review of a graded answer, starting from this text.
    ReadReview(String),
    /// Read a command while an answer's draft is put aside.
    ReadCommand,
    /// Read the choice that Ctrl-D offers.
    ReadChoice,
    /// Stop until the shell lets the program go on.
    Suspend,
    /// Open the external editor on this text.
    Edit(String),
    /// Keep this text as the draft.
    Keep(String),
    /// Keep an attempt for good.
    Submit(Submission),
    /// Grade what was submitted.
    Grade,
    /// Come back with [`Event::GoOn`] once all before this has been carried out.
    GoOn,
    /// Show the assessment.
    Feedback,
    /// Show the hint of this point.
    Hint(String),
    /// Show the reference and its sources.
    Reference,
    /// Show the samples.
    Samples,
    /// Show this draft.
    Draft(String),
    /// Show what can be done.
    Help(Place),
    /// Tell something.
    Say(Notice),
    /// The interview is over.
    Over(Ending),
}

/// An attempt at a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Submission {
    /// An answer, with the hints taken and the seconds since the question.
    Answer {
        /// The answer.
        answer: Answer,
        /// Hints taken.
        hints: u32,
        /// Seconds since the question was shown.
        seconds: u64,
    },
    /// "I don't know", with what had been typed all the same.
    GaveUp {
        /// The draft, which is kept and not graded.
        draft: String,
        /// Hints taken.
        hints: u32,
        /// Seconds since the question was shown.
        seconds: u64,
    },
    /// On without an answer, with what had been typed all the same.
    Skipped {
        /// The draft, which is kept and not graded.
        draft: String,
    },
}

/// Where the candidate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Answering.
    Typing,
    /// Looking at an assessment.
    Review,
}

/// Something to tell; the texts are the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Nothing was typed.
    Empty,
    /// There is no such command.
    UnknownCommand(String),
    /// The command works after grading.
    NotYet(Command),
    /// The command works while answering.
    TooLate(Command),
    /// The last line of the answer is a command.
    CommandInText(Command),
    /// The answer is longer than what is graded.
    TooLong(usize),
    /// No point is left that has a hint.
    NoMoreHints,
    /// The question does not exist in this language.
    NotIn(Lang),
    /// Ctrl-C once; whether there is a draft.
    Interrupted {
        /// Whether a draft was kept.
        draft: bool,
    },
    /// Text was typed where none is asked for; it stays on the line.
    NotAsked,
    /// The draft came back from the editor.
    Edited,
    /// The question was skipped.
    Skipped,
}

/// How an interview ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With its last question, or by the candidate's word.
    Finished,
    /// Left, to be resumed.
    Left,
    /// Left by Ctrl-C, to be resumed.
    Interrupted,
}
