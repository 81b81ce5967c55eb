//! What a file is unpacked into.

/// One item of a file.
#[derive(Debug)]
pub enum UnpackedItem<'a> {
    /// A body that is ready to be opened.
    Body {
        /// Its name, if it is a member of an archive.
        member: Option<&'a str>,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// Something that could not be unpacked.
    Reject {
        /// Where it is.
        member: Option<&'a str>,
        /// Why.
        problem: String,
    },
    /// A member known to hold no records: a digest, a log of another service, a hidden file.
    Skipped,
}

/// Receives the items of a file.
pub type UnpackSink<'t> = &'t mut dyn FnMut(UnpackedItem<'_>);
