//! The `logsource` of a rule: the source it applies to.

use aware_core::near::nearest;
use aware_core::source::{SourceId, id_of, ids};

use super::context::FileContext;
use crate::tree::YamlNode;

/// The keys of a log source.
const KEYS: &[&str] = &["category", "product", "service", "definition"];

/// The source that a rule applies to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LogSource {
    /// One that is read, or all of them.
    Source(Option<SourceId>),
    /// Another source, and its name.
    Other(String),
}

/// Reads the log source of a rule: product `aws`, which is every source of that product, or one of
/// them with its `service`.
pub(super) fn source_of_rule(
    context: &mut FileContext<'_>,
    document: &YamlNode,
) -> Option<LogSource> {
    let source = read_named_source(context, document)?;
    let product = source.product.as_deref().unwrap_or("aws");
    let aws = product.eq_ignore_ascii_case("aws");
    match (aws, source.service.as_deref(), &source.category) {
        (true, None, None) => Some(LogSource::Source(None)),
        (true, Some(service), None) => match (id_of(service), nearest(service, services())) {
            (Some(id), _) => Some(LogSource::Source(Some(id))),
            (None, Some(near)) => {
                let place = source.node.get("service").map_or(source.node.place, |node| node.place);
                context.refuse_unknown(
                    place,
                    format_args!("unknown service `{service}`"),
                    Some(near),
                )
            }
            (None, None) => Some(LogSource::Other(source.to_string())),
        },
        _ => Some(LogSource::Other(source.to_string())),
    }
}

/// Reads the log source of a filter. It covers the rules that have everything it names.
pub(super) fn source_of_filter(
    context: &mut FileContext<'_>,
    document: &YamlNode,
) -> Option<LogSource> {
    let source = read_named_source(context, document)?;
    let is_aws = source.product.as_ref().is_none_or(|product| product.eq_ignore_ascii_case("aws"));
    Some(match (source.category.is_none() && is_aws, source.service.as_deref()) {
        (true, None) => LogSource::Source(None),
        (true, Some(service)) if id_of(service).is_some() => LogSource::Source(id_of(service)),
        _ => LogSource::Other(source.to_string()),
    })
}

/// What the services are called whose logs are read.
fn services() -> impl Iterator<Item = &'static str> {
    ids().map(SourceId::as_str)
}

struct NamedSource<'n> {
    node: &'n YamlNode,
    category: Option<String>,
    product: Option<String>,
    service: Option<String>,
}

impl std::fmt::Display for NamedSource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [("product", &self.product), ("service", &self.service)];
        let parts = parts.into_iter().chain([("category", &self.category)]);
        let named = parts.filter_map(|(key, value)| Some(format!("{key} `{}`", value.as_ref()?)));
        f.write_str(&named.collect::<Vec<_>>().join(", "))
    }
}

fn read_named_source<'n>(
    context: &mut FileContext<'_>,
    document: &'n YamlNode,
) -> Option<NamedSource<'n>> {
    let Some(node) = document.get("logsource") else {
        let hint = "for CloudTrail: product `aws`, service `cloudtrail`";
        return context.refuse_with_hint(document.place, "no `logsource`", hint);
    };
    for (key, _) in context.read_map("logsource", node)? {
        let missing = KEYS.iter().copied().filter(|known| node.get(known).is_none());
        if !KEYS.contains(&key.text.as_str())
            && let Some(near) = nearest(&key.text, missing)
        {
            let what = format!("unknown key `{}` in `logsource`", key.text);
            return context.refuse_unknown(key.place, what, Some(near));
        }
    }
    let mut text = |key: &str| match node.get(key) {
        Some(value) => context.read_text(key, value).map(Some),
        None => Some(None),
    };
    let (category, product, service) = (text("category")?, text("product")?, text("service")?);
    if category.is_none() && product.is_none() && service.is_none() {
        let hint = "for CloudTrail: product `aws`, service `cloudtrail`";
        return context.refuse_with_hint(node.place, "`logsource` names nothing", hint);
    }
    Some(NamedSource { node, category, product, service })
}
