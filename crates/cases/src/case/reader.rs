//! Reads events as cases keep them.

use std::sync::Arc;

use aware_core::case::EventMark;
use aware_core::event::{Event, Outcome};
use aware_core::explanation::Explanation;
use aware_core::finding::{FindingPrincipal, RuleSummary};
use aware_core::source::cloudtrail;
use aware_core::text::clip_bytes;

use super::{CaseEvent, FirstFinding};
use crate::notable::{find_links, find_notable, undo_keys};
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
        let notable = find_notable(event);
        let is_reading = is_reading(event);
        let mark = match event.outcome {
            Outcome::Denied => EventMark::Denied,
            Outcome::Failed => EventMark::Failed,
            Outcome::Success if is_reading => EventMark::Read,
            Outcome::Success => EventMark::Changed,
        };
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
            error_code: event.error_code().map(str::to_owned),
            mark,
            resource: event.first_resource().map(|resource| resource.name.clone()),
            source: event.network.source.clone(),
            network: event.network.network_prefix(),
            agent: event.network.agent_family().map(str::to_owned),
            endpoint: event.network.vpc_endpoint.clone(),
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

/// Whether a call only reads: as the record says, otherwise by its name. A sign-in changes nothing.
fn is_reading(event: &Event) -> bool {
    let is_sign_in = event.kind() == "AwsConsoleSignIn";
    is_sign_in || event.action.read_only.unwrap_or_else(|| is_looking(&event.action.to_string()))
}
