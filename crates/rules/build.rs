//! Lists the rules that ship, and their pages: every file below the top-level folder `rules/`. The
//! rules are parsed here, so that the program need not do it each time that it starts.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[allow(dead_code, unreachable_pub)]
#[path = "src/problem.rs"]
mod problem;
#[allow(dead_code)]
#[path = "src/tree/mod.rs"]
mod tree;
#[allow(dead_code)]
#[path = "src/sigma/yaml/mod.rs"]
mod yaml;

/// The folder, from this crate's.
const FOLDER: &str = "../../rules";
/// What is compiled into this script as well.
const SOURCES: [&str; 4] = ["build.rs", "src/problem.rs", "src/tree", "src/sigma/yaml"];

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo looks at every file below a folder, new ones too.
    println!("cargo:rerun-if-changed={FOLDER}");
    SOURCES.iter().for_each(|source| println!("cargo:rerun-if-changed={source}"));
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut files = Vec::new();
    walk(Path::new(FOLDER), &mut files)?;
    let mut code = String::new();
    for (list, kind) in [("RULES", "yml"), ("PAGES", "md")] {
        writeln!(code, "pub(crate) const {list}: &[(&str, &str)] = &[")?;
        for (name, path) in names_of_kind(&files, kind)? {
            writeln!(code, "    (\"{name}\", include_str!({path})),")?;
        }
        writeln!(code, "];")?;
    }
    writeln!(code, "const PACKED: &[&[u8]] = &[")?;
    for (number, (name, _)) in names_of_kind(&files, "yml")?.iter().enumerate() {
        let below = name.trim_start_matches("rules/");
        let text = fs::read_to_string(Path::new(FOLDER).join(below))?;
        let (documents, problems) = yaml::read_yaml(name, &text);
        // A file with a mistake is read when the program starts, which then says what is wrong.
        let packed = match problems.is_empty() {
            true => tree::packed::pack_documents(&documents),
            false => Vec::new(),
        };
        fs::write(out.join(format!("{number}.rule")), packed)?;
        writeln!(code, "    include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{number}.rule\")),")?;
    }
    writeln!(code, "];")?;
    fs::write(out.join("shipped.rs"), code)?;
    Ok(())
}

/// The names of the files of a kind, `rules/cloudtrail/root-use.yml`, and expressions for their
/// paths.
fn names_of_kind(files: &[PathBuf], kind: &str) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let of_kind = files.iter().filter(|file| file.extension().is_some_and(|end| end == kind));
    let mut names = of_kind
        .map(|file| {
            let below = file.strip_prefix(FOLDER)?.to_str().ok_or("file name is not UTF-8")?;
            let below = below.replace('\\', "/");
            let path = format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{FOLDER}/{below}\")");
            Ok((format!("rules/{below}"), path))
        })
        .collect::<Result<Vec<(String, String)>, Box<dyn Error>>>()?;
    names.sort();
    Ok(names)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => walk(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
