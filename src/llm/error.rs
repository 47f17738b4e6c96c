//! What can go wrong, sorted by who has to act.
//!
//! A [`Class`] says what a run should do next, a [`Kind`] says what happened.
//! The sorting itself is [`super::classify`]; the sentence for the user is
//! [`super::advice`]. Nothing here holds text that has not been scrubbed of the
//! key: a [`CallError`] is only made where the key is known.

use std::fmt;
use std::time::Duration;

use super::wire::Usage;

/// Who has to act after a failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// No request of this run can succeed until a person changes something.
    RunFatal {
        /// Whether paying or waiting is enough, so that the same command can simply be run again.
        resumable: bool,
    },
    /// This request can never succeed; others may.
    ItemFinal,
    /// The same request may succeed later.
    Retryable,
    /// The request may succeed once one parameter is dropped, renamed or lowered.
    Adaptable {
        /// The parameter the server objects to.
        parameter: Parameter,
    },
}

/// A part of the request that can be changed to please a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// `temperature`, which reasoning models refuse.
    Temperature,
    /// The name of the token limit: `max_tokens` or `max_completion_tokens`.
    TokenLimitName,
    /// The token limit itself, which was too small for the reply.
    TokenLimit,
    /// `response_format`: one rung lower on the ladder.
    ResponseFormat,
    /// `maxLength`, `maxItems` and their like inside the schema.
    SchemaBounds,
    /// Another top-level field of the request, by name.
    Extra(String),
    /// The server refuses the combination and names no field.
    Unnamed,
}

/// Why a server could not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The host name does not resolve.
    Dns,
    /// Nothing listens on that port.
    Refused,
    /// The TLS handshake failed.
    Tls,
    /// Anything else before the request was sent, a connect timeout among it.
    Other,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No connection could be made.
    Unreachable(Reach),
    /// The connection broke before the whole reply had come.
    ConnectionLost,
    /// The server was silent for too long, or the reply took too long in total.
    Timeout,
    /// The server answered with a redirect, which is never followed.
    Redirect,
    /// The key is missing, wrong, or bound to something else.
    KeyRefused,
    /// The key is known but may not do this.
    AccessDenied,
    /// The server does not know the model.
    ModelNotFound,
    /// The server does not know the path.
    RouteNotFound,
    /// Balance, credits, or a cap of a day or longer is used up.
    Quota,
    /// The cap that the user set on cost, tokens or calls is used up; nothing was sent.
    Budget,
    /// The run was told to stop; nothing was sent.
    Stopped,
    /// Too many requests or tokens in a short time.
    RateLimited,
    /// The server is overloaded, loading, or in trouble of its own.
    Unavailable,
    /// The request does not fit into the model's context.
    TooLong,
    /// A filter of the server stopped the request.
    Blocked,
    /// The model, or a filter on its output, declined to answer.
    Refused,
    /// The reply ended at the token limit, twice.
    Truncated,
    /// The reply held no text.
    Empty,
    /// The body was no chat completion: not JSON, cut short, or too large.
    InvalidBody,
    /// The server's own check of the model's JSON failed.
    InvalidGeneration,
    /// The server rejected the request for a reason that nothing here can mend.
    RequestRejected,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable(_) => "unreachable",
            Self::ConnectionLost => "connection lost",
            Self::Timeout => "timeout",
            Self::Redirect => "redirect",
            Self::KeyRefused => "key refused",
            Self::AccessDenied => "access denied",
            Self::ModelNotFound => "model not found",
            Self::RouteNotFound => "route not found",
            Self::Quota => "quota used up",
            Self::Budget => "budget spent",
            Self::Stopped => "stopped",
            Self::RateLimited => "rate limited",
            Self::Unavailable => "unavailable",
            Self::TooLong => "too long",
            Self::Blocked => "blocked",
            Self::Refused => "refused",
            Self::Truncated => "truncated",
            Self::Empty => "empty",
            Self::InvalidBody => "invalid body",
            Self::InvalidGeneration => "invalid generation",
            Self::RequestRejected => "request rejected",
        })
    }
}

impl Kind {
    /// Its name in Chinese.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Unreachable(_) => "连接不上",
            Self::ConnectionLost => "连接中断",
            Self::Timeout => "超时",
            Self::Redirect => "被重定向",
            Self::KeyRefused => "密钥被拒绝",
            Self::AccessDenied => "没有访问权限",
            Self::ModelNotFound => "没有这个模型",
            Self::RouteNotFound => "没有这个路径",
            Self::Quota => "额度用完",
            Self::Budget => "预算用完",
            Self::Stopped => "已停止",
            Self::RateLimited => "请求过于频繁",
            Self::Unavailable => "服务不可用",
            Self::TooLong => "超出上下文长度",
            Self::Blocked => "被过滤器拦下",
            Self::Refused => "模型拒绝作答",
            Self::Truncated => "回复被截断",
            Self::Empty => "回复为空",
            Self::InvalidBody => "回复不是聊天补全的格式",
            Self::InvalidGeneration => "服务器判定生成无效",
            Self::RequestRejected => "请求被拒绝",
        }
    }
}

/// A failed call, after everything that could be tried has been tried.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct CallError {
    /// What a run should do next; never [`Class::Adaptable`], since adapting is over.
    pub class: Class,
    /// What happened.
    pub kind: Kind,
    /// What the server or the network said, scrubbed, at most a few hundred characters.
    pub message: String,
    /// One sentence for the user: what to do about it.
    pub advice: String,
    /// The same in Chinese.
    pub advice_zh: String,
    /// How long the server asked to wait, where it said so.
    pub retry_after: Option<Duration>,
    /// Requests sent for this call, the last one included.
    pub calls: u32,
    /// Of these, the requests that may have cost tokens which nobody reported.
    pub unreported: u32,
    /// Tokens that the server reported for these requests.
    pub usage: Usage,
}

/// Why an endpoint cannot be set up. Nothing has been sent yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The profile's `base_url` cannot be used.
    #[error("base_url of endpoint `{endpoint}` {reason}")]
    BaseUrl {
        /// Name of the endpoint.
        endpoint: String,
        /// What is wrong with it and what would be right.
        reason: String,
    },
    /// The profile names no model.
    #[error("endpoint `{0}` names no model: set `model` or pass --model")]
    NoModel(String),
    /// A profile field holds something it may not.
    #[error("`{field}` of endpoint `{endpoint}` {reason}")]
    Field {
        /// Name of the endpoint.
        endpoint: String,
        /// Name of the field.
        field: &'static str,
        /// What is wrong with it and what would be right.
        reason: String,
    },
    /// The key would travel unencrypted to another machine.
    #[error(
        "refusing to send a key over plain http to {host}: use https, or a server on this machine"
    )]
    PlaintextKey {
        /// The host that would have received it.
        host: String,
    },
    /// The key cannot be a key.
    #[error("the API key {0}")]
    Key(&'static str),
    /// The HTTP client could not be built.
    #[error("cannot set up the HTTP client: {0}")]
    Client(String),
}

/// A failure on the way to becoming a [`CallError`]: its text is not scrubbed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) class: Class,
    pub(crate) kind: Kind,
    pub(crate) message: String,
    pub(crate) retry_after: Option<Duration>,
}

impl Fault {
    pub(crate) fn new(class: Class, kind: Kind, message: impl Into<String>) -> Self {
        Self { class, kind, message: message.into(), retry_after: None }
    }

    pub(crate) fn with_hint(mut self, hint: Option<Duration>) -> Self {
        self.retry_after = hint;
        self
    }
}
