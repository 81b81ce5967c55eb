//! Finds AWS's own sentence about a denial in an error's text.
//!
//! An error often repeats what the caller wrote: a table's name, a key, a parameter. A caller who
//! names a table after AWS's sentence must not be taken for AWS. The sentence therefore counts only
//! at the beginning of a text or after a wrapper that AWS or its SDKs write, which are in
//! [`WRAPPERS`], and never where the request contains it too.
//!
//! The sentence itself has room for two names. The principal's contains no space: IAM's names
//! consist of `[\w+=,.@-]`, and paths of printable letters. The resource's may contain anything,
//! and comes after the action.

use memchr::memmem;

/// Words of AWS and its SDKs that precede the sentence. A `*` matches one word without spaces or
/// quotes, so that no sentence fits into it.
const WRAPPERS: [&str; 33] = [
    "AccessDenied. ",
    "You are not authorized to perform this operation. ",
    "You are not authorized to perform this operation: ",
    "API: * ",
    "An error occurred (*) when calling the * operation: ",
    "Access denied. ",
    "Access Denied. ",
    "Access denied: ",
    "Access Denied: ",
    "Access denied due to ",
    "Insufficient permissions to execute the query. ",
    "Insufficient permissions. ",
    "Insufficient permissions: ",
    "Resource handler returned message: \"",
    "Access denied for operation '",
    "Access denied when calling *. Reason: ",
    "Error message: ",
    "Error: ",
    "Reason: ",
    "Message: ",
    "Caused by: ",
    "Underlying error: ",
    "Unable to assume role. ",
    "The provided role does not have permissions to perform this action. Underlying error: ",
    "Service role * does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams for build *. Error message: ",
    "Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's KMS key settings. KMS Exception: *KMS Message: ",
    "Lambda was unable to decrypt your environment variables because the KMS access was denied. Please check your KMS permissions. KMS Exception: *KMS Message: ",
    "KMS key access denied error: ",
    "Calling the invoke API action failed with this message: ",
    "Failed to call *, with the following message: ",
    "Failed to create service linked role: ",
    "Encountered a permissions error performing a tagging operation, please add required tag permissions. See * for how to resolve. ",
    "The role passed does not have the required permissions: ",
];
/// Maximum nesting of wrappers.
const MAX_WRAPPERS: usize = 6;
/// The longest word that a `*` matches, and the longest principal, in bytes. ARNs have at most
/// 2048.
const MAX_WORD: usize = 2_200;

/// Sentences that can be recognised by their beginning.
const OPENINGS: [&str; 15] = [
    "API: ",
    "Not authorized to perform",
    "not authorized to perform",
    "AccessDenied",
    "User doesn't have permission to call ",
    "User does not have permission to call ",
    "You do not have permission to perform the ",
    "You don't have permission to perform the ",
    "You do not have permissions to call ",
    "You do not have permission to call ",
    "The provided execution role does not have permissions to call ",
    "The function execution role does not have permissions to call ",
    "The provided credentials do not have permission to create the service-linked role ",
    "The caller does not have permission to create the service-linked role ",
    "Caller does not have permission to create the service-linked role ",
];
/// The subjects that a sentence begins with; what is refused comes after [`NEGATIONS`].
const SUBJECTS: [&str; 10] = [
    "Service Principal: ",
    "User",
    "arn:",
    "'arn:",
    "`arn:",
    "You ",
    "Principal",
    "CodeBuild",
    "The caller",
    "The role ",
];
const NEGATIONS: [&str; 4] = [
    " is not authorized to ",
    " are not authorized to ",
    " isn't authorized to ",
    " due to missing permissions for ",
];

/// AWS's sentence about a denial, where AWS puts it; `None` when it is not in its place.
///
/// ```
/// use aware_core::event::denial_sentence;
///
/// let sentence = "User: alice is not authorized to perform: s3:GetObject";
/// let text = format!("An error occurred (X) when calling the Y operation: {sentence}");
/// assert_eq!(denial_sentence(&text), Some(sentence));
/// // A caller's words in quotes are not AWS's.
/// assert_eq!(denial_sentence(&format!("Value '{sentence}' is too long")), None);
/// ```
pub fn denial_sentence(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    for _ in 0..=MAX_WRAPPERS {
        let inner = strip_wrapper(rest);
        // `You are not authorized to perform this operation.` is a wrapper, and may also be the
        // whole text.
        if inner.is_none() && begins_sentence(rest) {
            return Some(rest);
        }
        match inner.map(str::trim_start).filter(|inner| !inner.is_empty()) {
            Some(inner) if is_sentence_or_wrapper(inner) => rest = inner,
            _ => return begins_sentence(rest).then_some(rest),
        }
    }
    None
}

fn is_sentence_or_wrapper(text: &str) -> bool {
    begins_sentence(text) || strip_wrapper(text).is_some()
}

fn begins_sentence(text: &str) -> bool {
    if OPENINGS.iter().any(|opening| text.starts_with(opening)) {
        return true;
    }
    let is_subject = SUBJECTS.iter().any(|subject| text.starts_with(subject));
    let is_word = || {
        let behind = text.find(' ').and_then(|at| text.get(at..)).unwrap_or_default();
        NEGATIONS.iter().any(|words| behind.starts_with(words))
    };
    (is_subject || is_word()) && has_bare_subject(text)
}

