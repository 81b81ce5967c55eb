//! What follows from the facts: the verdict, the policy to change, the statement to add.

use super::called::{LINKED, asked_about, linked_role, needed};
use super::{Confidence, Explanation, Facts, Verdict, companion, policy, sign, statement, why};
use crate::call::Permission;
use crate::catalogue::ActionEntry;
use crate::denial::{Effect, Layer};
use crate::principal::{Identity, Kind};
use crate::resource::{self, Found, Origin};
use crate::suggest::{self, Foreign, Grant, Need, Remedy};

/// The policies that AWS attaches to users whose keys it has found in public.
const QUARANTINE: &str = ":policy/AWSCompromisedKeyQuarantine";

pub(super) fn conclude(
    facts: &Facts<'_>,
    actions: &[String],
    entry: Option<ActionEntry>,
    is_told: bool,
    alternatives: bool,
) -> Explanation {
    let told = needed(facts, actions).or_else(|| resource::find(entry.as_ref(), &facts.evidence));
    let confidence = confidence(facts, entry.as_ref(), told.as_ref(), is_told, alternatives);
    let found = told.and_then(|told| asked_about(facts, entry.as_ref(), told));
    let mut out = bare(facts, actions, found.as_ref(), confidence);
    if alternatives && !is_told {
        out.notes.push(format!("depending on the request, one of {}", actions.join(", ")));
    }
    out.notes.extend(why::notes(facts, actions, entry.as_ref()));
    let found = found.or_else(|| linked_role(facts, actions));
    let case = Case { facts, actions, entry: entry.as_ref(), found: found.as_ref(), alternatives };
    case.judge(&mut out);
    out
}

fn confidence(
    facts: &Facts<'_>,
    entry: Option<&ActionEntry>,
    found: Option<&Found>,
    is_told: bool,
    alternatives: bool,
) -> Confidence {
    if is_told || facts.denial.layer == Layer::Authentication {
        return Confidence::Message;
    }
    let is_open = found.is_some_and(|found| found.origin == Origin::Pattern);
    if entry.is_none() || alternatives || is_open { Confidence::Guess } else { Confidence::Request }
}

/// An explanation without a judgement.
fn bare(
    facts: &Facts<'_>,
    actions: &[String],
    found: Option<&Found>,
    confidence: Confidence,
) -> Explanation {
    let denial = &facts.denial;
    let is_call = denial.layer != Layer::Authentication;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Explanation {
        principal: principal(facts),
        caller: facts.caller.as_ref().map(Identity::label),
        action: actions.first().filter(|_| is_call).cloned(),
        resource: found.map(|found| found.name.clone()),
        effect: denial.effect,
        layer: denial.layer,
        policy_arn: owned(denial.policy_arn),
        confidence,
        verdict: Verdict::Misconfig,
        attach_to: None,
        suggestion: None,
        goes_to: None,
        also: Vec::new(),
        take_care: Vec::new(),
        no_grant: None,
        sign: None,
        why: why::why(facts, confidence),
        decided_by: None,
        actions: if actions.len() > 1 && is_call { actions.to_vec() } else { Vec::new() },
        next: Vec::new(),
        notes: Vec::new(),
        encoded: denial.encoded.filter(|encoded| !encoded.likely_cut).map(|it| it.text.to_owned()),
        console_link: owned(denial.console_link),
        authorization_id: owned(denial.authorization_id),
    }
}

fn principal(facts: &Facts<'_>) -> Option<String> {
    match &facts.identity.kind {
        Kind::WebIdentity(web) => Some(web.label()),
        Kind::Unknown if facts.identity.arn.is_none() => facts.denial.principal.map(str::to_owned),
        Kind::Service if facts.identity.arn.is_none() => {
            facts.invoked_by.or(facts.denial.principal).map(str::to_owned)
        }
        _ => Some(facts.identity.label()),
    }
}

/// One denial that is being assessed.
struct Case<'e> {
    facts: &'e Facts<'e>,
    actions: &'e [String],
    entry: Option<&'e ActionEntry>,
    found: Option<&'e Found>,
    alternatives: bool,
}

