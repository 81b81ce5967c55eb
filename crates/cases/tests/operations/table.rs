//! The table of operations.

use std::io::Read;

use aware_iam::action;
use flate2::read::GzDecoder;
use serde_json::Value;

const TABLE: &[u8] = include_bytes!("operations.jsonl.gz");

/// One operation of an API.
pub(crate) struct Operation {
    /// The model's name, `elbv2`.
    pub(crate) model: String,
    /// `eventSource` without `.amazonaws.com`.
    pub(crate) source: String,
    pub(crate) name: String,
    /// The tree of its input: see `xtask/operations.py`.
    pub(crate) input: Value,
}

impl Operation {
    pub(crate) fn id(&self) -> String {
        format!("{}:{}", self.model, self.name)
    }
}

pub(crate) fn operations() -> impl Iterator<Item = Operation> {
    let mut text = String::new();
    GzDecoder::new(TABLE).read_to_string(&mut text).unwrap();
    let lines: Vec<Value> =
        text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.into_iter().flat_map(|service| {
        let text = |key: &str| service[key].as_str().unwrap().to_owned();
        let (model, endpoint, signing) = (text("service"), text("endpoint"), text("signing"));
        // The endpoint is what the log has, where the two differ and we know it.
        let source = if action::service_prefix(&endpoint) == endpoint { signing } else { endpoint };
        let source = source.to_ascii_lowercase();
        let operations = service["operations"].as_object().unwrap().clone();
        operations.into_iter().map(move |(name, input)| Operation {
            model: model.clone(),
            source: source.clone(),
            name,
            input,
        })
    })
}
