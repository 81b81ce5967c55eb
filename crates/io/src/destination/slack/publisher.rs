//! Publishers whose links are kept.

use aware_core::message::Message;

use super::links::LinkHosts;

/// A publisher that the config trusts.
#[derive(Clone, Debug)]
pub(super) struct TrustedPublisher {
    topic: String,
    source: String,
    hosts: LinkHosts,
}

impl TrustedPublisher {
    pub(super) fn new(topic: &str, source: &str, hosts: LinkHosts) -> Self {
        Self { topic: topic.to_owned(), source: source.to_owned(), hosts }
    }

    /// Where a message's links may lead; `None` if the message is not from this publisher. The
    /// receiver knows the topic from SNS. Our own findings are version 2, whatever their text
    /// contains.
    pub(super) fn link_hosts_for(&self, message: &Message) -> Option<&LinkHosts> {
        let is_old = message.is_version_1() && message.finding.is_none();
        let by_topic = message.topic.as_deref() == Some(self.topic.as_str());
        let name = message.source_name.as_deref().unwrap_or_default();
        let by_source = match self.source.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == self.source,
        };
        (is_old && by_topic && by_source).then_some(&self.hosts)
    }
}
