//! A sum of flows as an event.

use jiff::Timestamp;
use serde_json::Value;

use super::identify::TRAFFIC;
use crate::event::{
    Action, CallOrigin, Event, EventClass, Flow, Outcome, Principal, PrincipalKind, TargetResource,
    is_account_id,
};
use crate::source::contract::{DerivedField, RecordContext, RecordParties, RecordProblem};
use crate::source::json::{parse_record, record_digest};
use crate::text::{byte_size, with_commas};

pub(super) const DERIVED: &[DerivedField] = &[
    DerivedField::of_record(
        "aware.outcome",
        "`denied` where flows were refused, else `success`",
        |record| vec![outcome(record).as_str().to_owned()],
    ),
    DerivedField::of_record(
        "aware.principal",
        "who sent it: the instance or address of the own host, or the address outside",
        |record| vec![principal(record).name],
    ),
    DerivedField::of_record(
        "aware.action",
        "the service that was asked for, `net:tcp/22`, or the kind of sum",
        |record| vec![action(record).to_string()],
    ),
    DerivedField::of_record("aware.service", "`net`", |record| vec![action(record).service]),
    DerivedField::of_record(
        "aware.peer",
        "the other end, where it is one: `203.0.113.66`",
        |record| text(record, "dstaddr").map(str::to_owned).into_iter().collect(),
    ),
];

/// Kinds that tell of refusals.
const REFUSED: [&str; 6] = [
    "sweep",
    "port-scan",
    "refused-inside",
    "refused-answer",
    "refused-outward",
    "refused-by-setting",
];
/// Kinds that somebody outside causes.
const FROM_OUTSIDE: [&str; 4] = ["probed", "probed-then-accepted", "guesses", "let-in"];
/// Kinds that tell of one refusal, which a change could cure.
const SINGLE: [&str; 3] = ["refused-inside", "refused-outward", "refused-answer"];

pub(super) fn decode(bytes: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
    let record = parse_record(bytes)?;
    let kind = text(&record, "kind").ok_or(RecordProblem::Missing("kind"))?.to_owned();
    let time: Option<Timestamp> = text(&record, "end").and_then(|time| time.parse().ok());
    let time = time.ok_or(RecordProblem::Missing("end"))?;
    let account = text(&record, "account_id").filter(|id| is_account_id(id));
    let account = account.or(context.owner.filter(|id| is_account_id(id))).map(str::to_owned);
    let target = text(&record, "dstaddr").map(TargetResource::from_name);
    Ok(Event {
        source: TRAFFIC,
        id: record_digest(&record),
        time,
        region: text(&record, "region").unwrap_or_default().to_owned(),
        action: action(&record),
        principal: Principal { account: account.clone(), ..principal(&record) },
        account,
        outcome: outcome(&record),
        resources: target.into_iter().collect(),
        network: CallOrigin {
            source: text(&record, "srcaddr").map(str::to_owned),
            ..CallOrigin::default()
        },
        class: EventClass::Flow(Flow {
            flows: number(&record, "flows").unwrap_or(1),
            told: told(&record),
            is_sum: !SINGLE.contains(&kind.as_str()),
            kind,
        }),
        record,
    })
}

pub(super) fn parties(record: &Value) -> RecordParties {
    RecordParties {
        account: text(record, "account_id").map(str::to_owned),
        address: peer(record).map(str::to_owned),
        principal: principal(record).name,
        arn: None,
        principal_account: None,
    }
}

/// The other end than the host that the sum is about: of what comes from outside, its source.
fn peer(record: &Value) -> Option<&str> {
    let is_from_outside = text(record, "kind").is_some_and(|kind| FROM_OUTSIDE.contains(&kind));
    text(record, if is_from_outside { "srcaddr" } else { "dstaddr" })
}

fn outcome(record: &Value) -> Outcome {
    match text(record, "kind") {
        Some(kind) if REFUSED.contains(&kind) => Outcome::Denied,
        _ => Outcome::Success,
    }
}

fn action(record: &Value) -> Action {
    let kind = text(record, "kind").unwrap_or("traffic");
    let name = service(record).unwrap_or_else(|| kind.to_owned());
    Action { service: "net".to_owned(), name, read_only: Some(true) }
}

/// `tcp/22`, if the sum is of one service.
pub(super) fn service(record: &Value) -> Option<String> {
    let protocol = text(record, "protocol")?;
    match number(record, "dstport") {
        Some(port) if port > 0 => Some(format!("{protocol}/{port}")),
        _ => Some(protocol.to_owned()),
    }
}

fn principal(record: &Value) -> Principal {
    let kind = text(record, "kind").unwrap_or_default();
    let vpc = text(record, "vpc_id").unwrap_or_default();
    let address = text(record, "srcaddr").unwrap_or_default();
    if FROM_OUTSIDE.contains(&kind) {
        return host_principal(None, "", address);
    }
    if address.is_empty() {
        let interface = text(record, "interface_id").filter(|_| kind == "skipped-records");
        let name = interface.or(text(record, "vpc_id")).unwrap_or("the network");
        return Principal { kind: PrincipalKind::Resource, ..host_principal(None, "", name) };
    }
    host_principal(text(record, "instance_id"), vpc, address)
}

