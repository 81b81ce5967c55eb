//! Inputs: how bytes arrive.
//!
//! | input | ends | resumes at | what is released |
//! |---|---|---|---|
//! | [`file`] | unless it watches | files not done, by modification time | is read again |
//! | [`stdin`] | with the stream | nothing | comes again |
//! | [`s3`] | unless it follows | keys not done | is fetched again |
//! | [`pushed`] | with what was handed over | whoever hands over remembers | is told as failed |
//! | [`sqs`] | never | the queue remembers | becomes visible again |
//!
//! Each counts a body as done when it is acknowledged, not when it is handed out, and a body that
//! cannot be read is an error of its own: the others come all the same.

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

/// How long to wait before a body that was released is handed out again: its store or its
/// bucket does not answer, and needs time.
const RELEASE_PAUSE: Duration = Duration::from_secs(1);

/// A notice of an object, found where no objects can be fetched.
fn not_fetched(object: &S3Object) -> InputError {
    InputError::Unreadable {
        origin: format!("s3://{}/{}", object.bucket, object.key),
        problem: "a notice of an object is no log (hint: use an input of type `sqs` for notices)"
            .to_owned(),
    }
}
