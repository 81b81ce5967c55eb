//! Errors as people paste them, and decoded authorization messages.

use aware_core::event::Arn;

use super::{Explainer, Explanation, Facts};
use crate::denial::{self, Decoded, Denial, Effect, Layer};
use crate::principal::Identity;
use crate::resource::{Evidence, Place};

pub(super) fn explain(explainer: &Explainer<'_>, text: &str) -> Option<Explanation> {
    if let Some(decoded) = denial::decoded(text) {
        return Some(of_decoded(explainer, &decoded));
    }
    let text = in_one_line(text);
    let (code, operation) = wrapper(&text);
    let denial = denial::parse(code, &text);
    let says_nothing = denial.action.is_none()
        && denial.layer == Layer::Unknown
        && denial.effect == Effect::Unknown
        && denial.encoded.is_none();
    if says_nothing {
        return None;
    }
    Some(conclude(explainer, denial, operation, &[]))
}

fn of_decoded(explainer: &Explainer<'_>, decoded: &Decoded) -> Explanation {
    let effect = match (decoded.allowed, decoded.explicit_deny) {
        (true, _) => Effect::None,
        (false, true) => Effect::Explicit,
        (false, false) => Effect::Implicit,
    };
    let denial = Denial {
        principal: decoded.principal.as_deref(),
        action: decoded.action.as_deref(),
        resource: decoded.resource.as_deref(),
        effect,
        layer: if decoded.allowed { Layer::None } else { decoded.layer },
        policy_arn: decoded.policy_arn.as_deref(),
        ..Denial::default()
    };
    let mut notes = Vec::new();
    if !decoded.statements.is_empty() {
        notes.push(format!("statements that matched: {}", decoded.statements.join(", ")));
    }
    if effect == Effect::Implicit {
        notes.push(
            "decoded: no policy allows it; the message does not say which kind must".to_owned(),
        );
    }
    conclude(explainer, denial, "", &notes)
}

fn conclude(
    explainer: &Explainer<'_>,
    denial: Denial<'_>,
    operation: &str,
    notes: &[String],
) -> Explanation {
    let identity = Identity::named(denial.principal.unwrap_or_default());
    let arn = denial.resource.and_then(Arn::parse);
    let region = arn.as_ref().map(Arn::region).unwrap_or_default();
    let owner = arn.as_ref().map(Arn::account).filter(|account| !account.is_empty());
    let account = owner.or(identity.account.as_deref()).unwrap_or_default().to_owned();
    let name = denial.action.and_then(|action| action.split_once(':')).map_or("", |(_, name)| name);
    let facts = Facts {
        evidence: Evidence {
            place: Place { region, account: &account },
            operation: if operation.is_empty() { name } else { operation },
            named: denial.resource,
            resources: &[],
            request: None,
        },
        identity,
        service: "",
        invoked_by: None,
        endpoint: None,
        denied: true,
        denial,
    };
    let mut explanation = explainer.conclude(&facts);
    explanation.notes.extend_from_slice(notes);
    explanation
}

/// Terminals and logs break lines and draw frames; AWS's sentences have neither.
fn in_one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut broken = false;
    for letter in text.trim().chars() {
        match letter {
            '\n' | '\r' | '\t' => broken = true,
            ' ' | '│' | '╷' | '╵' if broken => {}
            other => {
                if std::mem::take(&mut broken) {
                    out.push(' ');
                }
                out.push(other);
            }
        }
    }
    out
}

/// Code and operation of the SDKs' wrappers: `An error occurred (CODE) when calling the OPERATION
/// operation: …` and `operation error S3: PutObject, … api error CODE: …`.
fn wrapper(text: &str) -> (&str, &str) {
    let between = |start: &str, end: &str| {
        let (_, rest) = text.split_once(start)?;
        rest.split_once(end).map(|(found, _)| found).filter(|found| found.len() <= 100)
    };
    let code = between("An error occurred (", ")").or_else(|| between("api error ", ":"));
    let operation = between("when calling the ", " operation");
    (code.unwrap_or_default(), operation.unwrap_or_default())
}
