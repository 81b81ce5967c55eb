//! AWS services that are refused: logs and data that do not arrive.

use std::collections::BTreeMap;

use aware_core::case::{CaseKind, CaseReading, EventMark};
use aware_core::event::Level;
use aware_core::explanation::Cure;
use aware_core::text::with_commas;
use aware_iam::catalogue::Catalogue;
use jiff::Timestamp;

use super::actions::clip;
use super::causes::container_of;
use super::identity::case_id;
use super::log::ActorLog;
use super::undone::UndoTable;
use super::{ActionLine, Case, CaseActor, CaseCause, CaseEvent, CaseSign, MarkCounts};
use crate::decide::{CallerReading, ExplainedDenials, decide_cure};

/// How many services and what refuses them are remembered.
const MAX_CHAINS: usize = 2_000;

/// What separates the parts of a name.
const LINE: char = '\n';

/// Calls with which services deliver logs and data.
///
/// Source: the documentation of each service on delivering to S3, CloudWatch Logs, SNS, Firehose.
const DELIVERIES: [&str; 12] = [
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:HeadBucket",
    "s3:GetBucketAcl",
    "s3:ListBucket",
    "logs:PutLogEvents",
    "logs:CreateLogStream",
    "sns:Publish",
    "sqs:SendMessage",
    "firehose:PutRecordBatch",
    "kms:GenerateDataKey",
    "kms:Decrypt",
];

/// What refuses services: by service, account and resource.
#[derive(Clone, Debug, Default)]
pub(super) struct ChainTable(BTreeMap<String, Box<ActorLog>>);

impl ChainTable {
    pub(super) fn record_event(&mut self, event: &CaseEvent) {
        let new = || Box::new(ActorLog::for_event(event));
        self.0.entry(Self::name_for(event)).or_insert_with(new).record_event(event);
        self.make_room();
    }

    /// The name of what refuses a service: the service, the account and the resource, each on a
    /// line of its own.
    pub(super) fn name_for(event: &CaseEvent) -> String {
        let resource = event.resource.as_deref().map_or("", container_of);
        let parts = [event.principal.name.as_str(), event.account.as_str(), resource];
        parts.map(|part| clip(part).replace('\n', " ")).join("\n")
    }

    /// The id of the case of what stands under a name.
    pub(super) fn case_id_for(name: &str) -> String {
        let parts: Vec<&str> = std::iter::once("chain").chain(name.split(LINE)).collect();
        case_id(&parts)
    }

    /// What is remembered under a name.
    pub(super) fn get(&self, name: &str) -> Option<&ActorLog> {
        self.0.get(name).map(Box::as_ref)
    }

    /// Restores what was remembered under a name.
    pub(super) fn restore(&mut self, name: &str, log: ActorLog) {
        self.0.insert(name.to_owned(), Box::new(log));
    }

    pub(super) fn merge_with(&mut self, other: Self) {
        for (key, log) in other.0 {
            match self.0.get_mut(&key) {
                Some(mine) => mine.merge_with(*log),
                None => {
                    self.0.insert(key, log);
                }
            }
        }
        self.make_room();
    }

    fn make_room(&mut self) {
        while self.0.len() > MAX_CHAINS {
            self.0.pop_last();
        }
    }

    /// The services whose deliveries are refused, by the names of what refuses them.
    pub(super) fn broken(&self) -> impl Iterator<Item = (&str, &ActorLog)> {
        let broken = self.0.iter().filter(|(_, log)| is_delivery(log));
        broken.map(|(name, log)| (name.as_str(), log.as_ref()))
    }
}

/// Whether any refused call delivers something; what else a service may not do is its owner's
/// choice.
fn is_delivery(log: &ActorLog) -> bool {
    let mut denied = log.denied.iter();
    denied.any(|(operation, _)| {
        DELIVERIES.contains(&operation) && !matches!(operation, "s3:GetBucketAcl" | "kms:Decrypt")
    })
}

