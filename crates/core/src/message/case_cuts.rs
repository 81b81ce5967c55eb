//! Cuts the case of a message that is too long.

use super::{CaseFacts, Message, TruncatedField};
use crate::text::clip_text;

/// How many lines of a timeline are kept.
const LINES: usize = 8;
/// The most characters of a line, and of other texts, that are kept.
const TEXT: usize = 200;
/// The longest step that is kept, in bytes.
const STEP: usize = 2048;
/// How many steps, and how many accounts, are kept.
const STEPS: usize = 3;
const ACCOUNTS: usize = 20;

/// Keeps the lines that the case is about, up to some.
pub(super) fn cut_timeline(message: &mut Message) {
    let Some(case) = &mut message.case else { return };
    let before = json_bytes(&case.timeline);
    let all = case.timeline.len();
    if all > LINES {
        let mut room = LINES;
        let keys = case.timeline.iter().filter(|line| line.is_key).count();
        let mut spare = LINES.saturating_sub(keys);
        case.timeline.retain(|line| {
            let pool = if line.is_key { &mut room } else { &mut spare };
            let is_kept = *pool > 0;
            *pool = pool.saturating_sub(1);
            is_kept
        });
    }
    for line in &mut case.timeline {
        line.text = clip_text(&line.text, TEXT).into_owned();
    }
    case.timeline_left_out += (all - case.timeline.len()) as u64;
    note_cut(message, "/case/timeline", before, |case| json_bytes(&case.timeline));
}

/// Keeps the first steps. A command is never cut: a step that is too long is dropped as a whole.
pub(super) fn cut_steps(message: &mut Message) {
    let Some(case) = &mut message.case else { return };
    let before = json_bytes(case);
    let all = case.next_steps.len();
    case.next_steps.retain(|step| json_bytes(step) <= STEP);
    case.next_steps.truncate(STEPS);
    case.steps_left_out += (all - case.next_steps.len()) as u64;
    case.accounts.truncate(ACCOUNTS);
    for text in [&mut case.who, &mut case.from] {
        *text = clip_text(text, TEXT).into_owned();
    }
    note_cut(message, "/case", before, json_bytes);
}

fn note_cut(message: &mut Message, path: &str, before: usize, after: impl Fn(&CaseFacts) -> usize) {
    let bytes = before.saturating_sub(message.case.as_ref().map_or(before, after));
    if bytes > 0 {
        message.truncated.push(TruncatedField { path: path.to_owned(), bytes });
    }
}

fn json_bytes<T: serde::Serialize + ?Sized>(value: &T) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len())
}
