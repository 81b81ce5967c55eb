//! The one table of field names of an access log's record, in the order of a line.
//!
//! Names are those of the user guide, except that `client:port` and `target:port` are two fields
//! each in lines; in JSON, `client_port` and `target_port` hold both.
//!
//! Source: Elastic Load Balancing, Application Load Balancers, "Access log entries".

use crate::source::field::fields;

fields! {
    TYPE "type" "string" "kind of request: `http`, `https`, `h2`, `grpcs`, `ws`, `wss`";
    TIME "time" "time" "when the load balancer answered";
    BALANCER "elb" "string" "load balancer: `app/web/50dc6c495c0c9188`";
    CLIENT "client_ip" "string" "address of the client";
    CLIENT_PORT "client_port" "int" "port of the client; in JSON, address and port";
    TARGET "target_ip" "string" "address of the target; absent if the request reached none";
    TARGET_PORT "target_port" "int" "port of the target; in JSON, address and port";
    REQUEST_TIME "request_processing_time" "string" "seconds until the request was sent to the target, or -1";
    TARGET_TIME "target_processing_time" "string" "seconds that the target took, or -1";
    RESPONSE_TIME "response_processing_time" "string" "seconds until the answer was sent, or -1";
    STATUS "elb_status_code" "int" "status code that the load balancer answered with; 460 if the client had gone";
    TARGET_STATUS "target_status_code" "int" "status code of the target";
    RECEIVED "received_bytes" "int" "size of the request";
    SENT "sent_bytes" "int" "size of the answer";
    REQUEST "request" "string" "request line: method, URL and version";
    AGENT "user_agent" "string" "`User-Agent`, chosen by the client";
    CIPHER "ssl_cipher" "string" "TLS cipher; absent for plain HTTP";
    PROTOCOL "ssl_protocol" "string" "TLS version; absent for plain HTTP";
    TARGET_GROUP "target_group_arn" "string" "target group";
    TRACE "trace_id" "string" "`X-Amzn-Trace-Id`";
    DOMAIN "domain_name" "string" "name that the client asked for in its TLS handshake";
    CERTIFICATE "chosen_cert_arn" "string" "certificate, or `session-reused`";
    PRIORITY "matched_rule_priority" "int" "priority of the rule that matched: 0 is the default rule, -1 none";
    CREATED "request_creation_time" "time" "when the load balancer received the request";
    ACTIONS "actions_executed" "list" "what it did: `waf`, `authenticate`, `forward`, …";
    REDIRECT "redirect_url" "string" "where it sent the client";
    REASON "error_reason" "string" "why it failed: `AuthInvalidIdToken`, `LambdaInvalidResponse`, `WAFConnectionError`, …";
    TARGETS "target_port_list" "string" "targets that the request was sent to, separated by blanks";
    TARGET_STATUSES "target_status_code_list" "string" "their status codes";
    CLASSIFICATION "classification" "string" "whether the request looks like desynchronisation: `Acceptable`, `Ambiguous`, `Severe`";
    CLASSIFICATION_REASON "classification_reason" "string" "why: `BadContentLength`, `BothTeClPresent`, …";
    CONNECTION "conn_trace_id" "string" "id of the connection";
    NEW_HOST "transformed_host" "string" "host after a rule rewrote it";
    NEW_URI "transformed_uri" "string" "URL after a rule rewrote it";
    TRANSFORM "request_transform_status" "string" "whether the rewriting went well";
    NODE "ip_address" "string" "address of the load balancer's node";
    EXTRA "extra" "list" "fields that have been appended since";
    REQUEST_LINE "request_line" "string" "`request` by its name in logs that are delivered as JSON";
}

/// How many of them a line has; the others have no place in it.
pub(super) const IN_LINE: usize = 36;
