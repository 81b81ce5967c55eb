//! How a bucket is read.

use std::time::Duration;

/// How a bucket is read.
#[derive(Clone, Debug)]
pub struct S3Options {
    /// Objects read at once, as far as they have 256 MiB together.
    pub concurrency: usize,
    /// Go on looking for new objects.
    pub follow: bool,
    /// How often to look while following.
    pub poll: Duration,
    /// Leave out this key and all before it.
    pub start_after: Option<String>,
    /// Write the bucket into the path of URLs.
    pub force_path_style: bool,
    /// Keys in one answer of S3, 1 to 1000.
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
