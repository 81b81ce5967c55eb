//! Links in a message: `<https://host/path|label>` in a value, as publishers for the product before
//! this one write them.
//!
//! Anybody who may publish, or whose words a publisher repeats, can write such a link. It is kept
//! only if the config trusts the publisher, and only for the hosts that the config names.

use aware_core::text::slack::Mrkdwn;

/// Where links may lead: `github.com`, `*.example.com` for its subdomains, or `*` for anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkHosts(Vec<String>);

/// A part of a value.
enum LinkPart<'v> {
    Text(&'v str),
    Link { url: &'v str, label: &'v str },
}

impl LinkHosts {
    /// Hosts by their names.
    pub fn new(names: &[String]) -> Self {
        Self(names.iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// The value with its links, if it has one that is allowed. `None` if the result exceeds `max`
    /// characters, since a link cannot be cut.
    pub fn render_links(&self, value: &str, max: usize) -> Option<Mrkdwn> {
        let parts = self.split_links(value);
        if !parts.iter().any(|part| matches!(part, LinkPart::Link { .. })) {
            return None;
        }
        let text = Mrkdwn::concat_parts(parts.into_iter().map(|part| match part {
            LinkPart::Text(text) => Mrkdwn::escape_text(text, usize::MAX),
            LinkPart::Link { url, label } => Mrkdwn::link_to(url, label, usize::MAX),
        }));
        (text.sent_length() <= max).then_some(text)
    }

    fn split_links<'v>(&self, value: &'v str) -> Vec<LinkPart<'v>> {
        let (mut parts, mut rest, mut text_from) = (Vec::new(), 0, 0);
        let at = |from: usize, what: char| Some(from + value.get(from..)?.find(what)?);
        while let Some(open) = at(rest, '<') {
            rest = open + 1;
            let Some(close) = at(rest, '>') else { break };
            let link = value.get(rest..close).and_then(|inner| self.parse_link(inner));
            if let Some((url, label)) = link {
                parts.push(LinkPart::Text(value.get(text_from..open).unwrap_or_default()));
                parts.push(LinkPart::Link { url, label });
                (rest, text_from) = (close + 1, close + 1);
            }
        }
        parts.push(LinkPart::Text(value.get(text_from..).unwrap_or_default()));
        parts
    }

    /// URL and label of the text in angle brackets, if it is an allowed link.
    fn parse_link<'v>(&self, inner: &'v str) -> Option<(&'v str, &'v str)> {
        let (url, label) = inner.split_once('|').unwrap_or((inner, inner));
        let host = url.strip_prefix("https://")?.split(['/', '?', '#']).next()?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let is_seen = |c: char| c.is_ascii_graphic();
        let fits = !host.is_empty()
            && host.chars().all(is_plain)
            && url.chars().all(is_seen)
            && !label.trim().is_empty()
            && self.allows_host(&host.to_ascii_lowercase());
        fits.then_some((url, label))
    }

    fn allows_host(&self, host: &str) -> bool {
        self.0.iter().any(|name| match name.strip_prefix('*') {
            Some("") => true,
            Some(below) => {
                below.starts_with('.') && host.len() > below.len() && host.ends_with(below)
            }
            None => name == host,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(value: &str) -> Option<String> {
        let hosts = ["github.com", "*.aws.amazon.com"].map(str::to_owned);
        LinkHosts::new(&hosts).render_links(value, 3000).map(|text| text.to_string())
    }

    #[test]
    fn links_to_named_hosts_stay() {
        let compare = "<https://github.com/acme/shop/compare/a...b|Compare Link>";
        assert_eq!(linked(compare).as_deref(), Some(compare));
        let two = "None stored. <https://GitHub.com/a?x=1&y=2|Tree>, <!channel> & <https://console.aws.amazon.com/x#/y|Go>";
        let shown = "None stored. <https://GitHub.com/a?x=1&amp;y=2|Tree>, &lt;!channel&gt; &amp; <https://console.aws.amazon.com/x#/y|Go>";
        assert_eq!(linked(two).as_deref(), Some(shown));
        let bare = linked("<https://github.com/a>");
        assert_eq!(bare.as_deref(), Some("<https://github.com/a|https://github.com/a>"));
    }

    #[test]
    fn everything_else_is_no_link() {
        for value in [
            "no link",
            "<https://evil.example/x|github.com>",
            "<https://github.com.evil.example/|x>",
            "<https://github.com@evil.example/|x>",
            "<https://evilgithub.com/|x>",
            "<https://aws.amazon.com/|x>",
            "<https://github.com:8443/|x>",
            "<http://github.com/|x>",
            "<javascript:alert(1)|x>",
            "<https://github.com/ a|x>",
            "<https://github.com/a\u{202e}|x>",
            "<https://github.com/a| >",
            "<https://github.com/a",
            "<!channel>",
            "<@U1|https://github.com/>",
            "<<<<>>>>",
        ] {
            assert_eq!(linked(value), None, "{value}");
        }
    }

    #[test]
    fn a_label_cannot_end_its_link_or_begin_another() {
        let shown = linked("<https://github.com/a|<!here|https://evil.example>").unwrap();
        assert_eq!(shown, "<https://github.com/a|&lt;!here\u{2223}https://evil.example>");
        let cut = "<https://github.com/a|x>".repeat(200);
        assert_eq!(linked(&cut), None, "too long: shown as text");
    }
}
