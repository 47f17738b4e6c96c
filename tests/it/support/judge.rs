//! A grader behind HTTP: reads the request as a model would and replies in form.

use serde_json::{Map, Value, json};

use super::{Reply, Request};

/// What a grading request asks.
pub(crate) struct Asked {
    /// Claims of the points, in order.
    pub(crate) points: Vec<String>,
    /// Claims of the misconceptions, in order.
    pub(crate) misconceptions: Vec<String>,
    /// The answer, out of its fence.
    pub(crate) answer: String,
    pub(crate) nonce: String,
    /// The whole user message.
    pub(crate) user: String,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Self {
        let body = request.json();
        let user = body["messages"][1]["content"].as_str().expect("a user message").to_owned();
        let fence = user.rfind("<answer-").expect("a fence");
        let nonce = user[fence + 8..].split('>').next().unwrap_or_default().to_owned();
        let json = user[fence..].lines().nth(1).expect("an answer in the fence");
        let numbered = |letter: char| {
            let is_claim = |line: &&str| {
                let number = line.strip_prefix(letter).and_then(|rest| rest.split_once(". "));
                number.is_some_and(|(n, _)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
            };
            let claims = user[..fence].lines().filter(is_claim);
            claims.map(|line| line.split_once(". ").expect("a claim").1.to_owned()).collect()
        };
        Self {
            points: numbered('p'),
            misconceptions: numbered('m'),
            answer: serde_json::from_str(json).expect("the answer as a JSON string"),
            nonce,
            user,
        }
    }

    /// A reply in form: `verdict` gives verdict and quotes for each claim.
    pub(crate) fn reply(&self, verdict: impl Fn(&str) -> (&'static str, Vec<String>)) -> Reply {
        Reply::completion(&self.object(verdict).to_string())
    }

    /// The object of such a reply, to be damaged by a test.
    pub(crate) fn object(&self, verdict: impl Fn(&str) -> (&'static str, Vec<String>)) -> Value {
        let mut object = Map::new();
        object.insert("nonce".to_owned(), json!(self.nonce));
        for (index, claim) in self.points.iter().enumerate() {
            let (verdict, quotes) = verdict(claim);
            let point = json!({ "quotes": quotes, "why": "Because.", "verdict": verdict });
            object.insert(format!("p{}", index + 1), point);
        }
        for index in 0..self.misconceptions.len() {
            object.insert(format!("m{}", index + 1), json!({ "quotes": [], "held": false }));
        }
        object.insert("clarity".to_owned(), json!("clear"));
        object.insert("feedback".to_owned(), json!([{ "point": "p1", "text": "Say more." }]));
        Value::Object(object)
    }

    /// The answer's first `n` words, as a quote.
    pub(crate) fn first_words(&self, n: usize) -> String {
        self.answer.split_whitespace().take(n).collect::<Vec<_>>().join(" ")
    }
}

/// A reply that grants every point, with the answer's first words as the quote.
pub(crate) fn met(request: &Request) -> Reply {
    let asked = Asked::of(request);
    let quote = asked.first_words(6);
    asked.reply(|_| ("met", vec![quote.clone()]))
}
