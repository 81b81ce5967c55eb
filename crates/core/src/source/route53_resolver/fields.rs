//! The one table of field names of a query log's record.
//!
//! Source: Amazon Route 53 Developer Guide, "Values that appear in VPC Resolver query logs".

use crate::source::field::fields;

fields! {
    VERSION "version" "string" "version of the record's format";
    ACCOUNT "account_id" "string" "account that owns the VPC";
    REGION "region" "string" "region of the VPC";
    VPC "vpc_id" "string" "VPC that the query came from";
    TIME "query_timestamp" "time" "when the query was made";
    NAME "query_name" "string" "name that was asked for, with a dot at its end";
    TYPE "query_type" "string" "type of record that was asked for: `A`, `TXT`";
    CLASS "query_class" "string" "class of the query, `IN`";
    RCODE "rcode" "string" "response code: `NOERROR`, `NXDOMAIN`";
    ANSWERS "answers" "list" "answers, each with `Rdata`, `Type` and `Class`";
    ADDRESS "srcaddr" "string" "address that the query came from";
    PORT "srcport" "string" "port that the query came from";
    TRANSPORT "transport" "string" "protocol, `UDP` or `TCP`";
    INSTANCE "srcids.instance" "string" "instance that made the query";
    ENDPOINT "srcids.resolver_endpoint" "string" "Resolver endpoint that passed the query on";
    INTERFACE "srcids.resolver_network_interface" "string" "network interface of the endpoint";
    FIREWALL_ACTION "firewall_rule_action" "string" "what the DNS firewall did: `BLOCK`, `ALERT` or `ALLOW`";
    FIREWALL_GROUP "firewall_rule_group_id" "string" "rule group of the DNS firewall that the name met";
    FIREWALL_LIST "firewall_domain_list_id" "string" "domain list of the DNS firewall that the name is in";
    MORE "additional_properties" "object" "how the record was delivered";
}
