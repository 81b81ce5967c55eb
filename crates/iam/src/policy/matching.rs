//! Whether a statement applies to a request, in three values.

use super::arn::ResourcePattern;
use super::evaluate::NamedPolicy;
use super::glob::{Glob, VariableValue};
use super::principals::{CallerNaming, match_caller};
use super::request::PolicyRequest;
use super::statement::{LanguageVersion, PatternClause, Statement, StatementEffect};
use super::truth::Truth;

/// How a statement matches a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct StatementMatch {
    /// Whether the statement applies to the request.
    pub(super) applies: Truth,
    /// How its principal matches the caller.
    pub(super) naming: CallerNaming,
}

impl Statement {
    /// Whether action, resource, principal and every condition match the request.
    pub fn applies_to(&self, request: &PolicyRequest, version: LanguageVersion) -> Truth {
        self.match_request(request, version).applies
    }

    pub(super) fn match_request(
        &self,
        request: &PolicyRequest,
        version: LanguageVersion,
    ) -> StatementMatch {
        let naming = match_caller(self.principals.as_ref(), &request.caller);
        let named = naming.is_meant.and(self.names_action(&request.action));
        // Evaluates the costly parts only if the cheap ones leave the question open.
        let applies = match named {
            Truth::False => Truth::False,
            named => named.and(self.names_resource(request, version)).and(Truth::all(
                self.conditions
                    .iter()
                    .map(|condition| condition.holds_for(&request.context, version)),
            )),
        };
        StatementMatch { applies, naming }
    }

    fn names_action(&self, action: &str) -> Truth {
        let action = action.to_ascii_lowercase();
        let any = |patterns: &[String]| {
            Truth::any(
                patterns.iter().map(|pattern| Glob::new_folded(pattern).matches_text(&action)),
            )
        };
        match &self.actions {
            PatternClause::Is(patterns) => any(patterns),
            PatternClause::Not(patterns) => !any(patterns),
        }
    }

    fn names_resource(&self, request: &PolicyRequest, version: LanguageVersion) -> Truth {
        let any = |patterns: &[String]| {
            Truth::any(patterns.iter().map(|pattern| one_resource(pattern, request, version)))
        };
        match &self.resources {
            // A trust policy applies to its own role.
            None => Truth::True,
            Some(PatternClause::Is(patterns)) => any(patterns),
            Some(PatternClause::Not(patterns)) => !any(patterns),
        }
    }
}

fn one_resource(pattern: &str, request: &PolicyRequest, version: LanguageVersion) -> Truth {
    let fill = |name: &str| request.context.fill_variable(name);
    let pattern = match version {
        LanguageVersion::V2008 => Some(ResourcePattern::new(pattern)),
        LanguageVersion::V2012 => ResourcePattern::with_variables(pattern, &fill),
    };
    let Some(pattern) = pattern else { return Truth::False };
    if !request.is_open {
        return pattern.matches_resource(&request.resource);
    }
    match ResourcePattern::with_variables(&request.resource, &|_| VariableValue::Unknown) {
        Some(asked) if pattern.contains_pattern(&asked) => Truth::True,
        Some(asked) if pattern.meets_pattern(&asked) => Truth::Unknown,
        _ => Truth::False,
    }
}

/// Whether policies of an identity allow a request that is known to have succeeded: a `Deny` that
/// may apply did not, and one that certainly applies shows that other policies were in force.
pub fn allowed_then<'p>(
    policies: impl IntoIterator<Item = &'p NamedPolicy>,
    request: &PolicyRequest,
) -> Truth {
    let mut allowed = Truth::False;
    for named in policies {
        for statement in named.policy.statements.iter().filter(|one| one.principals.is_none()) {
            let applies = statement.applies_to(request, named.policy.version);
            match statement.effect {
                StatementEffect::Deny if applies == Truth::True => return Truth::False,
                StatementEffect::Deny => {}
                StatementEffect::Allow => allowed = allowed.or(applies),
            }
        }
    }
    allowed
}
