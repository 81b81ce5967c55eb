//! What a map makes of records and of lines, and what it says of mistakes.

use aware_core::event::{Outcome, PrincipalKind};
use aware_core::source::contract::{
    EventCarrier, JsonObject, LineSettings, LogSource, ReadLine, RecordContext,
};
use serde_json::{Value, json};

use super::build::build_source;
use super::source::MappedSource;
use super::{SourceMap, check_map, default_rules};

fn places(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn orders() -> SourceMap {
    SourceMap {
        name: "orders".to_owned(),
        title: Some("Orders audit log".to_owned()),
        records: Some("{ $.log = \"audit\" }".to_owned()),
        time: places(&["$.ts"]),
        id: places(&["$.id"]),
        action: places(&["orders:{$.event}"]),
        principal: places(&["$.user.arn", "$.user.email"]),
        address: places(&["$.ip"]),
        resources: places(&["$.items[*].sku"]),
        error_code: places(&["$.code"]),
        reason: places(&["$.reason"]),
        denied: Some("{ $.code = 403 || $.code = 401 }".to_owned()),
        failed: Some("{ $.code >= 400 }".to_owned()),
        unauthenticated: Some("{ $.code = 401 }".to_owned()),
        none: places(&["n/a"]),
        fields: places(&["tenant", "details.*"]),
        ..SourceMap::default()
    }
}

fn source(map: &SourceMap) -> MappedSource {
    build_source(map).unwrap()
}

fn decoded(record: &Value) -> aware_core::event::Event {
    let context = RecordContext { owner: Some("111122223333"), ..RecordContext::default() };
    source(&orders()).decode(record.to_string().as_bytes(), context).unwrap()
}

#[test]
fn a_record_as_its_map_says() {
    let record = json!({"log": "audit", "ts": 1_795_492_447, "id": "e-1", "event": "Refund",
        "user": {"email": "lea@example.com"}, "ip": "192.0.2.7", "code": 403,
        "items": [{"sku": "a"}, {"sku": "b"}, {"sku": "n/a"}], "reason": "may not refund"});
    assert!(source(&orders()).identify(JsonObject(record.to_string().as_bytes())));
    assert!(!source(&orders()).identify(JsonObject(b"{\"log\": \"access\"}")));
    let event = decoded(&record);
    assert_eq!(event.time.to_string(), "2026-11-24T03:54:07Z");
    assert_eq!(event.action.to_string(), "orders:Refund");
    assert_eq!((event.outcome, event.error_code()), (Outcome::Denied, Some("403")));
    assert_eq!(event.principal.kind, PrincipalKind::ApplicationUser);
    assert_eq!(event.principal.name, "lea@example.com");
    assert_eq!(event.principal.key, "orders:lea@example.com", "no other log's lea");
    assert_eq!(event.account.as_deref(), Some("111122223333"), "of the log group");
    let names: Vec<&str> = event.resources.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(event.why().as_deref(), Some("may not refund"));
    assert_eq!(source(&orders()).explain(&event).unwrap().why, "may not refund");
}

#[test]
fn how_it_ended_and_who_it_was() {
    let with = |more: Value| {
        let mut record = json!({"log": "audit", "ts": "2026-11-24T03:54:07Z", "event": "Login",
            "user": {"email": "lea@example.com"}, "ip": "192.0.2.7"});
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        decoded(&record)
    };
    assert_eq!(with(json!({})).outcome, Outcome::Success);
    assert_eq!(with(json!({"code": 500})).outcome, Outcome::Failed);
    let refused = with(json!({"code": 401}));
    assert_eq!(
        (refused.outcome, refused.principal.kind),
        (Outcome::Denied, PrincipalKind::Address)
    );
    assert_eq!(refused.principal.name, "192.0.2.7", "a name that nobody has proved");
    assert!(refused.why().unwrap().contains("does not say"));
    let arn = "arn:aws:sts::111122223333:assumed-role/support/lea";
    let role = with(json!({"user": {"arn": arn, "email": "lea@example.com"}}));
    assert_eq!(
        (role.principal.kind, role.principal.name.as_str()),
        (PrincipalKind::AssumedRole, "role/support")
    );
    assert_eq!(with(json!({"user": {}, "ip": "-"})).principal.name, "unknown client");
    // A client that chooses ids hides nothing behind one.
    let (first, second) = (with(json!({"id": "same"})), with(json!({"id": "same", "code": 403})));
    assert!(first.id.starts_with("same/") && first.id != second.id);
}

#[test]
fn times() {
    let map = SourceMap { time_format: Some("%d/%b/%Y:%H:%M:%S".to_owned()), ..orders() };
    let decode = |time: Value, context: RecordContext<'_>| {
        let record = json!({"log": "audit", "event": "Login", "ts": time}).to_string();
        let event = source(&map).decode(record.as_bytes(), context);
        event.map(|event| (event.time.to_string(), event.region)).map_err(|error| error.to_string())
    };
    let nothing = RecordContext::default();
    let wanted = ("2026-11-24T03:54:07Z".to_owned(), String::new());
    assert_eq!(decode(json!("24/Nov/2026:03:54:07"), nothing), Ok(wanted));
    assert_eq!(
        decode(json!("2026-11-24"), nothing).unwrap_err(),
        "`$.ts` is something else, not a time like `%d/%b/%Y:%H:%M:%S`"
    );
    assert_eq!(decode(Value::Null, nothing).unwrap_err(), "record has no `$.ts`");
    let carrier = EventCarrier {
        kind: "Login",
        account: "111122223333",
        region: "eu-west-1",
        time: "2026-11-24T03:54:07Z",
        id: "1",
    };
    let carried = RecordContext { carrier: Some(carrier), ..nothing };
    let wanted = ("2026-11-24T03:54:07Z".to_owned(), "eu-west-1".to_owned());
    assert_eq!(decode(Value::Null, carried), Ok(wanted));
}

