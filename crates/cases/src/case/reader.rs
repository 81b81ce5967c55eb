//! Reads events as cases keep them.

use std::sync::Arc;

use aware_core::case::EventMark;
use aware_core::enrichment::Enrichment;
use aware_core::event::{Event, EventClass, Outcome};
use aware_core::explanation::Explanation;
use aware_core::finding::{FindingPrincipal, RuleSummary};
use aware_core::source::{cloudtrail, source_of};
use aware_core::text::clip_bytes;
use serde_json::Value;

use super::{CaseEvent, FirstFinding, ReportedFinding};
use crate::notable::{find_links, find_notable_knowing, undo_keys};
use crate::triage::{is_console_page, is_looking};

impl CaseEvent {
    /// Reads an event; `rules` made findings of it, and `denial` says why it was denied.
    ///
    /// ```
    /// use aware_cases::case::CaseEvent;
    /// use aware_core::case::EventMark;
    /// use aware_core::source::decode_record;
    ///
    /// let event = decode_record(br#"{"eventTime": "2026-11-24T03:54:07Z", "readOnly": true,
    ///     "eventSource": "iam.amazonaws.com", "eventName": "ListUsers"}"#)
    /// .unwrap();
    /// assert_eq!(CaseEvent::from_event(&event, Vec::new(), None).mark, EventMark::Read);
    /// ```
    pub fn from_event(
        event: &Event,
        rules: Vec<Arc<RuleSummary>>,
        denial: Option<Box<Explanation>>,
    ) -> Self {
        Self::knowing(event, rules, denial, Enrichment::nothing())
    }

    /// The same, given what is known of accounts.
    pub fn knowing(
        event: &Event,
        rules: Vec<Arc<RuleSummary>>,
        denial: Option<Box<Explanation>>,
        known: &Enrichment,
    ) -> Self {
        let notable = find_notable_knowing(event, known);
        let is_reading = is_reading(event);
        let mark = mark_of(event);
        let explained = denial.as_ref().and_then(|why| why.action.clone());
        Self {
            event_id: event.id.clone(),
            time: event.time,
            account: event.account_or_unknown().to_owned(),
            region: event.region.clone(),
            principal: FindingPrincipal::from_event(event),
            operation: event.action.to_string(),
            action: explained.unwrap_or_else(|| event.action.to_string()),
            is_reading,
            error_code: refusal_code(event).map(str::to_owned),
            mark,
            resource: event.first_resource().map(|resource| resource.name.clone()),
            source: event.network.source.clone(),
            network: event.network.network_prefix(),
            agent: event.network.agent_family().map(str::to_owned),
            endpoint: event.network.vpc_endpoint.clone(),
            measured: event.measured().map(str::to_owned),
            reported: reported_finding(event),
            is_call: event.api_call().is_some(),
            is_of_own_log: source_of(event.source).is_own(),
            times: event.times(),
            stack: stack_of(event),
            is_summary: event.measured().is_some(),
            from_console: is_console_page(event),
            first_finding: (!rules.is_empty()).then(|| Box::new(read_first(event))),
            rules,
            denial,
            notable: notable.map(Box::new),
            undoes: undo_keys(event),
            links: find_links(event),
        }
    }
}

impl CaseEvent {
    /// Keeps what a finding's record says, for an event of which it is not known yet whether it is one.
    pub fn note_first_finding(&mut self, event: &Event) {
        self.first_finding = Some(Box::new(read_first(event)));
    }
}

/// Who makes the calls of a stack.
const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";
/// The tag with which CloudFormation marks what it makes.
///
/// Source: CloudFormation user guide, "Resource tag".
const STACK_TAG: &str = "aws:cloudformation:stack-name";
/// How deep a request is searched for it.
const TAG_DEPTH: usize = 6;

/// The stack for which CloudFormation made a call that was denied. Only AWS can pass a call on, and
/// nobody else may set a tag that begins with `aws:`.
fn stack_of(event: &Event) -> Option<String> {
    let is_passed_on = event.principal.invoked_by.as_deref() == Some(CLOUDFORMATION);
    let request = event.parameters().filter(|_| is_passed_on && is_denied(event));
    request.and_then(|request| find_stack_tag(request, TAG_DEPTH, false))
}

