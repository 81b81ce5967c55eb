//! What can be told of a statement by its shape.

use super::Severity::{Error, Warning};
use super::{Lint, Look};
use crate::policy::{Clause, Effect, Version};

impl Look<'_> {
    pub(super) fn shape(&self, version: Version, lints: &mut Vec<Lint>) {
        lints.extend(self.negations());
        lints.extend(self.sid());
        let resources = self.statement.resources.as_ref().map(Clause::patterns).unwrap_or_default();
        for (at, resource) in resources.iter().enumerate() {
            if version == Version::V2008 && resource.contains("${") {
                let what = format!("`{resource}` has a variable, and version 2008-10-17 has none");
                let hint = "set `\"Version\": \"2012-10-17\"`";
                let below = self.at("Resource", at);
                lints.push(self.lint(Error, "variable-in-old-version", &below, what, hint));
            }
            lints.extend(self.account(resource, at));
        }
    }

    /// `Allow` with `NotAction` or `NotResource`.
    fn negations(&self) -> Vec<Lint> {
        let statement = self.statement;
        let kinds = [
            ("allow-not-action", "Action", Some(&statement.actions)),
            ("allow-not-resource", "Resource", statement.resources.as_ref()),
        ];
        let negated = kinds.into_iter().filter(|(_, _, clause)| {
            statement.effect == Effect::Allow && matches!(clause, Some(Clause::Not(_)))
        });
        let lint = |(code, name, _): (&'static str, &str, Option<&Clause>)| {
            let other = name.to_lowercase();
            let what =
                format!("`Not{name}` with `Allow` allows every other {other}, new ones included");
            let hint = format!("list what is needed in `{name}`");
            self.lint(Warning, code, &format!(".Not{name}"), what, hint)
        };
        negated.map(lint).collect()
    }

    /// Resource-based policies of some services take any Sid; IAM takes letters and digits.
    fn sid(&self) -> Option<Lint> {
        let sid = self.statement.sid.as_ref()?;
        let is_plain = sid.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_plain || self.statement.principals.is_some() {
            return None;
        }
        let what = format!("Sid `{sid}` has other characters than letters and digits");
        Some(self.lint(Error, "sid-characters", ".Sid", what, "IAM refuses such a policy"))
    }

    /// An ARN that leaves out an account, or has one where there is none.
    fn account(&self, resource: &str, at: usize) -> Option<Lint> {
        let mut parts = resource.splitn(6, ':').skip(2);
        let (service, _, account, rest) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let below = self.at("Resource", at);
        let others = ["accesspoint", "storage-lens", "job"];
        let is_bucket =
            !others.iter().any(|kind| rest.starts_with(kind)) && !rest.contains(['*', '?']);
        if service == "s3" && !account.is_empty() && is_bucket {
            let what = format!("`{resource}` matches no bucket");
            let hint = "a bucket's ARN has neither region nor account: `arn:aws:s3:::bucket`";
            return Some(self.lint(Error, "account-in-bucket", &below, what, hint));
        }
        if !account.is_empty() || !self.wants_account(service) {
            return None;
        }
        let what = format!("`{resource}` names no account and matches nothing");
        let hint = "put the account's 12 digits between the fourth and the fifth colon";
        Some(self.lint(Error, "no-account", &below, what, hint))
    }

    /// Whether every ARN format of a service has an account.
    fn wants_account(&self, service: &str) -> bool {
        let Some(service) = self.catalogue.service(service) else { return false };
        let formats = service.resource_types().flat_map(|kind| kind.formats);
        let mut accounts =
            formats.map(|f| f.split(':').nth(4).is_some_and(|a| !a.is_empty())).peekable();
        accounts.peek().is_some() && accounts.all(|has| has)
    }
}
