//! What would cure a denial: the policy to change, and the statements to add.

use super::assess::DenialAssessment;
use super::called::CREATE_LINKED_ROLE;
use super::explanation::DenialExplanation;
use super::{companion, policy, sign, statement, why};
use crate::denial::{DenialEffect, DenialLayer};
use crate::principal::IdentityKind;
use crate::resource::FoundResource;
use crate::suggest::{self, CureStatement, ForeignParty, Grant, GrantNeed};

impl DenialAssessment<'_> {
    /// Sets the policy to change and the statements to add, or who decides instead.
    pub(super) fn offer_cure(&self, out: &mut DenialExplanation) {
        if let Some(doubt) = self.facts.denial.doubt {
            return leave_to_security(out, doubt.to_owned());
        }
        if let Some(sign) = &out.sign {
            let reason = sign.label.clone();
            return leave_to_security(out, reason);
        }
        if self.is_withheld() && !self.facts.forced {
            return self.withhold_action(out);
        }
        out.attach_to = self.attach_to();
        if out.attach_to.is_none() {
            out.decided_by = self.facts.identity.policy_note();
            return;
        }
        if let Some(reason) = self.refusal_reason(out) {
            return leave_to_security(out, reason);
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

    /// Records why the action is not offered unasked.
    fn withhold_action(&self, out: &mut DenialExplanation) {
        let mut marks = self.withhold_reasons();
        if marks.is_empty() {
            marks = self.entry.map(|entry| entry.sensitivity.describe_risks()).unwrap_or_default();
        }
        leave_to_security(out, format!("the action {}", marks.join(" and ")));
        if self.passes_beyond_boundary() {
            out.attach_to = self.attach_to();
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

/// Records why there is no grant, and that the security team decides.
fn leave_to_security(out: &mut DenialExplanation, reason: String) {
    out.decided_by = Some(why::SECURITY.to_owned());
    out.refuse_grant(reason);
}
