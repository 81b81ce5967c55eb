//! How a bucket is read.

use std::time::Duration;

/// How a bucket is read.
#[derive(Clone, Debug)]
pub struct S3Options {
    /// Objects read concurrently, as long as together they stay below 256 MiB.
    pub concurrency: usize,
    /// Keep looking for new objects.
    pub follow: bool,
    /// Interval between listings while following.
    pub poll: Duration,
    /// Skip this key and all before it.
    pub start_after: Option<String>,
    /// Put the bucket into the path of URLs.
    pub force_path_style: bool,
    /// Keys per page of a listing, 1 to 1000.
    pub page: i32,
}

impl Default for S3Options {
    fn default() -> Self {
        Self {
            concurrency: 16,
            follow: false,
            poll: Duration::from_secs(60),
            start_after: None,
            force_path_style: false,
            page: 1000,
        }
    }
}
