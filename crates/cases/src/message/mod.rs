//! Messages out of groups, digests and the program itself; their format is
//! [`aware_core::message`]'s.

mod build;
mod case_fields;
mod case_message;
mod case_ocsf;
mod facts;
mod ocsf;
mod original;
mod version_1;

pub use build::{
    CANARY, canary_message, digest_message, group_message, heartbeat_message, storm_message,
    system_message,
};
pub use case_message::{case_message, closed_case_message};
pub use ocsf::{OCSF_VERSION, render_detection_finding};
pub use version_1::{
    VERSION_1_ICON_URL, VERSION_1_NAME, rewrite_as_version_1, rewrite_case_as_version_1,
};

/// How subject and metadata of findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubjectStyle {
    /// `iam:ListUsers denied to user/alice in 111122223333: exploring`.
    #[default]
    V2,
    /// The format of the product before this one: the first field in full (`Error Message: User:
    /// …`), with that product's name and icon.
    V1,
}

#[cfg(test)]
mod tests;
