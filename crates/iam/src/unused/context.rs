//! What an event shows about the condition keys of its request.

use aware_core::event::{Event, PrincipalKind};
use serde_json::Value;

use crate::policy::{RequestCaller, RequestContext};
use crate::principal::PrincipalIdentity;

/// Who called, as far as the event shows.
pub(super) fn read_caller(event: &Event) -> RequestCaller {
    let identity = PrincipalIdentity::from_event(event);
    RequestCaller {
        arn: identity.arn,
        session_arn: event.principal.arn.clone().filter(|arn| arn.contains(":assumed-role/")),
        account: event.principal.account.clone(),
        service: None,
    }
}

/// The global condition keys that the record contains; every other key is unknown.
///
/// Source: IAM user guide, "AWS global condition context keys"; CloudTrail user guide,
/// "CloudTrail userIdentity element".
pub(super) fn read_context(event: &Event) -> RequestContext {
    let principal = &event.principal;
    let identity = event.record.get("userIdentity");
    let text = |pointer: &str| identity?.pointer(pointer)?.as_str();
    let is_user = principal.kind == PrincipalKind::IamUser;
    let mut context = RequestContext::new()
        .with_values("aws:CurrentTime", [event.time.to_string()])
        .with_values("aws:EpochTime", [event.time.as_second().to_string()])
        .with_values("aws:ViaAWSService", [principal.invoked_by.is_some().to_string()])
        .with_values("aws:PrincipalIsAWSService", ["false"]);
    let mut set = |key: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            context = std::mem::take(&mut context).with_values(key, [value]);
        }
    };
    set("aws:RequestedRegion", Some(&event.region));
    set("aws:PrincipalAccount", principal.account.as_deref());
    set("aws:userid", text("/principalId"));
    set("aws:PrincipalArn", PrincipalIdentity::from_event(event).arn.as_deref());
    set("aws:username", text("/userName").filter(|_| is_user));
    set("aws:UserAgent", event.network.user_agent.as_deref());
    set("aws:TokenIssueTime", text("/sessionContext/attributes/creationDate"));
    set("aws:SourceIdentity", text("/sessionContext/sourceIdentity"));
    set("aws:SourceVpce", event.network.vpc_endpoint.as_deref());
    // For calls within AWS's own call chain, the address is the service's name.
    set("aws:SourceIp", event.network.ip_address().map(|ip| ip.to_string()).as_deref());
    add_session_keys(event, identity, context)
}

/// Adds the keys that depend on how the caller signed in.
fn add_session_keys(
    event: &Event,
    identity: Option<&Value>,
    context: RequestContext,
) -> RequestContext {
    let has_session = identity.is_some_and(|it| it.pointer("/sessionContext").is_some());
    let is_role = event.principal.kind == PrincipalKind::AssumedRole;
    let context = match event.principal.mfa {
        Some(is_present) => {
            context.with_values("aws:MultiFactorAuthPresent", [is_present.to_string()])
        }
        // A long-term key has no session, and its requests lack this key.
        None if !has_session && !is_role => context.without_key("aws:MultiFactorAuthPresent"),
        None => context,
    };
    let context = if is_role { context.without_key("aws:username") } else { context };
    match &event.network.tls {
        Some(_) => context.with_values("aws:SecureTransport", ["true"]),
        None => context,
    }
}
