//! Any text as a refusal by Kubernetes: no panic, and no command with what a shell would read.
#![no_main]

use aware_core::source::eks_audit::RefusalText;
use aware_core::source::{decode_record, source_of};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let refusal = RefusalText::parse(text);
    let name = refusal.as_ref().and_then(|refusal| refusal.name.as_deref()).unwrap_or(text);
    let user = refusal.as_ref().map_or("dev", |refusal| &refusal.user);
    let verb = refusal.as_ref().map_or("get", |refusal| &refusal.verb);
    let record = serde_json::json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "1", "verb": verb,
        "stage": "ResponseComplete", "user": {"username": user},
        "objectRef": {"resource": "configmaps", "namespace": "prod", "name": name},
        "responseStatus": {"code": 403, "message": text},
        "requestReceivedTimestamp": "2026-11-24T03:54:00Z",
    });
    let event = decode_record(record.to_string().as_bytes()).expect("the record is one");
    let why = source_of(event.source).explain(&event).expect("it was denied");
    for command in why.remedies.iter().flat_map(|remedy| remedy.forms.first()) {
        assert!(!command.text.contains(['$', '`', ';', '|', '<', '>', '\n', '"']));
    }
});
