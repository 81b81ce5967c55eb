//! Amazon S3 server access logs: who asked a bucket for what, and how S3 answered.
//!
//! Lines of text in a bucket, or JSON in CloudWatch Logs; the fields have the same names.
//!
//! Source: Amazon S3 User Guide, "Amazon S3 server access log format" and "Log format in CloudWatch
//! Logs".

mod decode;
mod derived;
mod explain;
pub mod fields;
mod identify;
mod identity;
mod line;
mod requester;

use super::contract::{
    AccessDecider, DerivedField, Essentials, JsonObject, LineReader, LineSettings, LogSource,
    RecordContext, RecordParties, RecordProblem,
};
use super::field::FieldEntry;
use super::id::SourceId;
use crate::event::Event;
use crate::explanation::Explanation;
pub use identify::ID;
use serde_json::Value;

/// The source.
#[derive(Clone, Copy, Debug)]
pub struct S3Access;

impl LogSource for S3Access {
    fn id(&self) -> SourceId {
        ID
    }

    fn identify(&self, record: JsonObject<'_>) -> bool {
        identify::is_record(record)
    }

    /// S3 writes below a prefix of the owner's choice, never below `AWSLogs/`.
    fn owns_folder(&self, _folder: &str) -> bool {
        false
    }

    fn line_reader<'a>(
        &self,
        head: &str,
        _settings: LineSettings<'a>,
    ) -> Option<Box<dyn LineReader + 'a>> {
        identify::is_log(head).then(|| Box::new(line::line_reader()) as Box<_>)
    }

    fn explain(&self, event: &Event) -> Option<Explanation> {
        explain::explain(event)
    }

    fn decided_by(&self) -> AccessDecider {
        AccessDecider::Bucket
    }

    fn fields(&self) -> &'static [FieldEntry] {
        fields::TABLE
    }

    fn derived(&self) -> &'static [DerivedField] {
        derived::TABLE
    }

    fn parties(&self, record: &Value) -> RecordParties {
        let who = requester::principal(record);
        RecordParties {
            account: None,
            address: fields::ADDRESS.text_in(record).map(str::to_owned),
            principal: who.name,
            arn: who.arn,
            principal_account: who.account,
        }
    }

    fn essentials(&self) -> Option<Essentials> {
        Some(Essentials { names: ["bucket_name", "operation"], time: "request_time" })
    }

    fn decode(&self, record: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
        decode::decode(record, context)
    }
}
