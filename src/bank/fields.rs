//! All texts of a question, each with the path of its field.

use crate::domain::{Localised, Question};

/// Every text that exists in two languages.
pub(super) fn localised(question: &Question) -> Vec<(String, &Localised)> {
    let mut fields =
        vec![("title".to_owned(), &question.title), ("reference".to_owned(), &question.reference)];
    for (index, other) in question.alternatives.iter().enumerate() {
        fields.push((format!("alternatives[{index}]"), other));
    }
    for (index, point) in question.points.iter().enumerate() {
        fields.push((format!("points[{index}].claim"), &point.claim));
        fields.extend(point.hint.iter().map(|hint| (format!("points[{index}].hint"), hint)));
    }
    for (index, wrong) in question.misconceptions.iter().enumerate() {
        fields.push((format!("misconceptions[{index}].claim"), &wrong.claim));
        fields.push((format!("misconceptions[{index}].correction"), &wrong.correction));
    }
    for (index, sample) in question.samples.iter().enumerate() {
        fields.push((format!("samples[{index}].answer"), &sample.answer));
    }
    for (index, follow_up) in question.follow_ups.iter().enumerate() {
        fields.push((format!("follow_ups[{index}].ask"), &follow_up.ask));
    }
    fields
}
