//! The message of a case.

use aware_core::case::{CaseReading, EventMark, MarkCounts};
use aware_core::event::Outcome;
use aware_core::explanation::{LooksLike, Reading};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::{
    FactList, Facts, MAX_TIMELINE, Message, MessageField, MessageKind, RuleFacts, SCHEMA_VERSION,
    SOFT_LIMIT, truncate_message,
};
use aware_core::open::NamedSet;
use jiff::Timestamp;

use super::case_fields::case_fields;
use super::case_ocsf::{CaseActivity, render_case};
use super::original::{OriginalTexts, version_1_fields};
use crate::case::{Case, CaseActor};
use crate::view::CaseView;

/// The most steps in a message.
const MAX_STEPS: usize = 10;
/// The most names of each kind in a message.
const MAX_NAMES: usize = 5;
/// The most signs in the sentence of a reading.
const MAX_SIGNS: usize = 3;

/// Reports a case: `kind` says whether for the first time; `note` says what is new in an update.
pub fn case_message(case: &Case, kind: MessageKind, note: Option<&str>, now: Timestamp) -> Message {
    build_message(case, kind, note, now, false)
}

/// Reports that a case is closed; `note` says why, and by whom.
pub fn closed_case_message(case: &Case, note: Option<&str>, now: Timestamp) -> Message {
    build_message(case, MessageKind::Update, note, now, true)
}

fn build_message(
    case: &Case,
    kind: MessageKind,
    note: Option<&str>,
    now: Timestamp,
    is_closed: bool,
) -> Message {
    let view = CaseView::new(case);
    let mut told = view.to_facts(case, MAX_TIMELINE, MAX_STEPS);
    told.is_closed |= is_closed;
    let facts = facts_of_case(case, &view, note);
    let looks_like = looks_like(case.reading);
    let mut message = Message {
        subject: view.headline.clone(),
        fields: [original_fields(case), case_fields(&view, &told, &facts)].concat(),
        source_name: Some(case.log_source().display_name().to_owned()),
        source_icon_url: case.log_source().icon_url().map(str::to_owned),
        tags: Vec::new(),
        schema_version: SCHEMA_VERSION.to_owned(),
        topic: None,
        id: message_id(case, kind, note, is_closed),
        kind,
        time: Some(now),
        fingerprint: Fingerprint::from_parts(&["case", &case.id]),
        severity: Some(case.level),
        count: case.findings,
        identity: case.actors.first().map(|actor| identity_of(case, actor)),
        principal: case.actors.first().map(principal_of),
        looks_like: looks_like.map(Into::into),
        facts,
        case: Some(told),
        finding: None,
        truncated: Vec::new(),
    };
    let activity = CaseActivity::for_message(&message);
    message.finding = Some(render_case(case, &view, &message.id, activity, now));
    truncate_message(&mut message, SOFT_LIMIT);
    message
}

/// The nine fields of version 1, from the case's earliest finding.
fn original_fields(case: &Case) -> Vec<MessageField> {
    let Some(first) = &case.first_finding else { return Vec::new() };
    version_1_fields(&OriginalTexts {
        error_message: first.error_message.as_deref(),
        event_name: &first.event_name,
        event_source: &first.event_source,
        account: &first.account,
        user_account: first.user_account.as_deref(),
        user_name: first.user_name.as_deref(),
        user_arn: first.user_arn.as_deref(),
        source: first.source.as_deref(),
        request: first.request.as_ref(),
    })
}

/// Equal for every build of the same message, so that a second delivery is recognised.
fn message_id(case: &Case, kind: MessageKind, note: Option<&str>, is_closed: bool) -> String {
    let MarkCounts { denied, changed, read, failed, reported } = case.counts;
    let (cured, curable) = case.cured;
    let counts = [denied, changed, read, failed, cured, curable, case.findings];
    let counts = counts.map(|count| count.to_string()).join(" ");
    let reported = if reported > 0 { format!(" {reported}") } else { String::new() };
    let state = format!("{} {} {is_closed}{reported}", case.level, case.reading.name());
    let last = case.last.to_string();
    let note = note.unwrap_or_default();
    let parts = ["id", "case", &case.id, kind.as_str(), &counts, &state, &last, note];
    Fingerprint::from_parts(&parts).as_str().replacen("fp1:", "msg_", 1)
}

/// Whoever could make up any number of names counts as one identity, as for groups.
fn identity_of(case: &Case, actor: &CaseActor) -> String {
    match &actor.account {
        Some(account) if !case.accounts.contains(account) => format!("account/{account}"),
        _ => actor.arn.clone().unwrap_or_else(|| actor.name.clone()),
    }
}

