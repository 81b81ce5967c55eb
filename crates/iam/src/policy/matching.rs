//! Whether a statement applies to a request, in three values.

use super::arn::Pattern;
use super::evaluate::Named;
use super::glob::{Filling, Glob};
use super::principals::{Naming, naming};
use super::request::Request;
use super::statement::{Clause, Effect, Statement, Version};
use super::truth::Truth;

/// How a statement matches a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meeting {
    /// Whether the statement applies to the request.
    pub(super) applies: Truth,
    /// How its principal matches the caller.
    pub(super) naming: Naming,
}

impl Statement {
    /// Whether action, resource, principal and every condition match the request.
    pub fn applies(&self, request: &Request, version: Version) -> Truth {
        self.meet(request, version).applies
    }

    pub(super) fn meet(&self, request: &Request, version: Version) -> Meeting {
        let naming = naming(self.principals.as_ref(), &request.caller);
        let named = naming.is_meant.and(self.names_action(&request.action));
        // Evaluates the costly parts only if the cheap ones leave the question open.
        let applies = match named {
            Truth::False => Truth::False,
            named => named.and(self.names_resource(request, version)).and(Truth::all(
                self.conditions.iter().map(|condition| condition.holds(&request.context, version)),
            )),
        };
        Meeting { applies, naming }
    }

    fn names_action(&self, action: &str) -> Truth {
        let action = action.to_ascii_lowercase();
        let any = |patterns: &[String]| {
            Truth::any(patterns.iter().map(|pattern| Glob::folded(pattern).matches(&action)))
        };
        match &self.actions {
            Clause::Is(patterns) => any(patterns),
            Clause::Not(patterns) => !any(patterns),
        }
    }

    fn names_resource(&self, request: &Request, version: Version) -> Truth {
        let any = |patterns: &[String]| {
            Truth::any(patterns.iter().map(|pattern| one_resource(pattern, request, version)))
        };
        match &self.resources {
            // A trust policy applies to its own role.
            None => Truth::True,
            Some(Clause::Is(patterns)) => any(patterns),
            Some(Clause::Not(patterns)) => !any(patterns),
        }
    }
}

fn one_resource(pattern: &str, request: &Request, version: Version) -> Truth {
    let fill = |name: &str| request.context.fill(name);
    let pattern = match version {
        Version::V2008 => Some(Pattern::new(pattern)),
        Version::V2012 => Pattern::with_variables(pattern, &fill),
    };
    let Some(pattern) = pattern else { return Truth::False };
    if !request.is_open {
        return pattern.matches(&request.resource);
    }
    match Pattern::with_variables(&request.resource, &|_| Filling::Unknown) {
        Some(asked) if pattern.contains(&asked) => Truth::True,
        Some(asked) if pattern.meets(&asked) => Truth::Unknown,
        _ => Truth::False,
    }
}

/// Whether policies of an identity allow a request that is known to have succeeded: a `Deny` that
/// may apply did not, and one that certainly applies shows that other policies were in force.
pub fn allowed_then<'p>(policies: impl IntoIterator<Item = &'p Named>, request: &Request) -> Truth {
    let mut allowed = Truth::False;
    for named in policies {
        for statement in named.policy.statements.iter().filter(|one| one.principals.is_none()) {
            let applies = statement.applies(request, named.policy.version);
            match statement.effect {
                Effect::Deny if applies == Truth::True => return Truth::False,
                Effect::Deny => {}
                Effect::Allow => allowed = allowed.or(applies),
            }
        }
    }
    allowed
}
