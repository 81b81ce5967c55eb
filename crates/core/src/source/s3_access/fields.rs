//! The one table of field names of an access log's record, in the order of a line.
//!
//! S3 names them so where it delivers its records to CloudWatch Logs; lines of text have no names.
//!
//! Source: Amazon S3 User Guide, "Amazon S3 server access log format" and "Log format in CloudWatch
//! Logs".

use crate::source::field::fields;

fields! {
    OWNER "bucket_owner_id" "string" "canonical id of the bucket's owner";
    BUCKET "bucket_name" "string" "bucket that the request was made to";
    TIME "request_time" "time" "when S3 received the request";
    ADDRESS "remote_ip" "string" "address that the request came from";
    REQUESTER "requester" "string" "who made the request: an ARN, a canonical id, or a service; absent without credentials";
    REQUEST_ID "request_id" "string" "S3's id of the request";
    OPERATION "operation" "string" "what was asked for: `REST.GET.OBJECT`, `BATCH.DELETE.OBJECT`";
    KEY "key_name" "string" "object's key, in lines of text URL-encoded twice";
    URI "request_uri" "string" "request line: `GET /key HTTP/1.1`";
    STATUS "http_status" "int" "HTTP status code of the answer";
    ERROR "error_code" "string" "S3's error code: `AccessDenied`, `NoSuchKey`";
    SENT "bytes_sent_size" "int" "how many bytes the answer had";
    OBJECT_SIZE "object_size" "int" "size of the object in bytes";
    TOTAL_TIME "total_duration" "int" "how long the request was in flight, in milliseconds";
    TURN_AROUND "turn_around_duration" "int" "how long S3 processed the request, in milliseconds";
    REFERER "referer" "string" "`Referer`, chosen by the client";
    AGENT "user_agent" "string" "`User-Agent`, chosen by the client";
    VERSION "version_id" "string" "version of the object that was asked for";
    HOST_ID "host_id" "string" "S3's extended id of the request";
    SIGNATURE "signature_version" "string" "`SigV2` or `SigV4`; absent without credentials";
    CIPHER "cipher_suite" "string" "TLS cipher; absent for plain HTTP";
    AUTHENTICATION "authentication_type" "string" "`AuthHeader`, or `QueryString` for a presigned URL";
    HOST "host_header" "string" "endpoint that the client connected to";
    TLS "tls_version" "string" "TLS version; absent for plain HTTP";
    ACCESS_POINT "access_point_arn" "string" "access point that the request came through";
    ACL_REQUIRED "acl_required" "string" "`Yes` where only an ACL allowed the request";
    SOURCE_REGION "source_region" "string" "region that the request came from";
    EXTRA "extra" "list" "fields that S3 has appended to its lines since";
    BUCKET_ARN "bucket_arn" "string" "bucket's ARN (CloudWatch Logs only)";
    SCHEMA "schema_version_id" "string" "version of the record's form (CloudWatch Logs only)";
}

/// How many of them a line has; the others have no place in it.
pub(super) const IN_LINE: usize = 27;
