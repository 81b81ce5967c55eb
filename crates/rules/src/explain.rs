//! Explains why a rule matched an event or did not: its conditions, one by one, with what was
//! found.

use std::fmt::Write;

use aware_core::source::SourceId;
use serde_json::Value;

use crate::ir::{
    Case, Comparison, Each, Expr, JointTest, Line, Match, Op, Pattern, Quantifier, Reference,
    Relation, Test,
};
use crate::oracle::{Found, Scope};

/// A condition, whether it holds, and the conditions that it consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Whether it holds.
    pub holds: bool,
    /// What it requires, in words.
    pub asks: String,
    /// What the event has there; `None` for conditions that consist of others.
    pub found: Option<String>,
    /// The conditions that it consists of.
    pub parts: Vec<Step>,
}

impl Step {
    /// The leaf conditions responsible for this one holding, or not holding.
    pub fn deciding(&self) -> Vec<&Self> {
        if self.parts.is_empty() {
            return vec![self];
        }
        let same: Vec<&Self> = self.parts.iter().filter(|part| part.holds == self.holds).collect();
        // Below a `not`, no part has the same result.
        let parts = if same.is_empty() { self.parts.iter().collect() } else { same };
        parts.into_iter().flat_map(Self::deciding).collect()
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { holds, asks, found, .. } = self;
        write!(f, "{} {asks}", if *holds { "holds:" } else { "fails:" })?;
        found.as_ref().map_or(Ok(()), |found| write!(f, " (found {found})"))
    }
}

/// How many values of a field are shown.
const SHOWN: usize = 5;

/// Explains a condition on an event of a source. Strings are as the log has them.
pub fn explain(expr: &Expr, source: SourceId, event: &Value, line: &str) -> Step {
    step(expr, Scope::new(source, event, line))
}

fn step(expr: &Expr, scope: Scope<'_>) -> Step {
    let holds = scope.matches(expr);
    let parts = |inner: &[Expr]| inner.iter().map(|inner| step(inner, scope)).collect();
    let made = |asks: &str, parts| Step { holds, asks: asks.to_owned(), found: None, parts };
    match expr {
        Expr::All(inner) => made("all of", parts(inner)),
        Expr::Any(inner) => made("any of", parts(inner)),
        Expr::Not(inner) => made("not", vec![step(inner, scope)]),
        Expr::Together(parts) => made(
            "all of, in the same members of lists",
            parts.iter().map(|part| of_part(part, scope)).collect(),
        ),
        Expr::Each(each) => of_each(each, scope),
        Expr::Test(test) => of_test(test, scope),
        Expr::Line(test) => Step { holds, asks: of_line(test), found: None, parts: Vec::new() },
    }
}

fn of_test(test: &Test, scope: Scope<'_>) -> Step {
    let found = Some(show(&scope.find(&test.field)));
    Step { holds: scope.holds(test), asks: asks(test), found, parts: Vec::new() }
}

/// What a test requires, in words.
pub(crate) fn asks(test: &Test) -> String {
    let field = &test.field;
    match &test.op {
        Op::Exists => format!("{field} exists"),
        Op::Null => format!("{field} is null or absent"),
        Op::Is(wanted) => format!("{field} {}", of_match(wanted)),
        Op::Length(how, length) => {
            format!("{field} has a length {} {length}", of_comparison(*how))
        }
        Op::Refers(Reference { other, how, case, segments, .. }) => {
            let whole = if *segments { " as whole segments" } else { "" };
            format!("{field} {} {other}{whole}{}", of_relation(*how), of_case(*case))
        }
    }
}

/// One field of several that must match together, on its own.
fn of_part(JointTest { field, value, absent }: &JointTest, scope: Scope<'_>) -> Step {
    let found = scope.find(field);
    let absence = absent.then(|| "is not there".to_owned());
    let asks: Vec<String> = value.iter().map(of_match).chain(absence).collect();
    let alone =
        |wanted: &Match| scope.holds(&Test { field: field.clone(), op: Op::Is(wanted.clone()) });
    let holds = value.as_ref().is_some_and(alone) || *absent && found.leaves.is_empty();
    let asks = format!("{field} {}", asks.join(" or "));
    Step { holds, asks, found: Some(show(&found)), parts: Vec::new() }
}

