//! Which configs are refused, and the messages.

use super::parse_config;

const GOOD: &str = r##"
[input.trail]
type = "file"
paths = ["./AWSLogs"]
watch = true

[destination.security-team]
type = "slack"
webhook_url = "env:SLACK_WEBHOOK_URL"

[[route]]
min_level = "medium"
to = ["security-team"]

[grouping]
wait = "10s"
"##;

fn problems(text: &str) -> String {
    parse_config(text, "aware.toml").unwrap_err().to_string()
}

#[test]
fn a_good_config() {
    let config = parse_config(GOOD, "aware.toml").unwrap();
    assert_eq!(config.input.len(), 1);
    assert_eq!(config.grouping.wait.unwrap().0.as_secs(), 10);
}

#[test]
fn what_is_refused() {
    let cases = [
        (
            GOOD.replace("webhook_url", "webhok_url"),
            "unknown key `webhok_url` at aware.toml:9:1 (hint: did you mean `webhook_url`?)",
        ),
        (
            GOOD.replace("[grouping]", "[gruping]"),
            "unknown key `gruping` at aware.toml:15:2 (hint: did you mean `grouping`?)",
        ),
        (
            GOOD.replace("\"slack\"", "\"slak\""),
            "`destination.security-team.type` is `slak`, not one of slack, webhook, pagerduty, jsm, teams, alertmanager, template, email, terminal at aware.toml:8:8 (hint: did you mean `slack`?)",
        ),
        (
            GOOD.replace("\"medium\"", "\"meduim\""),
            "`route.min_level` is `meduim`, not one of informational, low, medium, high, critical at aware.toml:12:13 (hint: did you mean `medium`?)",
        ),
        (
            GOOD.replace("watch = true", "watch = \"yes\""),
            "`input.trail.watch` is a string, not true or false at aware.toml:5:9",
        ),
        (
            GOOD.replace("type = \"file\"", ""),
            "`type` is missing from input.trail at aware.toml:2:1",
        ),
        (
            GOOD.replace("paths = [\"./AWSLogs\"]", ""),
            "`paths` is missing from input.trail at aware.toml:2:1",
        ),
        (
            GOOD.replace("to = [\"security-team\"]", "to = [\"security-taem\"]"),
            "no destination is called `security-taem` at aware.toml:13:7 (hint: did you mean `security-team`?)",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(&text), expected);
    }
}

#[test]
fn broken_toml_and_wrong_times() {
    assert!(problems("a = ").contains(" at aware.toml:1:"));
    let wrong = problems(&GOOD.replace("10s", "soon"));
    assert!(
        wrong.contains("`soon` is not a length of time (hint: write `30s`, `5m` or `4h`)"),
        "{wrong}"
    );
    assert!(wrong.contains("aware.toml:16:"), "{wrong}");
}

#[test]
fn names_that_name_nothing() {
    let route = GOOD.replace("to = [", "accounts = [\"prod\"]\nto = [");
    assert!(problems(&route).starts_with(
        "`prod` is neither a 12-digit account id nor a known account at aware.toml:13:"
    ));
    let known =
        "account.prod = { id = \"111122223333\", owner = \"web\", environment = \"production\" }\n";
    assert!(parse_config(&format!("{known}{route}"), "aware.toml").is_ok());
    let tagged = |tags: &str| {
        problems(&format!("{known}{}", GOOD.replace("to = [", &format!("{tags}\nto = ["))))
    };
    assert!(
        tagged("owners = [\"wbe\"]").contains("no account has the owner `wbe` at aware.toml:14:")
    );
    assert!(tagged("environments = [\"test\"]").contains("no account has the environment `test`"));
    let both = "accounts = [\"222233334444\"]\nowners = [\"web\"]";
    assert!(tagged(both).contains("matches no account: none fits all that it asks for"));
    let mention = GOOD.replace("[[route]]", "mention = { hihg = \"<!here>\" }\n[[route]]");
    let told = problems(&mention);
    assert!(told.contains("aware.toml:11:13 (hint: did you mean `high`?)"), "{told}");
}

/// What is shown parses back to the same config, with every default and without secrets.
#[test]
fn what_is_shown_is_a_config() {
    let text = GOOD.to_owned()
        + r#"
[destination.siem]
type = "webhook"
url = "https://siem.example.com/hooks/canary?token=canary"
secrets = ["file:/etc/aware/siem.secret"]
[input.queue]
type = "sqs"
queue_url = "https://sqs.eu-west-1.amazonaws.com/111122223333/trail"
[input.bucket]
type = "s3"
bucket = "logs"
follow = true
[input.pipe]
type = "stdin"
[rules]
enable = ["tag:cis"]
levels = { "level:low" = "high" }
placeholders = { admins = ["alice"] }
[[watch]]
name = "root"
pattern = '{ $.userIdentity.type = "Root" }'
[[suppress]]
name = "audit"
pattern = '{ $.a = "b" }'
owner = "o"
reason = "r"
until = "2027-06-30"
"#;
    let shown = parse_config(&text, "aware.toml").unwrap().to_toml().unwrap();
    assert!(
        !shown.contains("canary") && shown.contains("webhook_url = \"env:SLACK_WEBHOOK_URL\""),
        "{shown}"
    );
    for default in [
        "poll = \"1s\"",
        "visibility = \"5m\"",
        "concurrency = 16",
        "repeat = \"4h\"",
        "body = \"64MiB\"",
        "ratio = 200",
        "lateness = \"2h\"",
        "shipped = true",
        "keep_refused_days = 30",
        "level = \"medium\"",
        "format = \"text\"",
    ] {
        assert!(shown.contains(default), "{default}\n{shown}");
    }
    let again = parse_config(&shown, "shown.toml").unwrap();
    assert_eq!(again.to_toml().unwrap(), shown);
}

#[test]
fn a_map_with_mistakes_says_where_each_is() {
    let text = "[input.logs]\ntype = \"file\"\npaths = [\"./logs\"]\n\n[source.orders]\nrecords = \
        '{ $.log = audit }'\naction = \"$.event\"\ndenied = '{ $.code == 403 }'\n\n[source.guardduty]\n\
        records = '{ $.log = x }'\naction = \"a\"\n";
    let problem = parse_config(text, "aware.toml").unwrap_err().to_string();
    assert!(problem.contains("`denied` of [source.orders] is not a filter pattern: "), "{problem}");
    assert!(problem.contains("at aware.toml:8:1"), "{problem}");
    assert!(
        problem.contains(
            "[source.guardduty] has the name of a built-in source at aware.toml:10:1 (hint: choose \
             another name, such as `my_guardduty`)"
        ),
        "{problem}"
    );
    let missing = parse_config("[source.orders]\nrecords = '{ $.a = b }'\n", "aware.toml");
    assert!(missing.unwrap_err().to_string().contains("`action` is missing from source.orders"));
}

/// What the guide to destinations says can be put into a config.
#[test]
fn the_guide_to_destinations_can_be_copied() {
    let guide = include_str!("../../../../docs/destinations.md");
    let blocks = guide.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut kinds = std::collections::BTreeSet::new();
    for block in blocks.filter(|block| block.contains("type = ")) {
        parse_config(block, "guide.toml").unwrap_or_else(|problem| panic!("{problem}:\n{block}"));
        let named = block.lines().filter_map(|line| line.strip_prefix("type = "));
        kinds.extend(named.map(str::to_owned));
    }
    assert_eq!(kinds.len(), 6, "{kinds:?}");
}
