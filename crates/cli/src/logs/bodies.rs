//! What commands do with logs, and how logs are read.

use aware_core::envelope::Kind;

use crate::args::AwsOptions;

/// What takes in bodies one after the other. Each thread has its own.
pub(crate) trait Bodies {
    /// A body begins: a file, an object, a stream.
    fn begin(&mut self);
    /// The whole body, perhaps packed; or, of kind [`Kind::Lines`], whole lines of it.
    fn part(&mut self, origin: &str, kind: Kind, bytes: &[u8]);
    /// What could not be read.
    fn reject(&mut self, origin: &str, problem: String);
    /// So many objects are known to hold no records.
    fn skip(&mut self, count: u64);
    /// A stream goes on after a pause: what is new in it can be told.
    fn tell(&mut self) {}
}

/// How logs are read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manner {
    /// With what buckets are read.
    pub(crate) aws: AwsOptions,
    /// Threads to work with; one for each core when not given.
    pub(crate) threads: Option<u16>,
    /// Whether no bar is shown.
    pub(crate) quiet: bool,
}
