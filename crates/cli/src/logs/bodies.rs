//! What commands do with logs, and how logs are read.

use aware_core::envelope::EnvelopeKind;

use crate::args::AwsOptions;

/// Takes bodies one after another. Each thread has its own sink.
pub(crate) trait BodySink {
    /// A body starts: a file, an object, a stream.
    fn begin_body(&mut self);
    /// The whole body, possibly packed, or, for the kind [`EnvelopeKind::Lines`], whole lines of it.
    fn take_part(&mut self, origin: &str, kind: EnvelopeKind, bytes: &[u8]);
    /// Something that could not be read.
    fn take_reject(&mut self, origin: &str, problem: String);
    /// This many objects are known to hold no records.
    fn skip_objects(&mut self, count: u64);
    /// A stream pauses and stays open: what is new in it can be reported.
    fn report_new(&mut self) {}
}

/// How logs are read.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadOptions {
    /// How to access buckets.
    pub(crate) aws: AwsOptions,
    /// The number of threads; one per core if not given.
    pub(crate) threads: Option<u16>,
    /// Whether to hide the progress bar.
    pub(crate) quiet: bool,
}
