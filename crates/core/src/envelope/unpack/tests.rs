//! Archives of every kind, bombs, and damage at every byte.

use std::io::Write;

use flate2::Compression as Level;
use flate2::write::{DeflateEncoder, GzEncoder};
use proptest::prelude::*;
use rawzip::{CompressionMethod, ZipArchiveWriter};

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    archive.new_dir("folder/").create().unwrap();
    for (name, data) in members {
        let file = archive.new_file(*name).compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Level::best()));
        writer.write_all(data).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, data) in members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *data).unwrap();
    }
    builder.into_inner().unwrap()
}

#[derive(Debug, Default, PartialEq, Eq)]
struct All {
    bodies: Vec<(String, String)>,
    rejects: Vec<String>,
    skipped: u64,
}

fn unpack_with(limits: DecompressionLimits, input: &[u8]) -> All {
    let mut all = All::default();
    FileUnpacker::new(limits).unpack(input, &mut |unpacked| match unpacked {
        UnpackedItem::Body { member, bytes } => {
            let text = String::from_utf8_lossy(bytes).into_owned();
            all.bodies.push((member.unwrap_or_default().to_owned(), text));
        }
        UnpackedItem::Reject { member, problem } => {
            all.rejects.push(format!("{}: {problem}", member.unwrap_or_default()));
        }
        UnpackedItem::Skipped => all.skipped += 1,
    });
    all
}

fn unpack(input: &[u8]) -> All {
    unpack_with(DecompressionLimits::default(), input)
}

fn pairs(bodies: &[(&str, &str)]) -> Vec<(String, String)> {
    bodies.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn members_of_zip_and_tar_and_of_archives_within() {
    let packed = gzip(b"{\"b\":1}");
    let inner = zip(&[("c.json", b"{\"c\":1}")]);
    let long = format!("{}d.json", "folder/".repeat(30));
    let members: [(&str, &[u8]); 8] = [
        ("a.json", b"{\"a\":1}"),
        ("folder/b.json.gz", &packed),
        ("inner.zip", &inner),
        (&long, b"{\"d\":1}"),
        (".DS_Store", b"x"),
        ("AWSLogs/222233334444/CloudTrail-Digest/x", b"x"),
        ("AWSLogs/222233334444/Config/x", b"x"),
        ("utf16.json", b"\xff\xfe{\0}\0"),
    ];
    let expected = pairs(&[
        ("a.json", "{\"a\":1}"),
        ("folder/b.json.gz", "{\"b\":1}"),
        ("inner.zip/c.json", "{\"c\":1}"),
        (&long, "{\"d\":1}"),
        ("utf16.json", "{}"),
    ]);
    let zstd = zstd::encode_all(&*tar(&members), 1).unwrap();
    for archive in [zip(&members), tar(&members), gzip(&tar(&members)), zstd, gzip(&zip(&members))]
    {
        let all = unpack(&archive);
        assert_eq!((all.bodies, all.rejects, all.skipped), (expected.clone(), vec![], 3));
    }
}

#[test]
fn what_is_no_archive_is_one_body() {
    for (input, text) in [
        (b"{}".to_vec(), "{}"),
        (gzip(b"{}"), "{}"),
        (b"\xef\xbb\xbf{}".to_vec(), "\u{feff}{}"),
        (gzip(b"\xfe\xff\0{\0}"), "{}"),
    ] {
        assert_eq!(unpack(&input), All { bodies: pairs(&[("", text)]), ..All::default() });
    }
    assert_eq!(unpack(&zip(&[])), All::default());
}

#[test]
fn what_is_encrypted_or_packed_otherwise_is_named() {
    let mut archive = zip(&[("a.json", b"{}")]);
    let at = memchr::memmem::rfind(&archive, b"PK\x01\x02").unwrap();
    archive[at + 8] |= 1;
    let told = "a.json: is encrypted (hint: unpack it with its password)";
    assert_eq!(unpack(&archive).rejects, [told]);
    archive[at + 8] &= !1;
    archive[at + 10] = 14;
    let told = "a.json: is packed by method 14, which is not read (hint: unpack it)";
    assert_eq!(unpack(&archive).rejects, [told]);
}

#[test]
fn an_office_document_is_named_once() {
    let all = unpack(&zip(&[("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")]));
    let told = ": an Office document, not a log (hint: export the records as JSON)";
    assert_eq!((all.bodies.len(), all.rejects), (0, vec![told.to_owned()]));
}

#[test]
fn what_is_packed_within_the_members_is_limited_in_all() {
    let limits = DecompressionLimits { max_bytes: 10, max_ratio: 2, max_nested: 100 };
    let mut budget = NestedBudget::new(limits, 1_000);
    assert_eq!(budget.limits_for_next().max_nested, 100);
    budget.spend(600);
    assert_eq!(budget.limits_for_next().max_nested, 40);
    budget.spend(100);
    assert_eq!(budget.limits_for_next().max_nested, 0);
}

#[test]
fn bombs_are_bounded() {
    let zeros = vec![b' '; 8 << 20];
    let one = unpack(&zip(&[("a", &zeros), ("b", b"{}")]));
    assert_eq!(one.rejects.len(), 1, "{:?}", one.rejects);
    assert!(one.rejects[0].contains("over 200 times its size"), "{:?}", one.rejects);
    assert_eq!(one.bodies, pairs(&[("b", "{}")]));
    // Each on its own is small enough; the sum is not.
    let limits = DecompressionLimits { max_bytes: 1 << 16, max_ratio: 200, max_nested: 1 << 16 };
    let half = vec![b' '; 1 << 15];
    let names: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &*half)).collect();
    for archive in [zip(&members), tar(&members), gzip(&tar(&members))] {
        let all = unpack_with(limits, &archive);
        assert!(all.bodies.len() <= 200, "{}", all.bodies.len());
        let last = all.rejects.last().unwrap();
        assert!(last.contains("the rest is not read"), "{last}");
        assert_eq!(all.rejects.len(), 1);
    }
    let deep = (0..5).fold(zip(&[("a", b"{}")]), |inner, _| zip(&[("z", &inner)]));
    assert_eq!(unpack(&deep).rejects, ["z/z/z/z: archives are nested deeper than 3"]);
}

