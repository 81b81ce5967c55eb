//! VPC Flow Logs and Transit Gateway Flow Logs: which packets were let through and which refused.
//!
//! They are two sources. `vpc_flow` has a record for each line, for rules that name it. `vpc_traffic`
//! sums lines up, since a refused packet means nothing and many of them do: every line is in its sums,
//! whether or not a rule names it.
//!
//! Source: VPC user guide, "Flow log records"; Transit Gateway guide, "Transit Gateway Flow Log records".

mod change;
mod class;
mod explain;
mod fields;
mod flow_event;
mod format;
mod identify;
mod line;
mod reader;
mod sums;
mod traffic_event;
mod traffic_fields;

use serde_json::Value;

use super::contract::{
    AccessDecider, DerivedField, Essentials, JsonObject, LineReader, LineSettings, LogSource,
    RecordContext, RecordParties, RecordProblem,
};
use super::field::FieldEntry;
use super::id::SourceId;
use crate::event::Event;
use crate::explanation::Explanation;

pub use identify::{FLOW, TRAFFIC};

/// Whether a text is a format of a flow log, `${srcaddr} ${dstaddr} ${end} …`, with a time.
///
/// ```
/// use aware_core::source::vpc_flow::is_flow_format;
/// assert!(is_flow_format("${srcaddr} ${dstaddr} ${end} ${action}"));
/// assert!(!is_flow_format("${srcaddr} ${dstaddr} ${action}"), "nothing tells when it was");
/// ```
pub fn is_flow_format(text: &str) -> bool {
    format::FlowFormat::parse(text).is_some_and(|format| !format.has_no_time())
}

/// The source of single flows.
#[derive(Clone, Copy, Debug)]
pub struct VpcFlow;

/// The source of sums.
#[derive(Clone, Copy, Debug)]
pub struct VpcTraffic;

impl LogSource for VpcFlow {
    fn id(&self) -> SourceId {
        FLOW
    }

    /// A line that an earlier tool has turned into an object.
    fn identify(&self, record: JsonObject<'_>) -> bool {
        record.has_all(&["srcaddr", "dstaddr", "log-status"])
            || record.has_all(&["srcaddr", "dstaddr", "action", "interface-id"])
    }

    fn owns_folder(&self, folder: &str) -> bool {
        folder.eq_ignore_ascii_case("vpcflowlogs")
    }

    fn line_reader<'a>(
        &self,
        head: &str,
        settings: LineSettings<'a>,
    ) -> Option<Box<dyn LineReader + 'a>> {
        reader::for_text(head, settings)
    }

    fn decided_by(&self) -> AccessDecider {
        AccessDecider::Network
    }

    fn fields(&self) -> &'static [FieldEntry] {
        fields::TABLE
    }

    fn derived(&self) -> &'static [DerivedField] {
        flow_event::DERIVED
    }

    fn parties(&self, record: &Value) -> RecordParties {
        flow_event::parties(record)
    }

    fn essentials(&self) -> Option<Essentials> {
        Some(Essentials { names: ["srcaddr", "dstaddr"], time: "end" })
    }

    fn decode(&self, record: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
        flow_event::decode(record, context)
    }
}

impl LogSource for VpcTraffic {
    fn id(&self) -> SourceId {
        TRAFFIC
    }

    /// Only this program writes such records: the reader of flow logs hands them on itself.
    fn identify(&self, record: JsonObject<'_>) -> bool {
        record.has_all(&["kind", "flows", "start", "end"]) && !record.has_any(&["eventName"])
    }

    fn owns_folder(&self, _folder: &str) -> bool {
        false
    }

    fn fields(&self) -> &'static [FieldEntry] {
        traffic_fields::TABLE
    }

    fn derived(&self) -> &'static [DerivedField] {
        traffic_event::DERIVED
    }

    fn parties(&self, record: &Value) -> RecordParties {
        traffic_event::parties(record)
    }

    fn essentials(&self) -> Option<Essentials> {
        Some(Essentials { names: ["kind", "start"], time: "end" })
    }

    fn decode(&self, record: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
        traffic_event::decode(record, context)
    }

    fn explain(&self, event: &Event) -> Option<Explanation> {
        explain::explain(event)
    }

    fn decided_by(&self) -> AccessDecider {
        AccessDecider::Network
    }
}

#[cfg(test)]
mod tests;
