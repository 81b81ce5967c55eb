//! A tree of generated CloudTrail files, the same bytes for the same seed.
//!
//! Sizes and proportions resemble real ones: 1.2 to 1.5 KB per event, 2% denied, hundreds of event
//! names with a long tail, files of 1 to 8,000 events.

mod dice;
pub mod flood;
mod record;

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use crate::run::XtaskError;
use record::RecordMaker;

pub use dice::SeededDice;

/// The version of the recipe: a new one generates other files.
pub const VERSION: &str = "2";

/// What was written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CorpusSums {
    files: u64,
    events: u64,
    denied: u64,
    bytes: u64,
    packed: u64,
}

impl fmt::Display for CorpusSums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, events, denied, bytes, packed } = self;
        write!(
            f,
            "{events} events ({denied} denied) in {files} files, {bytes} bytes of JSON, {packed} compressed"
        )
    }
}

/// Writes the tree.
pub fn write_corpus(events: u64, seed: u64, out: &Path) -> Result<CorpusSums, XtaskError> {
    let mut maker = RecordMaker::from_seed(seed);
    let mut dice = SeededDice::from_seed(seed ^ 0x000f_11e5);
    let mut sums = CorpusSums::default();
    while sums.events < events {
        let size = file_size(&mut dice).min(events - sums.events);
        let (name, body, denied) = generate_file(&mut maker, &mut dice, sums.files, size);
        let path = out.join(name);
        let packed = compress_body(&body).map_err(|error| error.to_string())?;
        let folder = path.parent().unwrap_or(out);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, &packed))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        sums.files += 1;
        sums.events += size;
        sums.denied += denied;
        sums.bytes += body.len() as u64;
        sums.packed += packed.len() as u64;
    }
    Ok(sums)
}

/// Bare records, in one account and region.
pub fn generate_records(count: u64, seed: u64) -> Vec<String> {
    let mut maker = RecordMaker::from_seed(seed);
    let mut record = || {
        let mut text = String::new();
        maker.append_record(
            &mut text,
            record::ACCOUNTS[0],
            record::REGIONS[0],
            "2026-10-01T00:00:00Z",
        );
        text
    };
    (0..count).map(|_| record()).collect()
}

/// From 1 to 8,000 events, the median near 18, the mean near 380.
fn file_size(dice: &mut SeededDice) -> u64 {
    match dice.roll_below(100) {
        0..70 => 1 + dice.roll_skewed(60),
        70..95 => 1 + dice.roll_skewed(1_200),
        _ => 1 + dice.roll_below(8_000),
    }
}

fn generate_file(
    maker: &mut RecordMaker,
    dice: &mut SeededDice,
    number: u64,
    size: u64,
) -> (String, String, u64) {
    let (account, region) = (*dice.pick_one(&record::ACCOUNTS), *dice.pick_one(&record::REGIONS));
    let minute = number * 5 % 1440;
    let day = 1 + number * 5 / 1440 % 28;
    let (hour, minute) = (minute / 60, minute % 60);
    let mut body = "{\"Records\":[".to_owned();
    let mut denied = 0;
    for index in 0..size {
        if index > 0 {
            body.push(',');
        }
        let second = index * 290 / size;
        let time = format!(
            "2026-10-{day:02}T{hour:02}:{:02}:{:02}Z",
            (minute + second / 60) % 60,
            second % 60
        );
        denied += u64::from(maker.append_record(&mut body, account, region, &time));
    }
    body.push_str("]}");
    let unique = dice.roll_any();
    let name = format!(
        "AWSLogs/{account}/CloudTrail/{region}/2026/10/{day:02}/{account}_CloudTrail_{region}_202610{day:02}T{hour:02}{minute:02}Z_{unique:016x}.json.gz"
    );
    (name, body, denied)
}

fn compress_body(body: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(6));
    encoder.write_all(body.as_bytes())?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn tree(seed: u64) -> (CorpusSums, Vec<(String, Vec<u8>)>) {
        let folder =
            std::env::temp_dir().join(format!("aware-corpus-{seed}-{}", std::process::id()));
        let sums = write_corpus(2_000, seed, &folder).unwrap();
        let files = crate::tidy::files_below(&folder).into_iter().map(|path| {
            let name = path.strip_prefix(&folder).unwrap().display().to_string();
            (name, fs::read(&path).unwrap())
        });
        let files = files.collect();
        fs::remove_dir_all(&folder).unwrap();
        (sums, files)
    }

    #[test]
    fn equal_seeds_give_equal_bytes() {
        let (sums, files) = tree(7);
        assert_eq!((sums, files.clone()), tree(7));
        assert_ne!(tree(8).1, files);
    }

    #[test]
    fn files_are_like_cloudtrail_s() {
        let (sums, files) = tree(3);
        let (mut events, mut denied) = (0, 0);
        for (_, packed) in &files {
            let mut text = String::new();
            flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
            let body: serde_json::Value = serde_json::from_str(&text).unwrap();
            for record in body["Records"].as_array().unwrap() {
                events += 1;
                let code = record["errorCode"].as_str().unwrap_or_default();
                denied += u64::from(code.contains("AccessDenied") || code.contains("Unauthorized"));
            }
        }
        assert_eq!((events, denied), (sums.events, sums.denied));
        assert!((20..=60).contains(&denied), "about 2 %: {denied}");
        assert!((1_150..=1_550).contains(&(sums.bytes / events)), "{}", sums.bytes / events);
    }
}