#[test]
fn members_that_overlap_are_refused() {
    let bytes: Vec<u8> =
        (0..20_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let archive = zip(&[("a", &bytes), ("b", &bytes)]);
    let last = memchr::memmem::rfind(&archive, b"PK\x01\x02").unwrap();
    let mut overlapping = archive;
    // The last entry claims more bytes than are left.
    let size = overlapping.len() as u32;
    overlapping[last + 20..last + 24].copy_from_slice(&size.to_le_bytes());
    let told = &unpack(&overlapping).rejects;
    assert!(told.last().unwrap().contains("members of the archive overlap"), "{told:?}");
}

#[test]
fn an_archive_over_the_limit_of_a_body_is_read_as_a_stream() {
    let limits = DecompressionLimits { max_bytes: 100_000, max_ratio: 200, max_nested: 100_000 };
    let text: Vec<u8> =
        (0..80_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let archive = gzip(&tar(&[("a", &text), ("b", &text), ("c", &text)]));
    let all = unpack_with(limits, &archive);
    assert_eq!((all.bodies.len(), all.rejects.len()), (3, 0), "{:?}", all.rejects);
}

#[test]
fn a_cut_archive_gives_what_is_whole() {
    let archive = tar(&[("a", b"{}"), ("b", &[b' '; 4000])]);
    let all = unpack(&archive[..2000]);
    assert_eq!(all.bodies, pairs(&[("a", "{}")]));
    assert!(all.rejects[0].starts_with("b: tar archive is cut or damaged"), "{:?}", all.rejects);
    let archive = zip(&[("a", b"{}")]);
    let all = unpack(&archive[..archive.len() - 10]);
    assert!(all.rejects[0].starts_with(": zip archive is cut or damaged"), "{:?}", all.rejects);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn any_damage(
        kind in 0_usize..3,
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..8, prop::collection::vec(any::<u8>(), 0..8)), 1..4),
    ) {
        let inner = gzip(b"{\"eventName\":\"A\"}");
        let members: [(&str, &[u8]); 3] = [("a.gz", &inner), ("b", b"{}"), ("c.zip", &zip(&[("d", b"{}")]))];
        let mut bytes = [zip(&members), tar(&members), gzip(&tar(&members))][kind].clone();
        for (at, gone, new) in cuts {
            let at = at.index(bytes.len() + 1);
            let end = (at + gone).min(bytes.len());
            bytes.splice(at..end, new);
        }
        let limits = DecompressionLimits { max_bytes: 1 << 20, ..DecompressionLimits::default() };
        let all = unpack_with(limits, &bytes);
        prop_assert!(all.bodies.iter().all(|(_, body)| body.len() <= 3 << 20));
    }
}
