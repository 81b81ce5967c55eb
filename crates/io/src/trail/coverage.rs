//! What a trail logs: a trail that leaves out management events, read calls or regions does not see
//! what is denied there.
//!
//! Source: CloudTrail User Guide, "Logging management events" and "Filtering data events by using
//! advanced event selectors"; API reference, `AdvancedFieldSelector`.

use aws_sdk_cloudtrail::types::{
    AdvancedEventSelector, AdvancedFieldSelector, EventSelector, ReadWriteType, Trail,
};

/// What a trail leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailCoverage {
    /// Its blind spots, each in a sentence with a hint.
    pub blind: Vec<String>,
    /// Services whose management events it leaves out on purpose: `kms.amazonaws.com`.
    pub without: Vec<String>,
}

/// Whether read calls and write calls are logged, and without which services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ManagementEvents {
    reads: bool,
    writes: bool,
    without: Vec<String>,
}

/// The hint that makes a trail log all management events.
const SELECTORS_HINT: &str = "hint: aws cloudtrail put-event-selectors --trail-name NAME --advanced-event-selectors '[{\"FieldSelectors\": [{\"Field\": \"eventCategory\", \"Equals\": [\"Management\"]}]}]', with the selectors that it has for data events";

/// What a trail leaves out, by its settings and its selectors; it has either basic or advanced
/// selectors.
pub(super) fn trail_coverage(
    trail: &Trail,
    basic: &[EventSelector],
    advanced: &[AdvancedEventSelector],
) -> TrailCoverage {
    let mut blind = Vec::new();
    if trail.is_multi_region_trail() != Some(true) {
        let home = trail.home_region().unwrap_or("its own");
        blind.push(format!("it only logs the region {home} (hint: aws cloudtrail update-trail --name NAME --is-multi-region-trail)"));
    }
    if trail.include_global_service_events() != Some(true) {
        blind.push("it does not log IAM, STS and the other global services (hint: aws cloudtrail update-trail --name NAME --include-global-service-events)".to_owned());
    }
    let management = if advanced.is_empty() { from_basic(basic) } else { from_advanced(advanced) };
    match (management.reads, management.writes) {
        (true, true) => {}
        (false, false) => {
            blind.push(format!("it does not log management events ({SELECTORS_HINT})"))
        }
        (true, false) => blind.push(format!("it does not log write calls ({SELECTORS_HINT})")),
        (false, true) => {
            blind.push(format!(
                "it does not log read calls, which most denials are ({SELECTORS_HINT})"
            ));
        }
    }
    TrailCoverage { blind, without: management.without }
}

fn from_basic(selectors: &[EventSelector]) -> ManagementEvents {
    let mut all = ManagementEvents::default();
    for selector in selectors {
        // A trail logs them unless its selectors say otherwise.
        if selector.include_management_events() == Some(false) {
            continue;
        }
        let kind = selector.read_write_type();
        let (reads, writes) = match kind {
            Some(ReadWriteType::ReadOnly) => (true, false),
            Some(ReadWriteType::WriteOnly) => (false, true),
            _ => (true, true),
        };
        all.add_selector(reads, writes, selector.exclude_management_event_sources());
    }
    all
}

fn from_advanced(selectors: &[AdvancedEventSelector]) -> ManagementEvents {
    let mut all = ManagementEvents::default();
    for selector in selectors {
        let fields = selector.field_selectors();
        let Some((reads, writes, without)) = from_fields(fields) else { continue };
        all.add_selector(reads, writes, &without);
    }
    all
}

/// Which management events one advanced selector lets through; `None` for other events, and for a
/// selector by name or caller that lets only some through.
fn from_fields(fields: &[AdvancedFieldSelector]) -> Option<(bool, bool, Vec<String>)> {
    let (mut is_management, mut reads, mut writes) = (false, true, true);
    let mut without = Vec::new();
    for field in fields {
        match field.field() {
            "eventCategory" => is_management = field.equals() == ["Management"],
            "readOnly" => {
                reads &= field.equals().iter().any(|value| value == "true");
                writes &= field.equals().iter().any(|value| value == "false");
            }
            "eventSource" if is_exclusion(field) => without.extend_from_slice(field.not_equals()),
            _ => return None,
        }
    }
    is_management.then_some((reads, writes, without))
}

/// Whether a field selector only excludes what it names.
fn is_exclusion(field: &AdvancedFieldSelector) -> bool {
    !field.not_equals().is_empty()
        && [field.equals(), field.starts_with(), field.ends_with()]
            .iter()
            .all(|some| some.is_empty())
        && field.not_starts_with().is_empty()
        && field.not_ends_with().is_empty()
}

