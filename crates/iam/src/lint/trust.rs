//! Checks whom a role trusts.

use super::checks::principals as check;
use super::look::StatementChecker;
use super::policy_type::PolicyType;
use super::view::{ConditionLine, PlacedText, PrincipalView, is_every_action};
use crate::policy::{ConditionTest, action_within, clip_text};

/// What a trust policy may allow.
const ACTIONS: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];
const GITHUB: &str = "token.actions.githubusercontent.com";
/// Claims of GitHub's tokens that identify the repository.
const GITHUB_CLAIMS: [&str; 6] = [
    "sub",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
];

/// The kind of provider behind a federated principal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ProviderKind {
    Saml,
    Oidc,
}

/// The kind of a provider, by its name; `None` if it is not a provider's name.
fn provider_kind(name: &str) -> Option<ProviderKind> {
    if name.contains(":saml-provider/") {
        Some(ProviderKind::Saml)
    } else {
        name.contains(['.', ':']).then_some(ProviderKind::Oidc)
    }
}

/// The value of a claim that leaves the repository's owner open: a wildcard in the owner's name,
/// for which anybody can choose a name that fits.
fn open_claim(line: &ConditionLine) -> Option<&PlacedText> {
    if line.operator.test != ConditionTest::StringLike {
        return None;
    }
    line.values.iter().find(|value| {
        let text = value.text.strip_prefix("repo:").unwrap_or(&value.text);
        let owner = text.split('/').next().unwrap_or(text);
        owner.contains(['*', '?'])
    })
}

impl StatementChecker<'_, '_> {
    pub(super) fn check_trust(&mut self) {
        let statement = self.statement;
        if !self.is_type(PolicyType::Trust) {
            return;
        }
        if let Some(list) = &statement.resources {
            let what = "a trust policy names a resource";
            self.findings.report_at(&check::TRUST_RESOURCE, &list.name, what);
        }
        self.check_trust_actions();
        let Some(principal) = &statement.principal else { return };
        if principal.is_negated {
            let what = "a trust policy has `NotPrincipal`";
            self.findings.report_at(&check::TRUST_NOT_PRINCIPAL, &principal.name, what);
            return;
        }
        if !self.is_allow() {
            return;
        }
        let everyone =
            principal.named.iter().find(|(kind, name)| kind == "AWS" && name.text == "*");
        if let Some((_, name)) = everyone.filter(|_| principal.is_everyone()) {
            self.findings.report_at(&check::TRUST_WILDCARD, name, "everybody may assume the role");
        }
        self.check_trust_mismatch(principal);
        self.check_tokens(principal);
        self.check_roles_anywhere(principal);
        self.check_sessions(principal);
    }

    fn check_trust_actions(&mut self) {
        let others: Vec<PlacedText> = self
            .actions_named()
            .iter()
            .filter(|leaf| {
                let is_one = ACTIONS.iter().any(|action| action_within(action, &leaf.text));
                super::actions::is_action(&leaf.text) && !is_one
            })
            .cloned()
            .collect();
        for leaf in &others {
            let what = format!("`{}` is not about assuming a role", clip_text(&leaf.text));
            self.findings.report_at(&check::TRUST_ACTION, leaf, what);
        }
    }

    fn leaf_allowing(&self, action: &str) -> Option<&PlacedText> {
        self.actions_named().iter().find(|leaf| leaf.text.eq_ignore_ascii_case(action))
    }

    fn check_trust_mismatch(&mut self, principal: &PrincipalView) {
        let has = |wanted: ProviderKind| {
            principal.of_kind("Federated").any(|name| provider_kind(&name.text) == Some(wanted))
        };
        let is_federated_only = principal.named.iter().all(|(kind, _)| kind == "Federated");
        let mut federated = principal.of_kind("Federated");
        let named = !principal.named.is_empty()
            && federated.all(|name| provider_kind(&name.text).is_some());
        let cases = [
            ("sts:AssumeRoleWithSAML", has(ProviderKind::Saml), "a SAML provider"),
            ("sts:AssumeRoleWithWebIdentity", has(ProviderKind::Oidc), "an OIDC provider"),
            ("sts:AssumeRole", !is_federated_only, "an account, user, role or service"),
        ];
        for (action, fits, wanted) in cases {
            let leaf = self.leaf_allowing(action).filter(|_| named && !fits).cloned();
            if let Some(leaf) = leaf {
                let what = format!("`{action}` is for {wanted}, which the principal is not");
                self.findings.report_at(&check::TRUST_MISMATCH, &leaf, what);
            }
        }
    }

