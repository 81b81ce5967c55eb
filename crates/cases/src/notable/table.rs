//! Every call that is read, by service and name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::draft::CallReader;
use super::undo::{ROWS, UndoRow};
use super::{
    buckets, credentials, destruction, detectors, execution, impact, network, privileges,
    resource_policies, secrets, shares, trails, trust,
};

const TABLES: [&[CallReader]; 13] = [
    privileges::READERS,
    trust::READERS,
    credentials::READERS,
    shares::READERS,
    resource_policies::READERS,
    buckets::READERS,
    network::READERS,
    trails::READERS,
    detectors::READERS,
    secrets::READERS,
    execution::READERS,
    destruction::READERS,
    impact::READERS,
];

type ByName<R> = BTreeMap<(&'static str, &'static str), &'static R>;

static READERS: LazyLock<ByName<CallReader>> =
    LazyLock::new(|| all_readers().map(|row| ((row.service, row.name), row)).collect());

static UNDO: LazyLock<ByName<UndoRow>> =
    LazyLock::new(|| ROWS.iter().map(|row| ((row.service, row.name), row)).collect());

fn all_readers() -> impl Iterator<Item = &'static CallReader> {
    TABLES.iter().flat_map(|table| table.iter())
}

pub(super) fn find_reader(service: &str, name: &str) -> Option<&'static CallReader> {
    READERS.get(&(service, name)).copied()
}

pub(super) fn find_undo(service: &str, name: &str) -> Option<&'static UndoRow> {
    UNDO.get(&(service, name)).copied()
}

/// Inverses that are made all day, and matter only after what they take back.
const FREQUENT_UNDO: [(&str, &str); 3] =
    [("monitoring", "PutMetricAlarm"), ("events", "PutRule"), ("kms", "RetireGrant")];

/// Lambda writes the version of its API after the name.
///
/// Source: Lambda developer guide, "Logging AWS Lambda API calls using AWS CloudTrail".
const VERSIONED: [(&str, &str); 11] = [
    ("lambda", "CreateFunction20150331"),
    ("lambda", "DeleteFunction20150331"),
    ("lambda", "UpdateFunctionCode20150331v2"),
    ("lambda", "UpdateFunctionConfiguration20150331v2"),
    ("lambda", "AddPermission20150331"),
    ("lambda", "AddPermission20150331v2"),
    ("lambda", "RemovePermission20150331"),
    ("lambda", "RemovePermission20150331v2"),
    ("lambda", "AddLayerVersionPermission20181031"),
    ("lambda", "CreateEventSourceMapping20150331"),
    ("lambda", "DeleteEventSourceMapping20150331"),
];

/// See [`super::notable_calls`].
pub(super) fn calls_to_watch() -> impl Iterator<Item = (&'static str, &'static str)> {
    let told = all_readers().filter(|row| !row.is_frequent).map(|row| (row.service, row.name));
    let undone = ROWS.iter().map(|row| (row.service, row.name));
    let mut calls: Vec<(&str, &str)> =
        told.chain(undone).chain(VERSIONED).filter(|call| !FREQUENT_UNDO.contains(call)).collect();
    let frequent = |call: &(&str, &str)| {
        all_readers().any(|row| row.is_frequent && (row.service, row.name) == *call)
    };
    calls.retain(|call| !frequent(call));
    calls.sort_unstable();
    calls.dedup();
    calls.into_iter()
}

/// See [`super::followed_calls`].
pub(super) fn frequent_calls() -> impl Iterator<Item = (&'static str, &'static str)> {
    let told = all_readers().filter(|row| row.is_frequent).map(|row| (row.service, row.name));
    told.chain(FREQUENT_UNDO)
}
