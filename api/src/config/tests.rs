use std::path::Path;

use serde_json::Value;

use super::*;

const EXAMPLE: &str = include_str!("../../../rathaus.example.toml");

fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables = environment.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    Config::read(Path::new("rathaus.toml"), text, variables)
}

fn problem(text: &str, environment: &[(&str, &str)]) -> String {
    read(text, environment).map(|_| String::new()).unwrap_or_else(|error| error.to_string())
}

/// The example with every setting switched on.
fn spelled_out() -> String {
    EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if setting.starts_with(|c: char| c == '[' || c.is_ascii_lowercase()) => setting,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
        // The secrets of the example are refused.
        .replace("replace-me", "changed-it")
}

fn leaves(prefix: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, member) in members {
                leaves(&format!("{prefix}.{key}"), member, found);
            }
        }
        _ => {
            found.insert(prefix.trim_start_matches('.').into(), value.clone());
        }
    }
}

fn settings(config: &Config) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    leaves("", &serde_json::to_value(config).unwrap(), &mut found);
    found
}

#[test]
fn the_example_changes_nothing_until_edited() {
    assert_eq!(settings(&read(EXAMPLE, &[]).unwrap()), settings(&Config::default()));
}

#[test]
fn the_example_names_every_setting_with_its_default() {
    let postgres = [("RATHAUS__DATABASE__URL", "postgres://localhost/rathaus")];
    let mut example = settings(&read(&spelled_out(), &postgres).unwrap());
    let mut defaults = settings(&Config::default());
    example.remove("database.url");
    let Some(Value::String(url)) = defaults.remove("database.url") else { panic!() };
    assert!(EXAMPLE.contains(&format!("\n#url = \"{url}\"")));
    for (name, value) in &example {
        assert!(!value.is_null(), "{name} is missing in rathaus.example.toml");
        let written = name.rsplit('.').next().unwrap();
        assert!(
            EXAMPLE.contains(&format!("\n#{written} = ")),
            "{name} is not written in rathaus.example.toml"
        );
    }
    for (name, value) in defaults {
        if !value.is_null() && name != "push.apps" {
            assert_eq!(example.get(&name), Some(&value), "the example states another default of {name}");
        }
    }
    assert_eq!(example.keys().filter(|name| name.starts_with("push.apps.default.")).count(), 11);
}

