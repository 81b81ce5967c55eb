//! Policies written out: as JSON, and as what infrastructure code wants.
//!
//! Every format is ASCII: characters beyond it are escaped as the format has it, so that a name
//! chosen by an attacker cannot turn a terminal or a review around.

mod cdk;
mod hcl;
mod json;
mod yaml;

use std::str::FromStr;

use super::{Clause, Policy, Principals, Statement, Version};

pub(super) use json::compact;

/// In what a policy is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON; a list of policies where there are several.
    Json,
    /// Terraform: `aws_iam_policy_document`, a managed policy, and its attachment.
    Hcl,
    /// CloudFormation, YAML: `AWS::IAM::ManagedPolicy`.
    CloudFormation,
    /// SAM, YAML: the `Policies` of an `AWS::Serverless::Function`.
    Sam,
    /// CDK, TypeScript: a list of `iam.PolicyStatement`.
    Cdk,
}

impl Format {
    /// Every format, by its name.
    pub const NAMES: [(&str, Self); 5] = [
        ("json", Self::Json),
        ("hcl", Self::Hcl),
        ("cloudformation", Self::CloudFormation),
        ("sam", Self::Sam),
        ("cdk", Self::Cdk),
    ];
}

impl FromStr for Format {
    type Err = RenderProblem;

    fn from_str(text: &str) -> Result<Self, RenderProblem> {
        let known = Self::NAMES.iter().find(|(name, _)| *name == text);
        known.map(|(_, format)| *format).ok_or_else(|| RenderProblem::Format(text.to_owned()))
    }
}

/// What cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderProblem {
    /// No such format.
    #[error("unknown format `{0}` (hint: one of json, hcl, cloudformation, sam, cdk)")]
    Format(String),
    /// CloudFormation would replace it by a secret or parameter, and has no escape for it.
    #[error(
        "`{{{{resolve:` in a value of Statement[{0}] cannot be written for CloudFormation (hint: use --format json)"
    )]
    DynamicReference(usize),
}

/// Writes policies for a principal (`role/checkout-fn`, `user/alice`, or any name), which gives
/// the names of what is written and whom it is attached to. Ends with a line break.
///
/// # Errors
/// [`RenderProblem::DynamicReference`], for CloudFormation and SAM only.
pub fn render(
    policies: &[Policy],
    format: Format,
    principal: &str,
) -> Result<String, RenderProblem> {
    let subject = Subject::new(principal);
    match format {
        Format::Json => Ok(json::render(policies)),
        Format::Hcl => Ok(hcl::render(policies, &subject)),
        Format::CloudFormation => yaml::cloudformation(policies, &subject),
        Format::Sam => yaml::sam(policies),
        Format::Cdk => Ok(cdk::render(policies, &subject)),
    }
}

/// Whom the policies are for.
struct Subject<'a> {
    /// `role`, `user`, `group`, or empty.
    kind: &'a str,
    name: &'a str,
}

impl<'a> Subject<'a> {
    fn new(principal: &'a str) -> Self {
        // Of an ARN only the resource tells, and of a path only its last part is the name.
        let resource = principal.splitn(6, ':').nth(5).unwrap_or(principal);
        let (kind, name) = resource.split_once('/').unwrap_or(("", resource));
        let kind = if matches!(kind, "role" | "user" | "group") { kind } else { "" };
        Self { kind, name: name.rsplit('/').next().unwrap_or(name) }
    }

    /// The words of the name, lower-cased, ASCII letters and digits only.
    fn words(&self) -> Vec<String> {
        let words = self.name.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<String> =
            words.filter(|word| !word.is_empty()).take(12).map(str::to_ascii_lowercase).collect();
        let starts_well =
            words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()));
        if starts_well {
            words
        } else {
            std::iter::once("policy".to_owned()).chain(words).collect()
        }
    }

    /// `checkout_fn`, or `checkout_fn_2`.
    fn snake(&self, index: usize, total: usize) -> String {
        let name = self.words().join("_");
        if total > 1 { format!("{name}_{}", index + 1) } else { name }
    }

    /// `CheckoutFn`, or `CheckoutFn2`.
    fn pascal(&self, index: usize, total: usize) -> String {
        let name: String = self.words().iter().map(|word| capital(word)).collect();
        if total > 1 { format!("{name}{}", index + 1) } else { name }
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

/// A string in double quotes in which everything but printable ASCII is escaped; `escape` writes
/// what the format cannot write as a `\u` escape.
fn quoted(text: &str, beyond: fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            '\0'..='\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => beyond(c, &mut out),
        }
    }
    out.push('"');
    out
}

/// JSON and TypeScript: two halves of UTF-16.
fn surrogates(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// HCL and YAML: eight digits.
fn eight_digits(c: char, out: &mut String) {
    out.push_str(&format!("\\U{:08X}", u32::from(c)));
}