/// The principal as fingerprints know it: one person of a role that several share.
fn principal_of(actor: &CaseActor) -> String {
    let root = (actor.name == "root").then_some(()).and(actor.account.as_ref());
    if let Some(account) = root {
        return format!("root@{account}");
    }
    match (&actor.arn, actor.name.split_once(" as ")) {
        (Some(arn), Some((_, person))) => format!("{arn}/{person}"),
        (Some(arn), None) => arn.clone(),
        (None, _) => actor.name.clone(),
    }
}

/// What the denials look like, for routes by it; `None` where nothing that was denied decides.
fn looks_like(reading: CaseReading) -> Option<LooksLike> {
    match reading {
        CaseReading::Intrusion | CaseReading::Exploring => Some(LooksLike::Exploring),
        CaseReading::LacksPermission => Some(LooksLike::LacksPermission),
        CaseReading::Unclear
        | CaseReading::NotConsistentYet
        | CaseReading::ConsolePage
        | CaseReading::NotServed => Some(LooksLike::Unclear),
        CaseReading::MisuseOfRoot
        | CaseReading::BrokenChain
        | CaseReading::Change
        | CaseReading::ReportedThreat
        | CaseReading::ReportedWeakness
        | CaseReading::Background => None,
    }
}

/// The case as a reading of denials, if it is one.
fn reading_of(case: &Case, view: &CaseView) -> Option<Reading> {
    let looks_like = looks_like(case.reading)?;
    if looks_like == LooksLike::Unclear && case.reading != CaseReading::Unclear {
        return None;
    }
    let is_hostile = looks_like == LooksLike::Exploring;
    let fits = |points: i32| looks_like == LooksLike::Unclear || (points > 0) == is_hostile;
    let signs = view.why.lines.iter().filter(|line| fits(line.points)).take(MAX_SIGNS);
    let signs: Vec<&str> = signs.map(|line| line.text.as_str()).collect();
    let start = if case.reading == CaseReading::Unclear { "unclear: " } else { "" };
    let reasons = if signs.is_empty() { String::new() } else { format!(": {}", signs.join(", ")) };
    Some(Reading {
        looks_like: looks_like.into(),
        points: view.why.points,
        sentence: format!("{start}{}{reasons}", view.why.sentence),
        reasons: view.why.lines.iter().map(|line| (line.points, line.text.clone())).collect(),
    })
}

fn facts_of_case(case: &Case, view: &CaseView, note: Option<&str>) -> Facts {
    let denied = || case.actions.iter().filter(|line| line.mark == EventMark::Denied);
    let actions: Vec<String> = denied().map(|line| line.action.clone()).collect();
    let resources: Vec<String> = denied().flat_map(|line| line.resources.clone()).collect();
    let sessions: Vec<String> =
        case.actors.iter().flat_map(|actor| actor.sessions.clone()).collect();
    let names: Vec<String> = case.actors.iter().map(|actor| actor.name.clone()).collect();
    let outcome = if actions.is_empty() { Outcome::Success } else { Outcome::Denied };
    let rule = case.rules.first();
    Facts {
        news: note.map(str::to_owned),
        principals: first_values(&names, MAX_NAMES),
        sessions: first_values(&sessions, 3),
        actions: first_values(&actions, 4 * MAX_NAMES),
        outcome: Some(outcome.into()),
        resources: first_values(&resources, MAX_NAMES),
        why: view
            .why
            .cause
            .as_ref()
            .map(|cause| cause.text.clone())
            .or(view.denied_because.clone()),
        reading: reading_of(case, view),
        cure: case.cure.clone(),
        likely_next: if view.cure.likely_next.is_some() {
            case.likely_next.clone()
        } else {
            Vec::new()
        },
        account: case.accounts.first().cloned(),
        regions: first_values(&case.regions, MAX_NAMES),
        sources: first_values(&case.sources, MAX_NAMES),
        user_agent: case.agents.first().cloned(),
        count: Some(case.findings),
        first_seen: Some(case.first),
        last_seen: Some(case.last),
        event_ids: first_values(&case.event_ids, MAX_NAMES),
        rule: rule.map(|(id, _)| RuleFacts { id: id.clone(), ..RuleFacts::default() }),
        ..Facts::default()
    }
}

/// The first different values.
fn first_values(values: &[String], most: usize) -> FactList {
    let mut list = FactList::default();
    for value in values.iter().filter(|value| !value.is_empty()) {
        if list.values.contains(value) {
            continue;
        }
        if list.values.len() == most {
            list.more = true;
            break;
        }
        list.values.push(value.clone());
    }
    list
}
