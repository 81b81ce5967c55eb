//! Inputs: how bytes arrive.

pub mod file;
mod glob;
pub mod s3;
pub mod sqs;
pub mod stdin;
pub mod walk;

pub use file::FileConfig;
pub use s3::S3Config;
pub use sqs::SqsConfig;
pub use stdin::StdinConfig;
