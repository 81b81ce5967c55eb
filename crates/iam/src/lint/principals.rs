//! Checks the principals of a resource-based policy.

use aware_core::event::is_account_id;

use super::check::LintCheck;
use super::checks::principals as check;
use super::limits::{IDENTITY_KEYS, SOURCE_KEYS};
use super::look::StatementChecker;
use super::policy_type::PolicyType;
use super::public;
use super::view::{PlacedText, PrincipalView};
use crate::policy::{ConditionTest, clip_text};

/// The most principals of one statement to check.
const MAX_NAMES: usize = 2_000;

impl StatementChecker<'_, '_> {
    pub(super) fn check_principals(&mut self) {
        let statement = self.statement;
        let is_of_control = matches!(self.document.kind, PolicyType::Scp | PolicyType::Identity);
        let Some(principal) = statement.principal.as_ref().filter(|_| !is_of_control) else {
            return;
        };
        for (kind, name) in principal.named.iter().take(MAX_NAMES) {
            if self.check_no_variable(name, &principal.name.text) {
                self.check_principal(kind, name);
            }
        }
        if principal.is_negated && self.is_allow() && self.is_type(PolicyType::Resource) {
            let what = "`NotPrincipal` with `Allow` allows everybody else";
            self.findings.report_at(&check::ALLOW_NOT_PRINCIPAL, &principal.name, what);
        }
        if self.is_type(PolicyType::Resource) && self.is_allow() && !principal.is_negated {
            self.check_public(principal);
            self.check_service_source(principal);
        }
    }

    /// Checks whether a name fits its kind.
    fn check_principal(&mut self, kind: &str, name: &PlacedText) {
        let text = name.text.as_str();
        let wrong: Option<(&'static LintCheck, &str)> = match kind {
            "AWS" => aws_principal_fault(text),
            "Service" => service_principal_fault(text),
            "Federated" if !self.is_type(PolicyType::Trust) => {
                Some((&check::FEDERATED_ELSEWHERE, "is a federated principal"))
            }
            "Federated" => federated_principal_fault(text),
            _ => canonical_user_fault(text),
        };
        if let Some((check, why)) = wrong {
            self.findings.report_at(check, name, format!("`{}` {why}", clip_text(text)));
        }
    }

    fn check_public(&mut self, principal: &PrincipalView) {
        let everyone =
            principal.named.iter().find(|(kind, name)| kind == "AWS" && name.text == "*");
        let Some((_, name)) = everyone else { return };
        if self.statement.conditions.is_empty() {
            self.findings.report_at(&check::PUBLIC_PRINCIPAL, name, "everybody is allowed");
        } else if let Some(line) = public::met_by_everybody(self.statement) {
            let what = format!(
                "everybody is allowed: everybody can meet the condition on `{}`",
                clip_text(&line.key.text)
            );
            self.findings.report_at(&check::PUBLIC_PRINCIPAL, name, what);
        }
    }

    /// Reports a service that is allowed no matter for whom it acts.
    fn check_service_source(&mut self, principal: &PrincipalView) {
        let statement = self.statement;
        let services: Vec<&PlacedText> = principal.of_kind("Service").collect();
        let Some(first) = services.first().copied() else { return };
        let is_only = services.len() == principal.named.len();
        let key = statement.conditions.iter().find(|line| {
            let is_positive = !line.operator.test.as_str().contains("Not")
                && line.operator.test != ConditionTest::Null;
            let is_of_identity =
                IDENTITY_KEYS.iter().any(|key| line.key.text.eq_ignore_ascii_case(key));
            is_only && is_positive && !line.operator.if_exists && is_of_identity
        });
        if let Some(line) = key {
            let what = format!("a service has no `{}`", line.key.text);
            self.findings.report_at(&check::KEY_NOT_FOR_SERVICE, &line.key, what);
        }
        if statement.has_any_key(&SOURCE_KEYS) {
            return;
        }
        if statement.conditions.is_empty() {
            let what =
                format!("`{}` is allowed no matter for whom it acts", clip_text(&first.text));
            self.findings.report_at(&check::SERVICE_SOURCE, first, what);
        } else if key.is_none() {
            let what = format!("no condition says for whom `{}` acts", clip_text(&first.text));
            self.findings.report_at(&check::SERVICE_SOURCE_KEY, first, what);
        }
    }
}

type PrincipalFault = Option<(&'static LintCheck, &'static str)>;

/// Source: IAM user guide, "AWS JSON policy elements: Principal".
fn aws_principal_fault(text: &str) -> PrincipalFault {
    if text == "*" || is_account_id(text) {
        return None;
    }
    if is_unique_id(text, "AROA") {
        return Some((&check::ROLE_REFERENCE, "is the id of a role"));
    }
    if is_unique_id(text, "AIDA") {
        return Some((&check::USER_REFERENCE, "is the id of a user"));
    }
    if text.contains(['*', '?']) {
        return Some((&check::PRINCIPAL_WILDCARD, "has a wildcard"));
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let is_one = match parts.as_slice() {
        ["arn", partition, "iam", "", account, resource] => {
            let is_origin = *account == "cloudfront" && resource.starts_with("user/");
            let kinds = ["user/", "role/"];
            let is_kind = kinds.iter().any(|kind| has_name(resource, kind)) || *resource == "root";
            partition.starts_with("aws") && (is_origin || is_account_id(account) && is_kind)
        }
        ["arn", partition, "sts", "", account, resource] => {
            let is_session = has_name(resource, "assumed-role/")
                && resource.split('/').filter(|part| !part.is_empty()).count() == 3;
            let is_kind =
                is_session || has_name(resource, "federated-user/") || *resource == "self";
            partition.starts_with("aws") && is_account_id(account) && is_kind
        }
        _ => false,
    };
    (!is_one).then_some((&check::PRINCIPAL_FORMAT, "is not an account, user, role or session"))
}

fn has_name(resource: &str, kind: &str) -> bool {
    resource.strip_prefix(kind).is_some_and(|name| !name.is_empty())
}

fn is_unique_id(text: &str, prefix: &str) -> bool {
    text.starts_with(prefix)
        && text.len() >= 16
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn service_principal_fault(text: &str) -> PrincipalFault {
    if text.contains(['*', '?']) {
        return Some((&check::PRINCIPAL_WILDCARD, "has a wildcard"));
    }
    let ends =
        [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal", ".amazonaws.eu"];
    let stem = ends.iter().find_map(|end| text.strip_suffix(end));
    let is_word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let is_one = stem.is_some_and(|stem| stem.split('.').all(is_word));
    (!is_one).then_some((&check::SERVICE_PRINCIPAL, "is not a service principal"))
}

fn federated_principal_fault(text: &str) -> PrincipalFault {
    if text.contains(['*', '?']) {
        return Some((&check::PRINCIPAL_WILDCARD, "has a wildcard"));
    }
    let of_arn = text.splitn(6, ':').nth(5).is_some_and(|resource| {
        has_name(resource, "saml-provider/") || has_name(resource, "oidc-provider/")
    });
    let is_domain = !text.starts_with("arn:")
        && text.contains('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-/_".contains(&byte));
    let is_one = is_domain || text.starts_with("arn:") && text.contains(":iam::") && of_arn;
    (!is_one).then_some((&check::FEDERATED_FORMAT, "is not an identity provider"))
}

fn canonical_user_fault(text: &str) -> PrincipalFault {
    let is_one = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (!is_one)
        .then_some((&check::PRINCIPAL_FORMAT, "is not a canonical user id, which has 64 digits"))
}
