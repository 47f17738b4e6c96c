//! One sentence for the user: what to do about a failed call.
//!
//! Says what can be done and names the setting to change; what happened is the
//! error's own message. Knows the profile and the kind of failure, never text
//! that came from a server.

use super::error::{Kind, Reach};
use super::profile::{Auth, Profile};
use super::secret::KeySource;

/// What a person can do about `kind` at the endpoint of `profile`, in English and in Chinese.
pub(crate) fn advice(kind: Kind, profile: &Profile, key: &KeySource) -> [String; 2] {
    let Profile { base_url: base, model, name, .. } = profile;
    match kind {
        Kind::Unreachable(reach) => unreachable(reach, base),
        Kind::Redirect => [
            format!("set base_url to the address the server names; {base} is not it"),
            format!("把 base_url 改成服务器给出的地址；{base} 不对"),
        ],
        Kind::KeyRefused => key_of(profile, key),
        Kind::ModelNotFound => [
            format!("check the model name `{model}`; `viva doctor` lists what the server offers"),
            format!("检查模型名 `{model}`；`viva doctor` 会列出服务器提供的模型"),
        ],
        Kind::RouteNotFound => [
            format!(
                "check base_url {base}: most servers want it to end in /v1, some in another path"
            ),
            format!("检查 base_url {base}：多数服务器要求以 /v1 结尾，少数用别的路径"),
        ],
        Kind::InvalidBody => [
            format!("check that base_url {base} is the address of the API and not of a web page"),
            format!("检查 base_url {base} 是不是 API 的地址，而非网页"),
        ],
        Kind::Timeout => [
            format!("raise timeouts.total of endpoint `{name}`, or send fewer requests at once"),
            format!("调大端点 `{name}` 的 timeouts.total，或减少同时发送的请求"),
        ],
        Kind::TooLong if profile.local => [
            "start the server with a larger context, or shorten the answer".into(),
            "用更大的上下文启动服务器，或缩短回答".into(),
        ],
        _ => fixed(kind).map(str::to_owned),
    }
}

fn fixed(kind: Kind) -> [&'static str; 2] {
    match kind {
        Kind::AccessDenied => [
            "check what this key and this network may use at the vendor",
            "到服务商处查看这个密钥和当前网络有权使用什么",
        ],
        Kind::Quota => [
            "check balance and daily limits at the vendor, then run the same command again",
            "到服务商处查看余额和每日限额，然后再运行同一条命令",
        ],
        Kind::Budget => [
            "run the same command again with another --max-cost, --max-tokens or --max-calls",
            "换一个 --max-cost、--max-tokens 或 --max-calls，再运行同一条命令",
        ],
        Kind::Stopped => ["run the same command again", "再运行同一条命令"],
        Kind::RateLimited => [
            "wait and run the same command again, or raise --patience",
            "稍后再运行同一条命令，或调大 --patience",
        ],
        Kind::Unavailable | Kind::ConnectionLost => {
            ["try again later; the server is in trouble", "稍后再试；服务器出了问题"]
        }
        Kind::TooLong => [
            "shorten the answer, or choose a model with a larger context",
            "缩短回答，或换用上下文更大的模型",
        ],
        Kind::Blocked | Kind::Refused => {
            ["have a person grade this answer; it is not a zero", "请人工评这份回答；它不是零分"]
        }
        Kind::Truncated => [
            "choose a model that thinks less, or limit its thinking in extra_body",
            "换用思考较短的模型，或在 extra_body 中限制思考长度",
        ],
        Kind::Empty | Kind::InvalidGeneration => [
            "try again, or set `structured` one rung lower for this endpoint",
            "再试一次，或把这个端点的 `structured` 调低一级",
        ],
        _ => [
            "check extra_body and the other fields of this endpoint's profile",
            "检查这个端点配置中的 extra_body 等字段",
        ],
    }
}

fn unreachable(reach: Reach, base: &str) -> [String; 2] {
    match reach {
        Reach::Dns => [
            format!("check the host name in base_url {base}, and the network"),
            format!("检查 base_url {base} 中的主机名，以及网络"),
        ],
        Reach::Refused => [
            format!("start the server or check base_url {base}"),
            format!("启动服务器，或检查 base_url {base}"),
        ],
        Reach::Tls => [
            format!("check whether {base} should be http or https, and its certificate"),
            format!("检查 {base} 应当用 http 还是 https，以及证书"),
        ],
        Reach::Other => [
            format!("check the network, a proxy, and base_url {base}"),
            format!("检查网络、代理和 base_url {base}"),
        ],
    }
}

fn key_of(profile: &Profile, source: &KeySource) -> [String; 2] {
    let base = &profile.base_url;
    if profile.auth == Auth::None {
        return [
            "set `auth` of this endpoint: no key is sent".into(),
            "请设置这个端点的 `auth`：现在没有发送密钥".into(),
        ];
    }
    match source {
        KeySource::Env(name) => {
            [format!("check the key in {name}"), format!("检查 {name} 中的密钥")]
        }
        KeySource::Command(command) => {
            let program = command.first().map_or("", String::as_str);
            [
                format!("check the key in the output of `{program}`"),
                format!("检查 `{program}` 的输出中的密钥"),
            ]
        }
        KeySource::Missing(name) => {
            let name = name.as_deref().unwrap_or("VIVA_API_KEY");
            [format!("no key was sent: set {name}"), format!("没有发送密钥：请设置 {name}")]
        }
        KeySource::OtherOrigin(name) => [
            format!("no key was sent: {name} is not for {base}; set VIVA_API_KEY for this address"),
            format!("没有发送密钥：{name} 不用于 {base}；请为这个地址设置 VIVA_API_KEY"),
        ],
    }
}