/// The case of a service whose deliveries are refused.
pub(super) fn chain_case(
    chain: &str,
    log: &ActorLog,
    changes: &UndoTable,
    logs_until: Timestamp,
) -> Case {
    let resource = chain.rsplit_once(LINE).map_or("", |(_, resource)| resource);
    Case {
        id: ChainTable::case_id_for(chain),
        kind: CaseKind::Chain,
        level: Level::High,
        reading: CaseReading::BrokenChain,
        signs: vec![CaseSign { points: 0, text: refused_sentence(log), event_id: None }],
        accounts: log.accounts.iter().cloned().collect(),
        actors: vec![service_actor(log)],
        counts: MarkCounts { denied: log.denied.count, ..MarkCounts::default() },
        findings: 0,
        first_finding: log.first_finding().map(|(_, first)| first.clone()),
        first: log.first(),
        last: log.last,
        actions: denied_lines(log),
        notable: Vec::new(),
        reported: Vec::new(),
        turns: Vec::new(),
        cause: (!resource.is_empty()).then(|| refusing_resource(resource, log, changes)),
        denied_because: log.denials.whys.iter().cloned().collect(),
        refused_by: log.denials.refused_by.clone(),
        endpoints: log.denials.endpoints.iter().cloned().collect(),
        cure: service_cure(&explained_denials(log)),
        cured: (0, log.denied.action_count().0 as u64),
        steady_since: None,
        known: None,
        likely_next: Vec::new(),
        contain: Vec::new(),
        through: Vec::new(),
        stacks: Vec::new(),
        measured: Vec::new(),
        sources: Vec::new(),
        regions: log.regions.iter().cloned().collect(),
        agents: Vec::new(),
        rules: Vec::new(),
        event_ids: log.event_ids.iter().take(5).map(|(_, id)| id.clone()).collect(),
        logs_until,
        followed: false,
        account_names: BTreeMap::new(),
        address_notes: BTreeMap::new(),
    }
}

fn explained_denials(log: &ActorLog) -> ExplainedDenials<'_> {
    ExplainedDenials {
        remedies: &log.denials.remedies,
        refusals: &log.denials.refusals,
        signs: &log.denials.signs,
        decided_by: log.denials.decided_by.first().map(String::as_str),
    }
}

fn refused_sentence(log: &ActorLog) -> String {
    let (name, count) = (&log.principal.name, log.denied.count);
    let times = match count {
        1 => "once".to_owned(),
        _ => format!("{} times", with_commas(count)),
    };
    format!("{name} was denied {times}, so what it delivers does not arrive")
}

/// What refuses, and who changed it last before the first refusal.
fn refusing_resource(resource: &str, log: &ActorLog, changes: &UndoTable) -> CaseCause {
    let change = changes.last_before(resource, log.first());
    CaseCause {
        what: resource.to_owned(),
        changed_by: change.map(|(_, _, by)| by.to_owned()),
        changed_at: change.map(|(time, ..)| time),
        event_id: change.map(|(_, id, _)| id.to_owned()),
        principals: 1,
    }
}

fn service_actor(log: &ActorLog) -> CaseActor {
    let who = &log.principal;
    CaseActor {
        key: who.key.clone(),
        name: who.name.clone(),
        arn: who.arn.clone(),
        kind: who.kind.as_str().to_owned(),
        account: who.account.clone(),
        is_person: false,
        keys: Vec::new(),
        sessions: Vec::new(),
    }
}

/// A service can't be an intruder, so its denials are treated like those of somebody who asks.
fn service_cure(denials: &ExplainedDenials<'_>) -> Option<Cure> {
    decide_cure(Catalogue::built_in(), denials, CallerReading::Asking).cure
}

fn denied_lines(log: &ActorLog) -> Vec<ActionLine> {
    let line = |(operation, seen): (&str, &super::actions::ActionSeen)| ActionLine {
        action: seen.iam_action.clone().unwrap_or_else(|| operation.to_owned()),
        mark: EventMark::Denied,
        count: seen.count,
        first: seen.first_time(),
        last: seen.last_time(),
        event_id: seen.ends.first().map(|(_, id)| id.clone()).unwrap_or_default(),
        resources: seen.resources.iter().cloned().collect(),
        actor: 0,
    };
    log.denied.iter().map(line).collect()
}
