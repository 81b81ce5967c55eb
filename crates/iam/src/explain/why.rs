//! Sentences for people: why the call was denied, who decides, what else to know.

use serde_json::Value;

use aware_core::explanation::ActionConfidence;

use super::facts::DenialFacts;
use super::policy;
use crate::catalogue::ActionEntry;
use crate::denial::{DenialEffect, DenialLayer};

/// Who decides about what attackers want.
pub(super) const SECURITY: &str = "whoever is responsible for the account's security";

/// The reason, in one sentence.
pub(super) fn explain_why(facts: &DenialFacts<'_>, confidence: ActionConfidence) -> String {
    let denial = &facts.denial;
    if let Some(refusal) = denial.refusal {
        return refusal.describe_why().to_owned();
    }
    if !facts.denied {
        return "nothing was denied".to_owned();
    }
    if let Some(worded) = denial.worded {
        return worded.why.to_owned();
    }
    let policy = denial.layer.policy_name();
    let article = if policy.starts_with(['i', 'a']) { "an" } else { "a" };
    match (denial.effect, denial.layer) {
        (DenialEffect::Implicit, DenialLayer::Unknown) => {
            "no policy allows it (implicit; from the decoded message)".to_owned()
        }
        (DenialEffect::Implicit, _) => {
            format!("no {policy} allows it (implicit; from AWS's message)")
        }
        (DenialEffect::Explicit, DenialLayer::Unknown) => {
            "a policy denies it (explicit; AWS does not say which)".to_owned()
        }
        (DenialEffect::Explicit, _) => match denial.policy_arn {
            Some(arn) => format!("{article} {policy} denies it: {arn} (explicit; from AWS's message)"),
            None => format!("{article} {policy} denies it (explicit; from AWS's message)"),
        },
        (DenialEffect::Either, _) => {
            format!("{article} {policy} does not allow it, or denies it (from AWS's message)")
        }
        (DenialEffect::None, DenialLayer::None) => "not denied: the message says that it was allowed".to_owned(),
        (_, DenialLayer::ResourceOrMissing) => {
            "the key's policy does not allow it, or there is no such key in this Region (from AWS's message)"
                .to_owned()
        }
        _ => match confidence {
            ActionConfidence::Message => "AWS does not say which policy".to_owned(),
            ActionConfidence::Request => {
                "AWS does not say why; action and resource come from the request".to_owned()
            }
            ActionConfidence::Guess => "AWS does not say why; the action comes from the call's name".to_owned(),
        },
    }
}

/// Who can decide about a policy that is not the principal's own.
pub(super) fn policy_owner(facts: &DenialFacts<'_>) -> Option<String> {
    let denial = &facts.denial;
    let named = denial.policy_arn.map(|arn| format!(" {arn}")).unwrap_or_default();
    let owner = match denial.layer {
        DenialLayer::Scp | DenialLayer::Rcp => {
            format!(
                "an organization administrator, through the {}{named}",
                denial.layer.policy_name()
            )
        }
        DenialLayer::Boundary => format!("whoever set the permissions boundary{named}"),
        DenialLayer::Resource | DenialLayer::ResourceOrMissing => {
            "the owner of the resource, through its policy".to_owned()
        }
        DenialLayer::VpcEndpoint => "the owner of the VPC endpoint, through its policy".to_owned(),
        DenialLayer::Trust => "the owner of the role, through its trust policy".to_owned(),
        DenialLayer::Session => {
            "whoever creates the session, through the session policy".to_owned()
        }
        _ => match denial.policy_arn {
            Some(arn) => format!("the owner of the policy {arn}"),
            None => "the owner of the policy that denies it".to_owned(),
        },
    };
    Some(owner)
}

/// Whether a text or a key of a request contains the replacement character of a lone surrogate.
fn holds_half_a_letter(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\u{fffd}'),
        Value::Array(items) => items.iter().any(holds_half_a_letter),
        Value::Object(fields) => {
            fields.iter().any(|(key, item)| key.contains('\u{fffd}') || holds_half_a_letter(item))
        }
        _ => false,
    }
}

/// Remarks about AWS's text.
fn text_notes(facts: &DenialFacts<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |text: &str| notes.push(text.to_owned());
    let denial = &facts.denial;
    if denial.is_doubtful {
        note(
            "the error's text is not trusted as AWS's: it repeats the request, or is about something that the call does not involve",
        );
    }
    if facts.evidence.request.is_some_and(holds_half_a_letter) {
        note("the request contains a lone surrogate, shown as U+FFFD");
    }
    if let Some(caller) = &facts.caller {
        note(&format!(
            "AWS's text is about {}, not about the caller, {}: grant the caller nothing",
            policy::lacking_label(facts),
            caller.display_name()
        ));
    }
    if let Some(encoded) = denial.encoded {
        if encoded.likely_cut {
            note(
                "CloudTrail has probably cut the encoded message: decode the client's copy of the error instead",
            );
        } else if denial.layer == DenialLayer::Unknown {
            note(
                "the encoded message says why: `aware explain --decode` asks AWS to decode it (sts:DecodeAuthorizationMessage)",
            );
        }
    }
    notes
}

/// All other remarks.
pub(super) fn collect_notes(
    facts: &DenialFacts<'_>,
    actions: &[String],
    entry: Option<&ActionEntry>,
) -> Vec<String> {
    let mut notes = text_notes(facts);
    let mut note = |text: &str| notes.push(text.to_owned());
    let denial = &facts.denial;
    if denial.layer == DenialLayer::Scp
        && denial.effect == DenialEffect::Explicit
        && denial.policy_arn.is_none()
    {
        note("AWS uses the same words for a service control policy that merely does not allow it");
    }
    match (facts.service, facts.evidence.operation, denial.layer) {
        ("s3", "HeadObject" | "GetObject", DenialLayer::Unknown) => {
            note(
                "S3 gives the same answer for a missing key, unless the caller may list the bucket",
            );
        }
        ("s3", "PutObject" | "UploadPart" | "CopyObject", DenialLayer::Unknown)
            if uses_kms(facts) =>
        {
            note(
                "the object is encrypted with a KMS key: kms:GenerateDataKey on that key may be what is lacking",
            );
        }
        _ => {}
    }
    match actions.first().map(String::as_str) {
        Some("ec2:RunInstances") => note(
            "AWS also checks RunInstances on image, subnet, network interface, security group, volume and key pair: further denials may follow",
        ),
        Some("sts:AssumeRole") if denial.layer == DenialLayer::Unknown => note(
            "both sides must agree: the identity policy of whoever assumes the role, and the trust policy of the role",
        ),
        Some(action) if entry.is_none() && denial.refusal.is_none() => {
            notes.push(format!(
                "the catalogue does not know {action}: it may be newer than the catalogue"
            ));
        }
        _ => {}
    }
    notes.extend(facts.identity.policy_note());
    notes
}

fn uses_kms(facts: &DenialFacts<'_>) -> bool {
    let key = "x-amz-server-side-encryption-aws-kms-key-id";
    facts.evidence.request.is_some_and(|request| request.get(key).is_some())
}
