//! The one table of field names of a web ACL's record.
//!
//! Source: AWS WAF developer guide, "Log fields for web ACL traffic".

use crate::source::field::fields;

fields! {
    TIME "timestamp" "int" "when the request was inspected, in milliseconds since 1970";
    FORMAT "formatVersion" "int" "version of the record's form";
    ACL "webaclId" "string" "ARN of the web ACL";
    RULE "terminatingRuleId" "string" "rule that decided, or `Default_Action`";
    RULE_TYPE "terminatingRuleType" "string" "its type: `REGULAR`, `GROUP`, `MANAGED_RULE_GROUP`, `RATE_BASED`";
    ACTION "action" "string" "what was done: `ALLOW`, `BLOCK`, `CAPTCHA`, `CHALLENGE`";
    DETAILS "terminatingRuleMatchDetails" "list" "what SQL injection and scripting rules found";
    SOURCE_NAME "httpSourceName" "string" "what the web ACL protects: `CF`, `ALB`, `APIGW`, …";
    SOURCE_ID "httpSourceId" "string" "which one";
    GROUPS "ruleGroupList" "list" "rule groups that inspected the request, with the rules that matched";
    RATES "rateBasedRuleList" "list" "rate-based rules that inspected it";
    OTHERS "nonTerminatingMatchingRules" "list" "rules that matched and only counted, or were answered";
    INSERTED "requestHeadersInserted" "list" "headers that rules added";
    RESPONSE "responseCodeSent" "int" "status code of a custom answer";
    CLIENT "httpRequest.clientIp" "string" "address that the request came from";
    COUNTRY "httpRequest.country" "string" "country of the address by AWS's data";
    METHOD "httpRequest.httpMethod" "string" "method";
    URI "httpRequest.uri" "string" "path that was asked for";
    ARGS "httpRequest.args" "string" "query";
    HOST "httpRequest.host" "string" "host that was asked for";
    SCHEME "httpRequest.scheme" "string" "`http` or `https`";
    HEADERS "httpRequest.headers" "list" "headers, each with `name` and `value`";
    REQUEST_ID "httpRequest.requestId" "string" "id of the request at what is protected";
    HTTP "httpRequest" "object" "the request";
    LABELS "labels" "list" "labels that rules gave the request, each with `name`";
    CAPTCHA "captchaResponse" "object" "how a CAPTCHA was answered";
    CHALLENGE "challengeResponse" "object" "how a challenge was answered";
    JA3 "ja3Fingerprint" "string" "JA3 fingerprint of the client's TLS handshake";
    JA4 "ja4Fingerprint" "string" "JA4 fingerprint of the client's TLS handshake";
    OVERSIZE "oversizeFields" "list" "parts of the request that were longer than is inspected";
    BODY_SIZE "requestBodySize" "int" "size of the body in bytes";
    BODY_INSPECTED "requestBodySizeInspectedByWAF" "int" "how many of them were inspected";
}
