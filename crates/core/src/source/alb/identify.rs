//! Its names, and which records and folders hold access logs.

use crate::source::contract::JsonObject;
use crate::source::id::SourceId;

/// The names of the source.
pub(super) const ID: SourceId = SourceId::new("alb", "Application Load Balancer access log");

/// Whether an object is a record, as this source writes it.
pub(super) fn is_record(record: JsonObject<'_>) -> bool {
    record.has_all(&["elb", "elb_status_code", "time"])
}

/// `AWSLogs/ACCOUNT/elasticloadbalancing/REGION/…`, which Network Load Balancers share.
pub(super) fn owns_folder(folder: &str) -> bool {
    folder.eq_ignore_ascii_case("elasticloadbalancing")
}

/// Whether one of a text's first lines is one of an access log.
pub(super) fn is_log(head: &str) -> bool {
    head.lines().filter(|line| !line.trim().is_empty()).take(5).any(is_line)
}

/// Lines begin with the kind of request (`http`, `https`, `h2`, `grpcs`, `ws`, `wss`), a time, and a
/// load balancer whose name begins with `app/`.
pub(super) fn is_line(line: &str) -> bool {
    let mut words = line.trim_start().split(' ');
    let mut word = || words.next().unwrap_or_default();
    let kind = word();
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_kind = (1..=8).contains(&kind.len()) && kind.bytes().all(is_plain);
    is_kind && is_time(word()) && word().starts_with("app/")
}

/// What a line is that is none of an Application Load Balancer's, if that is known.
pub(super) fn name_other_line(line: &str) -> Option<&'static str> {
    let words: Vec<&str> = line.split(' ').take(5).collect();
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    match () {
        () if word(0) == "tls" && is_time(word(2)) => Some("a line of a Network Load Balancer"),
        () if is_time(word(0)) && word(2).contains(':') => {
            Some("a line of a Classic Load Balancer")
        }
        () => None,
    }
}

fn is_time(text: &str) -> bool {
    text.len() >= 19 && text.as_bytes().get(10) == Some(&b'T')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        assert!(is_log("https 2026-09-14T03:12:09.1Z app/web/50dc 192.0.2.1:1 -"));
        assert!(is_log("broken\nh2 2026-09-14T03:12:09.1Z app/web/50dc 192.0.2.1:1 -"));
        assert!(!is_log("tls 2.0 2026-09-14T03:12:09 net/web/50dc a 192.0.2.1:1"));
        let classic = "2026-09-14T03:12:09.1Z web 192.0.2.1:1 10.0.0.1:80 0 0 0 200 200 0 5";
        assert!(!is_log(classic));
        assert_eq!(name_other_line(classic), Some("a line of a Classic Load Balancer"));
        let network = "tls 2.0 2026-09-14T03:12:09 net/web/50dc a 192.0.2.1:1";
        assert_eq!(name_other_line(network), Some("a line of a Network Load Balancer"));
        assert_eq!(name_other_line("hello"), None);
    }
}
