//! Checks of policy variables, `${…}`.

use crate::lint::check::checks;

checks! {
    UNKNOWN_VARIABLE "unknown-variable" Error []
        "A policy variable whose key does not exist, or an unfilled template placeholder."
        fix "a policy variable is a condition key, such as `${aws:username}`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:user_id}/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:userid}/*"}"#

    MULTI_VALUED_VARIABLE "multi-valued-variable" Error []
        "A policy variable whose key has several values: AWS never replaces it."
        fix "compare the key in a condition"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:PrincipalOrgPaths}/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:PrincipalAccount}/*"}"#

    MISSING_BRACE "missing-brace" Error ["MISSING_BRACE_IN_VARIABLE"]
        "A policy variable without its closing brace."
        fix "write `${key}`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}/*"}"#

    MISSING_QUOTE "missing-quote" Error ["MISSING_QUOTE_IN_VARIABLE"]
        "The default of a policy variable is not in single quotes."
        fix "write `${key, 'default'}`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:PrincipalTag/team, guests}/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:PrincipalTag/team, 'guests'}/*"}"#

    SPACE_IN_VARIABLE "space-in-variable" Error ["UNSUPPORTED_SPACE_IN_VARIABLE"]
        "A blank within a policy variable, other than after its comma."
        fix "write `${key}` without a blank"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${ aws:username }/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}/*"}"#

    EMPTY_VARIABLE "empty-variable" Error ["EMPTY_VARIABLE"]
        "A policy variable without a key."
        fix "name the key, such as `${aws:username}`; `${$}` is a dollar sign"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${}/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}/*"}"#

    VARIABLE_IN_ELEMENT "variable-in-element" Error ["VARIABLE_UNSUPPORTED_IN_ELEMENT"]
        "A policy variable outside a resource or a condition's value."
        fix "write out the value"
        bad r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/${aws:username}"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/*"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}/*"}"#

    VARIABLE_IN_OLD_VERSION "variable-in-old-version" Error ["VARIABLE_UNSUPPORTED_IN_VERSION"]
        "A policy variable in a policy of version 2008-10-17, where it is plain text."
        fix "set `\"Version\": \"2012-10-17\"`"
        bad r#"{"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}/*"}]}"#
        good r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}/*"}]}"#

    VARIABLE_FOR_OPERATOR "variable-for-operator" Error ["INVALID_VARIABLE_FOR_OPERATOR"]
        "A policy variable in a value of an operator that compares neither strings nor ARNs."
        fix "write out the value"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "${aws:PrincipalTag/age}"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}}"#
}
