//! Why a Parquet file, or a column of it, cannot be read.

use crate::envelope::decompress::DecompressError;

/// What is damaged, in bytes that do not mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Damage(pub(super) &'static str);

/// Why a file's footer cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FooterProblem {
    /// It does not end like one.
    #[error("Parquet file is cut (hint: the file may still be being written)")]
    Cut,
    /// Its footer is encrypted.
    #[error("an encrypted Parquet file, which is not read (hint: write it without encryption)")]
    Encrypted,
    /// Its footer is longer than any that a log needs.
    #[error("Parquet file has a footer of {bytes} bytes, over the limit of {limit}")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Its footer makes no sense.
    #[error("Parquet file is damaged: {0}")]
    Damaged(#[from] Damage),
}

/// Why no more rows of a row group can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RowProblem {
    /// It is damaged.
    #[error("damaged: {0}")]
    Damaged(#[from] Damage),
    /// It is written in a way that is not read: `compressed with brotli`.
    #[error("{0}, which is not read (hint: plain columns are, packed by gzip, snappy or zstd)")]
    Unread(String),
    /// The body is over its limits.
    #[error("{0}")]
    OverLimit(#[from] DecompressError),
    /// What is packed in the body is over its limit.
    #[error(
        "what is packed in the body comes to over {0} bytes (hint: `limits.nested` allows more)"
    )]
    OverNested(usize),
    /// Its parts are the same bytes over and over: what is read is more than the file has.
    #[error("pages come to over the {0} bytes of the file, as its parts overlap")]
    OverFile(usize),
}

impl RowProblem {
    /// Whether nothing more of the file may be read.
    pub(super) fn is_limit(&self) -> bool {
        matches!(self, Self::OverLimit(_) | Self::OverNested(_) | Self::OverFile(_))
    }
}
