//! What a case keeps of an event that repeats a known one.

use std::sync::Arc;

use aware_cases::case::CaseEvent;
use aware_cases::triage::is_looking;
use aware_core::case::EventMark;
use aware_core::explanation::{CureStatement, Explanation};
use aware_core::finding::{FindingPrincipal, RuleSummary};
use aware_core::source::cloudtrail::glance::RepeatGlance;

/// The first event of a known action, and why it was denied.
#[derive(Debug)]
pub(super) struct KnownCase {
    event: CaseEvent,
    denial: Option<Arc<Explanation>>,
    /// The resource that the denial names, if it stands in the explanation only as the resource and
    /// in the statement.
    named: Option<String>,
}

impl KnownCase {
    /// `named` is the resource that the denial names.
    pub(super) fn new(event: &CaseEvent, named: Option<&str>) -> Self {
        let denial = event.denial.as_deref().cloned().map(Arc::new);
        let named =
            named.filter(|named| denial.as_ref().is_some_and(|why| is_only_resource(why, named)));
        let event =
            CaseEvent { denial: None, first_finding: None, rules: Vec::new(), ..event.clone() };
        Self { event, denial, named: named.map(str::to_owned) }
    }

    /// Why it was denied.
    pub(super) fn denial(&self) -> Option<&Arc<Explanation>> {
        self.denial.as_ref()
    }

    /// Why the same is denied for another resource of the same kind, which this statement would
    /// cure; `None` if only decoding can tell.
    pub(super) fn denial_of_other(
        &self,
        resource: &str,
        cure: &CureStatement,
    ) -> Option<Explanation> {
        let why = self.denial.as_ref().filter(|_| self.named.is_some())?;
        Some(Explanation {
            resource: Some(resource.to_owned()),
            remedies: vec![cure.clone()],
            ..(**why).clone()
        })
    }

    /// The event that repeats it.
    pub(super) fn repeat_with(
        &self,
        seen: &RepeatGlance,
        rules: Vec<Arc<RuleSummary>>,
        denial: Option<Box<Explanation>>,
    ) -> CaseEvent {
        let first = &self.event;
        let is_reading = seen.read_only.unwrap_or_else(|| is_looking(&first.operation));
        let explained = denial.as_ref().and_then(|why| why.action.clone());
        CaseEvent {
            event_id: seen.event_id.clone(),
            time: seen.time,
            account: seen.account.clone(),
            region: seen.region.clone(),
            principal: FindingPrincipal {
                session_arn: seen.session_arn.clone(),
                user_name: seen.user_name.clone(),
                session: seen.session.clone(),
                account: seen.principal_account.clone(),
                access_key: seen.access_key.clone(),
                ..first.principal.clone()
            },
            action: explained.unwrap_or_else(|| first.operation.clone()),
            is_reading,
            error_code: seen.error_code.clone(),
            mark: match first.mark {
                EventMark::Read | EventMark::Changed if is_reading => EventMark::Read,
                EventMark::Read | EventMark::Changed => EventMark::Changed,
                mark => mark,
            },
            resource: seen.resource.clone(),
            source: seen.network.source.clone(),
            network: seen.network.network_prefix(),
            agent: seen.network.agent_family().map(str::to_owned),
            endpoint: seen.network.vpc_endpoint.clone(),
            rules,
            denial,
            ..first.clone()
        }
    }
}

/// Whether the explanation names this resource nowhere but as the denied resource and in its
/// statement.
fn is_only_resource(why: &Explanation, named: &str) -> bool {
    let texts = [Some(&why.why), why.decided_by.as_ref(), why.console_link.as_ref()];
    let texts = texts.into_iter().flatten().chain(&why.notes).chain(&why.next);
    let mut texts = texts.chain(why.attach_to.as_ref());
    let name = named.rsplit_once(['/', ':']).map_or(named, |(_, name)| name);
    why.resource.as_deref() == Some(named) && !texts.any(|text| text.contains(name))
}
