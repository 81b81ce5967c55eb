//! Checks of condition values against operators and keys.

use crate::lint::check::checks;

checks! {
    BOOL_VALUE "bool-value" Warning ["TYPE_MISMATCH_BOOLEAN"]
        "A value of `Bool` or `Null` is neither `true` nor `false`."
        fix "`true` or `false`"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"Bool": {"aws:SecureTransport": "no"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#

    SEVERAL_BOOLS "several-bools" Error ["INVALID_CONDITION_MULTIPLE_BOOLEAN"]
        "`Bool` or `Null` with several values."
        fix "either `true` or `false`; both together test nothing"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"Bool": {"aws:SecureTransport": ["true", "false"]}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#

    NUMBER_VALUE "number-value" Warning ["TYPE_MISMATCH_NUMBER"]
        "A value of a numeric operator is not a number."
        fix "a number without a unit"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "1h"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}}"#

    REDUNDANT_NUMBER "redundant-number" Note ["REDUNDANT_CONDITION_VALUE_NUM"]
        "Several values of an operator that compares by size: one of them decides."
        fix "keep the one that decides"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": ["3600", "7200"]}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}}"#

    DATE_VALUE "date-value" Warning ["TYPE_MISMATCH_DATE"]
        "A value of a date operator is not a date."
        fix "a date as in `2026-11-30T00:00:00Z`"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "30.11.2026"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026-11-30T00:00:00Z"}}}"#

    EPOCH_DATE "epoch-date" Note ["INVALID_DATE_VALUE"]
        "A date is written as seconds since 1970."
        fix "people can also read a date such as `2026-11-30T00:00:00Z`"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "1795996800"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026-11-30T00:00:00Z"}}}"#

    IP_VALUE "ip-value" Warning ["TYPE_MISMATCH_IP_RANGE"]
        "A value of an address operator is neither an address nor a network."
        fix "an address or a network, as in `203.0.113.0/24`"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/33"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#

    IP_HOST_BITS "ip-host-bits" Note ["IMPROVE_IP_RANGE"]
        "A network has bits beyond its length: AWS ignores them."
        fix "write the first address of the network"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.77/24"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#

    IP_EVERYTHING "ip-everything" Warning []
        "A network that contains every address."
        fix "name the intended networks"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#

    PRIVATE_IP "private-ip" Error ["PRIVATE_IP_ADDRESS" "PRIVATE_NOT_IP_ADDRESS"]
        "`aws:SourceIp` is compared with private addresses alone: it is the public address of a request, and is absent for requests through a VPC endpoint."
        fix "use `aws:VpcSourceIp` with `aws:SourceVpc`, or name public addresses"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#

    PRIVATE_IP_SUBSET "private-ip-subset" Note ["PRIVATE_IP_ADDRESS_SUBSET" "PRIVATE_NOT_IP_ADDRESS_SUBSET"]
        "Some of the addresses that `aws:SourceIp` is compared with are private, so they never match."
        fix "remove the private ones, or use `aws:VpcSourceIp` with `aws:SourceVpc` for them"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "192.168.0.0/16"]}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#

    ARN_VALUE "arn-value" Warning []
        "A value of an ARN operator is not an ARN."
        fix "an ARN, with `*` for the parts that may differ"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"ArnNotLike": {"aws:PrincipalArn": "role/app"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app"}}}"#

    BINARY_VALUE "binary-value" Warning ["TYPE_MISMATCH_STRING"]
        "A value of `BinaryEquals` is not in base64."
        fix "encode it in base64"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"BinaryEquals": {"id.example.com:key": "not base64!"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"BinaryEquals": {"id.example.com:key": "QmluYXJ5"}}}"#

    WILDCARD_WITHOUT_LIKE "wildcard-without-like" Warning ["WILDCARD_WITHOUT_LIKE_OPERATOR"]
        "`*` or `?` in a value of `StringEquals`, where it is a literal character."
        fix "use `StringLike` or `StringNotLike`, or write `${*}` and `${?}` for the characters"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue-*"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringLike": {"aws:PrincipalTag/team": "blue-*"}}}"#

    MATCHES_EVERYTHING "matches-everything" Note ["REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION"]
        "A key is compared with `*` alone: the condition holds whenever the request has the key."
        fix "say so with `\"Null\": {\"KEY\": \"false\"}`, or remove the key"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringLike": {"aws:PrincipalTag/team": "*"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"Null": {"aws:PrincipalTag/team": "false"}}}"#

    MATCHES_NOTHING "matches-nothing" Warning ["REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION"]
        "A key is compared with `*` by a negated operator: the condition does not hold for any value."
        fix "say so with `\"Null\": {\"KEY\": \"true\"}`, or remove the key"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringNotLike": {"aws:PrincipalTag/team": "*"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"Null": {"aws:PrincipalTag/team": "true"}}}"#

    WIDE_IDENTITY "wide-identity" Security ["WILDCARD_USAGE_TOO_PERMISSIVE"]
        "A wildcard in a value that identifies one account, organization or network."
        fix "write the whole id"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringLike": {"aws:SourceVpc": "vpc-0a*"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}}"#

    ACCOUNT_VALUE "account-value" Error []
        "A key that is an account id is compared with something other than 12 digits."
        fix "an account id has 12 digits, leading zeros included; write it in quotes"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:ResourceAccount": "1111-2222-3333"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:ResourceAccount": "111122223333"}}}"#

    ORGANIZATION_VALUE "organization-value" Error []
        "A key that is an organization id is compared with something else."
        fix "an organization id is `o-` and 10 to 32 letters and digits"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:ResourceOrgID": "111122223333"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:ResourceOrgID": "o-a1b2c3d4e5"}}}"#

    REGION_VALUE "region-value" Warning []
        "`aws:RequestedRegion` is compared with something that is not a Region."
        fix "a region is written as `eu-west-1`"
        bad r#"{"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central1"]}}}"#
        good r#"{"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}}"#

    VPC_VALUE "vpc-value" Error ["INVALID_VPC_FORMAT"]
        "`aws:SourceVpc` is compared with something that is not a VPC id."
        fix "`vpc-` and 8 or 17 hexadecimal digits"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:SourceVpc": "vpce-0a1b2c3d"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}}"#

    ENDPOINT_VALUE "endpoint-value" Error ["INVALID_VPCE_FORMAT"]
        "`aws:SourceVpce` is compared with something that is not a VPC endpoint id."
        fix "`vpce-` and 8 or 17 hexadecimal digits"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:SourceVpce": "vpc-0a1b2c3d"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}}"#

    KMS_KEY_VALUE "kms-key-value" Error ["INVALID_KMS_KEY_VALUE"]
        "A condition on the key that S3 encrypts with is compared with something that is not a key's ARN."
        fix "`arn:aws:kms:REGION:ACCOUNT:key/ID`"
        bad r#"{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"ArnEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-west-1:111122223333:alias/receipts"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"ArnEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f"}}}"#
}
