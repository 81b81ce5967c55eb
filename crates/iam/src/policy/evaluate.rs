//! Decides over all policies of a request, in AWS's order, and names the deciding statement.
//!
//! Source: IAM user guide, "Policy evaluation logic" and "Cross-account policy evaluation logic".

use super::request::PolicyRequest;
use super::statement::{Policy, StatementEffect};
use super::truth::Truth;

/// The kinds of policies, in the order in which they are consulted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EvaluationLayer {
    /// Resource control policies of the organization.
    Rcp,
    /// Service control policies of the organization.
    Scp,
    /// The policy of the resource.
    Resource,
    /// Policies of the user, its groups, or the role.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The session policy.
    Session,
}

impl EvaluationLayer {
    /// The name used in texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rcp => "resource control policy",
            Self::Scp => "service control policy",
            Self::Resource => "resource-based policy",
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }
}

/// A policy and its name: its ARN or its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPolicy {
    /// Name or ARN.
    pub name: String,
    /// The policy.
    pub policy: Policy,
}

/// Every policy known to apply to a request. A layer that is `None` does not take part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestPolicies {
    /// Resource control policies: one list per level, root first; each level must allow.
    pub rcps: Option<Vec<Vec<NamedPolicy>>>,
    /// Service control policies, the same way.
    pub scps: Option<Vec<Vec<NamedPolicy>>>,
    /// The resource's policy.
    pub resource: Option<NamedPolicy>,
    /// The identity's policies.
    pub identity: Vec<NamedPolicy>,
    /// The permissions boundary.
    pub boundary: Option<NamedPolicy>,
    /// Session policies.
    pub session: Option<Vec<NamedPolicy>>,
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestVerdict {
    /// It is allowed.
    Allowed,
    /// Nothing allows it.
    ImplicitDeny,
    /// A statement denies it.
    ExplicitDeny,
    /// The known facts do not tell.
    Unknown,
}

/// A verdict and the reason for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDecision {
    /// The outcome of the request.
    pub verdict: RequestVerdict,
    /// The layer that decided.
    pub layer: EvaluationLayer,
    /// The deciding statement; `None` for an implicit deny.
    pub by: Option<DecidingStatement>,
}

/// The statement that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidingStatement {
    /// The policy's name.
    pub policy: String,
    /// The statement's index in the policy, from 0.
    pub statement: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
}

/// What one list of policies says about a request.
#[derive(Clone, Debug, Default)]
pub struct PolicyGrounds {
    denied: Option<DecidingStatement>,
    perhaps_denied: Option<DecidingStatement>,
    allowed: Option<DecidingStatement>,
    perhaps_allowed: Option<DecidingStatement>,
    /// Whether the caller itself is allowed, and not only its account.
    is_direct: bool,
    /// Whether a user or session itself is allowed.
    is_final: bool,
}

impl PolicyGrounds {
    fn from_policies<'a>(
        policies: impl IntoIterator<Item = &'a NamedPolicy>,
        request: &PolicyRequest,
    ) -> Self {
        let mut grounds = Self::default();
        for named in policies {
            for (index, statement) in named.policy.statements.iter().enumerate() {
                let met = statement.match_request(request, named.policy.version);
                let slot = match (statement.effect, met.applies) {
                    (_, Truth::False) => continue,
                    (StatementEffect::Deny, Truth::True) => &mut grounds.denied,
                    (StatementEffect::Deny, Truth::Unknown) => &mut grounds.perhaps_denied,
                    (StatementEffect::Allow, Truth::True) => {
                        grounds.is_direct |= met.naming.is_direct;
                        grounds.is_final |= met.naming.is_final;
                        &mut grounds.allowed
                    }
                    (StatementEffect::Allow, Truth::Unknown) => &mut grounds.perhaps_allowed,
                };
                slot.get_or_insert_with(|| DecidingStatement {
                    policy: named.name.clone(),
                    statement: index,
                    sid: statement.sid.clone(),
                });
            }
        }
        grounds
    }

    fn allows_request(&self) -> Truth {
        match (&self.allowed, &self.perhaps_allowed) {
            (Some(_), _) => Truth::True,
            (None, Some(_)) => Truth::Unknown,
            (None, None) => Truth::False,
        }
    }
}

/// Decides a request. An explicit deny anywhere wins; after that each layer must allow, in AWS's
/// order. Within one account, an `Allow` for the caller itself in the resource's policy makes up
/// for a missing one in the identity's policies.
///
/// ```
/// use aware_iam::policy::{
///     NamedPolicy, Policy, PolicyRequest, RequestPolicies, RequestVerdict, evaluate_request,
/// };
///
/// let policy = Policy::parse(
///     r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
///         "Action": "s3:Get*", "Resource": "arn:aws:s3:::example-bucket/*"}}"#,
/// )?;
/// let identity = vec![NamedPolicy { name: "reader".to_owned(), policy }];
/// let policies = RequestPolicies { identity, ..Default::default() };
/// let verdict = |action: &str| {
///     let request = PolicyRequest::new(action, "arn:aws:s3:::example-bucket/a.txt");
///     evaluate_request(&policies, &request).verdict
/// };
/// assert_eq!(verdict("s3:GetObject"), RequestVerdict::Allowed);
/// assert_eq!(verdict("s3:PutObject"), RequestVerdict::ImplicitDeny);
/// # Ok::<(), aware_iam::policy::PolicyProblem>(())
/// ```
pub fn evaluate_request(layers: &RequestPolicies, request: &PolicyRequest) -> PolicyDecision {
    let asked = AskedPolicies::new(layers, request);
    if let Some(decision) = asked.find_denial() {
        return decision;
    }
    let granted = asked.find_grant(is_cross_account(layers, request));
    let perhaps = asked.find_possible_denial();
    match granted {
        PolicyDecision { verdict: RequestVerdict::Allowed, .. } => perhaps.unwrap_or(granted),
        refused => refused,
    }
}

