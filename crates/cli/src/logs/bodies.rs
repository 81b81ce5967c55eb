//! What commands do with logs, and how logs are read.

use aware_core::envelope::Kind;

use crate::args::AwsOptions;

/// Takes bodies one after another. Each thread has its own sink.
pub(crate) trait Bodies {
    /// A body starts: a file, an object, a stream.
    fn begin(&mut self);
    /// The whole body, possibly packed, or, for the kind [`Kind::Lines`], whole lines of it.
    fn part(&mut self, origin: &str, kind: Kind, bytes: &[u8]);
    /// Something that could not be read.
    fn reject(&mut self, origin: &str, problem: String);
    /// This many objects are known to hold no records.
    fn skip(&mut self, count: u64);
    /// A stream pauses and stays open: what is new in it can be reported.
    fn tell(&mut self) {}
}

/// How logs are read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manner {
    /// How to access buckets.
    pub(crate) aws: AwsOptions,
    /// The number of threads; one per core if not given.
    pub(crate) threads: Option<u16>,
    /// Whether to hide the progress bar.
    pub(crate) quiet: bool,
}
