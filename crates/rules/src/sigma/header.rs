//! What every Sigma document says about itself: title, id, level, author and so on.

use aware_core::near::nearest;
use std::sync::Arc;

use aware_core::event::Level;
use aware_core::finding;

use super::context::Context;
use crate::tree::{Key, Node, Value};

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
];

/// The values of `status`.
const STATUSES: &[&str] = &["stable", "test", "experimental", "deprecated", "unsupported"];

/// The statuses of documents that are loaded as disabled.
const RETIRED: [&str; 2] = ["deprecated", "unsupported"];

/// What a document says about itself.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) about: Arc<finding::RuleSummary>,
    pub(super) name: Option<String>,
    /// Its authors no longer support it: `deprecated` or `unsupported`.
    pub(super) is_retired: bool,
}

/// The names by which others may refer to a document.
#[derive(Debug)]
pub(super) struct Names {
    /// Its id; without one, its name; without that, one derived from its title.
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) title: Option<String>,
}

impl Names {
    /// The names of a document, whatever else is wrong with it.
    pub(super) fn of(document: &Node) -> Self {
        let given = |key| given(document, key).and_then(Node::scalar).map(|t| t.trim().to_owned());
        let (name, title) = (given("name"), given("title"));
        let id = given("id").or_else(|| name.clone());
        let id = id.unwrap_or_else(|| slug(title.as_deref().unwrap_or_default()));
        Self { id, name, title }
    }

    /// Its display name.
    pub(super) fn called(&self) -> &str {
        self.title.as_ref().or(self.name.as_ref()).unwrap_or(&self.id)
    }
}

/// Reads the head of a document.
pub(super) fn read(context: &mut Context<'_>, document: &Node) -> Option<Header> {
    let known = keys(context, document);
    let names = Names::of(document);
    let mut given = Vec::new();
    for key in ["title", "name", "id"] {
        given.push(text(context, document, key)?);
    }
    let level = level(context, document);
    let status = status(context, document)?;
    if given.iter().all(Option::is_none) {
        return context.refuse(document.place, "document has no `title`");
    }
    let mut about = finding::RuleSummary::new(&names.id, names.called(), level?);
    about.description = text(context, document, "description")?;
    about.author = author(context, document)?;
    about.license = text(context, document, "license")?;
    about.link = links(context, document)?.into_iter().next();
    about.tags = list(context, document, "tags")?;
    known?;
    let is_retired = RETIRED.contains(&status.as_str());
    Some(Header { about: Arc::new(about), name: names.name, is_retired })
}

/// A key that is close to one that Sigma defines, and that the document lacks, counts as a slip.
fn keys(context: &mut Context<'_>, document: &Node) -> Option<()> {
    let slip = |(key, _): &(Key, Node)| {
        if KEYS.contains(&key.text.as_str()) {
            return None;
        }
        let missing = KEYS.iter().copied().filter(|known| document.get(known).is_none());
        nearest(&key.text, missing).map(|near| (key.text.clone(), key.place, near))
    };
    let slips: Vec<_> = document.map().unwrap_or_default().iter().filter_map(slip).collect();
    for (key, place, near) in &slips {
        context.unknown::<()>(*place, format_args!("unknown key `{key}`"), Some(near));
    }
    slips.is_empty().then_some(())
}

/// Reads the text of a key; `Some(None)` without it.
#[allow(clippy::option_option)]
pub(super) fn text(
    context: &mut Context<'_>,
    document: &Node,
    key: &str,
) -> Option<Option<String>> {
    let Some(node) = given(document, key) else { return Some(None) };
    let text = context.text(key, node)?;
    if text.trim().is_empty() {
        return match key {
            "title" | "id" | "name" => context.refuse(node.place, format_args!("empty `{key}`")),
            _ => Some(None),
        };
    }
    Some(Some(text.trim().to_owned()))
}

/// The value of a key that has one: `tags:` with nothing after it counts as absent.
fn given<'n>(document: &'n Node, key: &str) -> Option<&'n Node> {
    document.get(key).filter(|node| node.value != Value::Null)
}

fn list(context: &mut Context<'_>, document: &Node, key: &str) -> Option<Vec<String>> {
    let Some(node) = given(document, key) else { return Some(Vec::new()) };
    Some(context.texts(key, node)?.into_iter().map(|(text, _)| text).collect())
}

fn links(context: &mut Context<'_>, document: &Node) -> Option<Vec<String>> {
    let mut links = list(context, document, "references")?;
    links.extend(list(context, document, "reference")?);
    Some(links)
}

/// The author; a list of them is joined.
#[allow(clippy::option_option)]
fn author(context: &mut Context<'_>, document: &Node) -> Option<Option<String>> {
    let authors = list(context, document, "author")?;
    Some(if authors.is_empty() { None } else { Some(authors.join(", ")) })
}

fn level(context: &mut Context<'_>, document: &Node) -> Option<Level> {
    let Some(node) = document.get("level") else { return Some(Level::Medium) };
    let text = context.text("level", node)?;
    match text.parse() {
        Ok(level) => Some(level),
        Err(_) => {
            let known = Level::ALL.map(Level::as_str);
            let hint = format!("one of {}", known.join(", "));
            context.refuse_with(node.place, format_args!("unknown level `{text}`"), hint)
        }
    }
}

/// The status in lower case; empty if absent. Notes a retired document.
fn status(context: &mut Context<'_>, document: &Node) -> Option<String> {
    let Some(node) = document.get("status") else { return Some(String::new()) };
    let text = context.text("status", node)?.to_lowercase();
    if RETIRED.contains(&text.as_str()) {
        let names = Names::of(document);
        context.note(
            node.place,
            format_args!("`{}` is {text}, and is loaded as disabled", names.called()),
        );
    }
    if STATUSES.contains(&text.as_str()) {
        return Some(text);
    }
    let hint = format!("one of {}", STATUSES.join(", "));
    context.refuse_with(node.place, format_args!("unknown status `{text}`"), hint)
}

/// A stable id derived from a title: its words in lower case, joined by hyphens.
fn slug(title: &str) -> String {
    let lower = title.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    if slug.is_empty() { title.to_owned() } else { slug }
}
