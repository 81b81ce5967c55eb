//! Who owns what a request names, if it names an account as well.

use serde_json::Value;

/// Request keys that name the account that owns the resources.
///
/// Source: API references of ECR (`registryId`), Glue and Lake Formation (`catalogId`), CodeArtifact
/// (`domainOwner`), SQS (`QueueOwnerAWSAccountId`), QuickSight (`AwsAccountId`), S3
/// (`x-amz-expected-bucket-owner`) and S3 Control (`x-amz-account-id`).
const KEYS: [(&str, &str); 12] = [
    ("ecr", "registryid"),
    ("ecr", "registryids"),
    ("ecr-public", "registryid"),
    ("glue", "catalogid"),
    ("lakeformation", "catalogid"),
    ("codeartifact", "domainowner"),
    ("sqs", "queueowneraccountid"),
    ("sqs", "queueownerawsaccountid"),
    ("quicksight", "awsaccountid"),
    ("s3", "xamzexpectedbucketowner"),
    ("s3", "expectedbucketowner"),
    ("s3", "xamzaccountid"),
];
/// How many digits an account id has.
const DIGITS: usize = 12;

/// The account that a service's request names besides its resources. A catalog's id may continue
/// with the catalog's own name: `111122223333:s3tablescatalog/…`.
pub(crate) fn owner_account<'v>(service: &str, request: Option<&'v Value>) -> Option<&'v str> {
    let fields = request?.as_object()?;
    let mut keys = KEYS.iter().filter(|(of, _)| *of == service).map(|(_, key)| *key).peekable();
    keys.peek()?;
    keys.find_map(|key| {
        let (_, value) =
            fields.iter().find(|(name, _)| super::leaves::plain_letters(name) == key)?;
        let value = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        let id = value.as_str()?;
        let (digits, rest) = id.split_at_checked(DIGITS)?;
        let is_id = digits.bytes().all(|byte| byte.is_ascii_digit());
        (is_id && (rest.is_empty() || rest.starts_with(':'))).then_some(digits)
    })
}

/// Endings of keys that name a resource by its ARN, and thereby its account.
const NAMING: [&str; 5] = ["arn", "id", "identifier", "name", "queueurl"];

/// The accounts of the resources that a request names by ARN, and of the queues that it names by
/// URL. Ignores a function's layers, which are only read, whoever owns them.
pub(crate) fn named_accounts<'v>(request: &'v Value, accounts: &mut Vec<&'v str>) {
    visit_values("", request, accounts);
}

/// The recursion is as deep as the parser's limit on nesting.
fn visit_values<'v>(key: &str, value: &'v Value, accounts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => accounts.extend(account_in(key, text)),
        Value::Array(items) => items.iter().for_each(|item| visit_values(key, item, accounts)),
        Value::Object(fields) => {
            for (key, item) in fields {
                let plain = super::leaves::plain_letters(key);
                if !super::leaves::IGNORED_KEYS.contains(&plain.as_str()) {
                    visit_values(&super::leaves::to_singular(&plain), item, accounts);
                }
            }
        }
        _ => {}
    }
}

fn account_in<'v>(key: &str, text: &'v str) -> Option<&'v str> {
    if !NAMING.iter().any(|ending| key.ends_with(ending)) {
        return None;
    }
    let id = match text.strip_prefix("https://") {
        Some(url) => url.split('/').nth(1).filter(|_| key.ends_with("queueurl"))?,
        None if text.starts_with("arn:") && !text.contains(":layer:") => text.split(':').nth(4)?,
        None => return None,
    };
    (id.len() == DIGITS && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn accounts_of_arns_and_queues() {
        let request = json!({
            "targets": [{"arn": "arn:aws:events:eu-west-1:444455556666:event-bus/x", "id": "1"}],
            "queueUrl": "https://sqs.eu-west-1.amazonaws.com/555566667777/q",
            "layers": ["arn:aws:lambda:eu-west-1:666677778888:layer:x:1"],
            "policyDocument": {"Resource": "arn:aws:sqs:eu-west-1:777788889999:q"},
            "item": {"partnerArn": {"S": "arn:aws:sqs:eu-west-1:777788889999:q"}},
            "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        });
        let mut accounts = Vec::new();
        named_accounts(&request, &mut accounts);
        accounts.sort_unstable();
        assert_eq!(accounts, ["444455556666", "555566667777"]);
    }

    #[test]
    fn accounts_beside_names() {
        let of =
            |service, request: Value| owner_account(service, Some(&request)).map(str::to_owned);
        let some = Some("444455556666".to_owned());
        assert_eq!(of("ecr", json!({"registryId": "444455556666"})), some);
        assert_eq!(of("glue", json!({"catalogId": "444455556666:s3tablescatalog/x"})), some);
        assert_eq!(of("s3", json!({"x-amz-expected-bucket-owner": ["444455556666"]})), some);
        for (service, request) in [
            ("sqs", json!({"registryId": "444455556666"})),
            ("ecr", json!({"registryId": "4444555566667"})),
            ("ecr", json!({"registryId": null})),
            ("ecr", json!({})),
        ] {
            assert_eq!(of(service, request), None);
        }
    }
}
