//! A successful call, as the readers of this folder see it, and the templates that it fills.

use aware_core::enrichment::Enrichment;
use aware_core::event::{Event, EventCategory, Outcome, PrincipalKind};
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

use super::shell::quote_argument;
use super::template::{TemplateSlot, fill_template, key_part};
use super::value::{
    each_text, find_all, find_path, list_names, short_key, short_name, show_name, text_of, texts_of,
};
use crate::triage::{GrantEffect, SelfGrant};

/// What IAM calls the root user where a user's name is expected.
const ROOT_USER: &str = "AWS ROOT USER";
/// How many names of a list a command has.
const MAX_ARGUMENTS: usize = 20;
/// How many instances of one call are kept.
const MAX_INSTANCES: usize = 20;
/// Services whose calls have no region.
const GLOBAL: [&str; 11] = [
    "iam",
    "sts",
    "organizations",
    "cloudfront",
    "route53",
    "s3",
    "shield",
    "waf",
    "account",
    "signin",
    "globalaccelerator",
];

static NOTHING: Value = Value::Null;

pub(super) fn is_success(event: &Event) -> bool {
    let is_call = event.api_call().is_some_and(|call| {
        !matches!(call.category, EventCategory::Insight | EventCategory::Aggregated)
    });
    is_call && event.outcome == Outcome::Success
}

/// A call that went through.
pub(super) struct NotableCall<'e> {
    pub(super) event: &'e Event,
    known: &'e Enrichment,
    pub(super) request: &'e Value,
    pub(super) response: &'e Value,
}

impl<'e> NotableCall<'e> {
    pub(super) fn new(event: &'e Event) -> Self {
        Self::knowing(event, Enrichment::nothing())
    }

    pub(super) fn knowing(event: &'e Event, known: &'e Enrichment) -> Self {
        let request = field::REQUEST.find_in(&event.record).unwrap_or(&NOTHING);
        let response = field::RESPONSE.find_in(&event.record).unwrap_or(&NOTHING);
        Self { event, known, request, response }
    }

