//! Checks of the shape of a policy: JSON, elements, effects, Sids.

use crate::lint::check::checks;

checks! {
    JSON_SYNTAX "json-syntax" Error ["JSON_SYNTAX_ERROR"]
        "The text is not JSON, or nested deeper than any policy."
        fix "a policy is an object with `Version` and `Statement`"
        bad r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",}]}"#
        good r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}"#

    TOO_LONG "too-long" Error []
        "The text is over 1 MiB, so it is not read."
        fix "AWS accepts 6,144 characters in a managed policy and 20,480 in a bucket policy"
        bad "…1100000…"
        good r#"{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}"#

    NOT_ALL_JUDGED "not-all-judged" Warning []
        "The policy has more action patterns than are looked up; the rest is not checked."
        fix "split the policy; AWS does not accept one of this size"
        bad "(more than 2,500 patterns)"
        good r#"{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}"#

    NOT_ALL_LISTED "not-all-listed" Warning []
        "There are more than 1,000 findings; the others are only counted."
        fix "fix these, then run it again"
        bad "(more than 1,000 findings)"
        good r#"{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}"#

    DATA_TYPE "data-type" Error ["DATA_TYPE_MISMATCH"]
        "A value does not have the JSON type that the element requires."
        fix "put text in quotes; `Statement` is an object or a list of objects"
        bad r#"{"Sid": 7, "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}"#
        good r#"{"Sid": "Seven", "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}"#

    DUPLICATE_KEY "duplicate-key" Error ["JSON_SYNTAX_ERROR"]
        "An element occurs twice. AWS rejects it; other readers keep one of the two."
        fix "put all values into one list"
        bad r#"{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Action": "sts:GetSessionToken", "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Action": ["sts:GetCallerIdentity", "sts:GetSessionToken"], "Resource": "*"}"#

    DUPLICATE_KEY_CASE "duplicate-key-case" Error ["DUPLICATE_KEYS_WITH_DIFFERENT_CASE"]
        "A condition key occurs twice under one operator, in different case. Condition keys ignore case."
        fix "put all values into one list"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue", "aws:principaltag/team": "red"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["blue", "red"]}}}"#

    UNKNOWN_ELEMENT "unknown-element" Error ["INVALID_POLICY_ELEMENT"]
        "An element that the policy language does not have."
        fix "remove it"
        bad r#"{"Comment": "for the reports", "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}"#
        good r#"{"Sid": "ForTheReports", "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}"#

    UNKNOWN_VERSION "unknown-version" Error ["INVALID_VERSION"]
        "`Version` is not a version of the policy language."
        fix "one of `2012-10-17`, `2008-10-17`; it is the language's version, not the policy's"
        bad r#"{"Version": "2026-01-01", "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}"#
        good r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}"#

    MISSING_VERSION "missing-version" Warning ["MISSING_VERSION"]
        "A policy without `Version` has version 2008-10-17, in which policy variables are plain text."
        fix "set `\"Version\": \"2012-10-17\"`"
        bad r#"{"Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}"#
        good r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}"#

    OLD_VERSION "old-version" Note []
        "The policy has version 2008-10-17, which does not support policy variables."
        fix "with `\"Version\": \"2012-10-17\"` policy variables work"
        bad r#"{"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}"#
        good r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}"#

    NO_STATEMENT "no-statement" Error ["MISSING_STATEMENT"]
        "The policy has no statement."
        fix "a policy is an object with `Version` and `Statement`"
        bad r#"{"Version": "2012-10-17", "Statement": []}"#
        good r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}"#

    NO_EFFECT "no-effect" Error ["MISSING_EFFECT"]
        "A statement says neither `Allow` nor `Deny`."
        fix "add `\"Effect\": \"Allow\"` or `\"Effect\": \"Deny\"`"
        bad r#"{"Action": "sts:GetCallerIdentity", "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}"#

    UNKNOWN_EFFECT "unknown-effect" Error ["INVALID_EFFECT"]
        "The effect is neither `Allow` nor `Deny`, in exactly this case."
        fix "`Allow` or `Deny`, in exactly this case"
        bad r#"{"Effect": "allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}"#

    NO_ACTION "no-action" Error ["MISSING_ACTION"]
        "A statement has neither `Action` nor `NotAction`."
        fix "name the actions, such as `s3:GetObject`"
        bad r#"{"Effect": "Allow", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    BOTH_ELEMENTS "both-elements" Error ["UNSUPPORTED_ELEMENT_COMBINATION"]
        "A statement has an element and its negation: `Action` and `NotAction`, `Resource` and `NotResource`, `Principal` and `NotPrincipal`."
        fix "split it into two statements"
        bad r#"{"Effect": "Deny", "Action": "s3:DeleteObject", "NotAction": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    SID_CHARACTERS "sid-characters" Error ["UNSUPPORTED_SID"]
        "A Sid has characters other than letters and digits, and the policy is not resource-based."
        fix "IAM rejects such a policy; use letters and digits"
        bad r#"{"Sid": "read receipts", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Sid": "ReadReceipts", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    DUPLICATE_SID "duplicate-sid" Error ["UNIQUE_SIDS_REQUIRED"]
        "Two statements of an identity-based or control policy have the same Sid; IAM rejects that."
        fix "give each statement a Sid of its own, or none"
        bad r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}, {"Sid": "Read", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::receipts"}]}"#
        good r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}, {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::receipts"}]}"#

    REPEATED_SID "repeated-sid" Warning ["UNIQUE_SIDS_RECOMMENDED"]
        "Two statements of a resource-based policy have the same Sid."
        fix "give each statement a Sid of its own"
        bad r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}, {"Sid": "Read", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::receipts"}]}"#
        good r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}, {"Sid": "List", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::receipts"}]}"#

    EMPTY_SID "empty-sid" Note ["EMPTY_SID_VALUE"]
        "A Sid is empty."
        fix "remove it, or say what the statement is for"
        bad r#"{"Sid": "", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    EMPTY_ACTION "empty-action" Warning ["EMPTY_ARRAY_ACTION"]
        "The list of actions is empty, so the statement does nothing."
        fix "name at least one, or remove the statement"
        bad r#"{"Effect": "Allow", "Action": [], "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::receipts/*"}"#

    EMPTY_RESOURCE "empty-resource" Warning ["EMPTY_ARRAY_RESOURCE"]
        "The list of resources is empty, so the statement does nothing."
        fix "name at least one, or remove the statement"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": []}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::receipts/*"]}"#

    EMPTY_PRINCIPAL "empty-principal" Warning ["EMPTY_ARRAY_PRINCIPAL"]
        "The list of principals is empty, so the statement applies to nobody."
        fix "name at least one, or remove the statement"
        bad r#"{"Effect": "Allow", "Principal": {"AWS": []}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": ["111122223333"]}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    EMPTY_PRINCIPAL_OBJECT "empty-principal-object" Warning ["EMPTY_OBJECT_PRINCIPAL"]
        "The principal is an empty object, so the statement applies to nobody."
        fix "name at least one, or remove the statement"
        bad r#"{"Effect": "Allow", "Principal": {}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    PRINCIPAL_FORM "principal-form" Error ["INVALID_PRINCIPAL_FORMAT"]
        "The principal is a text other than `*`."
        fix "an object such as `{\"AWS\": \"111122223333\"}`"
        bad r#"{"Effect": "Allow", "Principal": "111122223333", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    PRINCIPAL_KIND "principal-kind" Error ["INVALID_PRINCIPAL_KEY"]
        "A kind of principal that does not exist."
        fix "one of `AWS`, `Service`, `Federated`, `CanonicalUser`"
        bad r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333", "Account": "444455556666"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": ["111122223333", "444455556666"]}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    EMPTY_CONDITION "empty-condition" Note ["EMPTY_OBJECT_CONDITION"]
        "A condition without any test, or an operator without any key."
        fix "remove it, or complete the condition"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    EMPTY_VALUES "empty-values" Warning ["EMPTY_ARRAY_CONDITION"]
        "A condition key has no value to compare with."
        fix "name a value, or remove the key"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": []}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["blue"]}}}"#

    EMPTY_VALUES_FOR_ALL "empty-values-for-all" Warning ["EMPTY_ARRAY_CONDITION_FORALLVALUES"]
        "`ForAllValues` without a value holds only if the request lacks the key."
        fix "say so with `\"Null\": {\"KEY\": \"true\"}`"
        bad r#"{"Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": []}}}"#
        good r#"{"Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"Null": {"aws:TagKeys": "true"}}}"#

    EMPTY_VALUES_FOR_ANY "empty-values-for-any" Warning ["EMPTY_ARRAY_CONDITION_FORANYVALUE"]
        "`ForAnyValue` without a value never holds."
        fix "name a value, or remove the key"
        bad r#"{"Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": []}}}"#
        good r#"{"Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["owner"]}}}"#

    EMPTY_VALUES_IF_EXISTS "empty-values-if-exists" Warning ["EMPTY_ARRAY_CONDITION_IFEXISTS"]
        "`…IfExists` without a value holds only if the request lacks the key."
        fix "say so with `\"Null\": {\"KEY\": \"true\"}`"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEqualsIfExists": {"aws:PrincipalTag/team": []}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"Null": {"aws:PrincipalTag/team": "true"}}}"#

    CONDITION_TYPE "condition-type" Error ["INVALID_CONDITION_DATA_TYPE"]
        "A condition's value is null, an object or a list within a list."
        fix "a string, a number, a boolean, or a list of them"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["blue", null]}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["blue", "red"]}}}"#

    UNKNOWN_OPERATOR "unknown-operator" Error ["INVALID_CONDITION_OPERATOR"]
        "A condition operator that does not exist."
        fix "see the condition operators in the IAM user guide"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEqual": {"aws:PrincipalTag/team": "blue"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}}"#

    NULL_IF_EXISTS "null-if-exists" Error ["NULL_WITH_IF_EXISTS"]
        "`Null` with `IfExists`: whether a key exists is what `Null` tests."
        fix "use `Null`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"NullIfExists": {"aws:PrincipalTag/team": "false"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"Null": {"aws:PrincipalTag/team": "false"}}}"#

    REDUNDANT_STATEMENT "redundant-statement" Note ["REDUNDANT_STATEMENT"]
        "Another statement already covers everything in this one."
        fix "remove it"
        bad r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::receipts/*"}, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/2026/*"}]}"#
        good r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::receipts/*"}, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::invoices/2026/*"}]}"#
}
