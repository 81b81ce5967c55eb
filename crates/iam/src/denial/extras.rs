//! What AWS adds to a denial: an encoded message, a link to its console, an authorization id.

use crate::steps::scan;

/// From this length on, in bytes, CloudTrail may have truncated a message.
///
/// Source: CloudTrail user guide, "CloudTrail record contents": `errorMessage`, at most 1 KB.
pub(super) const MAY_BE_CUT: usize = 1_000;

/// How many links to examine, and how long one may be, in bytes.
const MAX_LINKS: usize = 8;
const MAX_LINK: usize = 1_024;

/// An encoded authorization message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodedMessage<'t> {
    /// The message, to pass to `sts:DecodeAuthorizationMessage`.
    pub text: &'t str,
    /// Whether its end is probably missing; then only the client's copy can be decoded.
    pub likely_cut: bool,
}

/// The encoded message of a text; CloudTrail truncates the text of a record.
pub(super) fn find_encoded(text: &str, in_record: bool) -> Option<EncodedMessage<'_>> {
    let (_, rest) = scan(text).split_once("ncoded authorization failure message:")?;
    let rest = rest.trim_start();
    let is_end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '='));
    let end = rest.find(is_end).unwrap_or(rest.len());
    let blob = rest.get(..end).filter(|blob| !blob.is_empty())?;
    let after = rest.get(end..).unwrap_or_default();
    let runs_to_the_end = after.trim_end().is_empty();
    let impossible = blob.len() % 4 == 1;
    let elided = after.starts_with("...") || after.starts_with('…');
    let may_be_cut = in_record && runs_to_the_end && text.len() >= MAY_BE_CUT;
    let likely_cut = impossible || elided || may_be_cut;
    Some(EncodedMessage { text: blob, likely_cut })
}

/// The link to AWS's console. Links to other hosts do not count, since a caller may have written
/// parts of the text.
pub(super) fn console_link(text: &str) -> Option<&str> {
    scan(text).match_indices("https://").take(MAX_LINKS).find_map(|(at, _)| {
        let length = (0..=MAX_LINK).rev().find(|length| text.get(at..at + length).is_some())?;
        let link =
            scan(text.get(at..at + length)?).split([' ', '\n', '"', '\'', '<', '>', ')']).next()?;
        let link = link.trim_end_matches(['.', ',']);
        let host = link.strip_prefix("https://")?.split(['/', '?', '#']).next()?;
        let is_console = CONSOLES.iter().any(|console| {
            host == *console
                || host.strip_suffix(console).is_some_and(|before| before.ends_with('.'))
        });
        is_console.then_some(link)
    })
}

const CONSOLES: [&str; 4] = [
    "console.aws.amazon.com",
    "console.amazonaws.cn",
    "console.amazonaws-us-gov.com",
    "console.amazonaws.eu",
];

/// The authorization id, from the text or from the link.
pub(super) fn authorization_id<'t>(text: &'t str, link: Option<&'t str>) -> Option<&'t str> {
    let named = ["authorization id: ", "authorization ID: ", "Authorization ID: "];
    let named = named.iter().find_map(|marker| scan(text).split_once(marker)).map(|(_, id)| id);
    let linked = || Some(link?.split_once("/authorization-details/")?.1);
    let rest = named.or_else(linked)?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    rest.get(..end).filter(|id| (6..=128).contains(&id.len()))
}