impl ManagementEvents {
    /// What one selector leaves out, another may let through.
    fn add_selector(&mut self, reads: bool, writes: bool, without: &[String]) {
        let is_first = !self.reads && !self.writes;
        self.reads |= reads;
        self.writes |= writes;
        if is_first {
            self.without = without.to_vec();
        } else {
            self.without.retain(|service| without.contains(service));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail() -> Trail {
        Trail::builder().is_multi_region_trail(true).include_global_service_events(true).build()
    }

    fn basic(kind: ReadWriteType, management: bool) -> EventSelector {
        let selector = EventSelector::builder().read_write_type(kind);
        selector.include_management_events(management).build()
    }

    fn advanced(fields: &[(&str, &[&str])]) -> AdvancedEventSelector {
        let field = |(name, values): &(&str, &[&str])| {
            let (name, is_not) = name.strip_prefix('!').map_or((*name, false), |name| (name, true));
            let field = AdvancedFieldSelector::builder().field(name);
            let values = Some(values.iter().map(|value| (*value).to_owned()).collect());
            let field =
                if is_not { field.set_not_equals(values) } else { field.set_equals(values) };
            field.build().unwrap()
        };
        let fields = fields.iter().map(field).collect();
        AdvancedEventSelector::builder().set_field_selectors(Some(fields)).build().unwrap()
    }

    /// The first words of each blind spot.
    fn blind(basic: &[EventSelector], advanced: &[AdvancedEventSelector]) -> String {
        let said = trail_coverage(&trail(), basic, advanced).blind;
        let words = |text: &String| text.split(" (hint").next().unwrap().to_owned();
        said.iter().map(words).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn basic_selectors() {
        let all = basic(ReadWriteType::All, true);
        let reads = basic(ReadWriteType::ReadOnly, true);
        let writes = basic(ReadWriteType::WriteOnly, true);
        let none = basic(ReadWriteType::All, false);
        for (selectors, wanted) in [
            (vec![all.clone()], ""),
            (vec![none.clone(), all], ""),
            (vec![reads.clone(), writes.clone()], ""),
            (vec![reads], "it does not log write calls"),
            (vec![writes], "it does not log read calls, which most denials are"),
            (vec![none], "it does not log management events"),
        ] {
            assert_eq!(blind(&selectors, &[]), wanted, "{selectors:?}");
        }
        let excluding =
            EventSelector::builder().exclude_management_event_sources("kms.amazonaws.com");
        let excluding = trail_coverage(&trail(), &[excluding.build()], &[]);
        assert_eq!(excluding.without, ["kms.amazonaws.com"]);
        assert_eq!(excluding.blind, Vec::<String>::new());
    }

    #[test]
    fn advanced_selectors() {
        let management = ("eventCategory", &["Management"][..]);
        let data =
            advanced(&[("eventCategory", &["Data"]), ("resources.type", &["AWS::S3::Object"])]);
        let all = advanced(&[management]);
        let no_kms = advanced(&[management, ("!eventSource", &["kms.amazonaws.com"])]);
        let reads = advanced(&[management, ("readOnly", &["true"])]);
        let writes = advanced(&[management, ("readOnly", &["false"])]);
        let of_one = advanced(&[management, ("eventSource", &["iam.amazonaws.com"])]);
        let not_of_one = advanced(&[management, ("!userIdentity.arn", &["arn:aws:iam::1:role/x"])]);
        for (selectors, wanted) in [
            (vec![all.clone()], ""),
            (vec![data.clone(), no_kms.clone()], ""),
            (vec![reads, writes.clone()], ""),
            (vec![writes], "it does not log read calls, which most denials are"),
            (vec![data], "it does not log management events"),
            (vec![of_one], "it does not log management events"),
            (vec![not_of_one], "it does not log management events"),
        ] {
            assert_eq!(blind(&[], &selectors), wanted, "{selectors:?}");
        }
        assert_eq!(
            trail_coverage(&trail(), &[], std::slice::from_ref(&no_kms)).without,
            ["kms.amazonaws.com"]
        );
        assert_eq!(trail_coverage(&trail(), &[], &[no_kms, all]).without, Vec::<String>::new());
    }

    #[test]
    fn one_region_and_no_global_services() {
        let all = [basic(ReadWriteType::All, true)];
        let trail = Trail::builder().home_region("eu-west-1").build();
        let said = trail_coverage(&trail, &all, &[]).blind.join("\n");
        assert!(said.contains("it only logs the region eu-west-1 (hint: "), "{said}");
        assert!(said.contains("it does not log IAM, STS and the other global services"), "{said}");
    }
}
