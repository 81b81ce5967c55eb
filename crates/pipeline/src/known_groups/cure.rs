//! The statement that cures a known denial, for other resources of the same kind.

use aware_core::event::PrincipalKind;
use aware_core::explanation::CureStatement;
use aware_core::finding::Finding;
use aware_core::source::cloudtrail::glance::RepeatGlance;
use aware_iam::suggest::place::may_be_somebodys;

/// The statement that cures a denial, and the resource that it names.
#[derive(Debug)]
pub(super) struct KnownCure {
    resource: ResourceKind,
    remedy: CureStatement,
    /// The caller's name, where it is an IAM user.
    user_name: Option<String>,
}

/// A resource's ARN without its own name, in three parts: `arn:aws:sqs:`, the region,
/// `:111122223333:`.
#[derive(Debug, PartialEq, Eq)]
struct ResourceKind {
    service: String,
    regional: bool,
    account: String,
    /// The name contains a star.
    is_pattern: bool,
}

impl KnownCure {
    /// Only if the statement is the same for every resource of the kind: there is exactly one, it
    /// names the resource as the denial does, and nothing else is requested, given away or
    /// withheld.
    pub(super) fn from_finding(finding: &Finding, named: Option<&str>) -> Option<Self> {
        let resource = ResourceKind::from_arn(named?, &finding.region)?;
        let why = finding.explanation.as_ref()?;
        let [remedy] = why.remedies.as_slice() else { return None };
        let is_plain = remedy.statement.resources == [named?]
            && remedy.statement.conditions.is_empty()
            && why.sign.is_none()
            && why.no_grant.is_none();
        let who = &finding.principal;
        let user_name =
            who.user_name.clone().filter(|_| who.event_kind() == Some(PrincipalKind::IamUser));
        is_plain.then(|| Self { resource, remedy: remedy.clone(), user_name })
    }

    /// The statement for another resource of the same kind, unless that may be somebody's own
    /// place.
    pub(super) fn cure_for(&self, resource: &str, seen: &RepeatGlance) -> Option<CureStatement> {
        let same = ResourceKind::from_arn(resource, &seen.region)? == self.resource;
        let (session, name) = (seen.session.as_deref(), self.user_name.as_deref());
        if !same || may_be_somebodys(session, name, resource) {
            return None;
        }
        let statement = self.remedy.statement.with_resources(vec![resource.to_owned()]);
        Some(CureStatement { statement, ..self.remedy.clone() })
    }
}

impl ResourceKind {
    /// The kind of a resource whose region, if it has one, is that of the call, and whose name is
    /// plain: a policy reads nothing special in it.
    fn from_arn(arn: &str, region: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let mut next = || parts.next();
        let service = [next()?, next()?, next()?].join(":");
        let (at, account, name) = (next()?, next()?, next()?);
        let (kind, name) = name.split_once('/')?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=+@*".contains(&byte);
        let plain = !name.is_empty() && name.bytes().chain(kind.bytes()).all(is_plain);
        (plain && (at.is_empty() || at == region)).then(|| Self {
            service,
            regional: !at.is_empty(),
            account: format!("{account}:{kind}"),
            is_pattern: name.contains('*'),
        })
    }
}
