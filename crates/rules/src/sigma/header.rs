//! What every Sigma document says about itself: title, id, level, author and so on.

use std::sync::Arc;

use aware_core::case::CaseReading;
use aware_core::event::Level;
use aware_core::finding;
use aware_core::near::nearest;
use aware_core::open::NamedSet;

use super::context::FileContext;
use crate::tree::{YamlKey, YamlNode, YamlValue};

/// Keys that Sigma defines at the top of a document. Others are allowed as custom attributes.
const KEYS: &[&str] = &[
    "title",
    "id",
    "related",
    "name",
    "taxonomy",
    "status",
    "description",
    "license",
    "author",
    "references",
    "reference",
    "date",
    "modified",
    "logsource",
    "detection",
    "fields",
    "falsepositives",
    "level",
    "tags",
    "scope",
    "correlation",
    "filter",
    "generate",
    "sigma-version",
    "owner",
    "reason",
    "until",
    "enabled",
    "pack",
    "baseline",
    "reading",
];

/// The readings that a rule can name.
const READINGS: [CaseReading; 7] = [
    CaseReading::Exploring,
    CaseReading::Unclear,
    CaseReading::LacksPermission,
    CaseReading::Change,
    CaseReading::ReportedThreat,
    CaseReading::ReportedWeakness,
    CaseReading::Background,
];

/// The values of `status`.
const STATUSES: &[&str] = &["stable", "test", "experimental", "deprecated", "unsupported"];

/// The statuses of documents that are loaded as disabled.
const RETIRED: [&str; 2] = ["deprecated", "unsupported"];

/// What a document says about itself.
#[derive(Debug)]
pub(super) struct DocumentHeader {
    pub(super) about: Arc<finding::RuleSummary>,
    pub(super) name: Option<String>,
    /// Its authors no longer support it: `deprecated` or `unsupported`.
    pub(super) is_retired: bool,
}

/// The pack that is on unless the owner says otherwise.
pub(super) const DEFAULT_PACK: &str = "default";

impl DocumentHeader {
    /// Whether it is on unless the owner, or its key `enabled`, says otherwise.
    pub(super) fn is_on(&self) -> bool {
        !self.is_retired && self.about.pack.as_deref().is_none_or(|pack| pack == DEFAULT_PACK)
    }
}

/// The names by which others may refer to a document.
#[derive(Debug)]
pub(super) struct DocumentNames {
    /// Its id; without one, its name; without that, one derived from its title.
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) title: Option<String>,
}

impl DocumentNames {
    /// The names of a document, whatever else is wrong with it.
    pub(super) fn from_document(document: &YamlNode) -> Self {
        let given = |key| {
            given_value(document, key).and_then(YamlNode::scalar_text).map(|t| t.trim().to_owned())
        };
        let (name, title) = (given("name"), given("title"));
        let id = given("id").or_else(|| name.clone());
        let id = id.unwrap_or_else(|| slug_of_title(title.as_deref().unwrap_or_default()));
        Self { id, name, title }
    }

    /// Its display name.
    pub(super) fn display_name(&self) -> &str {
        self.title.as_ref().or(self.name.as_ref()).unwrap_or(&self.id)
    }
}

/// Reads the head of a document.
pub(super) fn read_header(
    context: &mut FileContext<'_>,
    document: &YamlNode,
) -> Option<DocumentHeader> {
    let known = check_keys(context, document);
    let names = DocumentNames::from_document(document);
    let mut given = Vec::new();
    for key in ["title", "name", "id"] {
        given.push(read_text(context, document, key)?);
    }
    let level = read_level(context, document);
    let status = read_status(context, document)?;
    if given.iter().all(Option::is_none) {
        return context.refuse_at(document.place, "document has no `title`");
    }
    let mut about = finding::RuleSummary::with_defaults(&names.id, names.display_name(), level?);
    about.description = read_text(context, document, "description")?;
    about.author = read_author(context, document)?;
    about.license = read_text(context, document, "license")?;
    about.link = read_links(context, document)?.into_iter().next();
    about.tags = read_list(context, document, "tags")?;
    known?;
    let is_retired = RETIRED.contains(&status.as_str());
    about.pack = read_pack(context, document)?.filter(|_| !is_retired);
    about.reading = read_reading(context, document)?.map(Into::into);
    Some(DocumentHeader { about: Arc::new(about), name: names.name, is_retired })
}

/// A key that is close to one that Sigma defines, and that the document lacks, counts as a slip.
fn check_keys(context: &mut FileContext<'_>, document: &YamlNode) -> Option<()> {
    let slip = |(key, _): &(YamlKey, YamlNode)| {
        if KEYS.contains(&key.text.as_str()) {
            return None;
        }
        let missing = KEYS.iter().copied().filter(|known| document.get(known).is_none());
        nearest(&key.text, missing).map(|near| (key.text.clone(), key.place, near))
    };
    let slips: Vec<_> =
        document.map_entries().unwrap_or_default().iter().filter_map(slip).collect();
    for (key, place, near) in &slips {
        context.refuse_unknown::<()>(*place, format_args!("unknown key `{key}`"), Some(near));
    }
    slips.is_empty().then_some(())
}

