//! Addresses and networks as policies name them.

use core::net::IpAddr;

/// Whether an address lies in a network, `192.0.2.0/24`; a bare address is a network of one. `None`
/// if either cannot be parsed.
pub(crate) fn in_network(address: &str, range: &str) -> Option<bool> {
    let address: IpAddr = address.trim().parse().ok()?;
    let (base, length) = parse_network(range)?;
    let most = if base.is_ipv4() { 32 } else { 128 };
    let differing =
        (address_bits(base) ^ address_bits(address)).checked_shr(most - length).unwrap_or(0);
    Some(base.is_ipv4() == address.is_ipv4() && differing == 0)
}

/// An address and the length of its network.
pub(crate) fn parse_network(text: &str) -> Option<(IpAddr, u32)> {
    let (base, length) = match text.trim().split_once('/') {
        Some((base, length)) => (base, Some(length.parse::<u32>().ok()?)),
        None => (text.trim(), None),
    };
    let address: IpAddr = base.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(most);
    (length <= most).then_some((address, length))
}

/// An address as a number.
pub(crate) fn address_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Whether an address has bits beyond the length of its network.
pub(crate) fn has_host_bits(address: IpAddr, length: u32) -> bool {
    let most = if address.is_ipv4() { 32 } else { 128 };
    let host = most - length.min(most);
    let mask = 1_u128.checked_shl(host).map_or(u128::MAX, |top| top - 1);
    address_bits(address) & mask != 0
}

/// Whether every address of a network is private: RFC 1918, RFC 6598, or unique local.
pub(crate) fn is_private(text: &str) -> bool {
    let Some((address, length)) = parse_network(text) else { return false };
    let lies_in = |base: &str| {
        let Some((base, shorter)) = parse_network(base) else { return false };
        let most = if base.is_ipv4() { 32 } else { 128 };
        base.is_ipv4() == address.is_ipv4()
            && length >= shorter
            && (address_bits(base) ^ address_bits(address)) >> (most - shorter) == 0
    };
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]
        .iter()
        .any(|base| lies_in(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        for (text, private, host_bits) in [
            ("10.0.0.0/8", true, false),
            ("10.1.2.3", true, false),
            ("10.0.0.0/7", false, false),
            ("172.32.0.0/12", false, false),
            ("203.0.113.77/24", false, true),
            ("fd00::/8", true, false),
            ("2001:db8::1/32", false, true),
            ("0.0.0.0/0", false, false),
        ] {
            let (address, length) = parse_network(text).unwrap();
            assert_eq!(
                (is_private(text), has_host_bits(address, length)),
                (private, host_bits),
                "{text}"
            );
        }
        assert!(
            ["", "10.0.0.0/33", "host", "10.0.0"].iter().all(|text| parse_network(text).is_none())
        );
    }

    #[test]
    fn addresses_in_networks() {
        for (address, range, expected) in [
            ("192.0.2.77", "192.0.2.0/24", Some(true)),
            ("192.0.3.77", "192.0.2.0/24", Some(false)),
            ("2001:db8:1::1", "2001:db8::/32", Some(true)),
            ("2001:db8::1", "0.0.0.0/0", Some(false)),
            ("192.0.2.77", "::/0", Some(false)),
            ("2001:db8::1", "::/0", Some(true)),
            ("192.0.2.77", "192.0.2.0/33", None),
            ("cloudformation.amazonaws.com", "192.0.2.0/24", None),
        ] {
            assert_eq!(in_network(address, range), expected, "{address} {range}");
        }
    }
}
