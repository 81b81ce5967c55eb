//! The one table of field names of an audit event.
//!
//! Source: Kubernetes API reference, `audit.k8s.io/v1`, `Event`.

use crate::source::field::fields;

fields! {
    KIND "kind" "string" "`Event`";
    VERSION "apiVersion" "string" "version of the record's format: `audit.k8s.io/v1`";
    LEVEL "level" "string" "how much is recorded: `Metadata`, `Request` or `RequestResponse`";
    AUDIT_ID "auditID" "string" "id of the request, the same in all its stages";
    STAGE "stage" "string" "stage of the request; `ResponseComplete` once it has ended";
    URI "requestURI" "string" "path and query that were asked for";
    VERB "verb" "string" "what was done: `get`, `list`, `create`; a method of HTTP in lower case where no resource is named";
    USER "user.username" "string" "who is authenticated: `system:serviceaccount:NAMESPACE:NAME`, `system:anonymous`";
    USER_UID "user.uid" "string" "id of the user";
    GROUPS "user.groups" "list" "groups of the user";
    EXTRA "user.extra" "object" "what the authenticator knows besides; for IAM identities `arn`, `canonicalArn`, `sessionName`, `accessKeyId`";
    AS_USER "impersonatedUser.username" "string" "user as whom the request was made";
    AS_UID "impersonatedUser.uid" "string" "id of that user";
    AS_GROUPS "impersonatedUser.groups" "list" "groups of that user";
    AS_EXTRA "impersonatedUser.extra" "object" "what else the caller asked to be";
    AUTHENTICATION "authenticationMetadata" "object" "how the user was authenticated";
    SOURCES "sourceIPs" "list" "addresses that the request passed; the client can make up all but the last one";
    AGENT "userAgent" "string" "client, as it calls itself";
    RESOURCE "objectRef.resource" "string" "kind of resource: `secrets`";
    NAMESPACE "objectRef.namespace" "string" "namespace";
    NAME "objectRef.name" "string" "name of the object";
    OBJECT_UID "objectRef.uid" "string" "id of the object";
    GROUP "objectRef.apiGroup" "string" "API group of the resource; empty for the core group";
    OBJECT_VERSION "objectRef.apiVersion" "string" "version of the API group";
    RESOURCE_VERSION "objectRef.resourceVersion" "string" "version of the object";
    SUBRESOURCE "objectRef.subresource" "string" "part of the object: `exec`, `token`, `log`";
    STATUS "responseStatus.status" "string" "`Success` or `Failure`";
    MESSAGE "responseStatus.message" "string" "why it failed, in words";
    REASON "responseStatus.reason" "string" "why it failed, in one word: `Forbidden`";
    CODE "responseStatus.code" "number" "status code of HTTP";
    DETAILS "responseStatus.details" "object" "what the failure is about";
    STATUS_METADATA "responseStatus.metadata" "object" "metadata of the status";
    REQUEST "requestObject" "object" "object that was sent, at the levels `Request` and `RequestResponse`";
    RESPONSE "responseObject" "object" "object that was answered, at the level `RequestResponse`";
    RECEIVED "requestReceivedTimestamp" "time" "when the request arrived";
    STAGE_TIME "stageTimestamp" "time" "when the stage was reached";
    ANNOTATIONS "annotations" "object" "what the API server adds, such as the authorizer's decision";
}
