//! Where a call came from.

use core::net::IpAddr;

/// The calling side of an event, as the log has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallOrigin {
    /// `sourceIPAddress`: an address, an AWS service's name, or `AWS Internal`.
    pub source: Option<String>,
    /// `userAgent`, chosen freely by the caller.
    pub user_agent: Option<String>,
    /// `vpcEndpointId`.
    pub vpc_endpoint: Option<String>,
    /// `tlsDetails`.
    pub tls: Option<TlsDetails>,
}

/// `tlsDetails` of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsDetails {
    /// Such as `TLSv1.3`.
    pub version: String,
    /// Such as `TLS_AES_128_GCM_SHA256`.
    pub cipher: String,
    /// The host name that the client asked for.
    pub host: String,
}

impl CallOrigin {
    /// The source as an IP address, if it is one.
    pub fn ip_address(&self) -> Option<IpAddr> {
        self.source.as_deref()?.trim().parse().ok()
    }

    /// The network that counts as "the same place": the /24 of an IPv4 address, the /48 of an IPv6
    /// address, or the service's name.
    ///
    /// ```
    /// use aware_core::event::CallOrigin;
    ///
    /// let from = |source: &str| CallOrigin { source: Some(source.to_owned()), ..Default::default() };
    /// assert_eq!(from("192.0.2.77").network_prefix().as_deref(), Some("192.0.2.0/24"));
    /// assert_eq!(from("2001:db8:1:2::3").network_prefix().as_deref(), Some("2001:db8:1::/48"));
    /// ```
    pub fn network_prefix(&self) -> Option<String> {
        match self.ip_address() {
            Some(IpAddr::V4(ip)) => {
                let [a, b, c, _] = ip.octets();
                Some(format!("{a}.{b}.{c}.0/24"))
            }
            Some(IpAddr::V6(ip)) => {
                let [a, b, c, ..] = ip.segments();
                Some(format!("{a:x}:{b:x}:{c:x}::/48"))
            }
            None => self.source.clone(),
        }
    }

    /// The family of the user agent: its first product name without version, such as `aws-cli`,
    /// `Boto3`, `console.amazonaws.com`.
    pub fn agent_family(&self) -> Option<&str> {
        let agent = self.user_agent.as_deref()?.trim_start_matches('[');
        let end = agent.find(['/', ' ', ';', ',', ']']).unwrap_or(agent.len());
        agent.get(..end).filter(|family| !family.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(source: &str, agent: &str) -> CallOrigin {
        CallOrigin {
            source: Some(source.to_owned()),
            user_agent: Some(agent.to_owned()),
            ..CallOrigin::default()
        }
    }

    #[test]
    fn neighbourhoods() {
        let cases = [
            ("192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2::3", "2001:db8:1::/48"),
            ("config.amazonaws.com", "config.amazonaws.com"),
        ];
        for (source, expected) in cases {
            assert_eq!(network(source, "").network_prefix().as_deref(), Some(expected));
        }
    }

    #[test]
    fn agent_families() {
        let cases = [
            ("aws-cli/2.15.0 Python/3.11", Some("aws-cli")),
            ("[Boto3/1.26 Python]", Some("Boto3")),
            ("console.amazonaws.com", Some("console.amazonaws.com")),
            ("", None),
        ];
        for (agent, expected) in cases {
            assert_eq!(network("", agent).agent_family(), expected);
        }
    }
}
