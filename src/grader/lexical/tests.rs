//! What the lexical grader promises on a small question.

use super::*;
