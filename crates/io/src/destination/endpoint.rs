//! The URLs of endpoints that a config names, and where they may lead.
//!
//! A URL is often a secret itself, so it may be read from elsewhere, and nothing here shows it.
//! Unless the config allows private networks, only `https` to public addresses is accepted: the
//! name is checked whenever it is resolved, since its owner can point it anywhere at any time.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::http;
use crate::aws::AwsSession;
use crate::secret::{SecretError, SecretRef};

/// Why a URL cannot be used. Never contains it.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The value is not a URL.
    #[error("`url`: {0} (hint: https://…, or where it is: env:NAME, file:/path)")]
    NotAUrl(#[from] url::ParseError),
    /// Anybody on the network path could read the messages.
    #[error("`url` is not `https` (hint: `allow_private = true` allows it)")]
    NotHttps,
    /// A name or password in it would be shown.
    #[error("`url` contains a user name")]
    UserInUrl,
    /// It points into a private network.
    #[error("`url` is an address in a private network")]
    PrivateAddress,
    /// It has no host.
    #[error("`url` has no host")]
    NoHost,
    /// It cannot be read from where the config says.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// A URL that the config may use.
#[derive(Clone)]
pub(super) struct EndpointUrl {
    url: Url,
    allow_private: bool,
}

impl EndpointUrl {
    /// Reads a URL, or the place where it is: `env:NAME`, `file:/path`, an ARN.
    ///
    /// # Errors
    /// [`EndpointError`] if it cannot be read, or is not allowed.
    pub(super) async fn read(
        url_or_place: &str,
        allow_private: bool,
        aws: &AwsSession,
    ) -> Result<Self, EndpointError> {
        match SecretRef::parse(url_or_place) {
            Ok(place) => Self::parse(place.read_secret(aws).await?.expose(), allow_private),
            Err(_) => Self::parse(url_or_place, allow_private),
        }
    }

    /// Parses a URL.
    ///
    /// # Errors
    /// [`EndpointError`] if it is not allowed.
    pub(super) fn parse(text: &str, allow_private: bool) -> Result<Self, EndpointError> {
        let url = Url::parse(text)?;
        if !allow_private {
            check_url(&url)?;
        }
        Ok(Self { url, allow_private })
    }

    /// The URL, for the one place that sends to it.
    pub(super) fn as_url(&self) -> &Url {
        &self.url
    }

    /// A client that reaches only what is allowed and does not follow redirects.
    ///
    /// # Errors
    /// If the client cannot be built.
    pub(super) fn client(&self, timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
        let mut builder = http::client_builder(timeout);
        if !self.allow_private {
            builder = builder.https_only(true).dns_resolver(std::sync::Arc::new(PublicResolver));
        }
        builder.build()
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn check_url(url: &Url) -> Result<(), EndpointError> {
    let private = |ip: IpAddr| !is_public(ip);
    match url.host() {
        _ if url.scheme() != "https" => Err(EndpointError::NotHttps),
        _ if !url.username().is_empty() || url.password().is_some() => {
            Err(EndpointError::UserInUrl)
        }
        Some(Host::Ipv4(ip)) if private(ip.into()) => Err(EndpointError::PrivateAddress),
        Some(Host::Ipv6(ip)) if private(ip.into()) => Err(EndpointError::PrivateAddress),
        None => Err(EndpointError::NoHost),
        Some(_) => Ok(()),
    }
}

/// Resolves names to public addresses only, so that a name cannot point into our own network.
struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> =
                found.into_iter().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(
                    "the name has no public address (hint: `allow_private = true` allows others)"
                        .into(),
                );
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is public. Source: IANA's special-purpose registries.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let special =
                a == 0 || a >= 240 || (a, b, c) == (192, 0, 0) || a == 198 && (18..20).contains(&b);
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_multicast()
                || shared
                || special)
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(mapped) => is_public(mapped.into()),
            None => {
                (ip.segments().first().copied().unwrap_or_default() & 0xe000) == 0x2000
                    && !embeds_v4(ip)
            }
        },
    }
}

/// 6to4, Teredo and NAT64 addresses embed addresses that the checks above would miss.
fn embeds_v4(ip: std::net::Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    a == 0x2002 || (a, b) == (0x2001, 0) || (a, b) == (0x64, 0xff9b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_url_is_read_from_its_place_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        let read = async |text: &str| {
            std::fs::write(&path, text).unwrap();
            let place = format!("file:{}", path.display());
            EndpointUrl::read(&place, false, &AwsSession::default()).await
        };
        let url = read("https://a.example/canary?sig=canary\n").await.unwrap();
        assert_eq!(url.as_url().as_str(), "https://a.example/canary?sig=canary");
        assert!(url.client(Duration::from_secs(1)).is_ok());
        assert_eq!(format!("{url:?}"), "***");
        for wrong in ["canary", "http://canary.example/", "https://canary:canary@a.example/"] {
            let error = read(wrong).await.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn addresses_that_are_refused() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "fd00:ec2::254",
            "fe80::1",
            "::ffff:10.0.0.1",
            "2002:a00:1::",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        assert!(
            is_public("1.1.1.1".parse().unwrap()) && is_public("2606:4700::1".parse().unwrap())
        );
        for url in
            ["http://a.example", "https://u:p@a.example", "https://127.0.0.1/", "https://[::1]/"]
        {
            assert!(EndpointUrl::parse(url, false).is_err(), "{url}");
            assert!(EndpointUrl::parse(url, true).is_ok(), "{url}");
        }
    }
}
