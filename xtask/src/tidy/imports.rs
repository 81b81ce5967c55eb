//! The files of one crate, what each defines, and what it imports.

use std::collections::{BTreeMap, BTreeSet};

use crate::source_text::{items_of, words_of};

/// A path of names, `crate` left out.
pub(super) type NamePath = Vec<String>;

/// One file as a module.
#[derive(Debug, Default)]
pub(super) struct ModuleFile {
    /// Its path below `src`.
    pub(super) file: String,
    /// Its place in the crate's tree of modules.
    pub(super) module: NamePath,
    /// Its code without its imports.
    pub(super) body: String,
    /// The names that it defines.
    pub(super) defined: BTreeSet<String>,
    /// The modules that it declares.
    children: BTreeSet<String>,
    /// What it imports, by the name that it has here.
    imports: BTreeMap<String, ImportedPath>,
    /// Modules of which it imports everything, and whether it passes that on.
    pub(super) globs: Vec<ImportedPath>,
}

/// Something that a file imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ImportedPath {
    /// Its path from the crate's root.
    pub(super) path: NamePath,
    /// Whether the import is a re-export.
    pub(super) is_public: bool,
}

impl ModuleFile {
    /// Reads a file's code, which has no comments, literals and tests any more.
    pub(super) fn read(file: &str, code: &str) -> Self {
        let (uses, body) = split_uses(code);
        let mut read = Self { file: file.to_owned(), module: module_of(file), ..Self::default() };
        for item in items_of(&body) {
            let declares = body.get(item.signature.end..).is_some_and(|rest| rest.starts_with(';'));
            if item.keyword == "mod" && declares {
                read.children.insert(item.name);
            } else {
                read.defined.insert(item.name);
            }
        }
        read.defined.extend(macros_of(&body));
        read.body = body;
        for (is_public, tree) in uses {
            for (path, alias) in expand_use(&[], &tree) {
                read.add_import(path, alias, is_public);
            }
        }
        read
    }

    fn add_import(&mut self, path: NamePath, alias: String, is_public: bool) {
        let is_glob = path.last().is_some_and(|last| last == "*");
        let named = path.get(..path.len() - usize::from(is_glob)).unwrap_or_default();
        let Some(path) = self.absolute(named) else { return };
        let import = ImportedPath { path, is_public };
        if is_glob {
            self.globs.push(import);
        } else {
            self.imports.insert(alias, import);
        }
    }

    /// A path in this file, from the crate's root; `None` for another crate's.
    pub(super) fn absolute(&self, path: &[String]) -> Option<NamePath> {
        let (first, rest) = path.split_first()?;
        let mut module = match first.as_str() {
            "crate" => Vec::new(),
            "self" => self.module.clone(),
            "super" => parent(&self.module),
            name if self.children.contains(name) => {
                let mut module = self.module.clone();
                module.push(name.to_owned());
                module
            }
            name => self.imports.get(name)?.path.clone(),
        };
        let mut rest = rest;
        while let Some((first, others)) = rest.split_first() {
            if first != "super" {
                break;
            }
            module = parent(&module);
            rest = others;
        }
        module.extend(rest.iter().cloned());
        Some(module)
    }

    /// Where a name of this file comes from, if it imports it.
    pub(super) fn import(&self, name: &str) -> Option<&ImportedPath> {
        self.imports.get(name)
    }

    /// Every path that the file's code names: its imports, and those written out.
    /// A re-export counts only when the file uses the name itself.
    pub(super) fn paths(&self) -> Vec<NamePath> {
        let used: BTreeSet<&str> = words_of(&self.body).into_iter().map(|(_, word)| word).collect();
        let imports = self.imports.iter();
        let mut paths: Vec<NamePath> = imports
            .filter(|(name, import)| !import.is_public || used.contains(name.as_str()))
            .map(|(_, import)| import.path.clone())
            .collect();
        paths.extend(written_paths(&self.body).iter().filter_map(|path| self.absolute(path)));
        paths
    }
}

fn parent(module: &[String]) -> NamePath {
    module.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default()
}

/// `a/b.rs` and `a/b/mod.rs` are `a::b`.
fn module_of(file: &str) -> NamePath {
    let stem = file.trim_end_matches(".rs").trim_end_matches("/mod");
    if ["lib", "main", "mod"].contains(&stem) {
        return Vec::new();
    }
    stem.split('/').map(str::to_owned).collect()
}

