//! What somebody on call sees of a message, as plain text that no app or mail takes for markup.
//!
//! Pagers show texts in apps, mails and text messages, each of which may interpret HTML or make
//! links of URLs. Therefore nothing is escaped, since one medium would show what another needs:
//! angle brackets become look-alikes, and `://` becomes `[:]//`.

use aware_core::message::Message;
use aware_core::text::{clean_line, clip_text};

use super::card::MessageCard;

/// The most characters in the headline, a label, a value, and another line.
const HEADLINE_CHARS: usize = 1024;
const LABEL_CHARS: usize = 60;
const VALUE_CHARS: usize = 1000;
const LINE_CHARS: usize = 200;
/// The most fields shown.
const MAX_FIELDS: usize = 40;
/// Commands and statements longer than this are left out: half of one is worse than none.
const CODE_CHARS: usize = 4000;
/// Room kept for saying how much is left out of a text, in characters.
const LEFT_OUT_CHARS: usize = 60;

/// The parts of a message for somebody on call. Every text is clean and short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageCard {
    /// `HIGH - alice made themselves administrator`.
    pub(super) headline: String,
    /// What has changed, whether it still holds, what it looks like.
    pub(super) sentence: String,
    /// Labelled values.
    pub(super) fields: Vec<(String, String)>,
    /// The first step to take.
    pub(super) step: String,
    /// What `code` is.
    pub(super) code_label: &'static str,
    /// The commands of the first step, the statement that would cure a denial, or the request.
    pub(super) code: String,
    /// The timeline of a case.
    pub(super) lines: Vec<String>,
    /// References for looking things up.
    pub(super) context: String,
    /// Who acted.
    pub(super) who: String,
    /// The account that was called first.
    pub(super) account: String,
    /// What the case looks like; of any other message its kind.
    pub(super) class: String,
}

impl PageCard {
    /// Lays a message out.
    pub(super) fn new(message: &Message) -> Self {
        let card = MessageCard::new(message);
        let case = message.case.as_ref();
        let who = case.map(|case| case.who.as_str()).filter(|who| !who.is_empty());
        let accounts = case.into_iter().flat_map(|case| &case.accounts);
        let account = accounts.chain(&message.facts.account).next();
        let class = case.map_or(message.kind.as_str(), |case| case.reading.as_str());
        Self {
            headline: page_text(&card.header, HEADLINE_CHARS),
            sentence: page_text(&card.sentence, VALUE_CHARS),
            fields: page_fields(&card),
            step: page_text(&card.code_title, LINE_CHARS),
            code_label: code_label(message, &card),
            code: page_code(&card.code),
            lines: card.lines.iter().map(|line| page_text(line, LINE_CHARS)).collect(),
            context: page_text(&card.context.join(" · "), VALUE_CHARS),
            who: page_text(who.or(message.identity.as_deref()).unwrap_or_default(), LINE_CHARS),
            account: page_text(account.map_or("", String::as_str), LABEL_CHARS),
            class: page_text(class, LABEL_CHARS),
        }
    }

    /// All of it but the headline as one text of at most `max` characters. Only whole parts are left
    /// out, the least important ones, and the text says how many.
    pub(super) fn as_text(&self, max: usize) -> String {
        let labelled = self.fields.iter().map(|(label, value)| format!("{label}: {value}"));
        let parts: Vec<String> = std::iter::once(self.sentence.clone())
            .chain(labelled)
            .chain([self.step.clone(), self.code.clone()])
            .chain(self.lines.iter().cloned())
            .chain([self.context.clone()])
            .filter(|part| !part.is_empty())
            .collect();
        let mut room = max.saturating_sub(LEFT_OUT_CHARS);
        let mut shown: Vec<&str> = Vec::new();
        for part in &parts {
            let need = part.encode_utf16().count() + 1;
            if need > room {
                break;
            }
            room -= need;
            shown.push(part);
        }
        let left_out = parts.len() - shown.len();
        let note = (left_out > 0).then(|| format!("\u{2026} {left_out} more parts are left out"));
        shown.into_iter().chain(note.as_deref()).collect::<Vec<&str>>().join("\n")
    }
}

