//! Presets are complete and valid; layers win in order; what is wrong is named with its place.

use super::*;
use crate::llm::capability::Rung;

fn layer(origin: &str, text: &str) -> Layer {
    Layer { origin: origin.into(), fields: toml::from_str(text).expect("valid TOML") }
}

fn error(layers: &[Layer]) -> String {
    Profile::resolve("mine", layers).expect_err("not valid").to_string()
}

#[test]
fn every_promised_preset_is_there_and_names_its_key_variable() {
    let promised = [
        "azure",
        "dashscope",
        "deepseek",
        "doubao",
        "gemini",
        "groq",
        "litellm",
        "llama-cpp",
        "lm-studio",
        "mistral",
        "moonshot",
        "ollama",
        "openai",
        "openrouter",
        "sglang",
        "siliconflow",
        "vllm",
        "zhipu",
    ];
    assert_eq!(preset_names(), promised);
    for name in promised {
        let profile = Profile::resolve(name, &[]).expect(name);
        assert_eq!(profile.name, name);
        assert!(profile.base_url.starts_with("http"), "{name}");
        assert!(profile.api_key_env.ends_with("_KEY") || profile.api_key_env.ends_with("_TOKEN"));
        assert!(profile.model.is_empty(), "{name}: models go stale");
        assert_eq!(profile.local, profile.base_url.contains("localhost") && name != "litellm");
    }
}

#[test]
fn a_layer_changes_only_what_it_says() {
    let user = layer(
        "config",
        "model = 'm'\ntimeouts = { total = 60 }\nextra_body = { provider = { sort = 'price' } }",
    );
    let profile = Profile::resolve("openrouter", &[user]).expect("valid");
    assert_eq!(profile.base_url, "https://openrouter.ai/api/v1");
    assert_eq!(profile.timeouts, Timeouts { total: 60, ..Timeouts::default() });
    let provider = &profile.extra_body["provider"];
    assert_eq!(provider["require_parameters"], true);
    assert_eq!(provider["sort"], "price");
}

#[test]
fn later_layers_win_and_a_preset_can_carry_another_name() {
    let file = layer("config", "preset = 'deepseek'\nmodel = 'a'\nomit = ['seed', 'n']");
    let flag = layer("--model", "model = 'b'\nomit = []");
    let profile = Profile::resolve("mine", &[file, flag]).expect("valid");
    assert_eq!((profile.name.as_str(), profile.model.as_str()), ("mine", "b"));
    assert_eq!(profile.api_key_env, "DEEPSEEK_API_KEY");
    assert!(profile.omit.is_empty(), "lists are replaced, not joined");
}

#[test]
fn a_name_without_preset_starts_from_the_defaults() {
    let profile =
        Profile::resolve("mine", &[layer("config", "base_url = 'http://h/v1'")]).expect("valid");
    let expected =
        Profile { name: "mine".into(), base_url: "http://h/v1".into(), ..Profile::default() };
    assert_eq!(profile, expected);
}

#[test]
fn what_is_wrong_is_named_with_the_layer_it_stands_in() {
    let good = layer("preset file", "model = 'm'");
    for (text, named) in [
        ("temprature = 0", "unknown field `temprature`"),
        ("api_key = 'sk-1'", "unknown field `api_key`"),
        ("timeouts = { idle = 3 }", "unknown field `idle`"),
        ("timeouts = { read = -1 }", "invalid value"),
        ("auth = 'basic'", "must be bearer, api-key, header:NAME or none"),
        ("auth = 'header:a b'", "must be bearer"),
        ("structured = 'yaml'", "unknown variant `yaml`"),
        ("preset = 'closedai'", "there is no preset `closedai`; there are azure, dashscope"),
    ] {
        let said = error(&[good.clone(), layer("config.toml [endpoint.mine]", text)]);
        assert!(said.starts_with("config.toml [endpoint.mine]: "), "{said}");
        assert!(said.contains(named), "{said}");
        assert!(!said.contains("sk-1"), "{said}");
    }
}

#[test]
fn a_profile_survives_being_written_down() {
    for name in preset_names() {
        let profile =
            Profile::resolve(&name, &[layer("x", "auth = 'header:X-Key'")]).expect("valid");
        let text = toml::to_string(&profile).expect("serialisable");
        let again = Profile::resolve(&name, &[layer("x", &text)]).expect("valid");
        assert_eq!(again, profile);
    }
}

#[test]
fn automatic_fields_start_at_the_safest_promise() {
    assert_eq!(Rung::from(Structured::Auto), Rung::JsonSchemaStrict);
    assert_eq!(TokenField::from(TokenLimitField::Auto), TokenField::MaxTokens);
}
