//! Loads many files together: the references between them, and the result.

use std::collections::{BTreeMap, HashMap};

use super::context::Context;
use super::correlation;
use super::document::{self, Document};
use super::filter;
use super::header::Names;
use super::link;
use super::loaded::{Loaded, Note, Skipped};
use super::placeholder::Placeholders;
use super::reference::{Index, State};
use super::yaml;
use crate::tree::Place;

/// Loads files of Sigma rules, each given by its name and its text.
///
/// A document that is only half understood is refused on its own; the others are loaded.
/// `placeholders` are the values for the modifier `expand`.
pub fn load<N: AsRef<str>, T: AsRef<str>>(
    files: impl IntoIterator<Item = (N, T)>,
    placeholders: &Placeholders,
) -> Loaded {
    let mut loader = Loader::default();
    for (file, text) in files {
        loader.file(file.as_ref(), text.as_ref(), placeholders);
    }
    loader.finish()
}

/// Whether a text that is not YAML may be meant as rules.
fn looks_like_rules(text: &str) -> bool {
    let parts = ["detection:", "correlation:", "filter:", "logsource:", "title:"];
    text.lines().any(|line| parts.iter().any(|part| line.starts_with(part)))
}

#[derive(Default)]
struct Loader {
    loaded: Loaded,
    index: Index,
    ids: HashMap<String, (String, u32)>,
    correlations: Vec<correlation::Draft>,
    filters: Vec<filter::Draft>,
}

impl Loader {
    fn file(&mut self, file: &str, text: &str, placeholders: &Placeholders) {
        let (documents, problems) = yaml::read(file, text);
        if documents.is_empty() && !looks_like_rules(text) {
            self.loaded.foreign.extend(problems.into_iter().take(1));
        } else {
            self.loaded.problems.extend(problems);
        }
        let mut context = Context::new(file, text, placeholders);
        for document in &documents {
            context.begin();
            let read = document::read(&mut context, document);
            self.document(&mut context, Names::of(document), read, document.place);
            self.loaded.problems.append(&mut context.problems);
            let note = |((line, _), what)| Note { file: file.to_owned(), line, what };
            self.loaded.notes.extend(context.notes.drain(..).map(note));
        }
    }

    fn document(&mut self, context: &mut Context<'_>, names: Names, read: Document, place: Place) {
        let refused = matches!(read, Document::Refused | Document::Other(_) | Document::Foreign(_));
        let taken = !refused && self.taken(context, &names.id, place);
        let state = match read {
            Document::Other(source) => {
                context.problems.clear();
                context.notes.clear();
                let (file, name) = (context.file.to_owned(), names.called().to_owned());
                self.loaded.skipped.push(Skipped { file, line: place.0, name, source });
                State::Other
            }
            Document::Foreign(problem) => {
                self.loaded.foreign.push(problem);
                return;
            }
            Document::Filter(draft) => {
                if !taken && !draft.is_retired {
                    self.filters.push(*draft);
                }
                return;
            }
            Document::Rule(rule) if !taken => {
                self.loaded.rules.push(rule);
                State::Rule
            }
            Document::Correlation(draft) if !taken => {
                self.correlations.push(*draft);
                State::Correlation
            }
            _ => State::Refused,
        };
        self.index.add(names, state);
    }

    /// Whether another document already has this id.
    fn taken(&mut self, context: &mut Context<'_>, id: &str, place: Place) -> bool {
        let Some((file, line)) = self.ids.get(id) else {
            self.ids.insert(id.to_owned(), (context.file.to_owned(), place.0));
            return false;
        };
        let what = format!("id `{id}` is taken by {file}:{line}");
        context.refuse_with::<()>(place, what, "give it an `id` of its own");
        true
    }

    fn finish(mut self) -> Loaded {
        self.filters();
        self.loaded.correlations = link::correlations(
            &mut self.index,
            self.correlations,
            &mut self.loaded.notes,
            &mut self.loaded.problems,
        );
        link::sources(&self.loaded.rules, &mut self.loaded.correlations);
        self.loaded.problems.sort();
        self.loaded
    }

    /// Applies the filters to their rules.
    fn filters(&mut self) {
        let Loaded { rules, notes, problems, filters, filters_applied, .. } = &mut self.loaded;
        let at: BTreeMap<String, usize> =
            rules.iter().enumerate().map(|(at, rule)| (rule.about.id.clone(), at)).collect();
        for draft in std::mem::take(&mut self.filters) {
            let Some(mut filter) = link::filter(&self.index, draft, notes, problems) else {
                continue;
            };
            if !filter.is_suppression() {
                filter.applied = true;
                *filters_applied += link::apply(&filter, rules, &at);
            }
            filters.push(filter);
        }
    }
}