impl Case<'_> {
    fn judge(&self, out: &mut Explanation) {
        let denial = &self.facts.denial;
        out.verdict = self.verdict();
        if out.verdict == Verdict::Incident {
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
        if denial.layer == Layer::None {
            return;
        }
        out.sign = sign::of(self.facts, self.action(), self.entry, self.found);
        if out.sign.is_some() {
            out.verdict = Verdict::Suspicious;
        }
        let is_organizations = matches!(denial.layer, Layer::Scp | Layer::Rcp);
        if denial.effect == Effect::Explicit || is_organizations {
            out.decided_by = why::owner(self.facts);
            return;
        }
        self.cure(out);
    }

    fn action(&self) -> &str {
        self.actions.first().map(String::as_str).unwrap_or_default()
    }

    fn verdict(&self) -> Verdict {
        let denial = &self.facts.denial;
        if denial.policy_arn.is_some_and(|arn| arn.contains(QUARANTINE)) {
            return Verdict::Incident;
        }
        match denial.layer {
            Layer::Authentication => Verdict::Authn,
            Layer::NotIam | Layer::None => Verdict::Misconfig,
            _ if self.is_withheld() || sign::is_tempting(self.facts, self.action()) => {
                Verdict::Suspicious
            }
            _ => Verdict::Misconfig,
        }
    }

    /// Whether this action must not be offered unasked.
    fn is_withheld(&self) -> bool {
        !self.withheld_because().is_empty() || self.passes_beyond_boundary()
    }

    /// Why, according to the first action that has a reason, of all that would be granted.
    fn withheld_because(&self) -> Vec<&'static str> {
        let own = suggest::withheld_because(self.action(), self.entry);
        if !own.is_empty() {
            return own;
        }
        let elsewhere = self.elsewhere();
        let others = self.need_of(&elsewhere).actions.iter().skip(1);
        let others = others.chain(elsewhere.iter().map(|(one, _)| &one.action));
        let catalogue = self.facts.catalogue;
        let mut because = others.map(|action| {
            suggest::withheld_because(action, catalogue.action_in_brief(action).as_ref())
        });
        because.find(|why| !why.is_empty()).unwrap_or_default()
    }

    /// A permissions boundary that prevents passing a role does what it is meant to do.
    fn passes_beyond_boundary(&self) -> bool {
        self.action() == "iam:PassRole" && self.facts.denial.layer == Layer::Boundary
    }

    /// Sets the policy to change and the statements to add, or who decides instead.
    fn cure(&self, out: &mut Explanation) {
        if let Some(doubt) = self.facts.denial.doubt {
            out.decided_by = Some(why::SECURITY.to_owned());
            out.refuse(doubt.to_owned());
            return;
        }
        if let Some(sign) = &out.sign {
            let reason = sign.label.clone();
            out.decided_by = Some(why::SECURITY.to_owned());
            out.refuse(reason);
            return;
        }
        if self.is_withheld() && !self.facts.forced {
            let mut marks = self.withheld_because();
            if marks.is_empty() {
                marks = self.entry.map(|entry| entry.sensitivity.describe()).unwrap_or_default();
            }
            out.refuse(format!("the action {}", marks.join(" and ")));
            out.decided_by = Some(why::SECURITY.to_owned());
            if self.passes_beyond_boundary() {
                out.attach_to = self.attach_to();
            }
            return;
        }
        out.attach_to = self.attach_to();
        if out.attach_to.is_none() {
            out.decided_by = self.facts.identity.note();
            return;
        }
        if let Some(reason) = self.refusal(out) {
            out.decided_by = Some(why::SECURITY.to_owned());
            out.refuse(reason);
            return;
        }
        if !self.has_statement() {
            out.decided_by =
                why::owner(self.facts).filter(|_| self.facts.denial.layer != Layer::Unknown);
            return;
        }
        let made = suggest::grant(&self.need()).map_err(|problem| match self.found {
            None if self.action() == LINKED => {
                "it is unknown which AWS service and account the service-linked role is for"
                    .to_owned()
            }
            _ => problem.to_string(),
        });
        match made.and_then(|grant| self.statements(grant, out)) {
            Ok(()) => {
                out.next = suggest::likely_next(self.action(), self.entry);
                self.caution(out);
            }
            Err(problem) => out.refuse(problem),
        }
    }

    fn attach_to(&self) -> Option<String> {
        policy::attach_to(self.facts, self.action(), self.found)
    }

    /// Why no statement is right, although it is known whose policy decides.
    fn refusal(&self, out: &mut Explanation) -> Option<String> {
        let foreign = sign::strangers(self.facts, self.action(), self.entry, self.found);
        let Some(foreign) = foreign else {
            return policy::allows_everything(self.facts).map(|name| {
                format!(
                    "{name}, going by its name, allows everything, so something else denies this"
                )
            });
        };
        let account = foreign.account();
        let is_caller = matches!(foreign, Foreign::Caller(_) | Foreign::Anonymous);
        if is_caller || self.action().starts_with("s3:") {
            out.attach_to = None;
        }
        Some(if foreign == Foreign::Anonymous {
            "the caller is anonymous".to_owned()
        } else if is_caller {
            format!("the caller belongs to {account}, not to this one")
        } else {
            format!("the resource belongs to {account}, not to the caller's")
        })
    }

    /// Whether a statement that allows this action on this resource would cure the denial.
    fn has_statement(&self) -> bool {
        let action = self.action();
        let is_named = self.found.is_some_and(|found| found.name != "*");
        let is_whole = self.found.is_some_and(|found| found.whole && found.name != "*");
        let is_abroad = policy::other_account(self.facts, self.found).is_some();
        match self.facts.denial.layer {
            _ if policy::by_trust_alone(self.facts, action) => false,
            Layer::ResourceOrMissing => false,
            Layer::Trust => is_whole && action.starts_with("sts:"),
            Layer::Resource => is_named,
            Layer::Unknown => !is_abroad || action == "sts:AssumeRole",
            _ => true,
        }
    }

    fn need(&self) -> Need<'_> {
        self.need_of(&self.elsewhere())
    }

    fn need_of(&self, elsewhere: &[(&Permission, &Found)]) -> Need<'_> {
        // If several may be needed, grants only the first: no more than is known.
        let is_one = self.alternatives || !elsewhere.is_empty();
        let count = if is_one { 1 } else { self.actions.len() };
        Need {
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
    fn elsewhere(&self) -> Vec<(&Permission, &Found)> {
        let is_else =
            |one: &&Permission| self.actions.contains(&one.action) && one.action != self.action();
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
    fn add_elsewhere(&self, attach_to: &str, out: &mut Explanation) {
        let own = |found: &Found| policy::other_account(self.facts, Some(found)).is_none();
        for (permission, found) in self.elsewhere().into_iter().filter(|(_, found)| own(found)) {
            let entry = self.facts.catalogue.action_in_brief(&permission.action);
            let need = Need {
                actions: std::slice::from_ref(&permission.action),
                entry: entry.as_ref(),
                found: Some(found),
                ..self.need()
            };
            if let Ok(statement) = suggest::grant(&need) {
                let attach_to = attach_to.to_owned();
                out.also.push(Remedy { statement, attach_to, ..Remedy::default() });
            }
        }
    }

    /// Adds the caller's statement for what AWS checks besides the named resource.
    fn add_companions(&self, attach_to: &str, out: &mut Explanation) {
        let is_callers = self.facts.denial.layer != Layer::Resource;
        let found = self.found.filter(|_| is_callers && out.suggestion.is_some());
        let statement = found.and_then(|found| companion::grant(self.need().actions, found));
        out.also.extend(statement.map(|statement| {
            let attach_to = attach_to.to_owned();
            Remedy { statement, attach_to, ..Remedy::default() }
        }));
    }

    /// Puts the statement into the form of each policy that it goes to.
    fn statements(&self, grant: Grant, out: &mut Explanation) -> Result<(), String> {
        let attach_to = out.attach_to.take().unwrap_or_default();
        let own = attach_to.clone();
        let made = statement::all(self.facts, self.action(), self.found, (&attach_to, grant))?;
        let mut made = made.into_iter();
        if let Some((policy, statement)) = made.next() {
            let names_both = statement::needs_trust_too(self.action());
            out.attach_to = Some(if names_both { attach_to } else { policy.clone() });
            (out.goes_to, out.suggestion) = (Some(policy), Some(statement));
        }
        let also = |(attach_to, statement)| Remedy { statement, attach_to, ..Remedy::default() };
        out.also = made.map(also).collect();
        self.add_elsewhere(&own, out);
        self.add_companions(&own, out);
        Ok(())
    }

    /// Adds what to know before adding the statement.
    fn caution(&self, out: &mut Explanation) {
        let mut care = |text: String| out.take_care.push(text);
        let marks = self.entry.map(|entry| entry.sensitivity.describe()).unwrap_or_default();
        if !marks.is_empty() {
            care(format!("the action {}", marks.join(" and ")));
        }
        if self.facts.denial.layer == Layer::Unknown && self.facts.denial.effect != Effect::Implicit
        {
            care(
                "AWS does not say which policy refused it; something else may be lacking"
                    .to_owned(),
            );
        }
        let is_open = self.found.is_some_and(|found| !found.whole && found.name != "*");
        if is_open && self.facts.denial.resource.is_none() && self.action() != LINKED {
            care("the `*` stands for a part that is unknown: narrow it".to_owned());
        }
        if let Kind::PermissionSet(set) = &self.facts.identity.kind {
            care(format!("everyone assigned the permission set {set} shares it, in every account"));
        }
        for grant in out.suggestion.iter() {
            out.take_care.extend(statement::cautions(self.facts, grant));
        }
        let also = out.also.iter().flat_map(|one| statement::cautions(self.facts, &one.statement));
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
