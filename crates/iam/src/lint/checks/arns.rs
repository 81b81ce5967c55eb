//! Checks of resources: the parts of their ARNs, and whether the actions work on them.

use crate::lint::check::checks;

checks! {
    ARN_PREFIX "arn-prefix" Error ["INVALID_ARN_PREFIX"]
        "A resource is neither `*` nor an ARN."
        fix "an ARN such as `arn:aws:s3:::bucket/*`, or `*`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "receipts/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    ARN_FIELDS "arn-fields" Error ["MISSING_ARN_FIELD"]
        "An ARN has fewer than six parts, or nothing in the last."
        fix "arn:partition:service:region:account:resource; region and account may be empty"
        bad r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:jobs"}"#
        good r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs"}"#

    UNKNOWN_PARTITION "unknown-partition" Error ["INVALID_PARTITION"]
        "An ARN's second part is not an AWS partition."
        fix "`aws`, `aws-cn`, `aws-us-gov`, `aws-eusc`, or one of `aws-iso`, `-iso-b`, `-iso-e`, `-iso-f`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:asw:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    ARN_SERVICE_CASE "arn-service-case" Error ["INVALID_ARN_SERVICE_CASE"]
        "The service of an ARN is not in lower case."
        fix "write it in lower case"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:S3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    ARN_SERVICE_WILDCARD "arn-service-wildcard" Error []
        "The service of an ARN has a wildcard; IAM rejects that."
        fix "name the service, or use `*` for everything"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s*:::receipts/*"}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    UNKNOWN_ARN_SERVICE "unknown-arn-service" Error ["INVALID_SERVICE"]
        "The catalogue does not know the service of an ARN."
        fix "the catalogue may be older; `aware iam refresh` reads a newer one"
        bad r#"{"Effect": "Deny", "NotAction": "sqs:SendMessage", "Resource": "arn:aws:sqss:eu-west-1:111122223333:jobs"}"#
        good r#"{"Effect": "Deny", "NotAction": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs"}"#

    REGION_FORMAT "region-format" Error ["INVALID_ARN_REGION" "INVALID_REGION"]
        "A Region does not have the form of one: an availability zone, a name, a typing error."
        fix "a region is written as `eu-west-1`"
        bad r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west1:111122223333:jobs"}"#
        good r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs"}"#

    UNKNOWN_REGION "unknown-region" Warning ["INVALID_REGION"]
        "A Region that did not exist when this version was built."
        fix "look for it in the list of AWS Regions; it may be newer than this version"
        bad r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-7:111122223333:jobs"}"#
        good r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs"}"#

    REGION_PARTITION "region-partition" Error []
        "A region that is not in the partition of the ARN."
        fix "`cn-…` is in `aws-cn`, `us-gov-…` in `aws-us-gov`, `eusc-…` in `aws-eusc`, most others in `aws`"
        bad r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:cn-north-1:111122223333:jobs"}"#
        good r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws-cn:sqs:cn-north-1:111122223333:jobs"}"#

    ACCOUNT_DIGITS "account-digits" Error ["INVALID_ARN_ACCOUNT"]
        "The account of an ARN does not have 12 digits."
        fix "an account id has 12 digits, leading zeros included"
        bad r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:11112222333:jobs"}"#
        good r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs"}"#

    NO_ACCOUNT "no-account" Error ["MISSING_ARN_ACCOUNT"]
        "An ARN has no account although its format requires one: it matches nothing."
        fix "put the account's 12 digits between the fourth and the fifth colon"
        bad r#"{"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1::jobs"}"#
        good r#"{"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs"}"#

    ACCOUNT_NOT_ALLOWED "account-not-allowed" Error ["ARN_ACCOUNT_NOT_ALLOWED"]
        "An ARN has an account although its format has none: it matches nothing."
        fix "leave the account out, as in `arn:aws:s3:::bucket`"
        bad r#"{"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "arn:aws:s3::111122223333:receipts"}"#
        good r#"{"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::receipts"}"#

    MISSING_REGION "missing-region" Error ["MISSING_ARN_REGION"]
        "An ARN has no Region although its format requires one: it matches nothing."
        fix "put the region, or `*`, between the third and the fourth colon"
        bad r#"{"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs::111122223333:jobs"}"#
        good r#"{"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:111122223333:jobs"}"#

    REGION_NOT_ALLOWED "region-not-allowed" Error ["ARN_REGION_NOT_ALLOWED"]
        "An ARN has a Region although its format has none: it matches nothing."
        fix "leave the region out, as in `arn:aws:iam::111122223333:role/app`"
        bad r#"{"Effect": "Deny", "Action": "iam:GetRole", "Resource": "arn:aws:iam:eu-west-1:111122223333:role/app"}"#
        good r#"{"Effect": "Deny", "Action": "iam:GetRole", "Resource": "arn:aws:iam::111122223333:role/app"}"#

    RESOURCE_TYPE "resource-type" Warning ["INVALID_ARN_RESOURCE"]
        "The last part of an ARN fits no resource type of the service that the catalogue knows."
        fix "look at the ARN formats of the service"
        bad r#"{"Effect": "Deny", "NotAction": "dynamodb:GetItem", "Resource": "arn:aws:dynamodb:eu-west-1:111122223333:orders"}"#
        good r#"{"Effect": "Deny", "NotAction": "dynamodb:GetItem", "Resource": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}"#

    IAM_PATH "iam-path" Error ["INVALID_ARN_RESOURCE"]
        "The last part of an IAM ARN does not begin with an IAM resource type; IAM rejects that."
        fix "`*`, or a type such as `role/…`, `user/…`, `policy/…`"
        bad r#"{"Effect": "Deny", "Action": "iam:GetRole", "Resource": "arn:aws:iam::111122223333:*/app"}"#
        good r#"{"Effect": "Deny", "Action": "iam:GetRole", "Resource": "arn:aws:iam::111122223333:role/app"}"#

    RESOURCE_MISMATCH "resource-mismatch" Error []
        "An action works on none of the statement's resources, so it is never allowed."
        fix "give it a resource that it works on"
        bad r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::receipts"}"#
        good r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::receipts", "arn:aws:s3:::receipts/*"]}"#

    USELESS_RESOURCE "useless-resource" Error []
        "None of the statement's actions works on a resource."
        fix "remove it, or look at the type in the ARN"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::receipts/*", "arn:aws:sqs:eu-west-1:111122223333:jobs"]}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    WIDENED_RESOURCE "widened-resource" Warning []
        "An action is allowed on every resource of a type although the statement could name one. That naming a resource is optional does not make `*` harmless: `s3:GetObject` on `*` is every object of every bucket."
        fix "name the resource"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}"#

    ALLOW_NOT_RESOURCE "allow-not-resource" Warning []
        "`NotResource` with `Allow` allows every other resource, including those created tomorrow."
        fix "list what is needed in `Resource`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::payroll/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    REDUNDANT_RESOURCE "redundant-resource" Note ["REDUNDANT_RESOURCE"]
        "A resource that another pattern of the same statement matches."
        fix "remove it"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::receipts/*", "arn:aws:s3:::receipts/2026/*"]}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::receipts/*", "arn:aws:s3:::invoices/2026/*"]}"#
}