/// An instance, or a host by its address within its VPC.
pub(super) fn host_principal(instance: Option<&str>, vpc: &str, address: &str) -> Principal {
    let (kind, key, name) = match instance {
        Some(id) => (PrincipalKind::Instance, id.to_owned(), id.to_owned()),
        None if vpc.is_empty() => (PrincipalKind::Address, address.to_owned(), address.to_owned()),
        None => (PrincipalKind::Address, format!("{vpc}/{address}"), address.to_owned()),
    };
    Principal::from_name(kind, key, name)
}

/// What the sum says, in a sentence.
fn told(record: &Value) -> String {
    let count = |name: &str| with_commas(number(record, name).unwrap_or_default());
    let flows = count("flows");
    match text(record, "kind").unwrap_or_default() {
        "skipped-records" => {
            "AWS skipped records: what happened there at that time is not known".to_owned()
        }
        "background" => background(record),
        "too-many-pairs" => {
            format!("{flows} flows were not summed up, because there were too many different ones")
        }
        kind => {
            told_of_hosts(record, kind).unwrap_or_else(|| format!("{flows} flows of kind {kind}"))
        }
    }
}

/// The same for what hosts did.
fn told_of_hosts(record: &Value, kind: &str) -> Option<String> {
    let of = |name: &str| text(record, name).unwrap_or("an unknown address");
    let count = |name: &str| with_commas(number(record, name).unwrap_or_default());
    let size = |name: &str| byte_size(number(record, name).unwrap_or_default());
    let service = service(record).unwrap_or_default();
    let (from, to, flows, times) = (of("srcaddr"), of("dstaddr"), count("flows"), times(record));
    let known = text(record, "watched_for").map(|what| format!(" ({what})")).unwrap_or_default();
    Some(match kind {
        "sweep" => {
            format!("{from} tried {service} on {} internal hosts, and was refused", count("hosts"))
        }
        "port-scan" => format!("{from} tried {} ports of {to}, and was refused", count("ports")),
        "refused-inside" => format!("{service} from {from} to {to} was refused, {times}"),
        "refused-answer" => format!("replies of {from} from {service} were refused, {times}"),
        "refused-outward" => {
            let peers = match number(record, "hosts") {
                Some(1) | None => to.to_owned(),
                Some(_) if is_true(record, "has_more_hosts") => {
                    format!("more than {} external addresses", count("hosts"))
                }
                Some(_) => format!("{} external addresses", count("hosts")),
            };
            format!("{service}{known} from {from} to {peers} was refused, {times}")
        }
        "watched-port" => format!(
            "{from} sent {} to {to} by {service}{known}, and received {}",
            size("bytes_out"),
            size("bytes_in")
        ),
        "large-upload" => format!("{from} sent {} to {to} by {service}", size("bytes_out")),
        "probed" => format!("{from} was refused {flows} times by {to}"),
        "probed-then-accepted" => format!(
            "{from} was refused {flows} times by {to}, and then let in by {service}: {}",
            size("bytes_in")
        ),
        "guesses" => format!("{from} made {flows} short connections to {service} of {to}"),
        "let-in" => format!("{from} was let in by {service} of {to}: {}", size("bytes_in")),
        "refused-by-setting" => format!("{} from {from} to {to}", setting(record)),
        _ => return None,
    })
}

fn times(record: &Value) -> String {
    match number(record, "flows") {
        Some(1) | None => "once".to_owned(),
        Some(flows) => format!("{} times", with_commas(flows)),
    }
}

fn setting(record: &Value) -> String {
    match text(record, "reason").unwrap_or_default() {
        "BPA" => format!("VPC Block Public Access refused traffic {}", times(record)),
        "EC" => format!("the VPC's encryption control refused traffic {}", times(record)),
        other => format!("packets were lost ({other}) {}", times(record)),
    }
}

fn is_true(record: &Value, name: &str) -> bool {
    record.get(name) == Some(&Value::Bool(true))
}

fn background(record: &Value) -> String {
    let ports = record.get("dstports").and_then(Value::as_array);
    let ports: Vec<String> = ports.into_iter().flatten().map(ToString::to_string).collect();
    let more = if is_true(record, "has_more_sources") { "more than " } else { "" };
    let count = |name: &str, one: &str, many: &str| match number(record, name) {
        Some(1) => format!("1 {one}"),
        number => format!("{} {many}", with_commas(number.unwrap_or_default())),
    };
    let refusals = count("flows", "refusal", "refusals");
    let sources = count("sources", "external source", "external sources");
    format!("{refusals} of {more}{sources}; ports tried most: {}", ports.join(", "))
}

pub(super) fn text<'r>(record: &'r Value, name: &str) -> Option<&'r str> {
    record.get(name)?.as_str().filter(|text| !text.is_empty())
}

pub(super) fn number(record: &Value, name: &str) -> Option<u64> {
    record.get(name)?.as_u64()
}