/// Calls within one account need one of two policies, calls between accounts need both. If the
/// resource's ARN names no account, one account is assumed.
fn is_cross_account(layers: &RequestPolicies, request: &PolicyRequest) -> bool {
    let accounts = (request.caller.account.as_deref(), request.resource_account());
    layers.resource.is_some() && matches!(accounts, (Some(caller), Some(owner)) if caller != owner)
}

/// What every list of policies says.
struct AskedPolicies {
    lists: Vec<(EvaluationLayer, PolicyGrounds)>,
}

impl AskedPolicies {
    fn new(layers: &RequestPolicies, request: &PolicyRequest) -> Self {
        let mut lists = Vec::new();
        let mut ask = |layer: EvaluationLayer, policies: &[NamedPolicy]| {
            lists.push((layer, PolicyGrounds::from_policies(policies, request)));
        };
        for level in layers.rcps.iter().flatten() {
            ask(EvaluationLayer::Rcp, level);
        }
        for level in layers.scps.iter().flatten() {
            ask(EvaluationLayer::Scp, level);
        }
        if let Some(policy) = &layers.resource {
            ask(EvaluationLayer::Resource, std::slice::from_ref(policy));
        }
        ask(EvaluationLayer::Identity, &layers.identity);
        if let Some(policy) = &layers.boundary {
            ask(EvaluationLayer::Boundary, std::slice::from_ref(policy));
        }
        if let Some(policies) = &layers.session {
            ask(EvaluationLayer::Session, policies);
        }
        Self { lists }
    }

    fn find_denial(&self) -> Option<PolicyDecision> {
        let mut lists = self.lists.iter();
        lists.find_map(|(layer, grounds)| {
            let by = grounds.denied.clone()?;
            Some(PolicyDecision {
                verdict: RequestVerdict::ExplicitDeny,
                layer: *layer,
                by: Some(by),
            })
        })
    }

    fn find_possible_denial(&self) -> Option<PolicyDecision> {
        let mut lists = self.lists.iter();
        lists.find_map(|(layer, grounds)| {
            let by = grounds.perhaps_denied.clone()?;
            Some(PolicyDecision { verdict: RequestVerdict::Unknown, layer: *layer, by: Some(by) })
        })
    }

    /// The decision if nothing denies: the first layer that refuses, else the first unsure one,
    /// else the one that allows.
    fn find_grant(&self, is_cross_account: bool) -> PolicyDecision {
        let of = |wanted: EvaluationLayer| {
            self.lists.iter().find(|(layer, _)| *layer == wanted).map(|(_, grounds)| grounds)
        };
        let resource = of(EvaluationLayer::Resource).filter(|grounds| grounds.is_direct);
        let suffices = resource.filter(|_| !is_cross_account);
        let is_final = suffices.is_some_and(|grounds| grounds.is_final);
        let mut unsure: Option<PolicyDecision> = None;
        for (layer, grounds) in &self.lists {
            let truth = match layer {
                EvaluationLayer::Resource if !is_cross_account => continue,
                EvaluationLayer::Identity if suffices.is_some() => continue,
                EvaluationLayer::Boundary | EvaluationLayer::Session if is_final => continue,
                _ => grounds.allows_request(),
            };
            let truth = self.perhaps_by_resource(*layer, truth, is_cross_account);
            let by = grounds.perhaps_allowed.clone();
            match truth {
                Truth::True => {}
                Truth::False => return implicit_deny(*layer),
                Truth::Unknown => {
                    let decision =
                        PolicyDecision { verdict: RequestVerdict::Unknown, layer: *layer, by };
                    unsure.get_or_insert(decision);
                }
            }
        }
        let allowing = match suffices {
            Some(grounds) => (EvaluationLayer::Resource, grounds.allowed.clone()),
            None => (
                EvaluationLayer::Identity,
                of(EvaluationLayer::Identity).and_then(|g| g.allowed.clone()),
            ),
        };
        let (layer, by) = allowing;
        unsure.unwrap_or(PolicyDecision { verdict: RequestVerdict::Allowed, layer, by })
    }

    /// If the identity's policies do not allow, this is not yet a refusal as long as the resource's
    /// policy may allow.
    fn perhaps_by_resource(
        &self,
        layer: EvaluationLayer,
        truth: Truth,
        is_cross_account: bool,
    ) -> Truth {
        let resource = self.lists.iter().find(|(layer, _)| *layer == EvaluationLayer::Resource);
        let may_allow = resource.is_some_and(|(_, grounds)| grounds.perhaps_allowed.is_some());
        match layer {
            EvaluationLayer::Identity if may_allow && !is_cross_account => truth.or(Truth::Unknown),
            _ => truth,
        }
    }
}

fn implicit_deny(layer: EvaluationLayer) -> PolicyDecision {
    PolicyDecision { verdict: RequestVerdict::ImplicitDeny, layer, by: None }
}
