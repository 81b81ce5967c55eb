//! The reason in AWS's words: which kind of policy, and which policy.

use aware_core::explanation::{DenialEffect, DenialLayer};

use crate::steps::scan;

/// The kinds of policies in AWS's words. The trust policy comes first, since AWS also calls it
/// resource-based.
const KINDS: [(&str, DenialLayer); 12] = [
    ("trust policy", DenialLayer::Trust),
    ("identity-based", DenialLayer::Identity),
    ("resource-based", DenialLayer::Resource),
    // VPC Lattice's terms for a policy of a service and of a service network.
    ("service-based", DenialLayer::Resource),
    ("network-based", DenialLayer::Resource),
    ("service control", DenialLayer::Scp),
    ("resource control", DenialLayer::Rcp),
    ("permissions boundary", DenialLayer::Boundary),
    ("boundary", DenialLayer::Boundary),
    ("VPC endpoint", DenialLayer::VpcEndpoint),
    ("session policy", DenialLayer::Session),
    ("sessions policy", DenialLayer::Session),
];
/// How far a kind may be from its marker, in bytes.
const REACH: usize = 60;
/// How much of a kind's name must be present to count, in bytes.
const MIN_CUT: usize = 6;

/// What a reason states.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DenialReason<'t> {
    pub(super) effect: DenialEffect,
    pub(super) layer: DenialLayer,
    pub(super) policy_arn: Option<&'t str>,
    /// The action that it names.
    pub(super) action: Option<&'t str>,
}

/// Reads the text after the resource, or a whole text without the usual form.
pub(super) fn read_reason(text: &str) -> DenialReason<'_> {
    if let Some((_, rest)) = scan(text).split_once("with an explicit deny") {
        return read_explicit(rest);
    }
    // Text that is copied line by line loses the blank after `no`.
    for marker in ["because no", "Context: no"] {
        if let Some((_, rest)) = scan(text).split_once(marker) {
            return read_implicit(rest.trim_start());
        }
    }
    let unsure = ["no resource-based policies allow", "refers to a customer master key"];
    if unsure.iter().any(|words| text.contains(words)) {
        return DenialReason { layer: DenialLayer::ResourceOrMissing, ..DenialReason::default() };
    }
    DenialReason::default()
}

fn read_implicit(rest: &str) -> DenialReason<'_> {
    let kind = rest.split_once(" allow").map_or("", |(kind, _)| kind);
    let layer = match kind_of(if kind.len() <= REACH { kind } else { "" }) {
        DenialLayer::Unknown => read_cut_kind(rest),
        layer => layer,
    };
    let effect =
        if layer == DenialLayer::Unknown { DenialEffect::Unknown } else { DenialEffect::Implicit };
    DenialReason { effect, layer, policy_arn: None, action: allowed_action(rest) }
}

/// The kind of policy in a text that is cut off within its name: `because no identity-ba…`.
fn read_cut_kind(rest: &str) -> DenialLayer {
    let mut rest = rest.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
    rest = rest.strip_suffix("(truncated").unwrap_or(rest).trim_end_matches(['.', ' ']);
    let is_cut = |kind: &str| kind.starts_with(rest) || rest.starts_with(kind);
    let is_short = (MIN_CUT..=REACH).contains(&rest.len());
    let found = KINDS.iter().find(|(kind, _)| is_short && is_cut(kind));
    found.map_or(DenialLayer::Unknown, |(_, layer)| *layer)
}

/// The action of `… allows the A action`, if it is complete: a truncated text ends within the name.
fn allowed_action(rest: &str) -> Option<&str> {
    let rest = rest.get(nearby_text(rest).find(" allow")?..)?;
    let rest = [" allows the ", " allow the "].iter().find_map(|words| rest.strip_prefix(words))?;
    let (action, rest) = super::action::action_token(rest)?;
    rest.starts_with(" action").then_some(action)
}

fn read_explicit(rest: &str) -> DenialReason<'_> {
    let rest = scan(rest).split(". Encoded").next().unwrap_or(rest);
    let policy_arn = read_policy_arn(rest);
    let words = rest.split(": ").next().unwrap_or(rest);
    let words = words.split(". ").next().unwrap_or(words);
    let layer = match rest.split_once("transitively through ") {
        Some((_, cause)) => kind_of(nearby_text(cause)),
        None => kind_of(nearby_text(words)),
    };
    DenialReason { effect: DenialEffect::Explicit, layer, policy_arn, action: None }
}

fn nearby_text(text: &str) -> &str {
    let end = (0..=text.len().min(REACH)).rev().find(|at| text.is_char_boundary(*at));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

fn kind_of(words: &str) -> DenialLayer {
    KINDS
        .iter()
        .find(|(kind, _)| words.contains(kind))
        .map_or(DenialLayer::Unknown, |(_, layer)| *layer)
}

/// The policy's ARN after `policy: `. AWS ends the sentence with a dot, and for some weeks wrote
/// the policy's name in brackets after the ARN.
fn read_policy_arn(rest: &str) -> Option<&str> {
    let (before, _) = scan(rest).split_once("arn:")?;
    let near = before.ends_with(": ") && before.len() <= 2 * REACH;
    let word = rest.get(before.len()..)?.split([' ', '\n', '"']).next()?;
    let word = word.trim_end_matches(['.', ',', ';']);
    (near && word.len() <= 2_048).then_some(word)
}
