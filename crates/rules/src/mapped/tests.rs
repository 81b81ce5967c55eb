//! What a map makes of records and of lines, and what it says of mistakes.

use aware_core::event::{Event, Outcome, Principal, PrincipalKind};
use aware_core::source::common::principal_of_arn;
use aware_core::source::contract::{
    EventCarrier, JsonObject, LineSettings, LogSource, ReadLine, RecordContext,
};
use serde_json::{Value, json};

use super::build::CheckedMap;
use super::line::LINE_MARKER;
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
        principal: places(&["$.user.email"]),
        principal_arn: places(&["$.user.arn"]),
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
    CheckedMap::new(map).unwrap().into_source()
}

fn decoded(record: &Value) -> Event {
    let context = RecordContext { owner: Some("111122223333"), ..RecordContext::default() };
    source(&orders()).decode(record.to_string().as_bytes(), context).unwrap()
}

/// The event of a sign-in of which more is said.
fn sign_in(more: Value) -> Event {
    let mut record = json!({"log": "audit", "ts": "2026-11-24T03:54:07Z", "event": "Login",
        "user": {"email": "lea@example.com"}, "ip": "192.0.2.7"});
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    decoded(&record)
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
    assert_eq!(sign_in(json!({})).outcome, Outcome::Success);
    assert_eq!(sign_in(json!({"code": 500})).outcome, Outcome::Failed);
    let refused = sign_in(json!({"code": 401}));
    assert_eq!(
        (refused.outcome, refused.principal.kind),
        (Outcome::Denied, PrincipalKind::Address)
    );
    assert_eq!(refused.principal.name, "192.0.2.7", "a name that nobody has proved");
    assert!(refused.why().unwrap().contains("does not say"));
    assert_eq!(sign_in(json!({"user": {}, "ip": "-"})).principal.name, "unknown client");
    // A client that chooses ids hides nothing behind one.
    let (first, second) =
        (sign_in(json!({"id": "same"})), sign_in(json!({"id": "same", "code": 403})));
    assert!(first.id.starts_with("same/") && first.id != second.id);
}

#[test]
fn only_principal_arn_makes_a_principal_of_iam() {
    let who = |user: Value| -> Principal { sign_in(json!({"user": user})).principal };
    let arn = "arn:aws:sts::111122223333:assumed-role/support/lea";
    let role = who(json!({"arn": arn, "email": "lea@example.com"}));
    assert_eq!((role.kind, role.name.as_str()), (PrincipalKind::AssumedRole, "role/support"));
    assert_eq!(role.arn.as_deref(), Some("arn:aws:iam::111122223333:role/support"));
    // What a client may choose is a name, whatever it looks like.
    let named = who(json!({"email": arn}));
    assert_eq!((named.kind, named.arn), (PrincipalKind::ApplicationUser, None));
    assert_eq!(named.key, format!("orders:{arn}"));
    assert_eq!(who(json!({"arn": "lea"})).key, "orders:lea");
    // Nor is anybody an AWS service.
    let service = "arn:aws:iam::111122223333:role/aws-service-role/ops.amazonaws.com/Ops";
    assert!(principal_of_arn(service).unwrap().is_aws_service());
    let (alone, both) = (who(json!({"arn": service})), json!({"arn": service, "email": "lea"}));
    assert_eq!(alone.key, format!("orders:{service}"));
    assert_eq!(alone.kind, PrincipalKind::ApplicationUser);
    assert_eq!(who(both).key, "orders:lea");
}

#[test]
fn only_an_ip_address_is_an_address() {
    for (text, expected) in [
        ("192.0.2.7:443", Some("192.0.2.7")),
        ("[2001:db8::1]:443", Some("2001:db8::1")),
        ("2001:DB8::1", Some("2001:db8::1")),
        ("::ffff:192.0.2.7", Some("192.0.2.7")),
        ("cloudtrail.amazonaws.com", None),
        ("192.0.2.7, 198.51.100.1", None),
        ("somewhere", None),
    ] {
        let event = sign_in(json!({"ip": text, "code": 401}));
        assert_eq!(event.network.source.as_deref(), expected, "{text}");
        assert_eq!(event.principal.name, expected.unwrap_or("unknown client"), "{text}");
        let parties = source(&orders()).parties(&event.record);
        assert_eq!(parties.address.as_deref(), expected, "{text}");
    }
}

#[test]
fn a_long_id_is_no_part_of_an_events_id() {
    let id = |length: usize| sign_in(json!({"id": "i".repeat(length)})).id;
    assert!(id(128).starts_with(&format!("{}/", "i".repeat(128))));
    assert_eq!((id(129).len(), id(129).contains('/')), (32, false));
    assert_ne!(id(129), id(130));
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
        "`$.ts` is `2026-11-24`, not a time like `%d/%b/%Y:%H:%M:%S`"
    );
    let long = decode(json!("x\n".repeat(100)), nothing).unwrap_err();
    assert!(long.starts_with("`$.ts` is `x x x ") && long.contains("…`, not a time"), "{long}");
    assert!(decode(json!(true), nothing).unwrap_err().starts_with("`$.ts` is `true`, not"));
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
    assert_eq!(read("broken").unwrap_err(), "db: the line does not match `line`");
    assert!(read(&"x".repeat(2 << 20)).unwrap_err().contains("over the limit"));
}

