//! Rules in the source half: selected, suppressed, correlated, reloaded.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aware_cases::group::RepeatIntervals;
use aware_core::envelope::{EnvelopeKind, S3Object};
use aware_core::message::Message;
use aware_io::config;
use aware_io::log;
use aware_io::rules::reload::{ConfigReloader, report_refusal};
use aware_io::rules::{LoadedRules, RuleRequest, load_rules};
use aware_io::topic::local::LocalTopic;
use aware_pipeline::port::{Clock, Delivery, Input, InputError, Store, Topic};
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::scan::{FindingFilter, LogScan, SeenEvents};
use aware_pipeline::source::SourceHalf;
use aware_pipeline::store::fallback::FallbackStore;
use aware_pipeline::store::memory::MemoryStore;
use jiff::{SignedDuration, Timestamp};

struct Hand(Mutex<Timestamp>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// The bodies of a test, one after another.
struct Bodies(Vec<Vec<u8>>);

#[async_trait]
impl Input for Bodies {
    fn name(&self) -> &str {
        "bodies"
    }

    fn resume_at(&mut self, _place: &str) {}

    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        let delivery = |body| Delivery {
            origin: "test".into(),
            kind: EnvelopeKind::Any,
            body,
            token: String::new(),
            resume: None,
        };
        Ok((!self.0.is_empty()).then(|| delivery(self.0.remove(0))))
    }

    async fn ack_delivery(&mut self, _token: &str) -> Result<(), InputError> {
        Ok(())
    }

    async fn release_delivery(&mut self, _token: &str) {}

    async fn fetch_object(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        Err(InputError::Gone(object.key.clone()))
    }
}

struct World {
    source: SourceHalf,
    topic: Arc<dyn Topic>,
    clock: Arc<Hand>,
}

impl World {
    fn new(store: &Arc<MemoryStore>, rules: RuleSet) -> Self {
        let clock = Arc::new(Hand(Mutex::new("2026-11-24T04:00:00Z".parse().unwrap())));
        let topic: Arc<dyn Topic> = Arc::new(LocalTopic::new(64));
        let store = Arc::new(FallbackStore::new(Arc::clone(store) as Arc<dyn Store>));
        let source = SourceHalf::new(
            store,
            Arc::clone(&topic),
            Arc::clone(&clock) as _,
            RepeatIntervals::default(),
            Arc::new(rules),
        );
        Self { source, topic, clock }
    }

    async fn take(&self, records: &[String]) {
        let body = format!("{{\"Records\":[{}]}}", records.join(",")).into_bytes();
        self.source.drain_input(&mut Bodies(vec![body])).await;
    }

    fn later(&self, hours: i64) {
        *self.clock.0.lock().unwrap() += SignedDuration::from_hours(hours);
    }

    /// The subjects of all messages.
    async fn told(self) -> Vec<Message> {
        self.topic.close();
        let mut messages = Vec::new();
        while let Some(message) = self.topic.receive().await {
            messages.push(message);
        }
        messages
    }
}

fn subjects(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.subject.as_str()).collect()
}

fn record(id: u32, name: &str, user: &str, error: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/{user}","accountId":"111122223333","userName":"{user}"}},"eventTime":"2026-11-24T03:54:{:02}Z","eventSource":"iam.amazonaws.com","eventName":"{name}","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1",{error}"eventID":"e{id}","eventType":"AwsApiCall","recipientAccountId":"111122223333"}}"#,
        id % 60
    )
}

fn denied(id: u32, user: &str) -> String {
    record(id, "ListUsers", user, r#""errorCode":"AccessDenied","#)
}

fn loaded(toml: &str) -> LoadedRules {
    log::init(log::Verbosity::Quiet, log::Format::Text);
    load_rules(&RuleRequest::from_config(
        &config::parse_config(toml, "aware.toml").unwrap(),
        "aware.toml",
    ))
}

const SPRAY: &str = "
title: Key made
id: key-made
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventName: CreateAccessKey}, condition: selection}
---
title: Three keys in an hour
id: three-keys
correlation:
    type: event_count
    rules: [key-made]
    group-by: [userIdentity.arn]
    timespan: 1h
    condition: {gte: 3}
level: high
";

fn spray(folder: &Path) -> String {
    std::fs::write(folder.join("spray.yml"), SPRAY).unwrap();
    format!("[rules]\nshipped = false\npaths = [{folder:?}]\n")
}

