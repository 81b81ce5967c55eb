//! The one table of field names of a firewall's record: AWS's frame, and Suricata's event in it.
//!
//! Source: AWS Network Firewall developer guide, "Contents of a Network Firewall log"; Suricata user
//! guide, "EVE JSON format".

use crate::source::field::fields;

fields! {
    FIREWALL "firewall_name" "string" "name of the firewall";
    ZONE "availability_zone" "string" "availability zone of its endpoint";
    STAMP "event_timestamp" "string" "when the record was written, in seconds since 1970";
    TIME "event.timestamp" "time" "when the packet was seen";
    KIND "event.event_type" "string" "`alert`, `netflow`, `tls`, …";
    FLOW_ID "event.flow_id" "int" "id of the flow";
    ADDRESS "event.src_ip" "string" "address that the packet came from";
    PORT "event.src_port" "int" "its port";
    TARGET "event.dest_ip" "string" "address that it went to";
    TARGET_PORT "event.dest_port" "int" "its port";
    PROTOCOL "event.proto" "string" "`TCP`, `UDP`, `ICMP`";
    APPLICATION "event.app_proto" "string" "protocol that was recognised: `tls`, `http`, `dns`, `ssh`";
    ACTION "event.alert.action" "string" "`blocked` or `allowed`";
    SIGNATURE "event.alert.signature" "string" "the rule's message";
    SIGNATURE_ID "event.alert.signature_id" "int" "the rule's `sid`";
    CATEGORY "event.alert.category" "string" "the rule's class";
    SEVERITY "event.alert.severity" "int" "the rule's priority: 1 is the highest";
    VERDICT "event.verdict.action" "string" "what became of the packet: `drop`, `pass`, `alert`";
    SNI "event.tls.sni" "string" "name that the client asked for in its TLS handshake";
    HTTP_HOST "event.http.hostname" "string" "host that was asked for over HTTP";
    HTTP_METHOD "event.http.http_method" "string" "method of an HTTP request";
    HTTP_URL "event.http.url" "string" "path of an HTTP request";
    HTTP_AGENT "event.http.http_user_agent" "string" "user agent of an HTTP request, chosen by the client";
    DNS_NAME "event.dns.rrname" "string" "name that was asked for over DNS";
    TLS_ERROR "event.tls_error.error_message" "string" "why TLS inspection failed";
    EVENT "event" "object" "Suricata's event";
}