#[test]
fn the_environment_wins() {
    let config = read(
        "[http]\nlisten = \"127.0.0.1:1\"\n",
        &[
            ("RATHAUS__HTTP__LISTEN", "0.0.0.0:8081"),
            ("RATHAUS__HTTP__TRUSTED_PROXIES", "10.0.0.0/8, 192.168.1.7"),
            ("RATHAUS__AUTH__ACCESS_TOKEN_MINUTES", "5"),
            ("RATHAUS__PUSH__APPS__DEFAULT__FCM__SERVICE_ACCOUNT", "/run/secrets/fcm.json"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.http.listen.port(), 8081);
    assert!(config.http.trusted_proxies.contain("10.1.2.3".parse().unwrap()));
    assert!(config.http.trusted_proxies.contain("::ffff:192.168.1.7".parse().unwrap()));
    assert!(!config.http.trusted_proxies.contain("192.168.1.8".parse().unwrap()));
    assert_eq!(config.auth.access_token_minutes, 5);
    assert!(config.push.apps["default"].fcm.is_some());
}

#[test]
fn a_wrong_setting_is_named_and_its_value_kept_back() {
    let sentence = problem("[http]\nlisten = \"hunter2\"\n", &[]);
    assert!(sentence.starts_with("Setting http.listen "), "{sentence}");
    assert!(sentence.contains("RATHAUS__HTTP__LISTEN"), "{sentence}");
    let sentence = problem("", &[("RATHAUS__AUTH__ACCESS_TOKEN_MINUTES", "hunter2")]);
    assert!(sentence.starts_with("Setting auth.access_token_minutes "), "{sentence}");
    assert!(!sentence.contains("hunter2"), "{sentence}");
    for (text, name) in [
        ("[database]\nurl = \"mysql://hunter2\"", "database.url"),
        ("[http]\npublic_url = \"https://example.org/api\"", "http.public_url"),
        ("[http]\npublic_url = \"hunter2\"", "http.public_url"),
        ("[http]\ntrusted_proxies = [\"hunter2\"]", "http.trusted_proxies"),
        ("[files]\nurl = \"hunter2\"", "files.url"),
        ("[auth]\nsecret = \"hunter2\"", "auth.secret"),
        ("[auth]\nsecret = \"replace-me-with-at-least-32-random-characters\"", "auth.secret"),
        ("[auth]\nsecret = \"22222222222222222222222222222222222222\"", "auth.secret"),
        (
            "[sms.kannel]\nurl = \"http://k/\"\nuser = \"r\"\npassword = \"replace-me\"\nfrom = \"B\"",
            "sms.kannel.password",
        ),
        (
            "[sms.kannel]\nurl = \"http://k/\"\nuser = \"r\"\npassword = \"p\"\nfrom = \"TwelveLetter\"",
            "sms.kannel.from",
        ),
        ("[auth]\naccess_token_minutes = 16", "auth.access_token_minutes"),
        ("[worker]\nlease_seconds = -1", "worker.lease_seconds"),
        ("[worker]\nlease_seconds = 20", "worker.lease_seconds"),
        ("[http]\nbody_seconds = 0", "http.body_seconds"),
        ("[log]\nformat = \"hunter2\"", "log.format"),
        ("[email]\nsmtp_url = \"hunter2\"", "email.smtp_url"),
        ("[database]\nowner_url = \"postgres://localhost/rathaus\"", "database.owner_url"),
        (
            "[database]\nurl = \"postgres://db/hunter2\"\nowner_url = \"sqlite://hunter2\"",
            "database.owner_url",
        ),
        ("[database]\nconnections = 0", "database.connections"),
        ("[push.apps.default.apns]\nkey = \"k.p8\"", "push.apps.default.apns.key_id"),
    ] {
        let sentence = problem(text, &[]);
        assert!(sentence.starts_with(&format!("Setting {name} ")), "{text}: {sentence}");
        assert!(!sentence.contains("hunter2"), "{sentence}");
    }
}

#[test]
fn an_unknown_setting_is_named() {
    assert!(problem("[http]\nlissten = 1", &[]).contains("no setting http.lissten"));
    assert!(problem("[htttp]\nlisten = 1", &[]).contains("no setting htttp"));
    assert!(problem("", &[("RATHAUS__HTTP__LISSTEN", "1")]).contains("no setting http.lissten"));
    assert!(
        problem("[push.apps.default.fcm]\nservice_account = \"a\"\nkey = 1", &[])
            .contains("no setting push.apps.default.fcm.key")
    );
}

#[test]
fn a_broken_file_says_where() {
    assert!(problem("[http\n", &[]).contains("rathaus.toml cannot be read"));
    let missing = Config::load(Some(Path::new("/nonexistent/rathaus.toml"))).unwrap_err();
    assert!(missing.to_string().contains("/nonexistent/rathaus.toml"));
}

#[test]
fn secrets_are_never_shown() {
    let config = read(
        "[database]\nurl = \"postgres://app:hunter2@db/rathaus?password=hunter2\"\n[auth]\nsecret = \"hunter2hunter2hunter2hunter2hunter2\"\n[email]\nsmtp_url = \"smtp://a:hunter2@mail\"",
        &[],
    )
    .unwrap();
    assert!(!format!("{config:?}{}", serde_json::to_string(&config).unwrap()).contains("hunter2"));
    assert!(config.secret().is_ok());
    assert!(Config::default().secret().unwrap_err().to_string().contains("auth.secret is not set"));
    assert_eq!(config.issuer(), "http://127.0.0.1:8080");
}

#[test]
fn one_underscore_too_few_is_told() {
    let names = [
        "RATHAUS_HTTP_LISTEN",
        "RATHAUS_HTTP__PUBLIC_URL",
        "RATHAUS_SMS_KANNEL_URL",
        "RATHAUS_PUSH_APPS_DEFAULT_FCM",
        // Read, somebody else's, and what Kubernetes says of a service.
        "RATHAUS__HTTP__LISTEN",
        "RATHAUS_TEST_DATABASES",
        "RATHAUS_HTTP_PORT",
        "RATHAUS_SERVICE_HOST",
        "RATHAUS",
        "PATH",
    ];
    let told = Config::overlooked(names.map(str::to_owned));
    assert_eq!(told.len(), 4, "{told:#?}");
    assert!(told[0].starts_with("RATHAUS_HTTP_LISTEN is not read: the setting http.listen"), "{}", told[0]);
    assert!(told[0].contains("RATHAUS__HTTP__LISTEN"), "{}", told[0]);
    assert!(told[1].contains("RATHAUS__HTTP__PUBLIC_URL"), "{}", told[1]);
    assert!(told[2].contains("RATHAUS__SMS__KANNEL__URL"), "{}", told[2]);
}