#[tokio::test]
async fn a_correlation_is_one_finding_over_a_restart_and_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let text = spray(folder.path());
    let store = Arc::new(MemoryStore::default());
    let key = |id| record(id, "CreateAccessKey", "mallory", "");
    let first = World::new(&store, loaded(&text).rules);
    first.take(&[key(9), key(5), key(9)]).await;
    assert!(first.told().await.is_empty(), "the rule by itself only feeds the correlation");
    let second = World::new(&store, loaded(&text).rules);
    second.source.restore_windows().await;
    second.take(&[key(5), key(7)]).await;
    let told = second.told().await;
    assert_eq!(
        subjects(&told),
        ["Three keys in an hour: iam:CreateAccessKey by user/mallory"],
        "one case, however the events came"
    );
    assert_eq!(told[0].severity, Some(aware_core::event::Level::High));
    assert_eq!(told[0].case.as_ref().map(|case| case.findings), Some(1));
}

#[test]
fn a_scan_tells_correlations_whatever_the_order() {
    let folder = tempfile::tempdir().unwrap();
    let rules = Arc::new(loaded(&spray(folder.path())).rules);
    let bodies: Vec<String> =
        [9, 5, 9, 7].map(|id| record(id, "CreateAccessKey", "mallory", "")).to_vec();
    let scan = |order: &mut dyn Iterator<Item = &String>| {
        let (filter, seen) = (FindingFilter::default(), SeenEvents::default());
        let mut scan = LogScan::new(&filter, &rules);
        order.for_each(|body| scan.scan_body("b", body.as_bytes(), &filter, &seen));
        scan.into_report()
    };
    let report = scan(&mut bodies.iter());
    assert_eq!((report.sums.correlated, report.sums.duplicates, report.groups.len()), (1, 1, 1));
    assert_eq!(report.groups[0].first.rule.id, "three-keys");
    let other = scan(&mut bodies.iter().rev());
    assert_eq!(format!("{:?}", other.groups), format!("{:?}", report.groups));
}

#[tokio::test]
async fn what_a_suppression_hides_is_told_in_the_digest_and_it_ends() {
    let suppress = |until: &str| {
        format!(
            "[[suppress]]\nname = \"audit\"\nrules = [\"aws-denied-call\"]\npattern = '{{ $.userIdentity.userName = \"audit\" }}'\nowner = \"platform\"\nreason = \"it probes\"\nuntil = \"{until}\"\n"
        )
    };
    let world = World::new(&Arc::default(), loaded(&suppress("2026-12-31")).rules);
    world.take(&[denied(1, "audit"), denied(2, "audit"), denied(3, "alice")]).await;
    for _ in 0..26 {
        world.source.run_tick().await;
        world.later(1);
    }
    let told = world.told().await;
    assert_eq!(
        subjects(&told),
        [
            "user/alice was denied iam:ListUsers",
            "user/alice was denied iam:ListUsers",
            "2 findings hidden by suppressions in account 111122223333"
        ]
    );
    assert_eq!(told[1].field_text("News").unwrap(), "closed: nothing more happened");
    assert_eq!(
        told[2].fields[0].key,
        "hidden by audit (platform): aws-denied-call: user/audit iam:ListUsers"
    );

    let world = World::new(&Arc::default(), loaded(&suppress("2026-11-23")).rules);
    world.take(&[denied(1, "audit")]).await;
    assert_eq!(world.told().await.len(), 1, "it has ended");
}

#[test]
fn rules_are_chosen_by_id_tag_and_level() {
    let on = |toml: &str| -> Vec<String> {
        let loaded = loaded(toml);
        assert_eq!(loaded.problems, [], "{toml}");
        loaded.rules.event_rules().iter().map(|rule| rule.about.id.clone()).collect()
    };
    let all = on("");
    assert!(all.contains(&"aws-denied-call".to_owned()));
    assert!(!all.contains(&"aware-cis-4-4".to_owned()));
    assert!(on("[rules]\nenable = [\"tag:cis\"]").len() > all.len());
    let cis = on("[rules]\nenable = [\"pack:cis\"]");
    assert_eq!(cis.len(), all.len() + 15);
    assert_eq!(on("[rules]\npacks = [\"default\", \"cis\"]"), cis);
    let only = on("[rules]\npacks = [\"cis\"]\nenable = [\"aws-denied-call\"]");
    assert!(only.contains(&"aware-cis-4-4".to_owned()) && only.len() == 16, "{only:?}");
    let problems = loaded("[rules]\npacks = [\"defualt\"]").problems;
    assert!(problems[0].to_string().contains("`pack:default`"), "{problems:?}");
    let without = on("[rules]\ndisable = [\"tag:cis\"]");
    assert!(without.contains(&"aws-denied-call".to_owned()));
    assert!(!without.iter().any(|id| id.starts_with("aware-cis")), "{without:?}");
    let mixed = on("[rules]\ndisable = [\"tag:cis\"]\nenable = [\"aware-cis-4-3\"]");
    assert_eq!(mixed.len(), without.len() + 1, "{mixed:?}");
    assert!(mixed.contains(&"aware-cis-4-3".to_owned()));
    let set = loaded(
        "[rules]\nenable = [\"pack:cis\"]\nlevels = {\"aws-denied-call\" = \"low\", \"level:medium\" = \"high\"}",
    );
    let level = |id: &str| {
        let rule = set.rules.event_rules().iter().find(|rule| rule.about.id == id).unwrap();
        rule.about.level.to_string()
    };
    assert_eq!((level("aws-denied-call"), level("aware-cis-4-9")), ("low".into(), "high".into()));
}

