//! Inputs: how bytes arrive.
//!
//! | input | ends | resumes at | what is released |
//! |---|---|---|---|
//! | [`file`] | unless it watches | files not done, by modification time | is read again |
//! | [`stdin`] | with the stream | nothing | is delivered again |
//! | [`s3`] | unless it follows | keys not done | is fetched again |
//! | [`pushed`] | with what was pushed | the caller remembers | is reported as failed |
//! | [`sqs`] | never | the queue remembers | becomes visible again |
//!
//! Each input counts a body as done once it is acknowledged, not once it is delivered. A body that
//! cannot be read is an error of its own, and the others still arrive.

pub mod file;
mod glob;
pub mod pushed;
mod read;
pub mod s3;
pub mod sqs;
pub mod stdin;
pub mod walk;

use std::time::Duration;

use aware_core::envelope::S3Object;

pub use file::FileConfig;
pub use s3::S3Config;
pub use sqs::SqsConfig;
pub use stdin::StdinConfig;

use aware_pipeline::port::InputError;

/// How long to wait before a released body is delivered again: its store or its bucket does not
/// answer and needs time.
const RELEASE_PAUSE: Duration = Duration::from_secs(1);

/// The error for a notice of an object, if objects cannot be fetched here.
fn cannot_fetch(object: &S3Object) -> InputError {
    InputError::Unreadable {
        origin: format!("s3://{}/{}", object.bucket, object.key),
        problem:
            "a notice of an object is not a log (hint: use an input of type `sqs` for notices)"
                .to_owned(),
    }
}