/// Tags are a map from names to values, or a list of objects with a key and a value, below a parameter
/// that is called so: `tags`, `tagSet`, `tagSpecificationSet`.
fn find_stack_tag(value: &Value, depth: usize, is_in_tags: bool) -> Option<String> {
    let deeper = depth.checked_sub(1)?;
    match value {
        Value::Array(members) => {
            members.iter().find_map(|one| find_stack_tag(one, deeper, is_in_tags))
        }
        Value::Object(fields) => {
            let field = |name: &str| {
                let found = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.and_then(|(_, value)| value.as_str())
            };
            let is_tag = ["key", "tagKey"].iter().any(|name| field(name) == Some(STACK_TAG));
            let listed = || ["value", "tagValue"].iter().find_map(|name| field(name));
            let named = fields.get(STACK_TAG).and_then(Value::as_str);
            let stack = if is_tag { listed() } else { named };
            let below = |(name, one): (&String, &Value)| {
                let is_tags = is_in_tags || name.to_ascii_lowercase().contains("tag");
                find_stack_tag(one, deeper, is_tags)
            };
            let found = stack.filter(|_| is_in_tags).map(str::to_owned);
            found.or_else(|| fields.iter().find_map(below))
        }
        _ => None,
    }
}

/// The longest request that is kept, in bytes of JSON, and the longest text.
const MAX_REQUEST: usize = 2_048;

/// What a record says in the fields of version 1.
fn read_first(event: &Event) -> FirstFinding {
    let call = event.api_call();
    let who = &event.principal;
    let clip = |text: &str| clip_bytes(text, MAX_REQUEST).0.to_owned();
    let request = event.parameters().filter(|request| request.to_string().len() <= MAX_REQUEST);
    FirstFinding {
        error_message: event.error_message().or_else(|| event.error_code()).map(clip),
        event_name: call.map(|call| call.event_name.clone()).unwrap_or_default(),
        event_source: call.map(|call| call.event_source.clone()).unwrap_or_default(),
        account: event.account_or_unknown().to_owned(),
        user_account: who.account.clone(),
        user_name: who.user_name.clone(),
        user_arn: who.session_arn.clone(),
        source: event.network.source.clone(),
        log_source: (event.source != cloudtrail::ID).then(|| event.source.as_str().to_owned()),
        request: request.cloned(),
    }
}

/// The code of its error; of refused traffic its kind, which tells what refused it.
fn refusal_code(event: &Event) -> Option<&str> {
    match &event.class {
        EventClass::Flow(flow) => Some(flow.kind.as_str()).filter(|_| is_denied(event)),
        EventClass::ApiCall(_) | EventClass::Request(_) | EventClass::ForeignFinding(_) => {
            event.error_code()
        }
    }
}

fn is_denied(event: &Event) -> bool {
    event.outcome == Outcome::Denied
}

/// What another service found, if an event is that.
fn reported_finding(event: &Event) -> Option<Box<ReportedFinding>> {
    let found = event.foreign_finding()?;
    Some(Box::new(ReportedFinding {
        product: found.product.clone(),
        finding_id: found.part_of.clone().unwrap_or_else(|| found.finding_id.clone()),
        kind: found.kind.clone(),
        title: found.title.clone(),
        level: found.level,
        count: found.count.unwrap_or(1),
    }))
}

/// How an event ended, and whether it changed something.
pub fn mark_of(event: &Event) -> EventMark {
    if event.foreign_finding().is_some() {
        return EventMark::Reported;
    }
    match event.outcome {
        Outcome::Denied => EventMark::Denied,
        Outcome::Failed => EventMark::Failed,
        Outcome::Success if is_reading(event) => EventMark::Read,
        Outcome::Success => EventMark::Changed,
    }
}

/// Whether a call only reads: as the record says, otherwise by its name. A sign-in changes nothing.
fn is_reading(event: &Event) -> bool {
    let is_sign_in = event.kind() == "AwsConsoleSignIn";
    is_sign_in || event.action.read_only.unwrap_or_else(|| is_looking(&event.action.to_string()))
}
