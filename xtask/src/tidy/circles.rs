//! No two files of a crate import each other, directly or by way of others.
//!
//! What a file imports is resolved to the file that defines it: a `mod.rs` that only passes a name
//! on is not part of a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::{ModuleFile, NamePath};

/// Files that import each other, and by which names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileCircle {
    /// The files, below the crate's `src`.
    pub(super) files: Vec<String>,
    /// `a.rs → b.rs (Name)`, for each import within the circle.
    pub(super) ties: Vec<String>,
}

/// The circles among a crate's files, each given with its path below `src` and its code.
pub(super) fn circles_among(sources: &[(String, String)]) -> Vec<FileCircle> {
    let files: Vec<ModuleFile> =
        sources.iter().map(|(name, code)| ModuleFile::read(name, code)).collect();
    let edges = edges_of(&files);
    let reach: Vec<BTreeSet<usize>> = (0..files.len()).map(|from| reached(&edges, from)).collect();
    let leads = |from: usize, to: usize| reach.get(from).is_some_and(|far| far.contains(&to));
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut circles = Vec::new();
    for at in 0..files.len() {
        if seen.contains(&at) || !leads(at, at) {
            continue;
        }
        let members: BTreeSet<usize> =
            (0..files.len()).filter(|to| leads(at, *to) && leads(*to, at)).collect();
        seen.extend(&members);
        circles.push(describe(&files, &edges, &members));
    }
    circles
}

type Edges = BTreeMap<(usize, usize), BTreeSet<String>>;

fn describe(files: &[ModuleFile], edges: &Edges, members: &BTreeSet<usize>) -> FileCircle {
    let name = |at: usize| files.get(at).map(|file| file.file.clone()).unwrap_or_default();
    let inside = edges.iter().filter(|((a, b), _)| members.contains(a) && members.contains(b));
    let tie = |((from, to), names): (&(usize, usize), &BTreeSet<String>)| {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        format!("{} → {} ({})", name(*from), name(*to), names.join(", "))
    };
    FileCircle {
        files: members.iter().map(|at| name(*at)).collect(),
        ties: inside.map(tie).collect(),
    }
}

/// Every file that a file imports, directly or not; the file itself only if there is a circle.
fn reached(edges: &Edges, from: usize) -> BTreeSet<usize> {
    let (mut far, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(at) = next.pop() {
        for (_, to) in edges.keys().filter(|(start, _)| *start == at) {
            if far.insert(*to) {
                next.push(*to);
            }
        }
    }
    far
}

fn edges_of(files: &[ModuleFile]) -> Edges {
    let modules: BTreeMap<&[String], usize> =
        files.iter().enumerate().map(|(at, file)| (file.module.as_slice(), at)).collect();
    let mut edges = Edges::new();
    for (from, file) in files.iter().enumerate() {
        let mut paths = file.paths();
        paths.extend(globbed(files, &modules, file));
        for path in paths {
            if let Some((to, name)) = defining_file(files, &modules, &path, 0)
                && to != from
            {
                edges.entry((from, to)).or_default().insert(name);
            }
        }
    }
    edges
}

/// The names that a file uses from modules that it imports with `*`.
fn globbed(
    files: &[ModuleFile],
    modules: &BTreeMap<&[String], usize>,
    file: &ModuleFile,
) -> Vec<NamePath> {
    let words: BTreeSet<&str> =
        crate::source_text::words_of(&file.body).into_iter().map(|(_, word)| word).collect();
    let mut paths = Vec::new();
    for glob in file.globs.iter().filter(|glob| !glob.is_public) {
        let module = modules.get(glob.path.as_slice()).and_then(|at| files.get(*at));
        for name in module.iter().flat_map(|module| &module.defined) {
            if words.contains(name.as_str()) {
                paths.push(glob.path.iter().chain([name]).cloned().collect());
            }
        }
    }
    paths
}

/// The file that defines what a path names, through re-exports; `None` for a module itself.
fn defining_file(
    files: &[ModuleFile],
    modules: &BTreeMap<&[String], usize>,
    path: &[String],
    depth: usize,
) -> Option<(usize, String)> {
    let cut = (0..=path.len())
        .rev()
        .find(|cut| path.get(..*cut).is_some_and(|module| modules.contains_key(module)))?;
    let (module, rest) = path.split_at(cut);
    let (name, below) = rest.split_first()?;
    let at = *modules.get(module)?;
    let file = files.get(at)?;
    if file.defined.contains(name) || depth > 8 {
        return Some((at, name.clone()));
    }
    let on = |path: &[String], more: &[String]| {
        let path: Vec<String> = path.iter().chain(more).cloned().collect();
        defining_file(files, modules, &path, depth + 1)
    };
    if let Some(import) = file.import(name) {
        return on(&import.path, below);
    }
    let through_glob = file
        .globs
        .iter()
        .filter_map(|glob| on(&glob.path, rest))
        .find(|(to, name)| files.get(*to).is_some_and(|file| file.defined.contains(name)));
    // A name that a macro makes is defined where nothing else says so.
    through_glob.or(Some((at, name.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sources: &[(&str, &str)]) -> Vec<FileCircle> {
        let code =
            |(name, text): &(&str, &str)| ((*name).to_owned(), crate::source_text::code_of(text));
        circles_among(&sources.iter().map(code).collect::<Vec<_>>())
    }

    #[test]
    fn two_files_that_import_each_other_are_a_circle() {
        let found = check(&[
            ("lib.rs", "mod a;\nmod b;\n"),
            ("a.rs", "use crate::b::B;\npub struct A(B);\n"),
            ("b.rs", "pub struct B;\nimpl B { fn f(a: &super::a::A) {} }\n"),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].files, ["a.rs", "b.rs"]);
        assert_eq!(found[0].ties, ["a.rs → b.rs (B)", "b.rs → a.rs (A)"]);
    }

    #[test]
    fn a_circle_by_way_of_a_third_and_of_a_re_export_is_seen() {
        let found = check(&[
            ("lib.rs", "mod a;\nmod b;\nmod c;\n"),
            ("a/mod.rs", "mod inner;\npub use inner::Inner;\n"),
            ("a/inner.rs", "use crate::b;\npub struct Inner;\nfn f() { b::go() }\n"),
            ("b.rs", "use crate::c::C;\npub fn go() { C }\n"),
            ("c.rs", "use crate::a::Inner;\npub struct C(Inner);\n"),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].files, ["a/inner.rs", "b.rs", "c.rs"]);
    }

    #[test]
    fn passing_on_and_tests_are_no_circle() {
        let found = check(&[
            ("lib.rs", "pub mod a;\n"),
            ("a/mod.rs", "mod b;\npub use b::B;\npub struct A;\n"),
            (
                "a/b.rs",
                "use super::A;\npub struct B(A);\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n",
            ),
        ]);
        assert_eq!(found, []);
        let used = check(&[
            ("a/mod.rs", "mod b;\npub use b::B;\npub struct A;\nfn f() -> B {}\n"),
            ("a/b.rs", "use super::*;\npub struct B(A);\n"),
        ]);
        assert_eq!(used.len(), 1, "a file that uses what it passes on imports it");
    }
}
