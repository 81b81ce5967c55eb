//! The one table of a sum's fields.

use crate::source::field::field_table;

field_table! {
    "kind" "string" "what the flows have in common: `sweep`, `port-scan`, `refused-inside`, `refused-answer`, `refused-outward`, `refused-by-setting`, `watched-port`, `large-upload`, `probed`, `probed-then-accepted`, `let-in`, `guesses`, `skipped-records`, `background`, `too-many-pairs`";
    "account_id" "string" "account of the interface";
    "region" "string" "region";
    "vpc_id" "string" "VPC, or transit gateway";
    "interface_id" "string" "interface of the own host";
    "instance_id" "string" "instance of the own host";
    "start" "time" "first flow";
    "end" "time" "last flow";
    "srcaddr" "string" "source address";
    "dstaddr" "string" "destination address, where it is one";
    "dstaddrs" "list" "destination addresses, up to 64";
    "lines_digest" "string" "digest of all lines of the text, so that sums of other lines are other sums";
    "hosts" "number" "how many destinations there are; of `refused-answer` and `refused-outward` up to 64";
    "has_more_hosts" "bool" "whether there are more";
    "dst_interface_id" "string" "interface of the destination";
    "dst_instance_id" "string" "instance of the destination";
    "dstport" "number" "destination port, where it is one";
    "dstports" "list" "destination ports, up to 64; of `background` those that are asked for most";
    "ports" "number" "how many ports there are";
    "protocol" "string" "`tcp`, `udp`, `icmp`, or a number";
    "is_admin_port" "bool" "whether the port is 22, 445, 3389, 5985 or 5986";
    "watched_for" "string" "what the port is known for: `mining pools`, `sending mail`, `IRC`, `Tor`";
    "reason" "string" "of `refused-by-setting`: `BPA`, `EC`, or what a transit gateway lost packets for";
    "flows" "number" "how many flows";
    "bytes_out" "number" "bytes sent";
    "bytes_in" "number" "bytes received";
    "sources" "number" "of `background`: how many sources, up to 100,000";
    "has_more_sources" "bool" "whether there are more sources";
    "late" "number" "of `background`: packets that begin no connection, most of them after the end of one";
}
