//! Fields that are derived from several fields of a record, or from parts of one.

use serde_json::Value;

use super::decode::{action, bucket, has_wrong_credentials, key, outcome};
use super::requester::{principal, requester_kind};
use crate::source::contract::{DerivedField, FieldValues};

/// Every derived field.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField {
        name: "aware.outcome",
        doc: "`denied` for `AccessDenied`, `failed` for every other error (wrong and expired \
              credentials too), else `success`",
        values: FieldValues::OfRecord(|record| vec![outcome(record).as_str().to_owned()]),
    },
    DerivedField {
        name: "aware.principal",
        doc: "who asked: the user or role as in CloudTrail, the service, the account, or without \
              credentials the address",
        values: FieldValues::OfRecord(|record| vec![principal(record).name]),
    },
    DerivedField {
        name: "aware.action",
        doc: "what was asked for: `s3:REST.GET.OBJECT`",
        values: FieldValues::OfRecord(|record| vec![action(record).to_string()]),
    },
    DerivedField {
        name: "aware.service",
        doc: "`s3`",
        values: FieldValues::OfRecord(|record| vec![action(record).service]),
    },
    DerivedField {
        name: "aware.requester",
        doc: "what the requester is: `anonymous`, `identity` (a user or a role), `service`, or \
              `account` (a canonical id)",
        values: FieldValues::OfRecord(|record| vec![requester_kind(record).to_owned()]),
    },
    DerivedField {
        name: "aware.bucket",
        doc: "the bucket's name",
        values: FieldValues::OfRecord(|record| {
            bucket(record).map(str::to_owned).into_iter().collect()
        }),
    },
    DerivedField {
        name: "aware.key",
        doc: "the object's key, decoded: `a b.txt` of `a%2520b.txt`",
        values: FieldValues::OfRecord(|record| key(record).into_iter().collect()),
    },
    DerivedField {
        name: "aware.file_name",
        doc: "the last part of the key: `.env` of `app/.env`",
        values: FieldValues::OfRecord(|record| file_name(record).into_iter().collect()),
    },
    DerivedField {
        name: "aware.wrong_credentials",
        doc: "whether S3 could not accept the credentials: `true` or `false`",
        values: FieldValues::OfRecord(|record| vec![has_wrong_credentials(record).to_string()]),
    },
];

fn file_name(record: &Value) -> Option<String> {
    let key = key(record)?;
    let name = key.trim_end_matches('/').rsplit('/').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}
