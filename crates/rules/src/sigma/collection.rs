//! Loads many files together: the references between them, and the result.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::context::FileContext;
use super::correlation;
use super::document::{self, SigmaDocument};
use super::filter;
use super::header::DocumentNames;
use super::link;
use super::loaded::{LoadedSigma, RuleNote, SkippedDocument};
use super::placeholder::PlaceholderValues;
use super::reference::{DocumentState, ReferenceIndex};
use super::yaml;
use crate::problem::RuleMistake;
use crate::shipped_files;
use crate::tree::PatternPlace;

/// Loads files of Sigma rules, each given by its name and its text.
///
/// A document that is only half understood is refused on its own; the others are loaded.
/// `placeholders` are the values for the modifier `expand`.
///
/// ```
/// use aware_rules::sigma::{PlaceholderValues, load_rules};
///
/// let rule = "title: Trail stopped
/// id: 0b1f0a3e-3f3c-4f0e-9a52-6d1c5c1c9c01
/// level: high
/// logsource: {product: aws, service: cloudtrail}
/// detection:
///   stop: {eventName: StopLogging}
///   condition: stop
/// ";
/// let loaded = load_rules([("trail-stopped.yml", rule)], &PlaceholderValues::default());
/// assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
/// assert_eq!(loaded.rules[0].about.name, "Trail stopped");
///
/// let loaded = load_rules([("typo.yml", rule.replace("condition: stop", "condition: stp"))], &PlaceholderValues::default());
/// assert!(loaded.rules.is_empty());
/// assert_eq!(loaded.problems[0].file, "typo.yml");
/// ```
pub fn load_rules<N: AsRef<str>, T: AsRef<str>>(
    files: impl IntoIterator<Item = (N, T)>,
    placeholders: &PlaceholderValues,
) -> LoadedSigma {
    let mut loader = RuleLoader::default();
    for (file, text) in files {
        loader.load_file(file.as_ref(), text.as_ref(), placeholders);
    }
    let mut loaded = loader.finish_loading();
    loaded.switch_off_silent();
    loaded
}

/// Whether a text that is not YAML may be meant as rules.
fn looks_like_rules(text: &str) -> bool {
    let parts = ["detection:", "correlation:", "filter:", "logsource:", "title:"];
    text.lines().any(|line| parts.iter().any(|part| line.starts_with(part)))
}

#[derive(Default)]
struct RuleLoader {
    loaded: LoadedSigma,
    index: ReferenceIndex,
    ids: HashMap<String, (String, u32)>,
    correlations: Vec<correlation::CorrelationDraft>,
    filters: Vec<filter::FilterDraft>,
}

impl RuleLoader {
    fn load_file(&mut self, file: &str, text: &str, placeholders: &PlaceholderValues) {
        let parsed =
            shipped_files::parsed_file(file, text).map(|documents| (documents, Vec::new()));
        let (documents, problems) = parsed.unwrap_or_else(|| yaml::read_yaml(file, text));
        if documents.is_empty() && !looks_like_rules(text) {
            self.loaded.foreign.extend(problems.into_iter().take(1));
        } else {
            self.loaded.problems.extend(problems);
        }
        let mut context = FileContext::new(file, text, placeholders);
        for document in &documents {
            context.begin_document();
            let read = document::read_document(&mut context, document);
            self.add_document(
                &mut context,
                DocumentNames::from_document(document),
                read,
                document.place,
            );
            self.loaded.problems.append(&mut context.problems);
            let note = |((line, _), what)| RuleNote { file: file.to_owned(), line, what };
            self.loaded.notes.extend(context.notes.drain(..).map(note));
        }
    }

    fn add_document(
        &mut self,
        context: &mut FileContext<'_>,
        names: DocumentNames,
        read: SigmaDocument,
        place: PatternPlace,
    ) {
        let refused = matches!(
            read,
            SigmaDocument::Refused | SigmaDocument::Other(_) | SigmaDocument::Foreign(_)
        );
        let taken = !refused && self.is_id_taken(context, &names.id, place);
        let state = match read {
            SigmaDocument::Other(source) => {
                context.problems.clear();
                context.notes.clear();
                let (file, name) = (context.file.to_owned(), names.display_name().to_owned());
                self.loaded.skipped.push(SkippedDocument { file, line: place.0, name, source });
                DocumentState::Other
            }
            SigmaDocument::Foreign(problem) => {
                self.loaded.foreign.push(problem);
                return;
            }
            SigmaDocument::Filter(draft) => {
                if !taken && !draft.is_retired {
                    self.filters.push(*draft);
                }
                return;
            }
            SigmaDocument::Rule(rule) if !taken => {
                self.loaded.rules.push(rule);
                DocumentState::Rule
            }
            SigmaDocument::Correlation(draft) if !taken => {
                self.correlations.push(*draft);
                DocumentState::Correlation
            }
            _ => DocumentState::Refused,
        };
        self.index.add_document(names, state);
    }

    /// Whether another document already has this id.
    fn is_id_taken(
        &mut self,
        context: &mut FileContext<'_>,
        id: &str,
        place: PatternPlace,
    ) -> bool {
        let Some((file, line)) = self.ids.get(id) else {
            self.ids.insert(id.to_owned(), (context.file.to_owned(), place.0));
            return false;
        };
        let what = format!("id `{id}` is taken by {file}:{line}");
        context.refuse_with_hint::<()>(place, what, "give it an `id` of its own");
        true
    }

    fn finish_loading(mut self) -> LoadedSigma {
        self.apply_filters();
        self.loaded.correlations = link::link_correlations(
            &mut self.index,
            std::mem::take(&mut self.correlations),
            &mut self.loaded.notes,
            &mut self.loaded.problems,
        );
        link::sources(&self.loaded.rules, &mut self.loaded.correlations);
        self.refuse_baselines();
        self.loaded.problems.sort();
        self.loaded
    }

    /// A correlation counts matches, and would count those that are usual, too.
    fn refuse_baselines(&mut self) {
        let LoadedSigma { rules, correlations, problems, .. } = &mut self.loaded;
        let asking = rules.iter().filter(|rule| rule.baseline.is_some());
        let asking: BTreeSet<&str> = asking.map(|rule| rule.about.id.as_str()).collect();
        correlations.retain(|one| {
            let Some(rule) = one.rules.iter().find(|rule| asking.contains(rule.as_str())) else {
                return true;
            };
            let what = format!("correlation refers to `{rule}`, which has a `baseline`");
            let hint = "refer to a rule with the same `detection` and no `baseline`";
            problems.push(RuleMistake::new(&one.file, (one.line, 0), what).with_hint(hint));
            false
        });
    }

    /// Applies the filters to their rules.
    fn apply_filters(&mut self) {
        let LoadedSigma { rules, notes, problems, filters, filters_applied, .. } = &mut self.loaded;
        let at: BTreeMap<String, usize> =
            rules.iter().enumerate().map(|(at, rule)| (rule.about.id.clone(), at)).collect();
        for draft in std::mem::take(&mut self.filters) {
            let Some(mut filter) = link::link_filter(&self.index, draft, notes, problems) else {
                continue;
            };
            if !filter.is_suppression() {
                filter.applied = true;
                *filters_applied += link::apply_filter(&filter, rules, &at);
            }
            filters.push(filter);
        }
    }
}
