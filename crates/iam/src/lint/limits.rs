//! Checks the size, version and Sids of a whole policy, and elements that its type must not have.

use std::collections::BTreeMap;

use super::check::LintCheck;
use super::checks::{actions, kinds, principals, shape};
use super::findings::FindingCollector;
use super::look::StatementChecker;
use super::policy_type::PolicyType;
use super::view::{DocumentView, PlacedText, StatementView, is_every_action};
use crate::policy::{LanguageVersion, SizeLimit};

/// The size of the largest bucket policy, of a control policy, and of a trust policy.
///
/// Source: S3 user guide, "Bucket policies"; Organizations user guide, "Quotas"; IAM user guide,
/// "IAM and AWS STS quotas".
const RESOURCE_CHARS: usize = 20_480;
const CONTROL_CHARS: usize = 5_120;
const TRUST_CHARS: usize = 2_048;

/// Keys that only requests of identities have.
pub(super) const IDENTITY_KEYS: [&str; 7] = [
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalType",
    "aws:userid",
    "aws:username",
];
/// Keys that only requests of services have.
pub(super) const SOURCE_KEYS: [&str; 4] =
    ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"];

/// Checks a policy as a whole.
pub(super) fn check_document(document: &DocumentView, findings: &mut FindingCollector<'_>) {
    check_size(document, findings);
    check_sids(document, findings);
    let place = PlacedText { offset: document.offset, ..PlacedText::default() };
    let path = format!("{}Version", document.path);
    match (document.version, &document.version_at) {
        (None, None) if !document.statements.is_empty() => {
            let what = "the policy has no `Version`";
            findings.report_at(&shape::MISSING_VERSION, &PlacedText { path, ..place }, what);
        }
        (Some(LanguageVersion::V2008), Some(at)) if !super::variables::are_in(document) => {
            findings.report_at(&shape::OLD_VERSION, at, "the policy is of version 2008-10-17");
        }
        _ => {}
    }
}

fn check_size(document: &DocumentView, findings: &mut FindingCollector<'_>) {
    let (check, most): (&'static LintCheck, usize) = match document.kind {
        PolicyType::Identity => (&kinds::SIZE_IDENTITY, SizeLimit::Managed.max_chars()),
        PolicyType::Resource => (&kinds::SIZE_RESOURCE, RESOURCE_CHARS),
        PolicyType::Trust => (&kinds::SIZE_TRUST, TRUST_CHARS),
        PolicyType::Scp => (&kinds::SIZE_SCP, CONTROL_CHARS),
        PolicyType::Rcp => (&kinds::SIZE_RCP, CONTROL_CHARS),
    };
    if document.size > most {
        let (size, kind) = (document.size, document.kind.with_article());
        let what = format!("{size} characters exceed the {most} of {kind}");
        findings.add_finding(
            check,
            document.path.trim_end_matches('.'),
            document.offset,
            what,
            None,
        );
    }
}

fn check_sids(document: &DocumentView, findings: &mut FindingCollector<'_>) {
    let is_of_resource = matches!(document.kind, PolicyType::Resource | PolicyType::Trust);
    let check = if is_of_resource { &shape::REPEATED_SID } else { &shape::DUPLICATE_SID };
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for statement in &document.statements {
        let Some(sid) = &statement.sid else { continue };
        let is_plain = sid.text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_plain && document.kind != PolicyType::Resource {
            let what = format!("Sid `{}` has characters other than letters and digits", sid.text);
            findings.report_at(&shape::SID_CHARACTERS, sid, what);
        }
        if let Some(before) = seen.insert(&sid.text, &statement.place.path) {
            findings.report_at(check, sid, format!("{before} has the same Sid `{}`", sid.text));
        }
    }
}

impl StatementChecker<'_, '_> {
    /// Checks for elements that the policy type requires or forbids.
    pub(super) fn check_policy_type(&mut self) {
        let statement = self.statement;
        let is_about_resource = self.document.kind != PolicyType::Trust;
        if is_about_resource && statement.resources.is_none() && statement.actions.is_some() {
            self.findings.report_at(
                &kinds::NO_RESOURCE,
                &statement.place,
                "the statement has no `Resource`",
            );
        }
        match (self.document.kind, &statement.principal) {
            (PolicyType::Identity, Some(principal)) => {
                let what = "an identity-based policy names a principal";
                self.findings.report_at(&kinds::PRINCIPAL_IN_IDENTITY, &principal.name, what);
            }
            (PolicyType::Scp, Some(principal)) => {
                let what = "a service control policy names a principal";
                self.findings.report_at(&kinds::SCP_PRINCIPAL, &principal.name, what);
            }
            (PolicyType::Resource | PolicyType::Trust | PolicyType::Rcp, None) => {
                let what = format!(
                    "the statement of {} has no `Principal`",
                    self.document.kind.with_article()
                );
                self.findings.report_at(&principals::NO_PRINCIPAL, &statement.place, what);
            }
            _ => {}
        }
        if self.is_type(PolicyType::Rcp) {
            self.check_rcp(statement);
        }
    }

