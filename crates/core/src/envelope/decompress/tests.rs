//! Round trips, damage at every byte, and bombs.

use std::io::Write;

use flate2::Compression as Level;
use flate2::write::{GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn inflate(input: &[u8]) -> Result<(Vec<u8>, Option<DecompressError>), DecompressError> {
    let mut inflater = BodyInflater::new(DecompressionLimits::default());
    inflater.inflate(input).map(|inflated| (inflated.bytes.to_vec(), inflated.problem))
}

#[test]
fn round_trips() {
    let text = b"{\"Records\":[]}".repeat(1000);
    let mut zlib = ZlibEncoder::new(Vec::new(), Level::default());
    zlib.write_all(&text).unwrap();
    let zlib = zlib.finish().unwrap();
    let zstd = zstd::encode_all(&text[..], 3).unwrap();
    for packed in [gzip(&text), zlib, zstd, text.clone()] {
        assert_eq!(inflate(&packed).unwrap(), (text.clone(), None));
    }
}

#[test]
fn members_are_joined_and_garbage_is_told() {
    let one = gzip(b"same");
    let twice = [one.clone(), one.clone()].concat();
    assert_eq!(inflate(&twice).unwrap(), (b"samesame".to_vec(), None));
    let padded = [one.clone(), vec![0; 100]].concat();
    assert_eq!(inflate(&padded).unwrap(), (b"same".to_vec(), None));
    let garbage = [one, b"garbage".to_vec()].concat();
    let told = Some(DecompressError::TrailingGarbage { bytes: 7 });
    assert_eq!(inflate(&garbage).unwrap(), (b"same".to_vec(), told));
}

#[test]
fn cut_anywhere_it_gives_what_can_be_had() {
    let text: Vec<u8> = (0..5000_u32)
        .flat_map(|i| format!("{},", i.wrapping_mul(2_654_435_761)).into_bytes())
        .collect();
    let packed = gzip(&text);
    for end in (3..packed.len()).step_by(97) {
        match inflate(&packed[..end]) {
            Ok((bytes, problem)) => {
                assert!(text.starts_with(&bytes));
                assert!(
                    matches!(problem, Some(DecompressError::Truncated { .. })),
                    "{end}: {problem:?}"
                );
            }
            Err(problem) => assert!(
                matches!(problem, DecompressError::Truncated { bytes: 0 }),
                "{end}: {problem:?}"
            ),
        }
    }
}

#[test]
fn bombs_are_refused() {
    let bomb = gzip(&vec![0; 10 << 20]);
    assert_eq!(inflate(&bomb), Err(DecompressError::RatioTooHigh { ratio: 200 }));
    let twice = [bomb.clone(), bomb].concat();
    assert_eq!(inflate(&twice), Err(DecompressError::RatioTooHigh { ratio: 200 }));
    let zstd = zstd::encode_all(&vec![0; 10 << 20][..], 3).unwrap();
    assert_eq!(inflate(&zstd), Err(DecompressError::RatioTooHigh { ratio: 200 }));
    let mut small = BodyInflater::new(DecompressionLimits {
        max_bytes: 1000,
        ..DecompressionLimits::default()
    });
    let problem = small.inflate(&gzip(&[7; 2000])).unwrap_err();
    assert_eq!(problem, DecompressError::TooLarge { limit: 1000 });
}

#[test]
fn one_inflater_for_many_bodies() {
    let mut inflater = BodyInflater::new(DecompressionLimits::default());
    for size in [10, 100_000, 3, 0, 70_000] {
        let text: Vec<u8> = (0..size).map(|i: u32| (i.wrapping_mul(i) >> 3) as u8).collect();
        assert_eq!(inflater.inflate(&gzip(&text)).unwrap().bytes, text);
    }
}

proptest! {
    #[test]
    fn any_bytes(mut bytes in prop::collection::vec(any::<u8>(), 0..400), kind in 0_usize..4) {
        let magic: &[u8] = [&b""[..], b"\x1f\x8b\x08\x00", b"\x78\x9c", b"\x28\xb5\x2f\xfd"][kind];
        bytes.splice(0..0, magic.iter().copied());
        if let Ok((out, _)) = inflate(&bytes) {
            prop_assert!(out.len() <= 1 << 20);
        }
    }

    #[test]
    fn any_damage(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut packed = gzip(&b"{\"eventName\":\"ListUsers\"},".repeat(50));
        let at = at.index(packed.len());
        packed[at] = to;
        let _ = inflate(&packed);
    }
}
