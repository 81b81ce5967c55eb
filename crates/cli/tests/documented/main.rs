//! Every command in README, docs and help runs, and prints what the page shows.
//!
//! A `console` block is run in a copy of `docs/examples`, beside the repository's `corpus`; the
//! blocks of a page are one story. What follows a prompt is compared, including errors: `...`
//! stands for any lines, `[..]` for any text. A command with an exit code other than 0 is followed
//! by `$ echo $?`. `SNAPSHOTS=overwrite cargo test --package aware --test documented` writes the
//! actual output into the pages; review the diff.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

#[path = "../../../io/tests/ministack/mod.rs"]
#[allow(dead_code)]
mod ministack;
mod page;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use snapbox::data::DataFormat::TermSvg;
use snapbox::filter::NormalizeToExpected;
use snapbox::{Data, IntoData};

use ministack::{ACCOUNT, Ministack};
use page::{Block, blocks, mentioned};

/// Commands that no test can run here, by prefix, and why.
const EXEMPT: &[(&str, &str)] = &[
    ("cargo run", "builds the program; `aware demo` itself is run"),
    ("cargo install", "builds the program"),
    ("cargo test", "is a test of its own"),
    ("cargo xtask", "runs this test"),
    ("npm pack", "fetches a package from a registry"),
    ("aware iam refresh", "needs that package; tests/iam.rs makes one"),
    ("export HOOK=", "belongs to the next"),
    ("aware deploy", "deploy/tests/test_commands.py runs it on an emulated AWS"),
    ("aware status", "deploy/tests/test_commands.py runs it on an emulated AWS"),
    ("aware backfill", "deploy/tests/test_commands.py runs it on an emulated AWS"),
    ("aware redrive slack", "deploy/tests/test_commands.py runs it on an emulated AWS"),
    ("aware destroy", "deploy/tests/test_commands.py runs it on an emulated AWS"),
    ("sam deploy", "needs an account; deploy/tests/test_chain.py deploys the template"),
    ("aws s3api put-bucket-notification-configuration", "changes a bucket of an account"),
    (
        "aws organizations list-accounts",
        "needs an account; `aware config accounts` is run on a file",
    ),
    ("aws cloudformation", "needs an account; deploy/tests/test_chain.py deploys the template"),
    ("aws sns subscribe", "deploy/tests/test_migrating.py runs it on an emulated AWS"),
];

/// Pages whose commands another test runs, and which test.
const ELSEWHERE: &[(&str, &str)] = &[("docs/migrating.md", "deploy/tests/test_migrating.py")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The README and the pages of docs, except generated ones.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("reference") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

fn exemption(command: &str) -> Option<&'static str> {
    EXEMPT.iter().map(|(begins, _)| *begins).find(|begins| command.starts_with(begins))
}

