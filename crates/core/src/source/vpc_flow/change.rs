//! What is checked before it stands in a change that is offered.

use core::net::IpAddr;

use crate::event::Event;
use crate::explanation::ChangeForm;

/// Addresses that no security group sees.
pub(super) fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(one) => one.is_loopback() || one.is_link_local() || one.is_unspecified(),
        IpAddr::V6(one) => one.is_loopback() || one.is_unicast_link_local() || one.is_unspecified(),
    }
}

pub(super) fn form(tool: &str, text: String) -> ChangeForm {
    ChangeForm { tool: tool.to_owned(), text }
}

/// The region, if it has a region's form: it stands in a command.
pub(super) fn region_of(event: &Event) -> &str {
    if event.region.bytes().all(is_plain) { &event.region } else { "" }
}

/// The id of an interface, if it has its form: it stands in a command.
pub(super) fn interface_id(id: &str) -> Option<&str> {
    Some(id).filter(|id| id.starts_with("eni-") && id.bytes().all(is_plain))
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}
