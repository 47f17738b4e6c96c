//! The endpoint client against a real server on loopback.

mod adapting;
mod failures;
mod many;
mod replies;
mod secrets;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use viva::llm::{
    CallError, Capabilities, ChatReply, ChatRequest, Endpoint, InMemory, KeySource, Layer, Options,
    Profile, Secret,
};

use crate::support::{InstantClock, Server};

/// An endpoint to be set up, with everything that tests look at afterwards.
struct Bench {
    model: &'static str,
    profile: String,
    key: Option<Secret>,
    patience: Duration,
    clock: Arc<InstantClock>,
    capabilities: Arc<dyn Capabilities>,
}

impl Bench {
    fn new() -> Self {
        Self {
            model: "test-model",
            profile: String::new(),
            key: None,
            patience: Duration::from_mins(10),
            clock: Arc::default(),
            capabilities: Arc::new(InMemory::default()),
        }
    }

    /// Adds a line to the profile.
    fn set(mut self, line: &str) -> Self {
        self.profile += line;
        self.profile += "\n";
        self
    }

    fn model(mut self, model: &'static str) -> Self {
        self.model = model;
        self
    }

    fn key(mut self, key: &str) -> Self {
        self.key = Some(Secret::new(key).expect("a valid key"));
        self
    }

    fn patience(mut self, seconds: u64) -> Self {
        self.patience = Duration::from_secs(seconds);
        self
    }

    fn endpoint_at(&self, base_url: &str) -> Endpoint {
        let profile = self.profile_at(base_url);
        let variable = profile.api_key_env.clone();
        let key = match self.key {
            Some(_) => KeySource::Env(variable),
            None => KeySource::Missing(Some(variable)),
        };
        let options =
            Options { patience: self.patience, key, seed: 1, clock: Arc::clone(&self.clock) as _ };
        let capabilities = Arc::clone(&self.capabilities);
        Endpoint::new(profile, self.key.clone(), capabilities, options).expect("a valid endpoint")
    }

    fn profile_at(&self, base_url: &str) -> Profile {
        let Self { model, profile, .. } = self;
        let text = format!("base_url = '{base_url}'\nmodel = '{model}'\n{profile}");
        let fields = toml::from_str(&text).expect("valid TOML");
        Profile::resolve("test", &[Layer { origin: "test".into(), fields }]).expect("valid fields")
    }

    fn endpoint(&self, server: &Server) -> Endpoint {
        self.endpoint_at(&server.base_url())
    }

    async fn chat(&self, server: &Server) -> Result<ChatReply, CallError> {
        self.endpoint(server).chat(&request()).await
    }
}

fn request() -> ChatRequest {
    ChatRequest {
        system: "You grade. Reply in JSON.".into(),
        user: "the answer".into(),
        schema: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "quotes": { "type": "array", "maxItems": 3, "items": { "type": "string", "maxLength": 80 } },
                "why": { "type": "string", "maxLength": 200 },
                "verdict": { "enum": ["met", "missing"] },
                "maxLength": { "type": "string" },
            },
            "required": ["quotes", "why", "verdict", "maxLength"],
            "additionalProperties": false,
        }),
        max_output_tokens: 300,
    }
}

/// A port on which nothing listens.
fn closed_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}/v1", listener.local_addr().expect("an address"))
}
