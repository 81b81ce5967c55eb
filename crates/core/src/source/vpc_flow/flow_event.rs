//! A single flow as an event.

use jiff::Timestamp;
use serde_json::Value;

use super::class::protocol_name;
use super::identify::FLOW;
use crate::event::{
    Action, CallOrigin, Event, EventClass, Flow, Outcome, Principal, TargetResource, is_account_id,
};
use crate::source::contract::{DerivedField, RecordContext, RecordParties, RecordProblem};
use crate::source::json::{parse_record, record_digest};

pub(super) const DERIVED: &[DerivedField] = &[
    DerivedField::of_record("aware.outcome", "`denied` for `REJECT`, else `success`", |record| {
        vec![outcome(record).as_str().to_owned()]
    }),
    DerivedField::of_record(
        "aware.principal",
        "who sent it: the instance of the interface if it sent it, else the source's address",
        |record| vec![principal(record).name],
    ),
    DerivedField::of_record(
        "aware.action",
        "the service that was asked for: `net:tcp/22`",
        |record| vec![action(record).to_string()],
    ),
    DerivedField::of_record("aware.service", "`net`", |record| vec![action(record).service]),
];

pub(super) fn decode(bytes: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
    let record = parse_record(bytes)?;
    let source = text(&record, "srcaddr").ok_or(RecordProblem::Missing("srcaddr"))?;
    let target = text(&record, "dstaddr").ok_or(RecordProblem::Missing("dstaddr"))?;
    let second = number(&record, "end").or_else(|| number(&record, "start"));
    let second = second.and_then(|second| i64::try_from(second).ok());
    let time = second.and_then(|second| Timestamp::from_second(second).ok());
    let time = time.ok_or(RecordProblem::Missing("end"))?;
    let account = text(&record, "account-id").filter(|id| is_account_id(id));
    let account = account.or(context.owner.filter(|id| is_account_id(id))).map(str::to_owned);
    let did = if outcome(&record) == Outcome::Denied { "refused" } else { "let through" };
    let told = format!("{} from {source} to {target} was {did}", action(&record).name);
    Ok(Event {
        source: FLOW,
        id: record_digest(&record),
        time,
        region: text(&record, "region").unwrap_or_default().to_owned(),
        action: action(&record),
        principal: Principal { account: account.clone(), ..principal(&record) },
        account,
        outcome: outcome(&record),
        resources: vec![TargetResource::from_name(target)],
        network: CallOrigin { source: Some(source.to_owned()), ..CallOrigin::default() },
        class: EventClass::Flow(Flow { kind: "Flow".to_owned(), flows: 1, told, is_sum: false }),
        record,
    })
}

pub(super) fn parties(record: &Value) -> RecordParties {
    RecordParties {
        account: text(record, "account-id").map(str::to_owned),
        address: text(record, "srcaddr").map(str::to_owned),
        principal: principal(record).name,
        arn: None,
        principal_account: None,
    }
}

fn action(record: &Value) -> Action {
    let protocol = number(record, "protocol").and_then(|number| u8::try_from(number).ok());
    let protocol = protocol_name(protocol.unwrap_or(6));
    let name = match number(record, "dstport").filter(|port| *port > 0) {
        Some(port) => format!("{protocol}/{port}"),
        None => protocol,
    };
    Action { service: "net".to_owned(), name, read_only: Some(true) }
}

fn outcome(record: &Value) -> Outcome {
    match text(record, "action") {
        Some("REJECT") => Outcome::Denied,
        _ => Outcome::Success,
    }
}

fn principal(record: &Value) -> Principal {
    let address = text(record, "srcaddr").unwrap_or("unknown source");
    let sent_it = text(record, "flow-direction") == Some("egress");
    let instance = text(record, "instance-id").filter(|_| sent_it);
    super::traffic_event::host_principal(
        instance,
        text(record, "vpc-id").unwrap_or_default(),
        address,
    )
}

fn text<'r>(record: &'r Value, name: &str) -> Option<&'r str> {
    record.get(name)?.as_str().filter(|text| !text.is_empty() && *text != "-")
}

fn number(record: &Value, name: &str) -> Option<u64> {
    match record.get(name)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