fn page_fields(card: &MessageCard) -> Vec<(String, String)> {
    let shown = card.fields.iter().take(MAX_FIELDS);
    let shown =
        shown.map(|(label, value)| (page_text(label, LABEL_CHARS), page_text(value, VALUE_CHARS)));
    let more = card.fields.len().saturating_sub(MAX_FIELDS);
    let note = (more > 0).then(|| ("Left out".to_owned(), format!("{more} more fields")));
    shown.chain(note).collect()
}

fn code_label(message: &Message, card: &MessageCard) -> &'static str {
    if !card.code_title.is_empty() {
        "Commands"
    } else if message.facts.shown_changes().next().is_some() {
        "Statement"
    } else {
        "Request"
    }
}

/// Commands, statements and requests are shown as they are or not at all: whoever copies one must
/// get what was meant.
fn page_code(code: &str) -> String {
    let is_plain = code.lines().all(|line| plain_line(line) == line);
    if is_plain && code.encode_utf16().count() <= CODE_CHARS {
        return code.to_owned();
    }
    "left out: too long for a page, or not plain text".to_owned()
}

/// One line that nothing takes for markup or for a link, of at most `max` characters.
pub(super) fn page_text(text: &str, max: usize) -> String {
    clip_text(plain_line(text).trim(), max).into_owned()
}

fn plain_line(text: &str) -> String {
    clean_line(text).replace('<', "\u{2039}").replace('>', "\u{203a}").replace("://", "[:]//")
}

#[cfg(test)]
mod tests {
    use super::super::paging::test_case_message;
    use super::*;

    #[test]
    fn a_case() {
        let card = PageCard::new(&test_case_message("update", "critical", false));
        assert_eq!(card.headline, "CRITICAL - alice made themselves administrator");
        assert_eq!(card.sentence, "A new access key.");
        assert_eq!(card.class, "intrusion");
        assert_eq!(
            card.as_text(15_000),
            "A new access key.\n\
             Who: user/alice in 111122223333\n\
             From: 203.0.113.83\n\
             When: 03:50:00 to 03:54:00 UTC\n\
             First: Deny everything to user/alice\n\
             aws iam attach-user-policy --user-name alice\n\
             03:50:00 ◆ iam:PutUserPolicy on themselves: Allow * on *\n\
             case c5b1e"
        );
    }

    #[test]
    fn a_short_text_keeps_who_and_where_and_says_what_it_lacks() {
        let card = PageCard::new(&test_case_message("update", "critical", false));
        let text = card.as_text(180);
        assert!(text.chars().count() <= 180, "{text}");
        let kept = "A new access key.\nWho: user/alice in 111122223333\nFrom: 203.0.113.83\n";
        assert!(text.starts_with(kept), "{text}");
        assert!(text.ends_with("… 4 more parts are left out"), "{text}");
    }

    #[test]
    fn markup_links_and_invisible_characters() {
        assert_eq!(
            page_text("<a href=\"https://evil.example\">\u{202e}log\nin</a>", 200),
            "‹a href=\"https[:]//evil.example\"›\u{fffd}log in‹/a›"
        );
        let mut message = test_case_message("update", "critical", false);
        let case = message.case.as_mut().unwrap();
        case.who = "<img src=x> https://evil.example".to_owned();
        case.next_steps[0].commands = vec!["aws --endpoint https://evil.example".to_owned()];
        let text = PageCard::new(&message).as_text(15_000);
        assert!(!text.contains(['<', '>']) && !text.contains("://"), "{text}");
        assert!(text.contains("left out: too long"), "{text}");
    }

    #[test]
    fn code_is_whole_or_left_out() {
        assert_eq!(page_code("{\n  \"Effect\": \"Allow\"\n}"), "{\n  \"Effect\": \"Allow\"\n}");
        assert_eq!(page_code(""), "");
        assert!(page_code(&"x".repeat(CODE_CHARS + 1)).starts_with("left out"));
        assert!(page_code("echo \u{202e}").starts_with("left out"));
    }

    #[test]
    fn many_fields_of_a_foreign_message() {
        let fields: Vec<_> =
            (0..100).map(|n| serde_json::json!({"key": "k", "value": format!("{n}")})).collect();
        let body = serde_json::json!({"subject": "s", "fields": fields});
        let card = PageCard::new(&Message::read_json(body.to_string().as_bytes()).unwrap());
        let last = card.fields.last().cloned();
        assert_eq!(last, Some(("Left out".to_owned(), "60 more fields".to_owned())));
    }
}
