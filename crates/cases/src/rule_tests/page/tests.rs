//! Valid and invalid pages.

use super::*;

const EVENT: &str =
    r#"{"eventTime": "2026-11-24T03:54:00Z", "eventSource": "a.amazonaws.com", "eventName": "B"}"#;

fn problems(text: &str) -> Vec<String> {
    parse_page("p.md", text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn a_page() {
    let text = format!(
        "# Title\n\nWhy.\n\n```json\nprose, not a case\n```\n\n## Hit: first\n\nWords.\n\n\
         ```json\n{EVENT}\n```\n\n```text\na b\nKey: value\n```\n\n## Why it is off\n\n\
         ```json\nnothing\n```\n\n## Near miss: second\n\n~~~~json\n[{EVENT},\n{EVENT}]\n~~~~\n"
    );
    let page = parse_page("p.md", &text).unwrap();
    assert_eq!((page.title.as_str(), page.tests.len()), ("Title", 2));
    let [hit, miss] = page.tests.as_slice() else { panic!("{page:?}") };
    assert_eq!((hit.kind, hit.title.as_str(), hit.line), (TestKind::Hit, "first", 9));
    assert_eq!((hit.events.len(), hit.message.as_deref()), (1, Some("a b\nKey: value")));
    assert_eq!(hit.places, TestPlaces { records_end: 15, message: Some(17..19) });
    assert_eq!((miss.kind, miss.events.len(), &miss.message), (TestKind::NearMiss, 2, &None));
}

#[test]
fn what_is_no_page() {
    assert_eq!(
        problems(""),
        [
            "p.md:1:1: page has no cases (hint: add sections `## Hit: …` and `## Near miss: …`)",
            "p.md:1:1: page has no title (hint: begin it with `# What the rule sees`)",
        ]
    );
    let nearly = "(hint: write `## Hit: what it is` or `## Near miss: what it is`)";
    for heading in
        ["## hit: x", "### Hit: x", "## Hit:", "## Hits: x", "## Near-miss: x", "## Near miss"]
    {
        let text = format!("# T\n{heading}\n## Hit: a\n```json\n{EVENT}\n```\n");
        let heading = heading.trim_start_matches('#').trim();
        let what = format!("p.md:2:1: heading `{heading}` is nearly that of a case {nearly}");
        assert_eq!(problems(&text), [what]);
    }
    let fine = format!("# T\n## Hits and misses of last year\n## Hit: a\n```json\n{EVENT}\n```\n");
    assert!(parse_page("p.md", &fine).is_ok());
}

#[test]
fn what_is_no_case() {
    let of = |case: &str| problems(&format!("# T\n## Near miss: a\n{case}"));
    assert_eq!(of(""), ["p.md:2:1: case `a` has no records (hint: add a fenced block `json`)"]);
    assert_eq!(of("```json\n{}\n")[1], "p.md:3:1: fenced block has no end");
    assert_eq!(of("```json\n{\n  a\n```\n"), ["p.md:5:3: no JSON: key must be a string"]);
    assert_eq!(
        of("```json\n[]\n```\n"),
        ["p.md:4:1: block is neither a record nor a list of records"]
    );
    assert_eq!(
        of("```json\n[{}]\n```\n"),
        ["p.md:4:1: record 1 is not an event: record has no `eventSource`"]
    );
    let block = format!("```json\n{EVENT}\n```\n");
    assert_eq!(
        of(&format!("{block}```text\nx\n```\n")),
        ["p.md:6:1: a near miss makes no message"]
    );
    assert_eq!(
        of(&format!("{block}{block}")),
        ["p.md:6:1: second block `json` in one case (hint: put several records into one list)"]
    );
}