/// A condition on a list's members, with the member that decided.
fn of_each(each: &Each, scope: Scope<'_>) -> Step {
    let (count, shown) = scope.show(each);
    let how = match each.how {
        Quantifier::Any => "a member",
        Quantifier::All => "every member, of one or more,",
        Quantifier::AllOrEmpty => "every member, if any,",
        Quantifier::None => "no member",
    };
    Step {
        holds: scope.matches(&Expr::Each(each.clone())),
        asks: format!("{how} of {} has", each.field),
        found: Some(if count == 1 { "1 member".to_owned() } else { format!("{count} members") }),
        parts: shown.iter().map(|member| step(&each.body, scope.of(member))).collect(),
    }
}

fn show(found: &Found) -> String {
    if !found.exists {
        return "not there".to_owned();
    }
    let mut text = String::new();
    for (index, (leaf, _)) in found.leaves.iter().take(SHOWN).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}{leaf}");
    }
    match found.leaves.len() {
        0 => "present, without a value".to_owned(),
        n if n > SHOWN => format!("{text}, and {} more", n - SHOWN),
        _ => text,
    }
}

fn of_match(wanted: &Match) -> String {
    match wanted {
        Match::Anything => "has a value".to_owned(),
        Match::Text(pattern, _) => of_pattern(pattern),
        Match::Regex(regex, _) => format!("matches /{}/", regex.as_str()),
        Match::Number(how, value, _) => format!("{} {value}", of_comparison(*how)),
        Match::Bool(value) => format!("= {value}"),
        Match::Null => "= null".to_owned(),
        Match::Cidr(cidr) => format!("is in {cidr}"),
        Match::Time(part, how, value) => {
            format!("has a {} {} {value}", part.as_str(), of_comparison(*how))
        }
        Match::All(inner) => list(inner, " and "),
        Match::Any(inner) => list(inner, " or "),
        Match::Not(inner) => format!("is not ({})", of_match(inner)),
    }
}

fn list(inner: &[Match], between: &str) -> String {
    let texts: Vec<String> = inner.iter().map(of_match).collect();
    format!("({})", texts.join(between))
}

fn of_pattern(pattern: &Pattern) -> String {
    let how = if pattern.literal().is_some() { "=" } else { "is like" };
    format!("{how} \"{pattern}\"{}", of_case(pattern.case()))
}

fn of_case(case: Case) -> &'static str {
    match case {
        Case::Sensitive => " (case-sensitive)",
        Case::Insensitive => "",
    }
}

fn of_relation(how: Relation) -> &'static str {
    match how {
        Relation::Equals => "equals",
        Relation::StartsWith => "begins with",
        Relation::EndsWith => "ends with",
        Relation::Contains => "holds",
    }
}

fn of_comparison(how: Comparison) -> &'static str {
    match how {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Equal => "=",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Greater => ">",
    }
}

fn of_line(test: &Line) -> String {
    match test {
        Line::Contains(text) => format!("the line contains \"{text}\""),
        Line::Regex(regex) => format!("the line matches /{}/", regex.as_str()),
        Line::Words(words) => format!("the line has {} fields that fit", words.len()),
    }
}

#[cfg(test)]
mod tests {
    use aware_core::source::cloudtrail;
    use serde_json::json;

    use super::*;
    use crate::ir::{Field, Reach, Types};

    #[test]
    fn conditions_one_by_one() {
        let is = |name: &str, text: &str| {
            let pattern = Pattern::exact(text, Case::Insensitive);
            Expr::test(
                Field::dotted(name, Reach::Leaves),
                Op::Is(Match::Text(pattern, Types::Scalars)),
            )
        };
        let expr = Expr::All(vec![is("eventName", "CreateUser"), is("errorCode", "x").not()]);
        let step = explain(&expr, cloudtrail::ID, &json!({"eventName": "ListUsers"}), "");
        assert!(!step.holds);
        let [first, second] = step.parts.as_slice() else { panic!("{step:?}") };
        assert_eq!((first.holds, first.asks.as_str()), (false, "eventName = \"createuser\""));
        assert_eq!(first.found.as_deref(), Some("\"ListUsers\""));
        assert!(second.holds);
        assert_eq!(second.parts[0].found.as_deref(), Some("not there"));
        let lines = |event| {
            let step = explain(&expr, cloudtrail::ID, &event, "");
            step.deciding().into_iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            lines(json!({"eventName": "ListUsers"})),
            [r#"fails: eventName = "createuser" (found "ListUsers")"#]
        );
        assert_eq!(
            lines(json!({"eventName": "CreateUser", "errorCode": "X"})),
            [r#"holds: errorCode = "x" (found "X")"#]
        );
        assert_eq!(
            lines(json!({"eventName": "CreateUser"})),
            [
                r#"holds: eventName = "createuser" (found "CreateUser")"#,
                r#"fails: errorCode = "x" (found not there)"#
            ]
        );
    }
}