/// Whether a subject without quotes precedes the negation.
fn has_bare_subject(text: &str) -> bool {
    let near = text_prefix(text, MAX_WORD);
    let at = NEGATIONS.iter().filter_map(|words| memmem::find(near.as_bytes(), words.as_bytes()));
    let Some(subject) = at.min().and_then(|at| near.get(..at)) else { return false };
    let bare = subject.trim_start_matches(['\'', '`', '"']).trim_end_matches(['\'', '`', '"']);
    let bare = bare.strip_prefix("User").unwrap_or(bare).trim_start_matches([':', ' ', '`', '\'']);
    !bare.contains(['"', '\'', '`', '\n'])
}

/// The text after a wrapper, or after the name of an exception: `AccessDeniedException: `.
fn strip_wrapper(text: &str) -> Option<&str> {
    WRAPPERS
        .iter()
        .find_map(|wrapper| after_wrapper(text, wrapper))
        .or_else(|| after_error_code(text))
}

fn after_wrapper<'t>(text: &'t str, wrapper: &str) -> Option<&'t str> {
    let mut pieces = wrapper.split('*');
    let mut rest = text.strip_prefix(pieces.next()?)?;
    for piece in pieces {
        let near = text_prefix(rest, MAX_WORD);
        let end = near.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
        let word = near.get(..end.unwrap_or(near.len()))?;
        // A word may end with the text that follows it: `(*)`.
        let at = match piece.trim_start().is_empty() {
            true => word.len(),
            false => near.find(piece).filter(|at| *at <= word.len() + 1)?,
        };
        rest = rest.get(at..)?.strip_prefix(piece)?;
    }
    Some(rest)
}

fn after_error_code(text: &str) -> Option<&str> {
    let (code, rest) = text_prefix(text, 200).split_once(": ")?;
    let is_name = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._$#".contains(&byte));
    let kinds = ["Exception", "Error", "AccessDenied", "UnauthorizedOperation", "Fault"];
    let is_code = is_name && kinds.iter().any(|kind| code.ends_with(kind));
    is_code
        .then(|| text.get(text.len().min(code.len() + 2)..))
        .flatten()
        .filter(|_| !rest.is_empty())
}

/// The beginning of a text, at most this many bytes.
fn text_prefix(text: &str, length: usize) -> &str {
    let end = (0..=text.len().min(length)).rev().find(|at| text.is_char_boundary(*at));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_in_its_place() {
        let said = "User: arn:aws:sts::222233334444:assumed-role/post/s-1 is not authorized to perform: sqs:SendMessage";
        let before = [
            "",
            "You are not authorized to perform this operation. ",
            "API: iam:PassRole ",
            "AccessDeniedException: ",
            "com.example.model.AccessDeniedException: ",
            "An error occurred (ClientException) when calling the RunTask operation: ",
            "Access denied. API: sqs:SendMessage AccessDenied: ",
            "KMS key access denied error: com.example.model.ExampleException: ",
            "Service role arn:aws:iam::222233334444:role/post does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams for build arn:aws:codebuild:eu-west-1:222233334444:build/post:1. Error message: ",
        ];
        for before in before {
            assert_eq!(denial_sentence(&format!("{before}{said}")), Some(said), "{before}");
        }
    }

    #[test]
    fn sentences_of_other_beginnings() {
        let openings = [
            "You are not authorized to perform: athena:GetWorkGroup on the resource.",
            "You are not authorized to perform this operation. Encoded authorization failure message: abc",
            "arn:aws:iam::222233334444:role/line is not authorized to perform AssumeRole on role arn:aws:iam::222233334444:role/act",
            "'arn:aws:iam::222233334444:role/steps' is not authorized to create managed-rule.",
            "User `arn:aws:iam::222233334444:user/post' is not authorized to perform `ses:SendEmail'",
            "User is not authorized to perform: rds:ModifyDBInstance",
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
            "User doesn't have permission to call ssm:GetParameters",
            "CodeBuild is not authorized to perform: sts:AssumeRole on service role.",
        ];
        for opening in openings {
            assert_eq!(denial_sentence(opening), Some(opening));
        }
        let linked = "Failed to create service linked role: AWSServiceRoleForX due to missing permissions for 'iam:CreateServiceLinkedRole'";
        assert_eq!(denial_sentence(linked), linked.split_once(": ").map(|(_, rest)| rest));
    }

    #[test]
    fn what_a_caller_wrote_is_no_sentence() {
        let said = "User: a is not authorized to perform: s3:PutObject";
        let texts = [
            format!("1 validation error detected: Value '{said}' at 'tableName' failed"),
            format!("1 validation error detected: Value {said} at tableName failed"),
            format!("The table \"{said}\" does not exist"),
            format!("The table {said} does not exist"),
            format!("User: 'x' {said}"),
            format!("An error occurred (a b) when calling the c operation: {said}"),
            format!(
                "Service role x y does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams for build z. Error message: {said}"
            ),
            format!("my table: {said}"),
            format!("Access denied: my table: {said}"),
            "a".repeat(5_000) + said,
            String::new(),
        ];
        for text in texts {
            assert_eq!(denial_sentence(&text), None, "{text}");
        }
    }
}
