//! Fields that are derived from several fields of a record, or from parts of one.

use serde_json::Value;

use super::decode::{action, bucket, has_wrong_credentials, key, outcome};
use super::requester::{principal, requester_kind};
use crate::source::contract::DerivedField;

/// Every derived field.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField::of_record(
        "aware.outcome",
        "`denied` for `AccessDenied`, `failed` for every other error (wrong and expired \
              credentials too), else `success`",
        |record| vec![outcome(record).as_str().to_owned()],
    ),
    DerivedField::of_record(
        "aware.principal",
        "who asked: the user or role as in CloudTrail, the service, the account, or without \
              credentials the address",
        |record| vec![principal(record).name],
    ),
    DerivedField::of_record("aware.action", "what was asked for: `s3:REST.GET.OBJECT`", |record| {
        vec![action(record).to_string()]
    }),
    DerivedField::of_record("aware.service", "`s3`", |record| vec![action(record).service]),
    DerivedField::of_record(
        "aware.requester",
        "what the requester is: `anonymous`, `identity` (a user or a role), `service`, or \
              `account` (a canonical id)",
        |record| vec![requester_kind(record).to_owned()],
    ),
    DerivedField::of_record("aware.bucket", "the bucket's name", |record| {
        bucket(record).map(str::to_owned).into_iter().collect()
    }),
    DerivedField::of_record(
        "aware.key",
        "the object's key, decoded: `a b.txt` of `a%2520b.txt`",
        |record| key(record).into_iter().collect(),
    ),
    DerivedField::of_record(
        "aware.file_name",
        "the last part of the key: `.env` of `app/.env`",
        |record| file_name(record).into_iter().collect(),
    ),
    DerivedField::of_record(
        "aware.wrong_credentials",
        "whether S3 could not accept the credentials: `true` or `false`",
        |record| vec![has_wrong_credentials(record).to_string()],
    ),
];

fn file_name(record: &Value) -> Option<String> {
    let key = key(record)?;
    let name = key.trim_end_matches('/').rsplit('/').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}
