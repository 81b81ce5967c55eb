//! Whether a statement is about a request, in three values.

use super::arn::Pattern;
use super::glob::Glob;
use super::principals::{Naming, naming};
use super::request::Request;
use super::truth::Truth;
use super::{Clause, Statement, Version};

/// A statement met by a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meeting {
    /// Whether the statement is about the request.
    pub(super) applies: Truth,
    /// How its principal meets the caller.
    pub(super) naming: Naming,
}

impl Statement {
    /// Whether action, resource, principal and every condition meet the request.
    pub fn applies(&self, request: &Request, version: Version) -> Truth {
        self.meet(request, version).applies
    }

    pub(super) fn meet(&self, request: &Request, version: Version) -> Meeting {
        let naming = naming(self.principals.as_ref(), &request.caller);
        let named = naming.is_meant.and(self.names_action(&request.action));
        // The costly parts are judged only where the cheap ones leave a question.
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
            // A trust policy is about its own role.
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
    pattern.map_or(Truth::False, |pattern| pattern.matches(&request.resource))
}