#[test]
fn every_block_prints_what_stands_there() {
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    for path in pages() {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        if ELSEWHERE.iter().any(|(page, _)| *page == name) {
            continue;
        }
        let blocks = blocks(&text);
        let calls_aws = calls_aws(&blocks);
        let Some(sandbox) = (if calls_aws { Sandbox::with_aws() } else { Some(Sandbox::new()) })
        else {
            continue;
        };
        let mut written = text.clone();
        for block in blocks {
            let place = format!("{name}:{}", block.line);
            let exempt: Vec<_> =
                block.commands.iter().filter_map(|command| exemption(&command.text)).collect();
            used.extend(exempt.iter().copied());
            if exempt.len() == block.commands.len() {
                continue;
            }
            if block.language != "console" || !exempt.is_empty() {
                problems.push(format!("{place}: neither a block `console` nor exempt as a whole"));
                continue;
            }
            let printed = sandbox.run(&block);
            let outputs = compared(&block, &printed, &place, &mut problems);
            let (old, new) = (&text[block.range.clone()], block.with(&outputs));
            written = written.replacen(old, &new, 1);
        }
        if std::env::var("SNAPSHOTS").is_ok_and(|value| value == "overwrite") && written != text {
            fs::write(&path, written).unwrap();
        }
    }
    let unused = EXEMPT.iter().filter(|(begins, _)| !used.contains(begins));
    problems.extend(unused.map(|(begins, _)| format!("`{begins}` is exempt and stands nowhere")));
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// What each command printed; the documented text where that matches.
fn compared(
    block: &Block,
    printed: &[(String, i32)],
    place: &str,
    problems: &mut Vec<String>,
) -> Vec<String> {
    let mut outputs = Vec::new();
    for (at, command) in block.commands.iter().enumerate() {
        let Some((output, code)) = printed.get(at) else {
            problems.push(format!("{place}: `{}` ended the shell", command.text));
            outputs.push(command.output.clone());
            continue;
        };
        let asked = block.commands.get(at + 1).is_some_and(|next| next.text == "echo $?");
        if *code != 0 && !asked {
            problems.push(format!(
                "{place}: `{}` ends with {code}, which no `$ echo $?` shows:\n{output}",
                command.text
            ));
        }
        let expected = stable(&command.output).into_data();
        let normal = NormalizeToExpected::new().redact();
        let actual = normal.normalize(Data::text(stable(output)), &expected).to_string();
        if actual == expected.to_string() {
            outputs.push(command.output.clone());
        } else {
            problems.push(format!("{place}: `{}` prints\n{output}", command.text));
            outputs.push(output.clone());
        }
    }
    outputs
}

/// The text without what changes each time: how long it took.
fn stable(text: &str) -> String {
    let line = |line: &str| match line.split_once("read in ") {
        Some((before, _)) => format!("{before}read in no time\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// The folder that a page's commands run in, and the AWS that they call.
struct Sandbox {
    folder: tempfile::TempDir,
    stack: Option<Ministack>,
}

impl Ministack {
    /// How the program finds it.
    fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("AWS_ENDPOINT_URL", self.url.clone()),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCOUNT.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ]
    }
}

/// Whether a page's blocks call AWS.
fn calls_aws(blocks: &[Block]) -> bool {
    blocks.iter().flat_map(|block| &block.commands).any(|one| one.text.contains("s3://"))
}

/// What separates the output of one command from that of the next.
const END: &str = "-- end of command";

impl Sandbox {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&root().join("docs/examples"), folder.path());
        for shared in ["corpus", "rules"] {
            std::os::unix::fs::symlink(root().join(shared), folder.path().join(shared)).unwrap();
        }
        Self { folder, stack: None }
    }

    /// The same, with an emulated AWS whose bucket `trail-logs` holds the example's logs; `None` if
    /// it may be left out.
    fn with_aws() -> Option<Self> {
        let sandbox = Self::new();
        let logs = sandbox.folder.path().join("AWSLogs");
        let stack = tokio::runtime::Runtime::new().unwrap().block_on(async {
            let stack = Ministack::start().await?;
            let config = aws_sdk_s3::config::Builder::from(&stack.config().await);
            let s3 = aws_sdk_s3::Client::from_conf(config.force_path_style(true).build());
            s3.create_bucket().bucket("trail-logs").send().await.unwrap();
            for path in files(&logs) {
                let key = path.strip_prefix(sandbox.folder.path()).unwrap().to_str().unwrap();
                let body = fs::read(&path).unwrap().into();
                s3.put_object().bucket("trail-logs").key(key).body(body).send().await.unwrap();
            }
            Some(stack)
        })?;
        Some(Self { stack: Some(stack), ..sandbox })
    }

    /// What each command of a block prints, and how it ends.
    fn run(&self, block: &Block) -> Vec<(String, i32)> {
        let wrapped = block.commands.iter().map(|command| {
            format!("{}\nstatus=$?\necho \"{END} $status\"\n(exit $status)\n", command.text)
        });
        let script = format!("exec 2>&1\n{}", wrapped.collect::<String>());
        let program = Path::new(env!("CARGO_BIN_EXE_aware"));
        let path = std::env::var("PATH").unwrap();
        let output = Process::new("bash")
            .args(["-c", &script])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", program.parent().unwrap().display()))
            .env("HOME", self.folder.path())
            .env("COLUMNS", "100")
            .env("NO_COLOR", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(self.stack.iter().flat_map(|stack| stack.settings()))
            .env_remove("XDG_STATE_HOME")
            .env_remove("XDG_DATA_HOME")
            .env_remove("AWARE_CONFIG")
            .env_remove("AWS_PROFILE")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let text = text.replace(&folder_name(self.folder.path()), "/srv/example");
        let mut printed = Vec::new();
        let mut current = String::new();
        for line in text.lines() {
            match line.strip_prefix(END) {
                Some(status) => {
                    printed.push((std::mem::take(&mut current), status.trim().parse().unwrap()));
                }
                None => {
                    current.push_str(line);
                    current.push('\n');
                }
            }
        }
        printed
    }
}

fn folder_name(path: &Path) -> String {
    path.canonicalize().unwrap().display().to_string()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Commands exempted as run elsewhere do run there.
#[test]
fn exemptions_hold() {
    for (command, reason) in EXEMPT {
        let Some(path) = reason.split(' ').find(|word| word.starts_with("deploy/tests/")) else {
            continue;
        };
        let test = fs::read_to_string(root().join(path)).unwrap();
        let word = command.split(' ').nth(1).unwrap();
        let is_ours = command.starts_with("aware ");
        assert!(!is_ours || test.contains(&format!("\"{word}\"")), "{path} has no {word}");
    }
}

/// Commands and options that are only mentioned exist.
#[test]
fn what_is_mentioned_exists() {
    let mut problems = BTreeSet::new();
    for path in pages() {
        let text = fs::read_to_string(&path).unwrap();
        for code in mentioned(&text) {
            let name = path.strip_prefix(root()).unwrap().display();
            let words: Vec<&str> = code.split_whitespace().skip(1).collect();
            let commands = words.iter().take_while(|word| is_command(word)).copied();
            let commands: Vec<&str> = commands.collect();
            let help = help(&commands);
            let options = words.iter().filter_map(|word| word.strip_prefix("--"));
            for option in options {
                let option = option.split('=').next().unwrap();
                let known = help.contains(&format!("--{option}"));
                if !known && !option.is_empty() {
                    problems.insert(format!("{name}: `{code}`: no option --{option}"));
                }
            }
            if help.is_empty() {
                problems.insert(format!("{name}: `{code}`: no such command"));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

fn is_command(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The help of the deepest command that the words name; empty if there is none.
fn help(words: &[&str]) -> String {
    for depth in (1..=words.len().min(2)).rev() {
        let output = Process::new(env!("CARGO_BIN_EXE_aware"))
            .args(&words[..depth])
            .arg("--help")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        if output.status.success() {
            return String::from_utf8(output.stdout).unwrap();
        }
    }
    String::new()
}

/// Every example of `--help` runs.
#[test]
fn examples_of_help_run() {
    let reference = fs::read_to_string(root().join("docs/reference/command-line.md")).unwrap();
    let examples: Vec<&str> =
        reference.lines().filter_map(|line| line.trim_start().strip_prefix("$ ")).collect();
    assert!(examples.len() > 10, "{examples:?}");
    let sandbox = Sandbox::new();
    for example in examples.iter().filter(|example| exemption(example).is_none()) {
        let command = page::Command { text: (*example).to_owned(), output: String::new() };
        let block =
            Block { line: 0, language: String::new(), range: 0..0, commands: vec![command] };
        let (output, code) = sandbox.run(&block).remove(0);
        assert!(code <= 1 && !output.contains("error:"), "{example}: {code}\n{output}");
    }
}

/// The README's screenshot is what the program prints, with colours.
#[test]
fn the_picture_is_current() {
    let sandbox = Sandbox::new();
    let output = Process::new(env!("CARGO_BIN_EXE_aware"))
        .args(["scan", "./AWSLogs"])
        .current_dir(sandbox.folder.path())
        .env("CLICOLOR_FORCE", "1")
        .env("COLUMNS", "110")
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let shown: Vec<&str> = text.lines().take(40).collect();
    let prompt = format!("$ aware scan ./AWSLogs | head -40\n\n{}\n", shown.join("\n"));
    let picture = Data::read_from(&root().join("docs/images/scan.svg"), Some(TermSvg));
    snapbox::Assert::new().action_env("SNAPSHOTS").eq(prompt, picture);
}
