//! Decides whether a grant is offered: the only place that does so, for scans, messages, `explain`
//! and `policy` alike.

use std::collections::{BTreeMap, BTreeSet};

use aware_core::explanation::Grant;
use aware_core::explanation::{Cure, CureStatement, DenialSign, PolicyChange};
use aware_iam::catalogue::Catalogue;
use aware_iam::suggest::{merge_grants, shares_prefix};

use crate::triage::{LooksLike, ReadingReason, TriageReading};

/// Who decides, if nobody else is known.
const SECURITY: &str = "whoever is responsible for the account's security";

/// Denials of one principal, as explained.
#[derive(Clone, Copy, Debug)]
pub struct ExplainedDenials<'a> {
    /// The statements that would cure them.
    pub remedies: &'a BTreeSet<CureStatement>,
    /// Why some of them get no statement.
    pub refusals: &'a BTreeSet<String>,
    /// What they reveal.
    pub signs: &'a BTreeSet<DenialSign>,
    /// Who can decide, if known.
    pub decided_by: Option<&'a str>,
}

/// What is known of who was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerReading {
    /// By all that it did.
    Judged(TriageReading),
    /// Nothing: it may be anybody.
    Unknown,
    /// The one who asks, by pasting an error of their own.
    Asking,
}

impl From<Option<TriageReading>> for CallerReading {
    fn from(reading: Option<TriageReading>) -> Self {
        reading.map_or(Self::Unknown, Self::Judged)
    }
}

/// The decision about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CureDecision {
    /// What would cure them, or why that is withheld; `None` if neither is known.
    pub cure: Option<Cure>,
    /// What the caller looks like, including what its denials reveal.
    pub reading: Option<TriageReading>,
}

/// Decides. A denial whose caller has no reading gets no grant, nor does one whose caller looks
/// like exploring.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use aware_cases::decide::{CallerReading, ExplainedDenials, decide_cure};
/// use aware_iam::catalogue::Catalogue;
/// use aware_iam::explain::explain_text;
///
/// let text = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: \
///             iam:ListUsers because no identity-based policy allows the iam:ListUsers action";
/// let remedies = BTreeSet::from_iter(explain_text(text).unwrap().list_remedies());
/// let denials = ExplainedDenials {
///     remedies: &remedies,
///     refusals: &BTreeSet::new(),
///     signs: &BTreeSet::new(),
///     decided_by: None,
/// };
/// let decide = |caller| decide_cure(Catalogue::built_in(), &denials, caller).cure.unwrap();
/// assert!(!decide(CallerReading::Asking).changes.is_empty());
/// assert!(decide(CallerReading::Unknown).withheld.is_some());
/// ```
pub fn decide_cure(
    catalogue: &Catalogue,
    case: &ExplainedDenials<'_>,
    caller: CallerReading,
) -> CureDecision {
    let is_asking = caller == CallerReading::Asking;
    let reading = match caller {
        CallerReading::Judged(reading) => Some(with_signs(reading, case.signs)),
        CallerReading::Unknown | CallerReading::Asking => None,
    };
    let decides = case.decided_by.unwrap_or(SECURITY);
    let hostile = match &reading {
        None if is_asking => None,
        None => Some("what else the caller did is not known"),
        Some(reading) if reading.looks_like == LooksLike::Exploring => {
            Some("it looks like somebody exploring")
        }
        Some(reading) => reading.withhold.as_deref(),
    };
    let cure = match hostile {
        Some(why) if !case.remedies.is_empty() => {
            let mut reasons: Vec<String> = vec![why.to_owned()];
            reasons.extend(case.refusals.iter().cloned());
            Some(Cure::withheld(withheld_sentence(&reasons, decides)))
        }
        _ => offer_cure(catalogue, case, reading.as_ref(), decides),
    };
    CureDecision { cure, reading }
}

/// A call directed at another's place is not merely a missing permission: what it is remains
/// unclear.
fn with_signs(mut reading: TriageReading, signs: &BTreeSet<DenialSign>) -> TriageReading {
    let Some(sign) = signs.iter().max_by_key(|sign| sign.is_high) else { return reading };
    if reading.looks_like == LooksLike::LacksPermission {
        reading
            .reasons
            .insert(0, ReadingReason { points: -reading.points, text: sign.label.clone() });
        reading.looks_like = LooksLike::Unclear;
        reading.points = 0;
    }
    reading
}

fn withheld_sentence(reasons: &[String], decides: &str) -> String {
    let said = reasons.join("; ");
    if said.is_empty() {
        format!("{decides} decides")
    } else {
        format!("{said}; {decides} decides")
    }
}

fn offer_cure(
    catalogue: &Catalogue,
    case: &ExplainedDenials<'_>,
    reading: Option<&TriageReading>,
    decides: &str,
) -> Option<Cure> {
    let is_open = case.remedies.is_empty() && case.decided_by.is_some();
    let withheld = (is_open || !case.refusals.is_empty())
        .then(|| withheld_sentence(&case.refusals.iter().cloned().collect::<Vec<_>>(), decides));
    if case.remedies.is_empty() {
        return withheld.map(Cure::withheld);
    }
    let is_workload = reading.is_some_and(|reading| {
        reading.looks_like == LooksLike::LacksPermission && !reading.is_person
    });
    let changes =
        policy_changes(case.remedies, &|action| is_workload && shares_prefix(catalogue, action));
    let take_care: BTreeSet<&String> =
        case.remedies.iter().flat_map(|remedy| &remedy.take_care).collect();
    Some(Cure { changes, take_care: take_care.into_iter().cloned().collect(), withheld })
}

/// The merged statements of each policy. Resources' policies, whose statements name a principal,
/// come before the principal's own, and changes that are no statements last.
fn policy_changes(
    remedies: &BTreeSet<CureStatement>,
    may_share: &dyn Fn(&str) -> bool,
) -> Vec<PolicyChange> {
    let mut by_policy: BTreeMap<(bool, &str), Vec<Grant>> = BTreeMap::new();
    let (others, remedies): (Vec<_>, Vec<_>) =
        remedies.iter().partition(|remedy| !remedy.forms.is_empty());
    for remedy in remedies {
        let key = (remedy.statement.principals.is_empty(), remedy.attach_to.as_str());
        by_policy.entry(key).or_default().push(remedy.statement.clone());
    }
    by_policy
        .into_iter()
        .map(|((_, attach_to), grants)| PolicyChange {
            attach_to: attach_to.to_owned(),
            statements: merge_grants(&grants, may_share),
            forms: Vec::new(),
        })
        .chain(others.into_iter().map(|remedy| PolicyChange {
            attach_to: remedy.attach_to.clone(),
            statements: Vec::new(),
            forms: remedy.forms.clone(),
        }))
        .collect()
}
