//! Calls that are sensitive by their name, and that no table reads.

use aware_core::event::sensitivity::{is_everyday, sensitivity_marks};

use super::call::NotableCall;
use super::document::PolicyDocument;
use super::draft::FactDraft;
use super::resource_policies::draft_admission;
use super::value::{short_name, show_name};
use crate::case::NotableClass;

/// What kind of thing a call does, if it is sensitive by its name.
pub(super) fn sensitive_class(service: &str, name: &str) -> Option<NotableClass> {
    match *sensitivity_marks(service, name).first()? {
        "privileges" => Some(NotableClass::Privileges),
        "credentials" => Some(NotableClass::Credentials),
        "exposure" => Some(NotableClass::Exposure),
        "defences" => Some(NotableClass::Defences),
        _ => None,
    }
}

pub(super) fn read_sensitive(call: &NotableCall<'_>) -> Option<FactDraft> {
    let class = sensitive_class(call.service(), call.name())?;
    if let (NotableClass::Exposure, Some(policy)) = (class, PolicyDocument::find_in(call.request)) {
        let own = |account: &str| call.is_own_account(account);
        let draft = draft_admission(call, &policy.admits(&own));
        // Whoever comes through an endpoint still needs the permission itself; by default anybody may.
        let is_endpoint = call.service() == "ec2" && call.name().ends_with("VpcEndpoint");
        return Some(if is_endpoint { draft.at_most(1) } else { draft });
    }
    let weight = u8::from(!is_everyday(call.service(), call.name()));
    let resource = call.event.first_resource().map(|one| show_name(short_name(&one.name)));
    let resource = resource.or_else(|| named_thing(call));
    let detail = resource.as_ref().map_or_else(String::new, |name| format!("on {name}"));
    let on = resource.map_or_else(String::new, |name| format!(" on {name}"));
    let achieved = format!("called {}{on}", call.event.action);
    Some(FactDraft::new(class, weight, detail, achieved))
}

/// The first parameter that looks like a name, in the order of the names.
fn named_thing(call: &NotableCall<'_>) -> Option<String> {
    let fields = call.request.as_object()?;
    let is_name = |key: &str| {
        let key = key.to_ascii_lowercase();
        ["arn", "name", "id", "identifier"].iter().any(|end| key.ends_with(end))
    };
    let named = fields.iter().filter(|(key, _)| is_name(key));
    let texts = named.filter_map(|(_, value)| super::value::text_of(value));
    texts.map(|text| show_name(short_name(&text))).next()
}
