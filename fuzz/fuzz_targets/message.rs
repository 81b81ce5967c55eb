//! Any bytes as a message: no panic, and what was read is written the same again.
#![no_main]

use aware_core::message::Message;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = Message::read_json(bytes) else { return };
    assert!(Message::read_json(message.to_json_v1().as_bytes()).is_ok());
    assert_eq!(
        Message::read_json(message.to_json().as_bytes()).map(|m| m.subject).ok(),
        Some(message.subject)
    );
});
