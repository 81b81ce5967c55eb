//! The reason in AWS's words: which kind of policy, and which policy.

use aware_core::explanation::{Effect, Layer};

/// The kinds of policies in AWS's words. The trust policy comes first, since AWS also calls it
/// resource-based.
const KINDS: [(&str, Layer); 12] = [
    ("trust policy", Layer::Trust),
    ("identity-based", Layer::Identity),
    ("resource-based", Layer::Resource),
    // VPC Lattice's terms for a policy of a service and of a service network.
    ("service-based", Layer::Resource),
    ("network-based", Layer::Resource),
    ("service control", Layer::Scp),
    ("resource control", Layer::Rcp),
    ("permissions boundary", Layer::Boundary),
    ("boundary", Layer::Boundary),
    ("VPC endpoint", Layer::VpcEndpoint),
    ("session policy", Layer::Session),
    ("sessions policy", Layer::Session),
];
/// How far a kind may be from its marker, in bytes.
const REACH: usize = 60;
/// How much of a kind's name must be present to count, in bytes.
const MIN_CUT: usize = 6;

/// What a reason states.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reason<'t> {
    pub(super) effect: Effect,
    pub(super) layer: Layer,
    pub(super) policy_arn: Option<&'t str>,
    /// The action that it names.
    pub(super) action: Option<&'t str>,
}

/// Reads the text after the resource, or a whole text without the usual form.
pub(super) fn read(text: &str) -> Reason<'_> {
    if let Some((_, rest)) = text.split_once("with an explicit deny") {
        return explicit(rest);
    }
    // Text that is copied line by line loses the blank after `no`.
    for marker in ["because no", "Context: no"] {
        if let Some((_, rest)) = text.split_once(marker) {
            return implicit(rest.trim_start());
        }
    }
    let unsure = ["no resource-based policies allow", "refers to a customer master key"];
    if unsure.iter().any(|words| text.contains(words)) {
        return Reason { layer: Layer::ResourceOrMissing, ..Reason::default() };
    }
    Reason::default()
}

fn implicit(rest: &str) -> Reason<'_> {
    let kind = rest.split_once(" allow").map_or("", |(kind, _)| kind);
    let layer = match kind_of(if kind.len() <= REACH { kind } else { "" }) {
        Layer::Unknown => cut(rest),
        layer => layer,
    };
    let effect = if layer == Layer::Unknown { Effect::Unknown } else { Effect::Implicit };
    Reason { effect, layer, policy_arn: None, action: action(rest) }
}

/// The kind of policy in a text that is cut off within its name: `because no identity-ba…`.
fn cut(rest: &str) -> Layer {
    let mut rest = rest.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
    rest = rest.strip_suffix("(truncated").unwrap_or(rest).trim_end_matches(['.', ' ']);
    let is_cut = |kind: &str| kind.starts_with(rest) || rest.starts_with(kind);
    let is_short = (MIN_CUT..=REACH).contains(&rest.len());
    let found = KINDS.iter().find(|(kind, _)| is_short && is_cut(kind));
    found.map_or(Layer::Unknown, |(_, layer)| *layer)
}

/// The action of `… allows the A action`, if it is complete: a truncated text ends within the name.
fn action(rest: &str) -> Option<&str> {
    let rest = rest.get(near(rest).find(" allow")?..)?;
    let rest = [" allows the ", " allow the "].iter().find_map(|words| rest.strip_prefix(words))?;
    let (action, rest) = super::action::token(rest)?;
    rest.starts_with(" action").then_some(action)
}

fn explicit(rest: &str) -> Reason<'_> {
    let rest = rest.split(". Encoded").next().unwrap_or(rest);
    let policy_arn = arn(rest);
    let words = rest.split(": ").next().unwrap_or(rest);
    let words = words.split(". ").next().unwrap_or(words);
    let layer = match rest.split_once("transitively through ") {
        Some((_, cause)) => kind_of(near(cause)),
        None => kind_of(near(words)),
    };
    Reason { effect: Effect::Explicit, layer, policy_arn, action: None }
}

fn near(text: &str) -> &str {
    let end = (0..=text.len().min(REACH)).rev().find(|at| text.is_char_boundary(*at));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

fn kind_of(words: &str) -> Layer {
    KINDS.iter().find(|(kind, _)| words.contains(kind)).map_or(Layer::Unknown, |(_, layer)| *layer)
}

/// The policy's ARN after `policy: `. AWS ends the sentence with a dot, and for some weeks wrote
/// the policy's name in brackets after the ARN.
fn arn(rest: &str) -> Option<&str> {
    let (before, _) = rest.split_once("arn:")?;
    let near = before.ends_with(": ") && before.len() <= 2 * REACH;
    let word = rest.get(before.len()..)?.split([' ', '\n', '"']).next()?;
    let word = word.trim_end_matches(['.', ',', ';']);
    (near && word.len() <= 2_048).then_some(word)
}
