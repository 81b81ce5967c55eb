//! Checks the size, version and Sids of a whole policy, and elements that its type must not have.

use std::collections::BTreeMap;

use super::check::Check;
use super::checks::{actions, kinds, principals, shape};
use super::findings::Findings;
use super::look::Look;
use super::policy_type::PolicyType;
use super::view::{Document, Leaf, View, is_every_action};
use crate::policy::{Limit, Version};

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
pub(super) fn document(document: &Document, findings: &mut Findings<'_>) {
    size(document, findings);
    sids(document, findings);
    let place = Leaf { offset: document.offset, ..Leaf::default() };
    let path = format!("{}Version", document.path);
    match (document.version, &document.version_at) {
        (None, None) if !document.statements.is_empty() => {
            let what = "the policy has no `Version`";
            findings.at(&shape::MISSING_VERSION, &Leaf { path, ..place }, what);
        }
        (Some(Version::V2008), Some(at)) if !super::variables::are_in(document) => {
            findings.at(&shape::OLD_VERSION, at, "the policy is of version 2008-10-17");
        }
        _ => {}
    }
}

fn size(document: &Document, findings: &mut Findings<'_>) {
    let (check, most): (&'static Check, usize) = match document.kind {
        PolicyType::Identity => (&kinds::SIZE_IDENTITY, Limit::Managed.chars()),
        PolicyType::Resource => (&kinds::SIZE_RESOURCE, RESOURCE_CHARS),
        PolicyType::Trust => (&kinds::SIZE_TRUST, TRUST_CHARS),
        PolicyType::Scp => (&kinds::SIZE_SCP, CONTROL_CHARS),
        PolicyType::Rcp => (&kinds::SIZE_RCP, CONTROL_CHARS),
    };
    if document.size > most {
        let (size, kind) = (document.size, document.kind.describe());
        let what = format!("{size} characters exceed the {most} of {kind}");
        findings.add(check, document.path.trim_end_matches('.'), document.offset, what, None);
    }
}

fn sids(document: &Document, findings: &mut Findings<'_>) {
    let is_of_resource = matches!(document.kind, PolicyType::Resource | PolicyType::Trust);
    let check = if is_of_resource { &shape::REPEATED_SID } else { &shape::DUPLICATE_SID };
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for statement in &document.statements {
        let Some(sid) = &statement.sid else { continue };
        let is_plain = sid.text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_plain && document.kind != PolicyType::Resource {
            let what = format!("Sid `{}` has characters other than letters and digits", sid.text);
            findings.at(&shape::SID_CHARACTERS, sid, what);
        }
        if let Some(before) = seen.insert(&sid.text, &statement.place.path) {
            findings.at(check, sid, format!("{before} has the same Sid `{}`", sid.text));
        }
    }
}

impl Look<'_, '_> {
    /// Checks for elements that the policy type requires or forbids.
    pub(super) fn kind(&mut self) {
        let statement = self.statement;
        let is_about_resource = self.document.kind != PolicyType::Trust;
        if is_about_resource && statement.resources.is_none() && statement.actions.is_some() {
            self.findings.at(
                &kinds::NO_RESOURCE,
                &statement.place,
                "the statement has no `Resource`",
            );
        }
        match (self.document.kind, &statement.principal) {
            (PolicyType::Identity, Some(principal)) => {
                let what = "an identity-based policy names a principal";
                self.findings.at(&kinds::PRINCIPAL_IN_IDENTITY, &principal.name, what);
            }
            (PolicyType::Scp, Some(principal)) => {
                let what = "a service control policy names a principal";
                self.findings.at(&kinds::SCP_PRINCIPAL, &principal.name, what);
            }
            (PolicyType::Resource | PolicyType::Trust | PolicyType::Rcp, None) => {
                let what = format!(
                    "the statement of {} has no `Principal`",
                    self.document.kind.describe()
                );
                self.findings.at(&principals::NO_PRINCIPAL, &statement.place, what);
            }
            _ => {}
        }
        if self.is(PolicyType::Rcp) {
            self.rcp(statement);
        }
    }

    fn rcp(&mut self, statement: &View) {
        // Only AWS's own policy, RCPFullAWSAccess, allows.
        let is_everything = self.actions_named().iter().any(|leaf| is_every_action(&leaf.text))
            && self.resources_named().iter().any(|leaf| leaf.text == "*")
            && statement.conditions.is_empty();
        if self.is_allow() && !is_everything {
            self.findings.at(
                &kinds::RCP_ALLOW,
                &statement.place,
                "a resource control policy allows",
            );
        }
        if let Some(principal) = statement.principal.as_ref()
            && (principal.is_negated || principal.named.iter().any(|(_, name)| name.text != "*"))
        {
            let what = "a resource control policy must name everybody";
            self.findings.at(&kinds::RCP_PRINCIPAL, &principal.name, what);
        }
        if let Some(list) = statement.actions.as_ref().filter(|list| list.is_negated) {
            let what = "a resource control policy cannot have `NotAction`";
            self.findings.at(&kinds::RCP_NOT_ACTION, &list.name, what);
        }
        let every = self.actions_named().iter().find(|leaf| is_every_action(&leaf.text));
        if let Some(leaf) = every.filter(|_| self.is_deny()).cloned() {
            let what = format!("`{}` names no service", leaf.text);
            self.findings.at(&kinds::RCP_ACTION, &leaf, what);
        }
        if self.is_deny() {
            self.rcp_keys(statement);
        }
    }

    fn rcp_keys(&mut self, statement: &View) {
        let says_service = |wanted: &str| {
            let mut lines = statement.lines_of("aws:PrincipalIsAWSService");
            lines
                .any(|line| line.values.iter().any(|value| value.text.eq_ignore_ascii_case(wanted)))
        };
        let first = |keys: &[&str]| {
            let mut lines = statement.conditions.iter();
            lines.find(|line| {
                let is_test = line.operator.test != crate::policy::Test::Null;
                is_test && keys.iter().any(|key| line.key.text.eq_ignore_ascii_case(key))
            })
        };
        if let Some(line) = first(&IDENTITY_KEYS).filter(|_| !says_service("false")) {
            let what = format!("services lack `{}`, so they are denied as well", line.key.text);
            self.findings.at(&kinds::RCP_PRINCIPAL_KEY, &line.key, what);
        }
        if let Some(line) = first(&SOURCE_KEYS) {
            if !says_service("true") {
                let what =
                    format!("your identities lack `{}`, so they are denied as well", line.key.text);
                self.findings.at(&kinds::RCP_SERVICE_KEY, &line.key, what);
            }
            let is_checked = ["aws:SourceAccount", "aws:SourceArn"].iter().any(|key| {
                statement.lines_of(key).any(|line| line.operator.test == crate::policy::Test::Null)
            });
            if !is_checked {
                let what = format!("some calls of services lack `{}`", line.key.text);
                self.findings.at(&kinds::RCP_NULL_CHECK, &line.key, what);
            }
        }
    }

    /// Reports `Allow` with `NotAction` or `NotResource`, unless something worse has been reported
    /// about it.
    pub(super) fn negations(&mut self, told: &super::roles::Told) {
        if !self.is_allow() || matches!(self.document.kind, PolicyType::Scp | PolicyType::Rcp) {
            return;
        }
        let statement = self.statement;
        // A condition on the resource's tag leaves few actions; its own check reports that.
        let is_tagged = |line: &super::view::Line| {
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
                self.findings.at(check, &list.name, what);
            }
        }
    }
}
