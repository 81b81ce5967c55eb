//! Lists the rules that ship, and their pages: every file below the top-level folder `rules/`.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The folder, from this crate's.
const FOLDER: &str = "../../rules";

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo looks at every file below a folder, new ones too.
    println!("cargo:rerun-if-changed={FOLDER}");
    println!("cargo:rerun-if-changed=build.rs");
    let mut files = Vec::new();
    walk(Path::new(FOLDER), &mut files)?;
    files.sort();
    let mut code = String::new();
    for (list, kind) in [("RULES", "yml"), ("PAGES", "md")] {
        writeln!(code, "const {list}: &[(&str, &str)] = &[")?;
        for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == kind)) {
            let below = file.strip_prefix(FOLDER)?.to_str().ok_or("file name is not UTF-8")?;
            let below = below.replace('\\', "/");
            let path = format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{FOLDER}/{below}\")");
            writeln!(code, "    (\"rules/{below}\", include_str!({path})),")?;
        }
        writeln!(code, "];")?;
    }
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("shipped.rs"), code)?;
    Ok(())
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
