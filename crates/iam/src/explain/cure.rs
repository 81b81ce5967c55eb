//! What follows from the facts: the verdict, the policy to change, the statement to add.

use super::called::{CREATE_LINKED_ROLE, asked_about, linked_role, needed_resource};
use super::{
    ActionConfidence, DenialExplanation, DenialFacts, DenialVerdict, companion, policy, sign,
    statement, why,
};
use crate::call::CallPermission;
use crate::catalogue::ActionEntry;
use crate::denial::{DenialEffect, DenialLayer};
use crate::principal::{IdentityKind, PrincipalIdentity};
use crate::resource::{self, FoundResource, ResourceOrigin};
use crate::suggest::{self, CureStatement, ForeignParty, Grant, GrantNeed};

/// The policies that AWS attaches to users whose keys it has found in public.
const QUARANTINE: &str = ":policy/AWSCompromisedKeyQuarantine";

pub(super) fn build_explanation(
    facts: &DenialFacts<'_>,
    actions: &[String],
    entry: Option<ActionEntry>,
    is_told: bool,
    alternatives: bool,
) -> DenialExplanation {
    let told = needed_resource(facts, actions)
        .or_else(|| resource::find_resource(entry.as_ref(), &facts.evidence));
    let confidence = rate_confidence(facts, entry.as_ref(), told.as_ref(), is_told, alternatives);
    let found = told.and_then(|told| asked_about(facts, entry.as_ref(), told));
    let mut out = bare_explanation(facts, actions, found.as_ref(), confidence);
    if alternatives && !is_told {
        out.notes.push(format!("depending on the request, one of {}", actions.join(", ")));
    }
    out.notes.extend(why::collect_notes(facts, actions, entry.as_ref()));
    let found = found.or_else(|| linked_role(facts, actions));
    let case = DenialAssessment {
        facts,
        actions,
        entry: entry.as_ref(),
        found: found.as_ref(),
        alternatives,
    };
    case.assess_denial(&mut out);
    out
}

fn rate_confidence(
    facts: &DenialFacts<'_>,
    entry: Option<&ActionEntry>,
    found: Option<&FoundResource>,
    is_told: bool,
    alternatives: bool,
) -> ActionConfidence {
    if is_told || facts.denial.layer == DenialLayer::Authentication {
        return ActionConfidence::Message;
    }
    let is_open = found.is_some_and(|found| found.origin == ResourceOrigin::Pattern);
    if entry.is_none() || alternatives || is_open {
        ActionConfidence::Guess
    } else {
        ActionConfidence::Request
    }
}

/// An explanation without a judgement.
fn bare_explanation(
    facts: &DenialFacts<'_>,
    actions: &[String],
    found: Option<&FoundResource>,
    confidence: ActionConfidence,
) -> DenialExplanation {
    let denial = &facts.denial;
    let is_call = denial.layer != DenialLayer::Authentication;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    DenialExplanation {
        principal: principal_label(facts),
        caller: facts.caller.as_ref().map(PrincipalIdentity::display_name),
        action: actions.first().filter(|_| is_call).cloned(),
        resource: found.map(|found| found.name.clone()),
        effect: denial.effect,
        layer: denial.layer,
        policy_arn: owned(denial.policy_arn),
        confidence,
        verdict: DenialVerdict::Misconfig,
        attach_to: None,
        suggestion: None,
        goes_to: None,
        also: Vec::new(),
        take_care: Vec::new(),
        no_grant: None,
        sign: None,
        why: why::explain_why(facts, confidence),
        decided_by: None,
        actions: if actions.len() > 1 && is_call { actions.to_vec() } else { Vec::new() },
        next: Vec::new(),
        notes: Vec::new(),
        encoded: denial.encoded.filter(|encoded| !encoded.likely_cut).map(|it| it.text.to_owned()),
        console_link: owned(denial.console_link),
        authorization_id: owned(denial.authorization_id),
    }
}

fn principal_label(facts: &DenialFacts<'_>) -> Option<String> {
    match &facts.identity.kind {
        IdentityKind::WebIdentity(web) => Some(web.display_name()),
        IdentityKind::Unknown if facts.identity.arn.is_none() => {
            facts.denial.principal.map(str::to_owned)
        }
        IdentityKind::Service if facts.identity.arn.is_none() => {
            facts.invoked_by.or(facts.denial.principal).map(str::to_owned)
        }
        _ => Some(facts.identity.display_name()),
    }
}