    /// Checks whose tokens of OIDC providers the role accepts.
    fn check_tokens(&mut self, principal: &PrincipalView) {
        let action = "sts:AssumeRoleWithWebIdentity";
        let is_meant = self.actions_named().iter().any(|leaf| action_within(action, &leaf.text));
        let providers: Vec<PlacedText> = principal
            .of_kind("Federated")
            .filter(|name| is_meant && provider_kind(&name.text) == Some(ProviderKind::Oidc))
            .cloned()
            .collect();
        for name in &providers {
            let host = name
                .text
                .split_once(":oidc-provider/")
                .map_or(name.text.as_str(), |(_, host)| host);
            let prefix = format!("{}:", host.to_lowercase());
            let of_host = |key: &str| key.to_lowercase().starts_with(&prefix);
            let is_any = |line: &ConditionLine| {
                line.operator.test == ConditionTest::StringLike
                    && line.values.iter().any(|value| value.text.trim_matches('*').is_empty())
            };
            let lines = self.statement.conditions.iter();
            let has_any = lines.filter(|line| of_host(&line.key.text)).any(|line| !is_any(line));
            if !has_any {
                let what = format!("the role accepts every token of `{}`", clip_text(host));
                self.findings.report_at(&check::OIDC_CONDITION, name, what);
            } else if host.eq_ignore_ascii_case(GITHUB) {
                self.check_github(name);
            }
        }
    }

    fn check_github(&mut self, name: &PlacedText) {
        let statement = self.statement;
        let claims = GITHUB_CLAIMS.map(|claim| format!("{GITHUB}:{claim}"));
        if !claims.iter().any(|key| statement.has_key(key)) {
            let what = "the role accepts GitHub's tokens for any repository";
            return self.findings.report_at(&check::GITHUB_REPOSITORY, name, what);
        }
        let lines: Vec<&ConditionLine> =
            claims.iter().flat_map(|key| statement.lines_of(key)).collect();
        if let Some(value) = lines.iter().find_map(|line| open_claim(line))
            && lines.iter().all(|line| open_claim(line).is_some())
        {
            let what = format!("`{}` is any owner's repository", clip_text(&value.text));
            return self.findings.report_at(&check::GITHUB_REPOSITORY, value, what);
        }
        let subject = format!("{GITHUB}:sub");
        let lines = statement.lines_of(&subject);
        let values = lines.filter(|line| line.operator.test.as_str() == "StringLike");
        let wild =
            values.flat_map(|line| &line.values).find(|value| value.text.contains(['*', '?']));
        if let Some(value) = wild {
            let what =
                format!("`{}` is more than one repository and branch", clip_text(&value.text));
            self.findings.report_at(&check::GITHUB_WILDCARD, value, what);
        }
    }

    fn check_roles_anywhere(&mut self, principal: &PrincipalView) {
        let Some(name) =
            principal.of_kind("Service").find(|name| name.text == "rolesanywhere.amazonaws.com")
        else {
            return;
        };
        let needed = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];
        // The actions may be spread over several statements for the same principal.
        let all: Vec<&PlacedText> = self
            .document
            .statements
            .iter()
            .filter(|other| {
                other
                    .principal
                    .as_ref()
                    .is_some_and(|one| one.of_kind("Service").any(|it| it.text == name.text))
            })
            .filter_map(|other| other.actions.as_ref())
            .flat_map(|list| &list.items)
            .collect();
        let has = |action: &&&str| {
            all.iter().any(|leaf| is_every_action(&leaf.text) || action_within(action, &leaf.text))
        };
        let missing: Vec<&str> = needed.iter().filter(|action| !has(action)).copied().collect();
        if !missing.is_empty() {
            let what = format!("IAM Roles Anywhere needs {}, too", missing.join(" and "));
            self.findings.report_at(&check::ROLES_ANYWHERE, name, what);
        }
    }

    /// Reports sessions that are named as well as their role.
    fn check_sessions(&mut self, principal: &PrincipalView) {
        let role_of = |text: &str| {
            let (head, rest) = text.split_once(":assumed-role/")?;
            let account = head.split(':').nth(4)?;
            Some((account.to_owned(), rest.split('/').next()?.to_owned()))
        };
        let is_named = |account: &str, role: &str| {
            principal.of_kind("AWS").any(|name| {
                let (head, path) = name.text.split_once(":role/").unwrap_or(("", ""));
                head.split(':').nth(4) == Some(account) && path.rsplit('/').next() == Some(role)
            })
        };
        for name in principal.of_kind("AWS") {
            if let Some((account, role)) = role_of(&name.text)
                && is_named(&account, &role)
            {
                let what = format!(
                    "`{}` is a session of a role that is also named",
                    clip_text(&name.text)
                );
                self.findings.report_at(&check::REDUNDANT_PRINCIPAL, name, what);
            }
        }
    }
}
