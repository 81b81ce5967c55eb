//! Records of stories, for the tests of cases in every crate.

#![allow(dead_code)]

pub(crate) mod healthy;
pub(crate) mod records;