fn lines() -> SourceMap {
    SourceMap {
        name: "db".to_owned(),
        line: Some(r"^(?<time>\S+ \S+) (?<user>\S+) (?<what>denied)?(?<rest>.*)$".to_owned()),
        time: places(&["$.time"]),
        action: places(&["{$.what}", "log"]),
        principal: places(&["$.user"]),
        denied: Some("{ $.what = denied }".to_owned()),
        ..SourceMap::default()
    }
}

#[test]
fn lines_of_text() {
    let source = source(&lines());
    let text = "2026-11-24 03:54:07 lea denied: table x\n\tmore of it\n";
    assert!(source.line_reader("INFO\nnothing", LineSettings::nothing()).is_none());
    let mut reader = source.line_reader(text, LineSettings::nothing()).unwrap();
    let mut read = |line: &str| match reader.read_line(line.as_bytes()) {
        ReadLine::Record(record) => Ok(serde_json::from_slice::<Value>(record).unwrap()),
        ReadLine::Reject(problem) => Err(problem),
        other => Err(format!("{other:?}")),
    };
    let record = read("2026-11-24 03:54:07 lea denied: table x").unwrap();
    assert_eq!(record["what"], "denied");
    assert!(source.identify(JsonObject(record.to_string().as_bytes())));
    let event = source.decode(record.to_string().as_bytes(), RecordContext::default()).unwrap();
    assert_eq!((event.action.to_string().as_str(), event.outcome), ("db:denied", Outcome::Denied));
    let plain = read("2026-11-24 03:54:08 lea read: table y").unwrap();
    assert!(plain.get("what").is_none(), "a group that matched nothing is no field");
    assert!(source.identify(JsonObject(plain.to_string().as_bytes())), "it has what all have");
    assert_eq!(read("\tmore of it").unwrap_err(), "Nothing");
    assert_eq!(read("").unwrap_err(), "Nothing");
    assert!(read("broken").unwrap_err().contains("db: a line that the expression of `line`"));
    assert!(read(&"x".repeat(2 << 20)).unwrap_err().contains("over the limit"));
}

