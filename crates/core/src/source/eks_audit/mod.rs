//! Audit logs of EKS clusters: who asked the Kubernetes API for what, and the answer.
//!
//! Source: Kubernetes documentation, "Auditing", and API reference, `audit.k8s.io/v1`; Amazon EKS
//! user guide, "Send control plane logs to CloudWatch Logs".

mod controllers;
mod cure;
mod decode;
mod denial;
mod derived;
mod explain;
pub mod fields;
mod identify;
mod identity;
mod name;
mod no_grant;
mod pod;
mod refusal_text;
mod stage;
mod what;
mod who;

use super::contract::{
    AccessDecider, DerivedField, Essentials, JsonObject, LogSource, RecordContext, RecordParties,
    RecordProblem,
};
use super::field::FieldEntry;
use super::id::SourceId;
use crate::event::Event;
use crate::explanation::Explanation;
pub use identify::ID;
use serde_json::Value;

pub use refusal_text::{AskedFor, RefusalText};

/// The source.
#[derive(Clone, Copy, Debug)]
pub struct EksAudit;

impl LogSource for EksAudit {
    fn id(&self) -> SourceId {
        ID
    }

    fn identify(&self, record: JsonObject<'_>) -> bool {
        identify::is_record(record)
    }

    fn owns_folder(&self, _folder: &str) -> bool {
        false
    }

    fn explain(&self, event: &Event) -> Option<Explanation> {
        explain::explain(event)
    }

    fn decided_by(&self) -> AccessDecider {
        AccessDecider::Kubernetes
    }

    fn fields(&self) -> &'static [FieldEntry] {
        fields::TABLE
    }

    fn derived(&self) -> &'static [DerivedField] {
        derived::TABLE
    }

    fn parties(&self, record: &Value) -> RecordParties {
        let who = who::principal(record, None);
        // The record says whose the caller is, and not whose the cluster is.
        let account = who::iam_account(record).map(str::to_owned);
        RecordParties {
            account: None,
            address: who::address(record).map(str::to_owned),
            principal: who.name,
            arn: who.arn,
            principal_account: account,
        }
    }

    fn essentials(&self) -> Option<Essentials> {
        Some(Essentials { names: ["kind", "apiVersion"], time: "requestReceivedTimestamp" })
    }

    fn decode(&self, record: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
        decode::decode(record, context)
    }
}

#[cfg(test)]
mod tests;