    fn check_rcp(&mut self, statement: &StatementView) {
        // Only AWS's own policy, RCPFullAWSAccess, allows.
        let is_everything = self.actions_named().iter().any(|leaf| is_every_action(&leaf.text))
            && self.resources_named().iter().any(|leaf| leaf.text == "*")
            && statement.conditions.is_empty();
        if self.is_allow() && !is_everything {
            self.findings.report_at(
                &kinds::RCP_ALLOW,
                &statement.place,
                "a resource control policy allows",
            );
        }
        if let Some(principal) = statement.principal.as_ref()
            && (principal.is_negated || principal.named.iter().any(|(_, name)| name.text != "*"))
        {
            let what = "a resource control policy must name everybody";
            self.findings.report_at(&kinds::RCP_PRINCIPAL, &principal.name, what);
        }
        if let Some(list) = statement.actions.as_ref().filter(|list| list.is_negated) {
            let what = "a resource control policy cannot have `NotAction`";
            self.findings.report_at(&kinds::RCP_NOT_ACTION, &list.name, what);
        }
        let every = self.actions_named().iter().find(|leaf| is_every_action(&leaf.text));
        if let Some(leaf) = every.filter(|_| self.is_deny()).cloned() {
            let what = format!("`{}` names no service", leaf.text);
            self.findings.report_at(&kinds::RCP_ACTION, &leaf, what);
        }
        if self.is_deny() {
            self.check_rcp_keys(statement);
        }
    }

    fn check_rcp_keys(&mut self, statement: &StatementView) {
        let says_service = |wanted: &str| {
            let mut lines = statement.lines_of("aws:PrincipalIsAWSService");
            lines
                .any(|line| line.values.iter().any(|value| value.text.eq_ignore_ascii_case(wanted)))
        };
        let first = |keys: &[&str]| {
            let mut lines = statement.conditions.iter();
            lines.find(|line| {
                let is_test = line.operator.test != crate::policy::ConditionTest::Null;
                is_test && keys.iter().any(|key| line.key.text.eq_ignore_ascii_case(key))
            })
        };
        if let Some(line) = first(&IDENTITY_KEYS).filter(|_| !says_service("false")) {
            let what = format!("services lack `{}`, so they are denied as well", line.key.text);
            self.findings.report_at(&kinds::RCP_PRINCIPAL_KEY, &line.key, what);
        }
        if let Some(line) = first(&SOURCE_KEYS) {
            if !says_service("true") {
                let what =
                    format!("your identities lack `{}`, so they are denied as well", line.key.text);
                self.findings.report_at(&kinds::RCP_SERVICE_KEY, &line.key, what);
            }
            let is_checked = ["aws:SourceAccount", "aws:SourceArn"].iter().any(|key| {
                statement
                    .lines_of(key)
                    .any(|line| line.operator.test == crate::policy::ConditionTest::Null)
            });
            if !is_checked {
                let what = format!("some calls of services lack `{}`", line.key.text);
                self.findings.report_at(&kinds::RCP_NULL_CHECK, &line.key, what);
            }
        }
    }

    /// Reports `Allow` with `NotAction` or `NotResource`, unless something worse has been reported
    /// about it.
    pub(super) fn check_negations(&mut self, told: &super::roles::ReportedPatterns) {
        if !self.is_allow() || matches!(self.document.kind, PolicyType::Scp | PolicyType::Rcp) {
            return;
        }
        let statement = self.statement;
        // A condition on the resource's tag leaves few actions; its own check reports that.
        let is_tagged = |line: &super::view::ConditionLine| {
            line.key.text.to_ascii_lowercase().starts_with("aws:resourcetag/")
        };
        let not_action = told.not_action || statement.conditions.iter().any(is_tagged);
        for (list, check, is_told, other) in [
            (&statement.actions, &actions::ALLOW_NOT_ACTION, not_action, "action"),
            (
                &statement.resources,
                &super::checks::arns::ALLOW_NOT_RESOURCE,
                told.not_resource,
                "resource",
            ),
        ] {
            if let Some(list) = list.as_ref().filter(|list| list.is_negated && !is_told) {
                let what = format!(
                    "`{}` with `Allow` allows every other {other}, new ones included",
                    list.name.text
                );
                self.findings.report_at(check, &list.name, what);
            }
        }
    }
}
