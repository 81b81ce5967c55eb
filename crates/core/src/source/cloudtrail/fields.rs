//! The one table of field names of a CloudTrail record.
//!
//! Source: CloudTrail user guide, "CloudTrail record contents" and "CloudTrail userIdentity
//! element". Names below an open object (`requestParameters`, …) are the API's own and are not
//! listed: any name is accepted there.

pub use crate::source::field::FieldPath;
use crate::source::field::fields;

fields! {
    EVENT_TIME "eventTime" "time" "when the request was completed";
    EVENT_VERSION "eventVersion" "string" "version of the record's format";
    USER_TYPE "userIdentity.type" "string" "kind of identity";
    USER_NAME "userIdentity.userName" "string" "friendly name of the identity";
    PRINCIPAL_ID "userIdentity.principalId" "string" "unique id of the entity";
    USER_ARN "userIdentity.arn" "string" "ARN of the principal that made the call";
    USER_ACCOUNT "userIdentity.accountId" "string" "account that owns the identity";
    ACCESS_KEY "userIdentity.accessKeyId" "string" "access key id that signed the request";
    INVOKED_BY "userIdentity.invokedBy" "string" "AWS service that made the request";
    INVOKED_BY_DELEGATE "userIdentity.invokedByDelegate" "object" "delegate that made the request";
    IDENTITY_PROVIDER "userIdentity.identityProvider" "string" "external identity provider";
    CREDENTIAL_ID "userIdentity.credentialId" "string" "credential id of the request";
    IN_SCOPE_OF "userIdentity.inScopeOf" "object" "scope of a service's request";
    ON_BEHALF_OF_USER "userIdentity.onBehalfOf.userId" "string" "Identity Center user acted for";
    ON_BEHALF_OF_STORE "userIdentity.onBehalfOf.identityStoreArn" "string" "identity store of that user";
    ISSUER_TYPE "userIdentity.sessionContext.sessionIssuer.type" "string" "what issued the session";
    ISSUER_ARN "userIdentity.sessionContext.sessionIssuer.arn" "string" "ARN of the session's issuer";
    ISSUER_NAME "userIdentity.sessionContext.sessionIssuer.userName" "string" "name of the session's issuer";
    ISSUER_ACCOUNT "userIdentity.sessionContext.sessionIssuer.accountId" "string" "account of the session's issuer";
    ISSUER_ID "userIdentity.sessionContext.sessionIssuer.principalId" "string" "id of the session's issuer";
    WEB_FEDERATION "userIdentity.sessionContext.webIdFederationData" "object" "web identity federation data";
    MFA "userIdentity.sessionContext.attributes.mfaAuthenticated" "string" "whether the session had MFA, `true` or `false`";
    SESSION_CREATED "userIdentity.sessionContext.attributes.creationDate" "time" "when the session's credentials were issued";
    SOURCE_IDENTITY "userIdentity.sessionContext.sourceIdentity" "string" "identity behind a role session";
    EC2_ROLE_DELIVERY "userIdentity.sessionContext.ec2RoleDelivery" "string" "version of the instance metadata service";
    EVENT_SOURCE "eventSource" "string" "service that the request was made to";
    EVENT_NAME "eventName" "string" "requested operation";
    REGION "awsRegion" "string" "region that the request was made to";
    SOURCE_IP "sourceIPAddress" "string" "address, or service, that the request came from";
    USER_AGENT "userAgent" "string" "agent of the request, chosen by the caller";
    ERROR_CODE "errorCode" "string" "AWS's error code";
    ERROR_MESSAGE "errorMessage" "string" "description of the error";
    REQUEST "requestParameters" "object" "parameters sent with the request";
    RESPONSE "responseElements" "object" "response of actions that change something";
    ADDITIONAL "additionalEventData" "object" "further data of the event";
    REQUEST_ID "requestID" "string" "id of the request, made by the service";
    EVENT_ID "eventID" "string" "id of the event, made by CloudTrail";
    EVENT_TYPE "eventType" "string" "kind of event";
    API_VERSION "apiVersion" "string" "API version of the request";
    MANAGEMENT_EVENT "managementEvent" "bool" "whether it is a management event";
    READ_ONLY "readOnly" "bool" "whether the operation only reads";
    RESOURCES "resources" "list" "resources accessed";
    RECIPIENT_ACCOUNT "recipientAccountId" "string" "account that received the event";
    SERVICE_DETAILS "serviceEventDetails" "object" "what triggered a service event";
    SHARED_EVENT_ID "sharedEventID" "string" "id shared by the copies of an event in several accounts";
    VPC_ENDPOINT "vpcEndpointId" "string" "VPC endpoint of the request";
    VPC_ENDPOINT_ACCOUNT "vpcEndpointAccountId" "string" "account that owns the VPC endpoint";
    CATEGORY "eventCategory" "string" "management, data, insight, network activity or aggregated";
    ADDENDUM_REASON "addendum.reason" "string" "why the event was late or changed";
    ADDENDUM_FIELDS "addendum.updatedFields" "string" "fields that an addendum changed";
    ADDENDUM_REQUEST "addendum.originalRequestID" "string" "request id of the original event";
    ADDENDUM_EVENT "addendum.originalEventID" "string" "event id of the original event";
    FROM_CONSOLE "sessionCredentialFromConsole" "string" "whether the credentials came from a console session";
    EVENT_CONTEXT "eventContext" "object" "tags and global keys of the event's context";
    EDGE_DEVICE "edgeDeviceDetails" "object" "edge device that the request was made to";
    TLS_VERSION "tlsDetails.tlsVersion" "string" "TLS version";
    TLS_CIPHER "tlsDetails.cipherSuite" "string" "TLS cipher suite";
    TLS_HOST "tlsDetails.clientProvidedHostHeader" "string" "host name that the client asked for";
    INSIGHT_SOURCE "insightDetails.eventSource" "string" "service whose calls an insight concerns";
    INSIGHT_NAME "insightDetails.eventName" "string" "operation that an insight concerns";
    INSIGHT_DETAILS "insightDetails" "object" "details of an Insights event";
    AGGREGATED_ID "eventId" "string" "id of an aggregated event";
    AGGREGATED_ACCOUNT "accountId" "string" "account of an aggregated event";
    WINDOW_START "timeWindow.windowStart" "time" "when the calls that an aggregated event counts began";
    WINDOW "timeWindow" "object" "time of the calls that an aggregated event counts";
    SUMMARY "summary" "object" "what an aggregated event counts";
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_read_by_name() {
        let record = json!({"userIdentity": {"arn": "a"}, "requestParameters": {"tag.x": 1, "a": {"b": 2}}, "errorCode": null});
        let read =
            |name: &str| FieldPath::parse_name(TABLE, name).unwrap().find_in(&record).cloned();
        assert_eq!(read("userIdentity.arn"), Some(json!("a")));
        assert_eq!(read("requestParameters.a.b"), Some(json!(2)));
        assert_eq!(read("requestParameters.none"), None);
        assert_eq!(read("errorCode"), None);
    }

    #[test]
    fn unknown_fields_get_a_near_name() {
        let error = FieldPath::parse_name(TABLE, "userIdentity.anr").unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown field `userIdentity.anr` (hint: did you mean `userIdentity.arn`?)"
        );
        assert_eq!(FieldPath::parse_name(TABLE, "wholly.other").unwrap_err().hint, None);
    }
}