/// The record of a text that is one event.
fn record_of(map: &SourceMap, text: &str) -> Value {
    let mut reader = source(map).line_reader(text, LineSettings::nothing()).unwrap();
    match reader.read_line(text.as_bytes()) {
        ReadLine::Record(record) => serde_json::from_slice(record).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn lines_with_equal_fields_are_records_of_their_own() {
    let line = Some(r"^(?<time>\S+ \S+) (?<user>\S+) (?<what>denied)?".to_owned());
    let db = SourceMap { line, ..lines() };
    let id = |line: &str| {
        let record = record_of(&db, line).to_string();
        source(&db).decode(record.as_bytes(), RecordContext::default()).unwrap().id
    };
    let line = "2026-11-24 03:54:07 lea denied: table x";
    assert_ne!(id(line), id("2026-11-24 03:54:07 lea denied: table y"));
    assert_eq!(id(line), id(&format!("{line} \r")), "the same line, delivered twice");
    // Whose record it is, its marker says, and not which fields it has.
    let other = SourceMap { name: "other".to_owned(), ..db.clone() };
    let record = record_of(&db, line).to_string();
    assert!(source(&db).identify(JsonObject(record.as_bytes())));
    assert!(!source(&other).identify(JsonObject(record.as_bytes())));
    let unmarked = br#"{"time": "2026-11-24 03:54:07", "user": "lea", "what": "denied"}"#;
    assert!(!source(&db).identify(JsonObject(unmarked)));
    assert!(source(&db).fields().iter().all(|field| field.name != LINE_MARKER));
    assert!(regex::Regex::new(&format!("(?<{LINE_MARKER}>a)")).is_err(), "no group's name");
}

#[test]
fn any_line_of_the_head_shows_whose_log_it_is() {
    let noise = "starting\n".repeat(30);
    let is_log = |text: &str| source(&lines()).line_reader(text, LineSettings::nothing()).is_some();
    assert!(!is_log(&noise));
    assert!(is_log(&format!("{noise}2026-11-24 03:54:07 lea denied: table x\n")));
}

#[test]
fn blanks_and_line_breaks_within_an_event() {
    let line = Some(r"^\s*(?<time>\d\S+ \S+) (?<user>\S+) (?<what>denied)?(?<rest>.*)$".to_owned());
    let padded = SourceMap { line, ..lines() };
    assert_eq!(record_of(&padded, "  2026-11-24 03:54:07 lea denied")["user"], "lea");
    // The first line of an event counts, and all of them if it does not match.
    let first = record_of(&padded, "2026-11-24 03:54:07 lea denied: x\n\tmore");
    assert_eq!(first["rest"], ": x");
    let whole = record_of(&padded, "2026-11-24 03:54:07\r\nlea denied: x\nmore");
    assert_eq!((&whole["user"], &whole["rest"]), (&json!("lea"), &json!(": x more")));
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
        (one(|map| map.name = "Orders".to_owned()), "[source.Orders] is not a valid name (hint: "),
        (
            one(|map| map.name = "o".repeat(41)),
            "is not a valid name (hint: a letter a-z, then up to 39",
        ),
        (one(|map| map.name = "guardduty".to_owned()), "has the name of a built-in source"),
        (one(|map| map.name = "arn".to_owned()), "another name, such as `my_arn`"),
        (one(|map| map.records = None), "does not say which records belong to it"),
        (one(|map| map.action.clear()), "does not say what was done"),
        (
            one(|map| map.denied = Some("{ $.code == 1 }".to_owned())),
            "`denied` of [source.orders] is not a filter pattern: unknown comparison `==` at column",
        ),
        (one(|map| map.denied = Some("403".to_owned())), "is a filter pattern for text, not"),
        (one(|map| map.address = places(&["$."])), "`address` of [source.orders] cannot be read: "),
        (one(|map| map.address = places(&["{$.a"])), "no closing `}`"),
        (
            one(|map| map.time_format = Some("%".to_owned())),
            "`time_format` of [source.orders] is not a time format: ",
        ),
        (one(|map| map.time_format = Some("%H:%M".to_owned())), "does not determine a time"),
        (one(|map| map.folder = Some("a/b".to_owned())), "is `a/b`, which is not the name of one"),
        (
            one(|map| map.line = Some("(".to_owned())),
            "`line` of [source.orders] is not a usable regular expression: unclosed group",
        ),
        (one(|map| map.line = Some("a+".to_owned())), "has no named group"),
    ] {
        assert!(found.contains(expected), "{found}");
    }
    let near = told(SourceMap { principal: places(&["$.usr"]), ..lines() });
    assert_eq!(
        near,
        ["`line` of [source.db] has no group named `usr` (hint: did you mean `user`?)"]
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
    assert_eq!(loaded.rules[0].about.id, "aware-own-orders-denied");
    // The same again is nothing new; others are.
    assert_eq!(super::define_maps(&[orders()]), Ok(()));
    assert!(super::define_maps(&[lines()]).is_err());
}
