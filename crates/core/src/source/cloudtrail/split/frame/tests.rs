//! Frames and marks compared with the obvious walk, with each instruction set that the machine has.

use proptest::prelude::*;

use super::super::marked_names::MarkedName;
use super::*;
use crate::envelope::span::end_of_value;

const NAMES: [&[u8]; 3] = [b"\"a", b"\"bb", b"\"ab\":\"cc"];

/// A framer for each instruction set that this machine has.
fn framers() -> Vec<RecordFramer> {
    let level = Level::new();
    let mut levels = vec![level, Level::baseline()];
    #[cfg(target_arch = "x86_64")]
    levels.extend(
        level.as_sse4_2().map(Level::Sse4_2).into_iter().chain(level.as_avx2().map(Level::Avx2)),
    );
    let names: Vec<MarkedName> =
        NAMES.iter().map(|name| MarkedName::from_text(name).unwrap()).collect();
    let framer =
        |level| RecordFramer { level, ..RecordFramer::new(MarkedNames::from_names(names.iter())) };
    levels.into_iter().map(framer).collect()
}

/// The depth before each byte outside strings, by the obvious walk.
fn depths(bytes: &[u8]) -> Vec<Option<u32>> {
    let (mut depth, mut in_string, mut is_escaped) = (0_u32, false, false);
    let before = |byte: &u8| {
        let before = (!in_string).then_some(depth);
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
        before
    };
    bytes.iter().map(before).collect()
}

fn check(framer: &mut RecordFramer, text: &str) -> Result<(), TestCaseError> {
    let padded = format!("xx{text},tail");
    let bytes = padded.as_bytes();
    let frame = framer.find_frame(bytes, 2);
    let walked = end_of_value(bytes, 2).ok();
    // A backslash outside a string is not JSON: the framer then returns nothing.
    let is_doubtful = frame.is_none() && bytes.contains(&b'\\');
    prop_assert!(is_doubtful || frame.map(|frame| frame.end) == walked, "{:?}", walked);
    if let Some(RecordFrame { end, is_ascii, has_escape, .. }) = frame {
        prop_assert!(!is_ascii || bytes[2..end].is_ascii());
        prop_assert!(has_escape || !bytes[2..end].contains(&b'\\'));
        let depths = depths(&bytes[2..end]);
        let begins = |place: &usize| NAMES.iter().any(|name| bytes[*place..].starts_with(name));
        let marks: Vec<NameMark> = (2..end)
            .filter(begins)
            .map(|place| NameMark {
                place,
                word: first_word(&bytes[place..]),
                depth: depths[place - 2],
            })
            .collect();
        prop_assert_eq!(framer.last_marks(), marks);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn frames_are_those_of_the_walk(
        text in r#"\{("|\\|\{|\}|\[|\]|[a-c]{0,9}|é|\\"|":"|","|"a|"bb|"ab":"cc){0,90}\}?"#,
        blanks in 0..70_usize,
    ) {
        // Anything at any position of a block.
        let text = text.replacen('{', &format!("{{{}", " ".repeat(blanks)), 1);
        for framer in &mut framers() {
            check(framer, &text)?;
        }
    }
}

#[test]
fn the_end_of_a_block_is_no_seam() {
    // Exactly as many blocks with marks as are noted at once.
    let full = "\"a\":1,".repeat(NOTES * BLOCK / 6 - 6);
    for framer in &mut framers() {
        for (blanks, names) in (0..2 * BLOCK).flat_map(|blanks| [(blanks, ""), (blanks, &full)]) {
            let begin = format!("{{{names}{}", " ".repeat(blanks));
            for text in [
                r#""a":{"bb":"\\"}}"#,
                r#""c":"\\\"a","ab":"cc}"}"#,
                r#""c":"\"bb\\","a":["}"]}"#,
                r#""c":"é\\\\\\\"a"}"#,
                r#"\"a\":1}"#,
                r#""c":{"#,
            ] {
                let text = format!("{begin}{text}");
                check(framer, &text).unwrap_or_else(|error| panic!("{text}: {error}"));
            }
        }
    }
}

#[test]
fn marks_are_bounded() {
    let many = |count: usize| format!("{{{}\"c\":1}}", "\"a\":1,".repeat(count)).into_bytes();
    for framer in &mut framers() {
        assert!(framer.find_frame(&many(MAX_MARKS), 0).is_some());
        assert_eq!(framer.last_marks().len(), MAX_MARKS);
        assert_eq!(framer.find_frame(&many(MAX_MARKS + 1), 0), None);
    }
}

#[test]
fn what_is_deep_is_told() {
    let nest = |depth: usize| {
        let blanks = " ".repeat(BLOCK);
        format!("{{\"c\":{}{blanks}{}}}", "[".repeat(depth), "]".repeat(depth)).into_bytes()
    };
    for framer in &mut framers() {
        let mut is_deep = |depth| framer.find_frame(&nest(depth), 0).map(|frame| frame.is_deep);
        assert_eq!(is_deep(SHALLOW as usize - 1), Some(false));
        assert_eq!(is_deep(SHALLOW as usize), Some(true));
        assert_eq!(is_deep(10_000), Some(true));
    }
}
