//! CloudTrail: who called which API, and how it ended.

mod decode;
mod derived;
pub mod fields;
pub mod glance;
mod identify;
mod identity;
mod plain_glance;
mod principal;
mod rate_event;
pub mod split;

use super::contract::{
    DerivedField, Essentials, JsonObject, LogSource, RecordContext, RecordProblem,
};
use super::field::FieldEntry;
use super::id::SourceId;
use crate::event::Event;

pub use decode::decode_record;
pub use derived::outcome;
pub use identify::ID;
pub use principal::read_principal;

/// The source.
#[derive(Clone, Copy, Debug)]
pub struct CloudTrail;

impl LogSource for CloudTrail {
    fn id(&self) -> SourceId {
        ID
    }

    fn identify(&self, record: JsonObject<'_>) -> bool {
        identify::is_record(record)
    }

    fn owns_folder(&self, folder: &str) -> bool {
        identify::owns_folder(folder)
    }

    fn owns_detail_type(&self, detail_type: &str) -> bool {
        identify::owns_detail_type(detail_type)
    }

    fn is_steady(&self) -> bool {
        true
    }

    fn fields(&self) -> &'static [FieldEntry] {
        fields::TABLE
    }

    fn derived(&self) -> &'static [DerivedField] {
        derived::TABLE
    }

    fn essentials(&self) -> Essentials {
        Essentials { names: ["eventSource", "eventName"], time: "eventTime" }
    }

    fn decode(&self, record: &[u8], _context: RecordContext<'_>) -> Result<Event, RecordProblem> {
        decode_record(record)
    }
}