fn macros_of(body: &str) -> Vec<String> {
    let words = words_of(body);
    let pairs = words.windows(2).filter_map(|pair| match pair {
        [(_, "macro_rules"), (_, name)] => Some((*name).to_owned()),
        _ => None,
    });
    pairs.collect()
}

/// The trees of `use` items with whether they are public, and the code without them.
fn split_uses(code: &str) -> (Vec<(bool, String)>, String) {
    let mut uses = Vec::new();
    let mut body = String::new();
    let mut rest = code;
    while let Some(at) = find_use(rest) {
        let (before, from) = rest.split_at(at);
        let end = from.find(';').map_or(from.len(), |end| end + 1);
        let (item, behind) = from.split_at(end);
        let line = before.rsplit(['\n', ';', '}']).next().unwrap_or_default();
        uses.push((line.trim_start().starts_with("pub"), item.trim_end_matches(';').to_owned()));
        body.push_str(before);
        body.extend(item.chars().filter(|letter| *letter == '\n'));
        rest = behind;
    }
    body.push_str(rest);
    let trees = uses.into_iter().map(|(public, item)| (public, item.replacen("use", "", 1)));
    (trees.collect(), body)
}

fn find_use(code: &str) -> Option<usize> {
    let is_item = |at: usize| {
        let before = code.get(..at).unwrap_or_default().trim_end();
        before.is_empty() || before.ends_with([';', '}', '{', ']', ')']) || before.ends_with("pub")
    };
    words_of(code).into_iter().find(|(at, word)| *word == "use" && is_item(*at)).map(|(at, _)| at)
}

/// The paths of a tree of imports, each with the name that it gets.
fn expand_use(prefix: &[String], tree: &str) -> Vec<(NamePath, String)> {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let mut prefix = prefix.to_vec();
        prefix.extend(
            head.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned),
        );
        let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
        return split_group(group).iter().flat_map(|part| expand_use(&prefix, part)).collect();
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, a)| (path, Some(a)));
    let mut full = prefix.to_vec();
    full.extend(path.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
    if full.len() > 1 && full.last().is_some_and(|last| last == "self") {
        full.pop();
    }
    let Some(last) = full.last().cloned() else { return Vec::new() };
    let alias = alias.map_or(last, |alias| alias.trim().to_owned());
    vec![(full, alias)]
}

/// The parts between commas outside braces.
fn split_group(group: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let parts = group.split(move |letter| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        letter == ',' && depth == 0
    });
    parts.filter(|part| !part.trim().is_empty()).collect()
}

/// Paths that are written out in code: `super::frame::read` and `frame::read`.
fn written_paths(body: &str) -> Vec<NamePath> {
    let mut paths: Vec<NamePath> = Vec::new();
    let mut end = None;
    for (at, word) in words_of(body) {
        let joined = end.and_then(|end| body.get(end..at)) == Some("::");
        match paths.last_mut() {
            Some(path) if joined => path.push(word.to_owned()),
            _ => paths.push(vec![word.to_owned()]),
        }
        end = Some(at + word.len());
    }
    paths.retain(|path| path.len() > 1);
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> NamePath {
        text.split("::").map(str::to_owned).collect()
    }

    #[test]
    fn trees_of_imports() {
        let code = "mod frame;\nuse super::{a::B, self as up, c::{self, D as E}};\npub use frame::Frame;\nuse std::fmt;\n";
        let file = ModuleFile::read("source/sift.rs", code);
        assert_eq!(file.import("B").unwrap().path, path("source::a::B"));
        assert_eq!(file.import("up").unwrap().path, path("source"));
        assert_eq!(file.import("c").unwrap().path, path("source::c"));
        assert_eq!(file.import("E").unwrap().path, path("source::c::D"));
        assert!(file.import("Frame").unwrap().is_public && file.import("fmt").is_none());
        assert_eq!(file.paths().len(), 4, "a re-export that the file does not use is no import");
    }

    #[test]
    fn paths_that_are_written_out() {
        let code = "mod frame;\nfn f() { frame::read(); super::super::text::escape(); std::fs::read(); }\n";
        let file = ModuleFile::read("a/b.rs", code);
        assert_eq!(file.paths(), [path("a::b::frame::read"), path("text::escape")]);
    }
}
