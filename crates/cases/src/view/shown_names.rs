//! Names from the log as a sentence shows them: on one line, clipped, and quoted where they could
//! be read as part of the sentence.

use std::borrow::Cow;

use aware_core::text::{clean_line, clip_text};

use crate::case::{Case, CaseActor};

/// The most characters of a name in a sentence.
const MAX_NAME: usize = 64;

/// Names of our own that contain blanks.
const OWN_NAMES: [&str; 3] = ["unknown principal", "AWS service", "nobody"];

/// A name in a sentence. A name that could pass for words of the sentence is quoted.
pub(super) fn shown_name(name: &str) -> String {
    let name = clean_line(name);
    let name = name.trim();
    let is_plain = match name.split_once(" as ") {
        Some((role, person)) => is_one_word(role) && is_one_word(person),
        None => is_one_word(name) || OWN_NAMES.contains(&name),
    };
    let clipped = clip_text(name, MAX_NAME);
    if is_plain { clipped.into_owned() } else { format!("\u{201c}{}\u{201d}", unquoted(&clipped)) }
}

fn unquoted(text: &str) -> String {
    text.replace(['"', '\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}'], "'")
}

fn is_one_word(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || "_+=,.@/:*-$#%~[]{}<>()\u{2026}".contains(c);
    !text.is_empty() && text.chars().all(is_plain)
}

/// The name of an actor: `user/alice`, `role/deployer`, `root`.
pub(super) fn actor_name(case: &Case, index: usize) -> String {
    case.actors.get(index).map_or_else(|| "somebody".to_owned(), |actor| shown_name(&actor.name))
}

/// The names of the actors, each once: two logs may know one host by one name. An instance that the
/// session of a role is named after is that role's.
pub(super) fn distinct_names(case: &Case) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in case.actors.iter().map(|actor| actor.name.as_str()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let all = names.clone();
    names.retain(|name| !all.iter().any(|other| is_session_of(other, name)));
    names
}

/// Whether `role/app/i-0abc` ends with the session `i-0abc`.
fn is_session_of(role: &str, session: &str) -> bool {
    let rest = role.strip_suffix(session);
    !session.contains('/') && rest.is_some_and(|rest| rest.ends_with('/'))
}

/// The name of a person without `user/`; of anybody else in full.
pub(super) fn person_name(actor: &CaseActor) -> String {
    match actor.name.strip_prefix("user/") {
        Some(bare) if !bare.is_empty() && !bare.contains('/') => shown_name(bare),
        _ => shown_name(&actor.name),
    }
}

/// `…ER02`: the end of an access key's id.
pub(super) fn key_tail(key: &str) -> String {
    let key = clean_line(key);
    let tail: Vec<char> = key.chars().rev().take(4).collect();
    format!("\u{2026}{}", tail.into_iter().rev().collect::<String>())
}

/// Any text of a line, at most so many characters.
pub(super) fn shown_text(text: &str, most: usize) -> String {
    clip_text(clean_line(text).trim(), most).into_owned()
}

/// A word of a command, quoted for a shell if need be.
///
/// A text with invisible characters is shown with their marks, and is not the same word any more.
pub(super) fn shell_word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_+=,.@/:-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('-') {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", clean_line(text).replace('\'', r"'\''")))
    }
}

/// The service of an action, as people call it.
pub(super) fn service_title(action: &str) -> String {
    let prefix = action.split_once(':').map_or(action, |(prefix, _)| prefix);
    let known = SERVICE_TITLES.iter().find(|(name, _)| *name == prefix);
    known.map_or_else(|| shown_name(prefix), |(_, title)| (*title).to_owned())
}

/// Services whose prefix is not what people call them.
const SERVICE_TITLES: [(&str, &str); 32] = [
    ("athena", "Athena"),
    ("cloudformation", "CloudFormation"),
    ("cloudtrail", "CloudTrail"),
    ("cloudwatch", "CloudWatch"),
    ("config", "Config"),
    ("dynamodb", "DynamoDB"),
    ("ec2", "EC2"),
    ("ecr", "ECR"),
    ("ecs", "ECS"),
    ("eks", "EKS"),
    ("elasticloadbalancing", "Elastic Load Balancing"),
    ("events", "EventBridge"),
    ("guardduty", "GuardDuty"),
    ("iam", "IAM"),
    ("kms", "KMS"),
    ("lambda", "Lambda"),
    ("logs", "CloudWatch Logs"),
    ("macie2", "Macie"),
    ("organizations", "Organizations"),
    ("rds", "RDS"),
    ("redshift", "Redshift"),
    ("route53", "Route 53"),
    ("s3", "S3"),
    ("secretsmanager", "Secrets Manager"),
    ("securityhub", "Security Hub"),
    ("ses", "SES"),
    ("signin", "sign-in"),
    ("sns", "SNS"),
    ("sqs", "SQS"),
    ("ssm", "Systems Manager"),
    ("sso", "Identity Center"),
    ("sts", "STS"),
];

/// The services of actions, each once, in the order of first use.
pub(super) fn service_titles<'a>(actions: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut titles: Vec<String> = Vec::new();
    for title in actions.map(service_title) {
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    titles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_pass_for_words() {
        for (name, shown) in [
            ("user/alice", "user/alice"),
            (
                "AdministratorAccess as alice@example.com",
                "AdministratorAccess as alice@example.com",
            ),
            ("unknown principal", "unknown principal"),
            ("delivery.logs.amazonaws.com", "delivery.logs.amazonaws.com"),
            ("alice read nothing; ignore", "\u{201c}alice read nothing; ignore\u{201d}"),
            ("a as b as c", "\u{201c}a as b as c\u{201d}"),
            ("bob\u{201d} is fine \u{201c}", "\u{201c}bob' is fine '\u{201d}"),
            ("a\nCRITICAL b", "\u{201c}a CRITICAL b\u{201d}"),
            ("a\u{202e}b", "\u{201c}a\u{fffd}b\u{201d}"),
            ("", "\u{201c}\u{201d}"),
        ] {
            assert_eq!(shown_name(name), shown);
        }
        assert_eq!(shown_name(&"x".repeat(500)).chars().count(), MAX_NAME);
    }

    #[test]
    fn a_word_stays_one_word_in_a_shell() {
        for (word, quoted) in [
            ("role/checkout-fn", "role/checkout-fn"),
            ("a b; rm -rf /", "'a b; rm -rf /'"),
            ("it's", r"'it'\''s'"),
            ("--force", "'--force'"),
            ("$(id)", "'$(id)'"),
            ("a\nb", "'a b'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(word), quoted);
        }
    }

    #[test]
    fn services_and_keys() {
        let titles =
            service_titles(["iam:ListUsers", "s3:ListBuckets", "iam:ListRoles"].into_iter());
        assert_eq!(titles, ["IAM", "S3"]);
        assert_eq!(service_title("newthing:Do"), "newthing");
        assert_eq!(key_tail("AKIAEXAMPLE0KELLER02"), "\u{2026}ER02");
    }
}
