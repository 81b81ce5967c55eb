//! How often an explanation is right, measured on labelled texts from practice.
//!
//! `corpus/denials/README.md` says what a row is. Every row is explained twice: as the record that
//! CloudTrail keeps, and as the text that a client printed. To see the figures:
//!
//! ```text
//! cargo test -p aware-iam --test accuracy -- --nocapture
//! ```
//!
//! `AWARE_DENIALS` names another file of such rows, of which only the figures and misses are
//! printed.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use aware_core::source::cloudtrail;
use aware_iam::explain::{DenialExplanation, explain_event, explain_text};
use serde_json::{Value, json};

/// What is measured, and the least part of the rows that must be right.
const FIELDS: [(&str, f64); 4] =
    [("action", 0.98), ("layer", 0.98), ("effect", 0.98), ("resource", 0.95)];
/// Layers of which only layer and effect count: no policy was asked about an action.
const WITHOUT_ACTION: [&str; 3] = ["authn", "not_iam", "none"];

/// One field of one row that was said wrongly.
struct Miss {
    id: String,
    form: &'static str,
    field: &'static str,
    said: Value,
    expected: Value,
}

impl Miss {
    /// The line by which `misses.txt` knows it.
    fn key(&self) -> String {
        format!("{} {} {}", self.id, self.form, self.field)
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, not {}", self.key(), self.said, self.expected)
    }
}

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/denials").join(name)
}

fn rows(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

fn identity(arn: &str) -> Value {
    let account = arn.split(':').nth(4).unwrap_or_default();
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let mut parts = resource.split('/');
    let name = match parts.next() {
        Some("assumed-role") => {
            let role = parts.next().unwrap_or_default();
            let issuer = format!("arn:aws:iam::{account}:role/{role}");
            return json!({"type": "AssumedRole", "arn": arn, "accountId": account, "sessionContext":
                {"sessionIssuer": {"type": "Role", "arn": issuer, "userName": role}}});
        }
        Some("root") => "Root",
        Some("federated-user") => "FederatedUser",
        Some("role") => "Role",
        Some("user") => "IAMUser",
        _ => "Unknown",
    };
    json!({"type": name, "arn": arn, "accountId": account, "userName": parts.next_back()})
}

/// The record as CloudTrail would have it.
fn record(row: &Value) -> Value {
    if row["record"].is_object() {
        return row["record"].clone();
    }
    let principal = text(row, "principal_arn");
    let account = principal.split(':').nth(4).unwrap_or("111122223333");
    let region = row["region"].as_str().unwrap_or("us-east-1");
    let mut record = json!({
        "eventVersion": "1.11", "eventID": row["id"], "eventTime": "2026-11-24T09:02:00Z",
        "awsRegion": region, "recipientAccountId": account, "eventSource": row["event_source"],
        "eventName": row["event_name"], "userIdentity": identity(principal),
        "requestParameters": row["request"],
    });
    for (key, value) in [("errorCode", "error_code"), ("errorMessage", "message")] {
        if !text(row, value).is_empty() {
            record[key] = row[value].clone();
        }
    }
    if let Some(arns) = row["resources"].as_array() {
        record["resources"] = arns.iter().map(|arn| json!({"ARN": arn})).collect();
    }
    record
}

fn judge(
    row: &Value,
    form: &'static str,
    said: Option<DenialExplanation>,
    out: &mut Vec<Miss>,
) -> u32 {
    let said = serde_json::to_value(said).unwrap();
    let mut expected = row["expect"].clone();
    if form == "text" {
        for (key, value) in row["expect_text"].as_object().into_iter().flatten() {
            expected[key] = value.clone();
        }
    }
    let is_without_action = WITHOUT_ACTION.contains(&text(&expected, "layer"));
    let mut judged = 0;
    for (index, (field, _)) in FIELDS.into_iter().enumerate() {
        if is_without_action && matches!(field, "action" | "resource") {
            continue;
        }
        judged |= 1 << index;
        let nothing = if matches!(field, "layer" | "effect") { "none".into() } else { Value::Null };
        let said = if said.is_null() { nothing } else { said[field].clone() };
        let alternatives = &row[format!("{field}_alt")];
        let is_other =
            alternatives.as_array().map_or(*alternatives == said, |all| all.contains(&said));
        if said != expected[field] && (said.is_null() || !is_other) {
            let expected = expected[field].clone();
            out.push(Miss { id: text(row, "id").to_owned(), form, field, said, expected });
        }
    }
    judged
}

/// The misses, and how many rows were judged by each field in one form.
fn measure(rows: &[Value], form: &'static str) -> (Vec<Miss>, [u32; 4]) {
    let mut misses = Vec::new();
    let mut judged = [0; 4];
    for row in rows {
        let said = if form == "text" {
            explain_text(text(row, "text"))
        } else {
            let record = record(row).to_string();
            Some(explain_event(&cloudtrail::decode_record(record.as_bytes()).unwrap()))
        };
        let bits = judge(row, form, said, &mut misses);
        for (index, count) in judged.iter_mut().enumerate() {
            *count += u32::from(bits & (1 << index) != 0);
        }
    }
    (misses, judged)
}

#[test]
fn explanations_are_right() {
    let other = std::env::var_os("AWARE_DENIALS").map(PathBuf::from);
    let path = other.clone().unwrap_or_else(|| corpus("denials.jsonl"));
    let rows = rows(&path);
    let mut keys = BTreeSet::new();
    let mut below = Vec::new();
    for form in ["record", "text"] {
        let (misses, judged) = measure(&rows, form);
        for ((field, least), judged) in FIELDS.into_iter().zip(judged) {
            let wrong = misses.iter().filter(|miss| miss.field == field).count();
            let right = 1.0 - wrong as f64 / f64::from(judged.max(1));
            println!("{form} {field}: {:.1}% of {judged} ({wrong} wrong)", right * 100.0);
            if right < least {
                below.push(format!("{form} {field}"));
            }
        }
        misses.iter().for_each(|miss| println!("  {miss}"));
        keys.extend(misses.iter().map(Miss::key));
    }
    if other.is_some() {
        return;
    }
    let known = std::fs::read_to_string(corpus("misses.txt")).unwrap();
    let known: BTreeSet<String> = known.lines().map(str::to_owned).collect();
    let new: Vec<_> = keys.difference(&known).collect();
    assert!(new.is_empty(), "new misses: {new:#?}");
    let gone: Vec<_> = known.difference(&keys).collect();
    assert!(gone.is_empty(), "right by now, to be cut from misses.txt: {gone:#?}");
    assert!(below.is_empty(), "too few are right: {below:?}");
}
