//! The facts of a group's message.

use aware_core::finding::{CorrelatedEvents, Finding};
use aware_core::message::{FactList, Facts, RuleFacts};

use crate::group::{FindingGroup, SampleSet};
use crate::view::count_noun;

/// The most signs that a message shows.
const SIGNS: usize = 3;

/// The facts of a group; `news` says what is new in an update.
pub(super) fn facts_of(tally: &FindingGroup, news: Option<&str>) -> Facts {
    let finding = &tally.first;
    let why = finding.explanation.as_deref();
    let explained = why.map(|why| why.visible_with(tally.cure.as_ref())).unwrap_or_default();
    let told = why.map(|why| &why.why).filter(|why| !why.is_empty());
    Facts {
        news: news.map(str::to_owned),
        together: finding.correlated.as_ref().map(describe_correlation),
        principals: list_principals(finding),
        sessions: shown(&tally.sessions, 3),
        actions: list_actions(tally),
        outcome: Some(finding.outcome.clone()),
        resources: shown(&tally.resources, 3),
        why: told.or(finding.why.as_ref()).or(finding.error_code.as_ref()).cloned(),
        policy_arn: why.and_then(|why| why.policy_arn.clone()),
        reading: tally.reading.clone(),
        signs: tally.signs.iter().take(SIGNS).cloned().collect(),
        cure: tally.cure.clone(),
        likely_next: explained.next,
        notes: explained.notes,
        console_link: explained.console_link,
        account: Some(finding.account.clone()),
        regions: shown(&tally.regions, 5),
        sources: shown(&tally.sources, 5),
        user_agent: finding.user_agent.clone(),
        invoked_by: finding.principal.invoked_by.clone(),
        count: Some(tally.count),
        first_seen: Some(finding.time),
        last_seen: Some(tally.last_seen),
        event_ids: tally.event_ids().take(5).map(str::to_owned).collect(),
        rule: Some(rule_facts(finding)),
        request: finding.request.clone(),
    }
}

fn rule_facts(finding: &Finding) -> RuleFacts {
    let rule = &finding.rule;
    let Some(author) = rule.foreign_author() else {
        return RuleFacts { id: rule.id.clone(), ..RuleFacts::default() };
    };
    RuleFacts {
        id: rule.id.clone(),
        author: Some(author.to_owned()),
        license: rule.license.clone(),
        link: rule.link.clone(),
    }
}

/// The first values of a sample.
fn shown(sample: &SampleSet, limit: usize) -> FactList {
    let values = sample.iter().take(limit).map(str::to_owned).collect();
    let more = sample.has_more() || sample.iter().nth(limit).is_some();
    FactList { values, more }
}

fn list_principals(finding: &Finding) -> FactList {
    match &finding.correlated {
        Some(correlated) if !correlated.principals.is_empty() => {
            correlated.principals.iter().cloned().collect()
        }
        _ => FactList::one(&finding.principal.name),
    }
}

fn list_actions(tally: &FindingGroup) -> FactList {
    let first = &tally.first;
    match &first.correlated {
        Some(correlated) if !correlated.actions.is_empty() => {
            correlated.actions.iter().cloned().collect()
        }
        // A group of denials has one denied action: IAM's, not the operation's.
        _ if first.iam_action() != first.action => FactList::one(first.iam_action()),
        _ => shown(&tally.actions, 5),
    }
}

/// What the events of a correlation have in common.
fn describe_correlation(correlated: &CorrelatedEvents) -> String {
    let group: Vec<String> =
        correlated.group.iter().map(|(field, value)| format!("{field} = {value}")).collect();
    let events = count_noun(correlated.events, "event", "events");
    let events = format!("{events} since {}", correlated.since);
    if group.is_empty() { events } else { format!("{events}, {}", group.join(", ")) }
}