    pub(super) fn service(&self) -> &'e str {
        &self.event.action.service
    }

    pub(super) fn name(&self) -> &'e str {
        &self.event.action.name
    }

    pub(super) fn account(&self) -> &'e str {
        self.event.account_or_unknown()
    }

    /// A value of the request, or of the answer below `response.`.
    pub(super) fn value(&self, path: &str) -> Option<&'e Value> {
        match path.strip_prefix("response.") {
            Some(path) => find_path(self.response, path),
            None => find_path(self.request, path),
        }
    }

    /// The first of several alternatives, `name|trailARN`, that has a text.
    pub(super) fn text(&self, paths: &str) -> Option<String> {
        paths.split('|').find_map(|path| text_of(self.value(path)?))
    }

    /// The texts of the first alternative that has any.
    pub(super) fn texts(&self, paths: &str) -> Vec<String> {
        let lists = paths.split('|').map(|path| {
            let values = match path.strip_prefix("response.") {
                Some(path) => find_all(self.response, path),
                None => find_all(self.request, path),
            };
            values.into_iter().flat_map(texts_of).collect::<Vec<String>>()
        });
        lists.into_iter().find(|list| !list.is_empty()).unwrap_or_default()
    }

    /// Whether a parameter has this text, in any case.
    pub(super) fn has(&self, path: &str, text: &str) -> bool {
        self.text(path).is_some_and(|found| found.eq_ignore_ascii_case(text))
    }

    /// Whether the call changed what its caller may do, by triage's own judgement.
    pub(super) fn is_own_grant(&self) -> bool {
        let grant = SelfGrant::from_event(self.event);
        grant.is_some_and(|grant| grant.given == GrantEffect::Surely)
    }

    /// Whether the call takes something off its caller: a policy, or a membership. What is taken
    /// off groups says nothing of that.
    pub(super) fn is_own_removal(&self) -> bool {
        let is_of_group = self.text("groupName").is_some() && self.text("userName").is_none();
        !is_of_group && SelfGrant::from_event(self.event).is_some()
    }

    /// Whether the account owns the resource or made the call, is one that the config names, or is
    /// AWS's own.
    pub(super) fn is_own_account(&self, account: &str) -> bool {
        let principal = self.event.principal.account.as_deref();
        self.event.account.as_deref() == Some(account)
            || principal == Some(account)
            || self.known.accounts.account(account).is_some()
            || LOAD_BALANCERS.binary_search(&account).is_ok()
    }

    /// A role's session that AWS does not attribute to the console, and whose name is no person's.
    /// Only AWS decides the first, and who assumes a role the second: what deployments do all day
    /// weighs less for these.
    pub(super) fn is_workload(&self) -> bool {
        let principal = &self.event.principal;
        let is_role = matches!(principal.kind, PrincipalKind::AssumedRole | PrincipalKind::Role);
        let is_person = principal.arn.as_deref() != Some(principal.key.as_str());
        is_role && !is_person && field::FROM_CONSOLE.text_in(&self.event.record) != Some("true")
    }

    /// The instances that the answer or the request names, sorted.
    pub(super) fn instance_ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for value in [self.value("response.instancesSet"), self.value("instancesSet")] {
            let Some(value) = value else { continue };
            each_text(value, &mut |name, text| {
                if name == "instanceId" && ids.len() < MAX_INSTANCES {
                    ids.push(text.to_owned());
                }
            });
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The caller's own name if it is an IAM user.
    fn own_user(&self) -> Option<&'e str> {
        let principal = &self.event.principal;
        let user = (principal.kind == PrincipalKind::IamUser).then_some(&principal.user_name)?;
        let of_arn = || principal.arn.as_deref()?.rsplit('/').next();
        user.as_deref().or_else(of_arn)
    }

    /// The user that an IAM call is about: the one it names, or else its caller.
    pub(super) fn user(&self) -> Option<String> {
        let named = self.text("userName|response.accessKey.userName|response.user.userName");
        named.or_else(|| self.own_user().map(str::to_owned))
    }

    /// Whether an IAM call about a user is about its caller.
    pub(super) fn is_own_user(&self) -> bool {
        match (self.text("userName"), self.own_user()) {
            (Some(named), Some(own)) => named.eq_ignore_ascii_case(own) && self.is_at_home(),
            (Some(_), None) => false,
            (None, own) => own.is_some() || self.is_root(),
        }
    }

    /// Whether the caller is the account's root user.
    pub(super) fn is_root(&self) -> bool {
        self.event.principal.kind == PrincipalKind::Root
    }

    fn is_at_home(&self) -> bool {
        let principal = self.event.principal.account.as_deref();
        principal.is_none() || principal == self.event.account.as_deref()
    }

    /// The identity that an IAM call is about, as a sentence has it: `themselves`, `user/bob`,
    /// `role/app`, `group/admins`.
    pub(super) fn identity(&self) -> String {
        if self.text("roleName").is_none() && self.text("groupName").is_none() {
            let root = || if self.is_root() { "root" } else { "themselves" }.to_owned();
            return match self.user() {
                Some(user) if user == ROOT_USER => "root".to_owned(),
                Some(_) if self.is_own_user() => root(),
                Some(user) => format!("user/{}", show_name(&user)),
                None => root(),
            };
        }
        let own =
            if self.is_own_grant() && self.text("groupName").is_none() { "themselves" } else { "" };
        let kinds = [("roleName", "role"), ("groupName", "group")];
        let named = kinds.iter().find_map(|(key, kind)| Some((kind, self.text(key)?)));
        match named {
            Some(_) if !own.is_empty() => own.to_owned(),
            Some((kind, name)) => format!("{kind}/{}", show_name(&name)),
            None => "an unnamed identity".to_owned(),
        }
    }

    /// The same by name, for a command's title: `user/alice`, also where the caller is meant.
    fn named(&self) -> String {
        match self.user() {
            Some(user) if user != ROOT_USER => format!("user/{}", show_name(&user)),
            _ => self.identity(),
        }
    }

    /// Fills a template for a sentence. `{name}` shows a parameter, `{a|b}` the first of several
    /// that is there, `{name&}` a list, `{name#}` a key id, shortened.
    pub(super) fn sentence(&self, template: &str) -> String {
        let filled = fill_template(template, &mut |slot| Some(self.shown(slot)));
        filled.unwrap_or_default()
    }

    fn shown(&self, slot: TemplateSlot<'_>) -> String {
        match slot.paths {
            "identity" => return self.identity(),
            "named" => return self.named(),
            "account" => return self.account().to_owned(),
            _ => {}
        }
        let texts = if slot.is_list {
            self.texts(slot.paths)
        } else {
            self.text(slot.paths).into_iter().collect()
        };
        let shown: Vec<String> = texts
            .iter()
            .map(|text| if slot.is_key { short_key(text) } else { show_name(short_name(text)) })
            .collect();
        if shown.is_empty() {
            let resource = self.event.first_resource().map(|one| show_name(short_name(&one.name)));
            return resource.unwrap_or_else(|| "(not named)".to_owned());
        }
        list_names(&shown)
    }

    /// Fills a template for a command, quoted; `None` if a parameter is missing or unfit.
    pub(super) fn command(&self, template: &str) -> Option<String> {
        let filled = fill_template(template, &mut |slot| {
            let texts = match slot.paths {
                "user" => self.user().into_iter().collect(),
                "account" => vec![self.account().to_owned()],
                _ if slot.is_list => self.texts(slot.paths),
                _ => self.text(slot.paths).into_iter().collect(),
            };
            if texts.len() > MAX_ARGUMENTS {
                return None;
            }
            let quoted: Option<Vec<String>> = texts.iter().map(|one| quote_argument(one)).collect();
            quoted.filter(|words| !words.is_empty()).map(|words| words.join(" "))
        })?;
        Some(self.with_region(filled))
    }

    /// A command with its region, if its service has any.
    fn with_region(&self, command: String) -> String {
        let region = self.event.region.as_str();
        if GLOBAL.contains(&self.service()) || region.is_empty() {
            return command;
        }
        match quote_argument(region) {
            Some(region) => format!("{command} --region {region}"),
            None => command,
        }
    }

    /// Fills a template for an undo key; see [`super::undo_keys`]. `None` if a part is missing.
    pub(super) fn key(&self, template: &str) -> Option<String> {
        let filled = fill_template(template, &mut |slot| {
            let mut texts = match slot.paths {
                "user" => self.user().into_iter().collect(),
                _ if slot.is_list => self.texts(slot.paths),
                _ => self.text(slot.paths).into_iter().collect(),
            };
            texts.sort_unstable();
            // Policies of the same name can be AWS's or the account's.
            let is_whole = slot.paths.contains("olicyArn") || slot.paths.contains("policy.arn");
            let short =
                |text: &str| if is_whole { key_part(text) } else { key_part(short_name(text)) };
            let parts: Vec<String> = texts.iter().map(|text| short(text)).collect();
            Some(parts.join(",")).filter(|part| !part.is_empty())
        })?;
        Some(self.key_in_place(&filled))
    }

    /// An undo key of this account, and region if the service has any.
    pub(super) fn key_in_place(&self, parts: &str) -> String {
        let (service, account) = (self.service(), self.account());
        // Names of buckets are unique among all accounts and regions, those of IAM in an account.
        let place = match service {
            "s3" => service.to_owned(),
            _ if GLOBAL.contains(&service) => format!("{service}:{account}"),
            _ => format!("{service}:{account}:{}", self.event.region),
        };
        let parts = if service == "iam" { parts.to_ascii_lowercase() } else { parts.to_owned() };
        format!("{place}|{parts}")
    }
}

/// The accounts with which Elastic Load Balancing writes access logs in the regions where no service
/// does; sorted.
///
/// Source: Application Load Balancers user guide, "Enable access logs".
const LOAD_BALANCERS: [&str; 22] = [
    "009996457667",
    "027434742980",
    "033677994240",
    "054676820928",
    "076674570225",
    "098369216593",
    "114774131450",
    "127311923021",
    "156460612806",
    "383597477331",
    "507241528517",
    "582318560864",
    "589379963580",
    "600734575887",
    "635631232127",
    "652711504416",
    "718504428378",
    "754344448648",
    "783225319266",
    "797873946194",
    "897822967062",
    "985666609251",
];
