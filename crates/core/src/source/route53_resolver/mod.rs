//! Route 53 Resolver query logs: which name a workload asked for, and the answer.
//!
//! Source: Amazon Route 53 Developer Guide, "Values that appear in VPC Resolver query logs".
//! Queries that the resolver answers from its cache are not logged.

mod decode;
mod derived;
pub mod fields;
mod identify;
mod identity;
mod name;

use super::contract::{
    DerivedField, Essentials, JsonObject, LogSource, RecordContext, RecordParties, RecordProblem,
};
use super::field::{FieldEntry, FieldPath};
use super::id::SourceId;
use crate::event::Event;
use identify::ID;
use serde_json::Value;

/// The source.
#[derive(Clone, Copy, Debug)]
pub struct Route53Resolver;

impl LogSource for Route53Resolver {
    fn id(&self) -> SourceId {
        ID
    }

    fn identify(&self, record: JsonObject<'_>) -> bool {
        identify::is_record(record)
    }

    fn owns_folder(&self, folder: &str) -> bool {
        identify::owns_folder(folder)
    }

    fn fields(&self) -> &'static [FieldEntry] {
        fields::TABLE
    }

    fn derived(&self) -> &'static [DerivedField] {
        derived::TABLE
    }

    fn parties(&self, record: &Value) -> RecordParties {
        let text = |path: &FieldPath| path.text_in(record).map(str::to_owned);
        RecordParties {
            account: text(&fields::ACCOUNT),
            address: text(&fields::ADDRESS),
            principal: decode::principal(record).name,
            arn: None,
            principal_account: None,
        }
    }

    fn essentials(&self) -> Option<Essentials> {
        Some(Essentials { names: ["query_name", "query_timestamp"], time: "query_timestamp" })
    }

    fn decode(&self, record: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
        decode::decode(record, context)
    }
}
