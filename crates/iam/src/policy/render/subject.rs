//! Whom policies are for, and the names that come of it.

use super::quote::capitalize_word;

/// The principal that the policies are for.
pub(super) struct RenderSubject<'a> {
    /// `role`, `user`, `group`, or empty.
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
}

impl<'a> RenderSubject<'a> {
    pub(super) fn new(principal: &'a str) -> Self {
        // Only the resource of an ARN matters, and only the last part of a path is the name.
        let resource = principal.splitn(6, ':').nth(5).unwrap_or(principal);
        let (kind, name) = resource.split_once('/').unwrap_or(("", resource));
        let kind = if matches!(kind, "role" | "user" | "group") { kind } else { "" };
        Self { kind, name: name.rsplit('/').next().unwrap_or(name) }
    }

    /// The words of the name, in lower case, with only ASCII letters and digits.
    pub(super) fn name_words(&self) -> Vec<String> {
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
    pub(super) fn snake_case(&self, index: usize, total: usize) -> String {
        let name = self.name_words().join("_");
        if total > 1 { format!("{name}_{}", index + 1) } else { name }
    }

    /// `CheckoutFn`, or `CheckoutFn2`.
    pub(super) fn pascal_case(&self, index: usize, total: usize) -> String {
        let name: String = self.name_words().iter().map(|word| capitalize_word(word)).collect();
        if total > 1 { format!("{name}{}", index + 1) } else { name }
    }
}
