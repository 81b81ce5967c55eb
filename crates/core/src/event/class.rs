//! The classes of events, with the facts that only events of that class have.

use super::level::Level;

/// The categories of CloudTrail events.
///
/// Source: CloudTrail user guide, "CloudTrail record contents", `eventCategory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventCategory {
    /// Control-plane calls; also every record older than eventVersion 1.07, which has no category.
    Management,
    /// Data-plane calls such as `s3:GetObject`.
    Data,
    /// CloudTrail Insights: unusual rates.
    Insight,
    /// Calls through a VPC endpoint.
    NetworkActivity,
    /// Data events of five minutes, aggregated into counts.
    Aggregated,
}

impl EventCategory {
    /// Reads `eventCategory`; unknown and absent values count as management events.
    pub fn parse(text: Option<&str>) -> Self {
        match text {
            Some("Data") => Self::Data,
            Some("Insight") => Self::Insight,
            Some("NetworkActivity") => Self::NetworkActivity,
            Some("Aggregated") => Self::Aggregated,
            _ => Self::Management,
        }
    }

    /// AWS's name of the category.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Management => "Management",
            Self::Data => "Data",
            Self::Insight => "Insight",
            Self::NetworkActivity => "NetworkActivity",
            Self::Aggregated => "Aggregated",
        }
    }
}

/// The class of an event. Match on it without a wildcard, so that a new class cannot be overlooked.
#[derive(Clone, Debug)]
pub enum EventClass {
    /// A call of an API, a service's own event, or a sign-in.
    ApiCall(ApiCall),
    /// A request by a protocol: DNS, HTTP, Kubernetes.
    Request(Request),
    /// Network traffic, summed up.
    Flow(Flow),
    /// What another service found.
    ForeignFinding(ForeignFinding),
}

/// The facts of an API call.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// The log's format version, such as `1.08`.
    pub version: String,
    /// Management, data, insight, network activity or aggregated.
    pub category: EventCategory,
    /// `eventType`: `AwsApiCall`, `AwsServiceEvent`, `AwsConsoleSignIn`, …
    pub kind: String,
    /// `eventSource` as the log has it.
    pub event_source: String,
    /// `eventName` as the log has it.
    pub event_name: String,
    /// `requestID`.
    pub request_id: Option<String>,
    /// The id shared by the copies of one event in several accounts.
    pub shared_id: Option<String>,
    /// The error code, if it failed.
    pub error_code: Option<String>,
    /// The error message, if it failed.
    pub error_message: Option<String>,
    /// For an event that summarises many calls: what it says about them, in a sentence.
    pub measured: Option<String>,
}

/// The facts of a request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its kind, `DnsQuery`.
    pub kind: String,
    /// The protocol's code for the failure, such as `NXDOMAIN`, if it failed.
    pub error_code: Option<String>,
    /// The reason for its outcome, in a sentence.
    pub why: Option<String>,
}

/// The facts of network traffic: many flows of one kind, summed up.
#[derive(Clone, Debug)]
pub struct Flow {
    /// What they have in common: `refused-inside`.
    pub kind: String,
    /// How many flows there were.
    pub flows: u64,
    /// What they amount to, in a sentence.
    pub told: String,
    /// Whether it stands for many different flows, rather than for one that is repeated.
    pub is_sum: bool,
}

/// The facts of another service's finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignFinding {
    /// The service that found it: `GuardDuty`.
    pub product: String,
    /// What stays the same when the finding is updated or passed on by a second service.
    pub finding_id: String,
    /// The service's own name for its kind: `Recon:IAMUser/MaliciousIPCaller`.
    pub kind: String,
    /// Its title, in the service's words.
    pub title: String,
    /// How severe the service calls it.
    pub level: Level,
    /// How often the service saw it, if it says so.
    pub count: Option<u64>,
    /// Whether it was made up to try things out.
    pub is_sample: bool,
    /// Whether somebody has closed it, or it has ended.
    pub is_closed: bool,
    /// A finding that this one is part of.
    pub part_of: Option<String>,
}

impl ForeignFinding {
    /// The product, the title and the kind in one line: `GuardDuty: … (Recon:IAMUser/…)`.
    pub fn headline(&self) -> String {
        let Self { product, kind, title, .. } = self;
        let title = title.trim().trim_end_matches('.');
        match (title.is_empty(), kind.is_empty() || title.contains(kind.as_str())) {
            (true, _) => format!("{product}: {kind}"),
            (false, true) => format!("{product}: {title}"),
            (false, false) => format!("{product}: {title} ({kind})"),
        }
    }
}
