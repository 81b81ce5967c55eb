//! Logs of AWS WAF: which client asked for what, and what the web ACL did.
//!
//! Source: AWS WAF developer guide, "Log fields for web ACL traffic".

mod decode;
mod derived;
pub mod fields;
mod identify;
mod identity;
mod matched;

use super::contract::{
    DerivedField, Essentials, JsonObject, LogSource, RecordContext, RecordParties, RecordProblem,
};
use super::field::FieldEntry;
use super::http::explain_refusal;
use super::id::SourceId;
use crate::event::{Arn, Event};
use crate::explanation::Explanation;
use identify::ID;
use serde_json::Value;

/// The source.
#[derive(Clone, Copy, Debug)]
pub struct Waf;

impl LogSource for Waf {
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
        let acl = fields::ACL.text_in(record).and_then(Arn::parse);
        RecordParties {
            account: acl.map(|arn| arn.account().to_owned()),
            address: fields::CLIENT.text_in(record).map(str::to_owned),
            principal: decode::principal(record).name,
            arn: None,
            principal_account: None,
        }
    }

    fn essentials(&self) -> Option<Essentials> {
        Some(Essentials { names: ["webaclId", "action"], time: "timestamp" })
    }

    fn decode(&self, record: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
        decode::decode(record, context)
    }
}