const EXCLUDING: &str = r#"
[[watch]]
name = "filter pattern"
pattern = '{ ($.errorCode = "AccessDenied*") && ($.userIdentity.userName != "ci") }'
"#;

#[tokio::test]
async fn a_filter_pattern_stands_in_for_the_rule_about_denied_calls() {
    let calls = [denied(1, "ci"), denied(2, "alice"), record(3, "ListUsers", "bob", "")];
    let told = async |toml: &str| {
        let loaded = loaded(toml);
        assert_eq!(loaded.problems, [], "{toml}");
        let world = World::new(&Arc::new(MemoryStore::default()), loaded.rules);
        world.take(&calls).await;
        let told = world.told().await;
        let names = told.iter().flat_map(|it| it.facts.principals.values.clone());
        let mut who: Vec<String> = names.map(|name| name.replace("user/", "")).collect();
        who.sort();
        (who.join(" "), loaded.warnings.len())
    };
    assert_eq!(told("").await, ("alice ci".to_owned(), 0));
    assert_eq!(told(EXCLUDING).await, ("alice".to_owned(), 1));
    let everything = "[[watch]]\nname = \"filter pattern\"\npattern = \"\"\n";
    assert_eq!(told(everything).await.0, "alice bob ci");
    let both = format!("{EXCLUDING}\n[rules]\nenable = [\"aws-denied-call\"]\n");
    assert_eq!(told(&both).await.0, "alice ci", "one case, whatever its rules");
    // Any other one-line rule is reported in addition.
    let other = EXCLUDING.replace("filter pattern", "not the robot");
    assert_eq!(told(&other).await, ("alice ci".to_owned(), 0));
}