/// One denial that is being assessed.
struct DenialAssessment<'e> {
    facts: &'e DenialFacts<'e>,
    actions: &'e [String],
    entry: Option<&'e ActionEntry>,
    found: Option<&'e FoundResource>,
    alternatives: bool,
}

impl DenialAssessment<'_> {
    fn assess_denial(&self, out: &mut DenialExplanation) {
        let denial = &self.facts.denial;
        out.verdict = self.decide_verdict();
        if out.verdict == DenialVerdict::Incident {
            out.decided_by = Some(why::SECURITY.to_owned());
            out.notes.push("AWS has quarantined this user because its access key has leaked. Treat this as a critical incident and rotate the key".to_owned());
            return;
        }
        if !self.facts.denied {
            return;
        }
        if let Some(refusal) = denial.refusal {
            out.decided_by = refusal.decided_by().map(str::to_owned);
            return;
        }
        if denial.layer == DenialLayer::None {
            return;
        }
        out.sign = sign::find_sign(self.facts, self.main_action(), self.entry, self.found);
        if out.sign.is_some() {
            out.verdict = DenialVerdict::Suspicious;
        }
        let is_organizations = matches!(denial.layer, DenialLayer::Scp | DenialLayer::Rcp);
        if denial.effect == DenialEffect::Explicit || is_organizations {
            out.decided_by = why::policy_owner(self.facts);
            return;
        }
        self.offer_cure(out);
    }

    fn main_action(&self) -> &str {
        self.actions.first().map(String::as_str).unwrap_or_default()
    }

    fn decide_verdict(&self) -> DenialVerdict {
        let denial = &self.facts.denial;
        if denial.policy_arn.is_some_and(|arn| arn.contains(QUARANTINE)) {
            return DenialVerdict::Incident;
        }
        match denial.layer {
            DenialLayer::Authentication => DenialVerdict::Authn,
            DenialLayer::NotIam | DenialLayer::None => DenialVerdict::Misconfig,
            _ if self.is_withheld() || sign::is_tempting(self.facts, self.main_action()) => {
                DenialVerdict::Suspicious
            }
            _ => DenialVerdict::Misconfig,
        }
    }

    /// Whether this action must not be offered unasked.
    fn is_withheld(&self) -> bool {
        !self.withhold_reasons().is_empty() || self.passes_beyond_boundary()
    }

    /// Why, according to the first action that has a reason, of all that would be granted.
    fn withhold_reasons(&self) -> Vec<&'static str> {
        let own = suggest::withhold_reasons(self.main_action(), self.entry);
        if !own.is_empty() {
            return own;
        }
        let elsewhere = self.needs_elsewhere();
        let others = self.need_of(&elsewhere).actions.iter().skip(1);
        let others = others.chain(elsewhere.iter().map(|(one, _)| &one.action));
        let catalogue = self.facts.catalogue;
        let mut because = others.map(|action| {
            suggest::withhold_reasons(action, catalogue.find_action_briefly(action).as_ref())
        });
        because.find(|why| !why.is_empty()).unwrap_or_default()
    }

    /// A permissions boundary that prevents passing a role does what it is meant to do.
    fn passes_beyond_boundary(&self) -> bool {
        self.main_action() == "iam:PassRole" && self.facts.denial.layer == DenialLayer::Boundary
    }

    /// Sets the policy to change and the statements to add, or who decides instead.
    fn offer_cure(&self, out: &mut DenialExplanation) {
        if let Some(doubt) = self.facts.denial.doubt {
            out.decided_by = Some(why::SECURITY.to_owned());
            out.refuse_grant(doubt.to_owned());
            return;
        }
        if let Some(sign) = &out.sign {
            let reason = sign.label.clone();
            out.decided_by = Some(why::SECURITY.to_owned());
            out.refuse_grant(reason);
            return;
        }
        if self.is_withheld() && !self.facts.forced {
            let mut marks = self.withhold_reasons();
            if marks.is_empty() {
                marks =
                    self.entry.map(|entry| entry.sensitivity.describe_risks()).unwrap_or_default();
            }
            out.refuse_grant(format!("the action {}", marks.join(" and ")));
            out.decided_by = Some(why::SECURITY.to_owned());
            if self.passes_beyond_boundary() {
                out.attach_to = self.attach_to();
            }
            return;
        }
        out.attach_to = self.attach_to();
        if out.attach_to.is_none() {
            out.decided_by = self.facts.identity.policy_note();
            return;
        }
        if let Some(reason) = self.refusal_reason(out) {
            out.decided_by = Some(why::SECURITY.to_owned());
            out.refuse_grant(reason);
            return;
        }
        if !self.has_statement() {
            out.decided_by = why::policy_owner(self.facts)
                .filter(|_| self.facts.denial.layer != DenialLayer::Unknown);
            return;
        }
        let made = suggest::build_grant(&self.build_need()).map_err(|problem| match self.found {
            None if self.main_action() == CREATE_LINKED_ROLE => {
                "it is unknown which AWS service and account the service-linked role is for"
                    .to_owned()
            }
            _ => problem.to_string(),
        });
        match made.and_then(|grant| self.add_statements(grant, out)) {
            Ok(()) => {
                out.next = suggest::likely_next(self.main_action(), self.entry);
                self.add_cautions(out);
            }
            Err(problem) => out.refuse_grant(problem),
        }
    }

    fn attach_to(&self) -> Option<String> {
        policy::attach_to(self.facts, self.main_action(), self.found)
    }

    /// Why no statement is right, although it is known whose policy decides.
    fn refusal_reason(&self, out: &mut DenialExplanation) -> Option<String> {
        let foreign = sign::find_stranger(self.facts, self.main_action(), self.entry, self.found);
        let Some(foreign) = foreign else {
            return policy::allows_everything(self.facts).map(|name| {
                format!(
                    "{name}, going by its name, allows everything, so something else denies this"
                )
            });
        };
        let account = foreign.account_name();
        let is_caller = matches!(foreign, ForeignParty::Caller(_) | ForeignParty::Anonymous);
        if is_caller || self.main_action().starts_with("s3:") {
            out.attach_to = None;
        }
        Some(if foreign == ForeignParty::Anonymous {
            "the caller is anonymous".to_owned()
        } else if is_caller {
            format!("the caller belongs to {account}, not to this one")
        } else {
            format!("the resource belongs to {account}, not to the caller's")
        })
    }

    /// Whether a statement that allows this action on this resource would cure the denial.
    fn has_statement(&self) -> bool {
        let action = self.main_action();
        let is_named = self.found.is_some_and(|found| found.name != "*");
        let is_whole = self.found.is_some_and(|found| found.whole && found.name != "*");
        let is_abroad = policy::other_account(self.facts, self.found).is_some();
        match self.facts.denial.layer {
            _ if policy::by_trust_alone(self.facts, action) => false,
            DenialLayer::ResourceOrMissing => false,
            DenialLayer::Trust => is_whole && action.starts_with("sts:"),
            DenialLayer::Resource => is_named,
            DenialLayer::Unknown => !is_abroad || action == "sts:AssumeRole",
            _ => true,
        }
    }

    fn build_need(&self) -> GrantNeed<'_> {
        self.need_of(&self.needs_elsewhere())
    }

    fn need_of(&self, elsewhere: &[(&CallPermission, &FoundResource)]) -> GrantNeed<'_> {
        // If several may be needed, grants only the first: no more than is known.
        let is_one = self.alternatives || !elsewhere.is_empty();
        let count = if is_one { 1 } else { self.actions.len() };
        GrantNeed {
            actions: self.actions.get(..count).unwrap_or_default(),
            entry: self.entry,
            found: self.found,
            evidence: &self.facts.evidence,
            caller: &self.facts.names,
            service: self.facts.service,
            invoked_by: self.facts.invoked_by,
        }
    }

    /// What else the call needed, each on one resource other than the first action's, as the
    /// destination of a copy besides its source.
    fn needs_elsewhere(&self) -> Vec<(&CallPermission, &FoundResource)> {
        let is_else = |one: &&CallPermission| {
            self.actions.contains(&one.action) && one.action != self.main_action()
        };
        let others = self.facts.permissions.iter().filter(is_else);
        let each = others.filter_map(|one| match one.resources.as_slice() {
            [found] if found.whole && self.found.is_some_and(|first| first.name != found.name) => {
                Some((one, found))
            }
            _ => None,
        });
        each.collect()
    }

    /// Adds the caller's statements for what else the call needed.
    fn add_elsewhere(&self, attach_to: &str, out: &mut DenialExplanation) {
        let own = |found: &FoundResource| policy::other_account(self.facts, Some(found)).is_none();
        for (permission, found) in
            self.needs_elsewhere().into_iter().filter(|(_, found)| own(found))
        {
            let entry = self.facts.catalogue.find_action_briefly(&permission.action);
            let need = GrantNeed {
                actions: std::slice::from_ref(&permission.action),
                entry: entry.as_ref(),
                found: Some(found),
                ..self.build_need()
            };
            if let Ok(statement) = suggest::build_grant(&need) {
                let attach_to = attach_to.to_owned();
                out.also.push(CureStatement { statement, attach_to, ..CureStatement::default() });
            }
        }
    }

    /// Adds the caller's statement for what AWS checks besides the named resource.
    fn add_companions(&self, attach_to: &str, out: &mut DenialExplanation) {
        let is_callers = self.facts.denial.layer != DenialLayer::Resource;
        let found = self.found.filter(|_| is_callers && out.suggestion.is_some());
        let statement =
            found.and_then(|found| companion::companion_grant(self.build_need().actions, found));
        out.also.extend(statement.map(|statement| {
            let attach_to = attach_to.to_owned();
            CureStatement { statement, attach_to, ..CureStatement::default() }
        }));
    }

    /// Puts the statement into the form of each policy that it goes to.
    fn add_statements(&self, grant: Grant, out: &mut DenialExplanation) -> Result<(), String> {
        let attach_to = out.attach_to.take().unwrap_or_default();
        let own = attach_to.clone();
        let made = statement::policy_statements(
            self.facts,
            self.main_action(),
            self.found,
            (&attach_to, grant),
        )?;
        let mut made = made.into_iter();
        if let Some((policy, statement)) = made.next() {
            let names_both = statement::needs_trust_too(self.main_action());
            out.attach_to = Some(if names_both { attach_to } else { policy.clone() });
            (out.goes_to, out.suggestion) = (Some(policy), Some(statement));
        }
        let also = |(attach_to, statement)| CureStatement {
            statement,
            attach_to,
            ..CureStatement::default()
        };
        out.also = made.map(also).collect();
        self.add_elsewhere(&own, out);
        self.add_companions(&own, out);
        Ok(())
    }

    /// Adds what to know before adding the statement.
    fn add_cautions(&self, out: &mut DenialExplanation) {
        let mut care = |text: String| out.take_care.push(text);
        let marks = self.entry.map(|entry| entry.sensitivity.describe_risks()).unwrap_or_default();
        if !marks.is_empty() {
            care(format!("the action {}", marks.join(" and ")));
        }
        if self.facts.denial.layer == DenialLayer::Unknown
            && self.facts.denial.effect != DenialEffect::Implicit
        {
            care(
                "AWS does not say which policy refused it; something else may be lacking"
                    .to_owned(),
            );
        }
        let is_open = self.found.is_some_and(|found| !found.whole && found.name != "*");
        if is_open
            && self.facts.denial.resource.is_none()
            && self.main_action() != CREATE_LINKED_ROLE
        {
            care("the `*` stands for a part that is unknown: narrow it".to_owned());
        }
        if let IdentityKind::PermissionSet(set) = &self.facts.identity.kind {
            care(format!("everyone assigned the permission set {set} shares it, in every account"));
        }
        for grant in out.suggestion.iter() {
            out.take_care.extend(statement::statement_cautions(self.facts, grant));
        }
        let also = out
            .also
            .iter()
            .flat_map(|one| statement::statement_cautions(self.facts, &one.statement));
        out.take_care.extend(also.collect::<Vec<_>>());
        let shows_all = self.facts.denial.resource == Some("*");
        if shows_all && out.suggestion.as_ref().is_some_and(|grant| grant.resources != ["*"]) {
            out.take_care.push(
                "AWS's message shows `*`; if the denial persists, AWS checks the call on `*`"
                    .to_owned(),
            );
        }
        out.take_care.dedup();
    }
}