/// Reads the text of a key; `Some(None)` without it.
#[allow(clippy::option_option)]
pub(super) fn read_text(
    context: &mut FileContext<'_>,
    document: &YamlNode,
    key: &str,
) -> Option<Option<String>> {
    let Some(node) = given_value(document, key) else { return Some(None) };
    let text = context.read_text(key, node)?;
    if text.trim().is_empty() {
        return match key {
            "title" | "id" | "name" => context.refuse_at(node.place, format_args!("empty `{key}`")),
            _ => Some(None),
        };
    }
    Some(Some(text.trim().to_owned()))
}

/// The name of its pack: lower-case words with hyphens.
#[allow(clippy::option_option)]
fn read_pack(context: &mut FileContext<'_>, document: &YamlNode) -> Option<Option<String>> {
    let Some(pack) = read_text(context, document, "pack")? else { return Some(None) };
    let place = document.entry("pack").map_or(document.place, |(_, node)| node.place);
    if !pack.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        let hint = "lower-case letters, digits and hyphens: `data-events`";
        return context.refuse_with_hint(place, format_args!("`{pack}` is no pack's name"), hint);
    }
    if document.get("enabled").is_some() {
        let hint = "it is on with its pack";
        return context.refuse_with_hint(place, "a rule has both `pack` and `enabled`", hint);
    }
    Some(Some(pack))
}

/// The value of a key that has one: `tags:` with nothing after it counts as absent.
fn given_value<'n>(document: &'n YamlNode, key: &str) -> Option<&'n YamlNode> {
    document.get(key).filter(|node| node.value != YamlValue::Null)
}

fn read_list(context: &mut FileContext<'_>, document: &YamlNode, key: &str) -> Option<Vec<String>> {
    let Some(node) = given_value(document, key) else { return Some(Vec::new()) };
    Some(context.read_texts(key, node)?.into_iter().map(|(text, _)| text).collect())
}

fn read_links(context: &mut FileContext<'_>, document: &YamlNode) -> Option<Vec<String>> {
    let mut links = read_list(context, document, "references")?;
    links.extend(read_list(context, document, "reference")?);
    Some(links)
}

/// The author; a list of them is joined.
#[allow(clippy::option_option)]
fn read_author(context: &mut FileContext<'_>, document: &YamlNode) -> Option<Option<String>> {
    let authors = read_list(context, document, "author")?;
    Some(if authors.is_empty() { None } else { Some(authors.join(", ")) })
}

fn read_level(context: &mut FileContext<'_>, document: &YamlNode) -> Option<Level> {
    let Some(node) = document.get("level") else { return Some(Level::Medium) };
    let text = context.read_text("level", node)?;
    match text.parse() {
        Ok(level) => Some(level),
        Err(_) => {
            let known = Level::ALL.map(Level::as_str);
            let hint = format!("one of {}", known.join(", "));
            context.refuse_with_hint(node.place, format_args!("unknown level `{text}`"), hint)
        }
    }
}

/// What the rule's findings look like; `Some(None)` if it does not say.
#[allow(clippy::option_option)]
fn read_reading(context: &mut FileContext<'_>, document: &YamlNode) -> Option<Option<CaseReading>> {
    let Some(node) = given_value(document, "reading") else { return Some(None) };
    let text = context.read_text("reading", node)?;
    match READINGS.into_iter().find(|reading| reading.name() == text.trim()) {
        Some(reading) => Some(Some(reading)),
        None => {
            let hint = format!("one of {}", READINGS.map(CaseReading::name).join(", "));
            context.refuse_with_hint(node.place, format_args!("unknown reading `{text}`"), hint)
        }
    }
}

/// The status in lower case; empty if absent. Notes a retired document.
fn read_status(context: &mut FileContext<'_>, document: &YamlNode) -> Option<String> {
    let Some(node) = document.get("status") else { return Some(String::new()) };
    let text = context.read_text("status", node)?.to_lowercase();
    if RETIRED.contains(&text.as_str()) {
        let names = DocumentNames::from_document(document);
        context.add_note(
            node.place,
            format_args!("`{}` is {text}, and is loaded as disabled", names.display_name()),
        );
    }
    if STATUSES.contains(&text.as_str()) {
        return Some(text);
    }
    let hint = format!("one of {}", STATUSES.join(", "));
    context.refuse_with_hint(node.place, format_args!("unknown status `{text}`"), hint)
}

/// A stable id derived from a title: its words in lower case, joined by hyphens.
fn slug_of_title(title: &str) -> String {
    let lower = title.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    if slug.is_empty() { title.to_owned() } else { slug }
}
