//! Tests that pass and fail, and how that is reported.

use aware_rules::sigma::{self, LoadedSigma, PlaceholderValues};

use super::super::{RuleTestPage, missing_parts, parse_page, rewrite_page};
use super::*;

const HEAD: &str = "title: Trail stopped
id: t
logsource: {product: aws, service: cloudtrail}
detection:
    selection: {eventName: StopLogging}
    filter: {userIdentity.userName: deploy}
    condition: selection and not filter
";

fn record(name: &str, user: &str, minute: u32) -> String {
    format!(
        r#"{{"eventTime": "2026-11-24T03:{minute:02}:00Z", "eventSource": "cloudtrail.amazonaws.com",
"eventName": "{name}", "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
"eventID": "{name}-{user}-{minute}",
"userIdentity": {{"type": "IAMUser", "accountId": "111122223333", "userName": "{user}",
"arn": "arn:aws:iam::111122223333:user/{user}"}}}}"#
    )
}

fn loaded(text: &str) -> LoadedSigma {
    let loaded = sigma::load_rules([("t.yml", text)], &PlaceholderValues::default());
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    loaded
}

fn page(cases: &str) -> RuleTestPage {
    parse_page("t.md", &format!("# T\n{cases}")).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn failures(outcomes: &[RuleTestResult]) -> Vec<String> {
    outcomes
        .iter()
        .map(|one| one.failure.as_ref().map(ToString::to_string).unwrap_or_default())
        .collect()
}

#[test]
fn what_fails_says_why() {
    let stop = record("StopLogging", "alice", 1);
    let by_deploy = record("StopLogging", "deploy", 2);
    let start = record("StartLogging", "alice", 3);
    let page = page(&format!(
        "## Hit: a\n```json\n[{stop}, {by_deploy}]\n```\n## Near miss: b\n```json\n{stop}\n```\n\
         ## Hit: c\n```json\n{start}\n```\n## Near miss: d\n```json\n[{start}, {by_deploy}]\n```\n"
    ));
    let outcomes = run_rule_tests(&loaded(HEAD).rules[0], &page, &Arc::default());
    let expected = [
        "rule does not match record 2\n  holds: userIdentity.userName = \"deploy\" (found \"deploy\")",
        "rule matches record 1\n  holds: eventName = \"stoplogging\" (found \"StopLogging\")\n  \
         fails: userIdentity.userName = \"deploy\" (found \"alice\")",
        "rule does not match record 1\n  fails: eventName = \"stoplogging\" (found \"StartLogging\")",
        "",
    ];
    assert_eq!(failures(&outcomes), expected);
    assert_eq!((outcomes[2].title.as_str(), outcomes[2].message.as_ref()), ("c", None));
}

/// Text from the record is escaped: whoever made the call wrote it.
#[test]
fn records_are_escaped() {
    let hostile = record("Stop\\u202eLogging\\u001b[2J", "alice", 1);
    let page = page(&format!("## Hit: a\n```json\n{hostile}\n```\n"));
    let said = failures(&run_rule_tests(&loaded(HEAD).rules[0], &page, &Arc::default())).concat();
    assert!(said.contains("Stop") && !said.contains('\u{202e}') && !said.contains('\u{1b}'));
}

#[test]
fn messages_are_compared_and_put_in() {
    let stop = record("StopLogging", "alice", 1);
    let text = format!(
        "# T\n\n## Hit: a\n\n```json\n{stop}\n```\n\n```text\nx\nPrincipal: user/alice\n```\n\n\
         ## Hit: b\n\n```json\n{stop}\n```\n\nEnd.\n"
    );
    let rule = &loaded(HEAD).rules[0];
    let page = parse_page("t.md", &text).unwrap_or_else(|problems| panic!("{problems:?}"));
    let outcomes = run_rule_tests(rule, &page, &Arc::default());
    let subject = "Trail stopped: cloudtrail:StopLogging by user/alice in 111122223333";
    assert_eq!(
        failures(&outcomes),
        [
            format!(
                "message differs\n  - x\n  + {subject}\n  + Action: cloudtrail:StopLogging\n  \
                 + Rule: t"
            ),
            String::new()
        ]
    );
    let gaps = missing_parts("t.yml", Some(&page));
    let gaps: Vec<String> = gaps.iter().map(ToString::to_string).collect();
    assert_eq!(
        gaps,
        [
            "t.md: no case is a near miss (hint: add a section `## Near miss: …`)",
            "t.md:18:1: hit without the message it makes (hint: add a fenced block `text`)",
        ]
    );
    let text = rewrite_page(&text, &page, &outcomes);
    let again = parse_page("t.md", &text).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(
        run_rule_tests(rule, &again, &Arc::default()).iter().all(|one| one.failure.is_none()),
        "{text}"
    );
    assert!(again.tests.iter().all(|case| case.message.is_some()) && text.ends_with("\nEnd.\n"));
    assert_eq!(rewrite_page(&text, &again, &run_rule_tests(rule, &again, &Arc::default())), text);
}

#[test]
fn correlations_fire_or_do_not() {
    let text = format!(
        "{HEAD}---\ntitle: Often\nid: often\ncorrelation:\n    type: event_count\n    rules: [t]\n    \
         group-by: [userIdentity.userName]\n    timespan: 10m\n    condition: {{gte: 2}}\n"
    );
    let (one, two) = (record("StopLogging", "alice", 1), record("StopLogging", "alice", 5));
    let late = record("StopLogging", "alice", 30);
    let page = page(&format!(
        "## Hit: a\n```json\n[{two}, {one}]\n```\n## Near miss: b\n```json\n[{one}, {late}]\n```\n\
         ## Hit: c\n```json\n[{one}, {one}]\n```\n## Near miss: d\n```json\n[{one}, {two}]\n```\n"
    ));
    let loaded = loaded(&text);
    let outcomes = run_correlation_tests(
        &loaded.correlations[0],
        &loaded.rules,
        &loaded.correlations,
        &page,
        &Arc::default(),
    );
    assert_eq!(
        failures(&outcomes),
        [
            "",
            "",
            "correlation does not fire\n  `t` matches 2 of the records",
            "correlation fires\n  `t` matches 2 of the records",
        ]
    );
    let message = outcomes[0].message.as_deref().unwrap_or_default();
    assert!(message.contains("\nTogether: 2 events since 2026-11-24T03:01:00Z"), "{message}");
}
