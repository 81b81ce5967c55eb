//! Turns one audit event into an event.

use serde_json::Value;

use super::denial;
use super::fields as field;
use super::identify::ID;
use super::identity::record_id;
use super::stage::{error_code, is_final, outcome};
use super::what::{action, resources};
use super::who::{address, iam_account, impersonated, principal};
use crate::event::{
    CallOrigin, Event, EventClass, Outcome, Principal, PrincipalKind, Request, is_account_id,
};
use crate::source::contract::{RecordContext, RecordProblem};
use crate::source::json::{parse_record, required_text};
use crate::source::time::required_time;

/// Decodes one record's bytes.
///
/// # Errors
/// [`RecordProblem`] when it is not a JSON object, is too long, or lacks `kind`, `apiVersion` or a
/// readable `requestReceivedTimestamp` (`stageTimestamp` where that is missing). Every other field may be missing or malformed.
pub(super) fn decode(bytes: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
    let record = parse_record(bytes)?;
    required_text(&record, &field::KIND, "kind")?;
    required_text(&record, &field::VERSION, "apiVersion")?;
    let (path, name) = match (field::RECEIVED.find_in(&record), field::STAGE_TIME.find_in(&record))
    {
        (None, Some(_)) => (&field::STAGE_TIME, "stageTimestamp"),
        _ => (&field::RECEIVED, "requestReceivedTimestamp"),
    };
    let time = required_time(&record, path, name)?;
    let cluster = context.log_group.and_then(cluster_of);
    let owner = context.owner.filter(|owner| is_account_id(owner));
    let text = |path: &crate::source::field::FieldPath| path.text_in(&record).map(str::to_owned);
    Ok(Event {
        source: ID,
        id: record_id(&record),
        time,
        account: owner.or_else(|| iam_account(&record)).map(str::to_owned),
        region: String::new(),
        action: action(&record),
        principal: match is_final(&record) {
            true => principal(&record, cluster),
            false => unfinished(),
        },
        outcome: outcome(&record),
        resources: resources(&record, cluster),
        network: CallOrigin {
            source: address(&record).map(str::to_owned),
            user_agent: text(&field::AGENT),
            ..CallOrigin::default()
        },
        class: EventClass::Request(Request {
            kind: "KubernetesRequest".to_owned(),
            error_code: error_code(&record),
            why: why(&record),
        }),
        record,
    })
}

/// The cluster whose log group has this name: `/aws/eks/CLUSTER/cluster`.
pub(super) fn cluster_of(log_group: &str) -> Option<&str> {
    let name = log_group.strip_prefix("/aws/eks/")?.strip_suffix("/cluster")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_name = (1..=100).contains(&name.len()) && name.bytes().all(is_plain);
    is_name.then_some(name).filter(|name| !name.starts_with('-'))
}

/// Stands for the caller of a request that has not ended, so that its caller has it once.
fn unfinished() -> Principal {
    let name = "a request that has not ended";
    Principal::from_name(PrincipalKind::Unknown, name, name)
}

/// Why it ended as it did, and as whom it was made.
fn why(record: &Value) -> Option<String> {
    let said = || field::MESSAGE.text_in(record).filter(|text| !text.is_empty());
    let ended = match outcome(record) {
        Outcome::Denied => denial::denied_by(record).map(|by| by.sentence(record)),
        Outcome::Failed => said().map(str::to_owned),
        Outcome::Success => None,
    };
    let acting = impersonated(record).map(|user| format!("made as {user}"));
    match (ended, acting) {
        (Some(ended), Some(acting)) => Some(format!("{ended}; {acting}")),
        (ended, acting) => ended.or(acting),
    }
}
