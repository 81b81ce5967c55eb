//! Words for what is wrong with a policy: similar names, and what a text probably is.

use aware_core::near::{self, nearest};

/// What probably happened to a text that is not JSON.
pub(crate) fn json_hint(text: &str) -> &'static str {
    let start = text.trim_start();
    let has_yaml_key =
        text.lines().any(|line| line.trim_start().trim_start_matches("- ").starts_with("Effect:"));
    if start.is_empty() {
        "the file is empty"
    } else if start.starts_with("---") || start.starts_with("Version:") || has_yaml_key {
        "this looks like YAML; AWS accepts policies only as JSON"
    } else if start.contains("statement {") || start.starts_with("data \"") {
        "this looks like Terraform; `terraform show -json` prints the JSON"
    } else if start.starts_with("%7B") {
        "the policy is URL-encoded, as `iam:GetPolicyVersion` returns it; decode it first"
    } else {
        "a policy is an object with `Version` and `Statement`"
    }
}

/// The most similar of the known names, or all of them.
pub(crate) fn near_or_all(odd: &str, known: &[&str]) -> String {
    match nearest(clip_text(odd), known.iter().copied()) {
        Some(name) => near::did_you_mean(name),
        None => format!("one of {}", known.join(", ")),
    }
}

/// Enough of a foreign text to recognise it.
pub(crate) fn clip_text(text: &str) -> &str {
    aware_core::text::clip_bytes(text, 120).0
}

/// The ARN of the bucket that a text may mean: `s3://name`, or a bare name.
pub(crate) fn bucket_hint(odd: &str) -> Option<String> {
    let bucket = odd.strip_prefix("s3://").unwrap_or(odd);
    let is_bucket = !bucket.is_empty()
        && bucket.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._/*".contains(&b));
    (is_bucket && !bucket.starts_with(['/', '*']))
        .then(|| format!("a bucket is `arn:aws:s3:::{}`", clip_text(bucket)))
}