#[tokio::test]
async fn a_canary_comes_back_though_no_rule_asks_for_it() {
    let world = World::new(&Arc::new(MemoryStore::default()), loaded(EXCLUDING).rules);
    world.source.record_canary_call("REQUEST").await;
    let canary =
        record(1, "ListTables", "ci", r#""errorCode":"AccessDenied","requestID":"REQUEST","#);
    world.take(&[canary.replace("iam.amazonaws", "dynamodb.amazonaws"), denied(2, "ci")]).await;
    let told = world.told().await;
    assert_eq!(told.len(), 1, "{:?}", subjects(&told));
    assert!(told[0].tag_value("canary").is_some());
}

#[tokio::test]
async fn a_call_of_the_console_that_a_pattern_names_is_told() {
    let toml = "[rules]\nshipped = false\n[[watch]]\nname = \"filter pattern\"\npattern = '{ $.eventName = \"StopLogging\" }'\n";
    let world = World::new(&Arc::new(MemoryStore::default()), loaded(toml).rules);
    let call =
        record(1, "StopLogging", "mary", "").replace("iam.amazonaws", "cloudtrail.amazonaws");
    let from_console = r#""userName":"mary","sessionContext":{"attributes":{"mfaAuthenticated":"false"}},"invokedBy":"signin.amazonaws.com""#;
    world.take(&[call.replace(r#""userName":"mary""#, from_console)]).await;
    let told = world.told().await;
    let subjects = subjects(&told);
    assert!(subjects.len() == 1 && subjects[0].contains("mary stopped trail"), "{subjects:?}");
}

#[tokio::test]
async fn subjects_in_the_style_of_version_1() {
    let world = World::new(&Arc::new(MemoryStore::default()), RuleSet::default());
    let world = World {
        source: world.source.with_subject_style(aware_cases::message::SubjectStyle::V1),
        ..world
    };
    let said = r#""errorCode":"AccessDenied","errorMessage":"User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:ListUsers","#;
    world.take(&[record(1, "ListUsers", "alice", said), denied(2, "bob")]).await;
    let told = world.told().await;
    let mut subjects = subjects(&told);
    subjects.sort_unstable();
    let expected = [
        "Error Message: AccessDenied",
        "Error Message: User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:ListUsers",
    ];
    assert_eq!(subjects, expected, "the first field of the case's earliest finding");
    let nine: Vec<&str> = told[0].fields.iter().take(8).map(|field| field.key.as_str()).collect();
    assert_eq!(nine.first(), Some(&"Error Message"), "{nine:?}");
    assert!(nine.contains(&"Recipient Account ID"), "{nine:?}");
    assert!(told.iter().all(|it| it.source_name.as_deref() == Some("Cloudtrail")));
}

#[test]
fn wrong_entries_are_named_and_the_rest_is_loaded() {
    let loaded = loaded(
        "[rules]\nenable = [\"level:loud\"]\npaths = [\"nowhere-at-all\"]\n\
         [[watch]]\nname = \"a\"\npattern = '{ $.x IS NOT NULL }'\n\
         [[watch]]\nname = \"b\"\n\
         [[suppress]]\nname = \"c\"\nrules = [\"no-such\"]\npattern = '{ $.x = 1 }'\nowner = \"o\"\nreason = \"r\"\nuntil = \"2027-01-01\"\n\
         [[suppress]]\nname = \"d\"\npattern = '{ $.x = 1 }'\nowner = \"o\"\nreason = \"r\"\nuntil = \"soon\"\n",
    );
    let problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    let all = problems.join("\n");
    for part in [
        "`loud` is not a level",
        "nowhere-at-all",
        "[[watch]] `a`:1:",
        "either `pattern` or `event_pattern`",
        "no rule has the id `no-such`",
        "`soon` is not a date or a time",
    ] {
        assert!(all.contains(part), "{part}\n{all}");
    }
    assert_eq!(problems.len(), 6, "{all}");
    assert!(loaded.rules.event_rules().iter().any(|rule| rule.about.id == "aws-denied-call"));
}

/// The result of checking the files.
#[derive(Debug, PartialEq, Eq)]
enum Looked {
    Same,
    Reloaded,
    Kept,
}

async fn look(reloader: &mut ConfigReloader, source: &SourceHalf) -> Looked {
    if !reloader.has_settled_change() {
        return Looked::Same;
    }
    match reloader.read_changed() {
        Err(problem) => {
            report_refusal(source, &problem).await;
            Looked::Kept
        }
        Ok(new) => {
            reloader.mark_in_force(&new);
            source.set_rules(Arc::new(new.rules)).await;
            Looked::Reloaded
        }
    }
}

#[tokio::test]
async fn rules_reload_and_the_last_good_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules");
    std::fs::create_dir(&rules).unwrap();
    let path = folder.path().join("aware.toml");
    std::fs::write(&path, spray(&rules)).unwrap();
    let wanted = RuleRequest::from_config(&config::read_config(&path).unwrap(), "aware.toml");
    let first = load_rules(&wanted);
    let world = World::new(&Arc::default(), first.rules);
    let mut reloader = ConfigReloader::new(&path, wanted, &first.problems);
    let key = |id| record(id, "CreateAccessKey", "mallory", "");
    world.take(&[key(1), key(2)]).await;
    assert_eq!(look(&mut reloader, &world.source).await, Looked::Same);

    // Half of a rule: it changes, settles, is refused once, and the rules in force stay.
    let half = rules.join("new.yml");
    std::fs::write(&half, "title: Half\ndetection:\n  selection: {eventNam").unwrap();
    assert_eq!(
        look(&mut reloader, &world.source).await,
        Looked::Same,
        "it may still be being written"
    );
    assert_eq!(look(&mut reloader, &world.source).await, Looked::Kept);
    assert_eq!(look(&mut reloader, &world.source).await, Looked::Same);
    assert_eq!(world.source.current_rules().await.event_rules().len(), 1);

    std::fs::write(&half, "title: Whole\nlogsource: {product: aws, service: cloudtrail}\ndetection: {selection: {eventName: DeleteUser}, condition: selection}\n").unwrap();
    assert_eq!(look(&mut reloader, &world.source).await, Looked::Same);
    assert_eq!(look(&mut reloader, &world.source).await, Looked::Reloaded);
    world.take(&[record(3, "DeleteUser", "mallory", ""), key(4)]).await;
    let told = world.told().await;
    assert_eq!(
        subjects(&told),
        [
            "The new config was not applied",
            "Three keys in an hour: user/mallory; 1 other rule matched, too"
        ]
    );
    assert!(told[0].field_text("Problem").unwrap().contains("new.yml"));
}