#[test]
fn mistakes_say_what_to_write() {
    let told = |map: SourceMap| -> Vec<String> {
        check_map(&map).unwrap_err().iter().map(ToString::to_string).collect()
    };
    let one = |change: fn(&mut SourceMap)| {
        let mut map = orders();
        change(&mut map);
        told(map).join("\n")
    };
    for (found, expected) in [
        (one(|map| map.name = "Orders".to_owned()), "[source.Orders] is named by a letter"),
        (one(|map| map.name = "guardduty".to_owned()), "has the name of a source that is built in"),
        (one(|map| map.records = None), "says of no record that it is its own"),
        (one(|map| map.action.clear()), "does not say what was done"),
        (
            one(|map| map.denied = Some("{ $.code == 1 }".to_owned())),
            "`denied` of [source.orders]: ",
        ),
        (one(|map| map.denied = Some("403".to_owned())), "must be a pattern for JSON"),
        (one(|map| map.address = places(&["$."])), "`address` of [source.orders]: "),
        (one(|map| map.address = places(&["{$.a"])), "no closing `}`"),
        (one(|map| map.time_format = Some("%".to_owned())), "`time_format` of [source.orders]: "),
        (one(|map| map.line = Some("(".to_owned())), "`line` of [source.orders]: "),
        (one(|map| map.line = Some("a+".to_owned())), "names no field (hint: `(?<user>[^ ]+)`)"),
    ] {
        assert!(found.contains(expected), "{found}");
    }
    let near = told(SourceMap { principal: places(&["$.usr"]), ..lines() });
    assert_eq!(
        near,
        ["`line` of [source.db]: has no group named `usr` (hint: did you mean `user`?)"]
    );
    assert!(told(SourceMap::default()).len() >= 3, "all at once");
}

#[test]
fn fields_are_those_that_it_names() {
    let mut names: Vec<(&str, &str)> =
        source(&orders()).fields().iter().map(|field| (field.name, field.kind)).collect();
    names.sort_unstable();
    for expected in [
        ("user.email", "string"),
        ("items", "string"),
        ("tenant", "string"),
        ("details", "object"),
        ("code", "string"),
    ] {
        assert!(names.contains(&expected), "{names:?}");
    }
    let record = json!({"log": "audit", "event": "Login", "code": 401, "ip": "192.0.2.7"});
    let value = |name: &str| source(&orders()).derived_values(name, &record).join(" ");
    assert_eq!(value("aware.outcome"), "denied");
    assert_eq!(value("aware.authenticated"), "false");
    assert_eq!(value("aware.principal"), "192.0.2.7");
    assert_eq!(value("aware.action"), "orders:Login");
    assert_eq!(value("aware.nothing"), "");
}

#[test]
fn default_rules_follow_from_the_map() {
    assert_eq!(default_rules(&SourceMap { denied: None, ..orders() }), "");
    let one = default_rules(&SourceMap { unauthenticated: None, ..orders() });
    assert_eq!(one.matches("\ntitle: ").count() + 1, 1, "{one}");
    let title = Some("Orders: \"all\" # of them".to_owned());
    let all = default_rules(&SourceMap { title, ..orders() });
    let files = vec![("aware.toml [source.orders]".to_owned(), all)];
    super::define_maps(&[orders()]).unwrap();
    let loaded = crate::sigma::load_rules(files, &std::collections::BTreeMap::new());
    assert_eq!(loaded.problems, []);
    let titles: Vec<&str> = loaded.rules.iter().map(|rule| rule.about.name.as_str()).collect();
    assert_eq!(titles[0], "Orders: \"all\" # of them: request denied");
    assert_eq!((loaded.rules.len(), loaded.correlations.len()), (2, 1));
    // The same again is nothing new; others are.
    assert_eq!(super::define_maps(&[orders()]), Ok(()));
    assert!(super::define_maps(&[lines()]).is_err());
}
