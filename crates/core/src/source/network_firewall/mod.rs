//! Logs of AWS Network Firewall: which connections it saw, and which it dropped.
//!
//! Source: AWS Network Firewall developer guide, "Contents of a Network Firewall log".

mod decode;
mod derived;
pub mod fields;
mod identify;
mod identity;

use super::contract::{
    DerivedField, Essentials, JsonObject, LogSource, RecordContext, RecordParties, RecordProblem,
};
use super::field::FieldEntry;
use super::http::explain_refusal;
use super::id::SourceId;
use crate::event::Event;
use crate::explanation::Explanation;
use identify::ID;
use serde_json::Value;

/// The source.
#[derive(Clone, Copy, Debug)]
pub struct NetworkFirewall;

impl LogSource for NetworkFirewall {
    fn id(&self) -> SourceId {
        ID
    }

    fn identify(&self, record: JsonObject<'_>) -> bool {
        identify::is_record(record)
    }

    fn owns_folder(&self, folder: &str) -> bool {
        identify::owns_folder(folder)
    }

    fn explain(&self, event: &Event) -> Option<Explanation> {
        explain_refusal(event)
    }

    fn fields(&self) -> &'static [FieldEntry] {
        fields::TABLE
    }

    fn derived(&self) -> &'static [DerivedField] {
        derived::TABLE
    }

    fn parties(&self, record: &Value) -> RecordParties {
        RecordParties {
            account: None,
            address: fields::ADDRESS.text_in(record).map(str::to_owned),
            principal: decode::principal(record).name,
            arn: None,
            principal_account: None,
        }
    }

    fn essentials(&self) -> Option<Essentials> {
        Some(Essentials { names: ["firewall_name", "event_timestamp"], time: "event_timestamp" })
    }

    fn decode(&self, record: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
        decode::decode(record, context)
    }
}
