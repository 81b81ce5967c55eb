//! What is read, and what is refused.

use std::fs;

use super::*;

fn chunks(input: impl Read) -> (Vec<Vec<u8>>, Vec<String>) {
    let (mut chunks, mut problems) = (Vec::new(), Vec::new());
    for chunk in LineChunks::new(input) {
        match chunk {
            Ok(chunk) => chunks.push(chunk),
            Err(problem) => problems.push(problem.to_string()),
        }
    }
    (chunks, problems)
}

#[test]
fn chunks_are_whole_lines_and_lose_nothing() {
    let text = ("x".repeat(1000) + "\n").repeat(20_000) + "last";
    let (chunks, problems) = chunks(text.as_bytes());
    assert_eq!(chunks.len(), 3);
    assert!(chunks[0].ends_with(b"\n") && chunks[1].ends_with(b"\n"));
    assert_eq!(chunks.concat(), text.as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn a_line_over_the_limit_loses_only_itself() {
    let line = |bytes: usize| "x".repeat(bytes) + "\n";
    let text = [
        "a\n",
        &line(MAX_LINE_BYTES),
        "b\n",
        &line(MAX_LINE_BYTES + 1),
        "c\n",
        &line(40 << 20),
        "d",
    ];
    let (chunks, problems) = chunks(text.concat().as_bytes());
    let expected = ["a\n", &line(MAX_LINE_BYTES), "b\n", "c\n", "d"].concat();
    assert!(chunks.concat() == expected.as_bytes());
    let limit = "is over the limit of 16777216 bytes";
    assert_eq!(problems, [format!("line 4 {limit}"), format!("line 6 {limit}")]);
}

#[test]
fn documents_over_several_lines_are_not_cut() {
    let event = "2026-11-24T03:54:07+00:00 stream \n{\n    \"a\": \"}\"\n}\n";
    let cut = [event.repeat(2).as_bytes(), &event.as_bytes()[..40]].concat();
    let chunks: Vec<_> = LineChunks::from_live(cut.as_slice()).map(Result::unwrap).collect();
    assert_eq!(chunks, [event.repeat(2).as_bytes(), &event.as_bytes()[..40]]);
    let broken = format!("{event}{{\"broken\":\n{}", "x\n".repeat(MAX_LINE_BYTES / 2 + 9));
    let (chunks, problems) = self::chunks(broken.as_bytes());
    assert!(chunks.concat() == broken.as_bytes() && chunks.len() > 1);
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn a_pause_is_an_empty_chunk() {
    struct Pauses(u8);
    impl Read for Pauses {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => into[..6].copy_from_slice(b"{}\n{}\n"),
                2 => return Err(io::ErrorKind::WouldBlock.into()),
                _ => return Ok(0),
            }
            Ok(6)
        }
    }
    let chunks: Vec<_> = LineChunks::from_live(Pauses(0)).map(Result::unwrap).collect();
    assert_eq!(chunks, [b"{}\n{}\n".to_vec(), vec![]]);
}

#[test]
fn what_was_read_before_an_error_is_given_first() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the pipe broke"))
        }
    }
    let (chunks, problems) = chunks(b"a\nb".as_slice().chain(Broken));
    assert_eq!((chunks.concat(), problems), (b"a\nb".to_vec(), vec!["the pipe broke".to_owned()]));
}

#[test]
fn what_is_made_of_lines() {
    let cases: [(&[u8], bool); 9] = [
        (b"2026-11-24T03:54:07 {\"a\":1}\n", true),
        (b"EVENTS\t1\t{\"a\":1}\t2\n", true),
        (b"{\"a\":1}\n{\"a\"", true),
        (b"\n {\"a\":{}} \r\n", true),
        (b"{\"a\":1}", false),
        (b"{\n \"a\": 1}\n", false),
        (b"[\n", false),
        (b"\x1f\x8b\x08\n", false),
        (b"", false),
    ];
    for (head, expected) in cases {
        assert_eq!(is_lines(head), expected, "{}", head.escape_ascii());
    }
}

#[test]
fn what_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, b"12345").unwrap();
    let mut buffer = b"of an earlier file".to_vec();
    assert!(!read_into(&path, 5, &mut buffer).unwrap());
    assert_eq!(buffer, b"12345");
    let problem = |path: &Path, buffer: &mut Vec<u8>| read_into(path, 4, buffer).unwrap_err();
    assert_eq!(
        problem(&path, &mut buffer).to_string(),
        "file is over the limit of 4 bytes (hint: split it, or write one record per line)"
    );
    assert!(buffer.is_empty());
    for special in [folder.path(), Path::new("/dev/zero")] {
        let problem = problem(special, &mut buffer).to_string();
        assert_eq!(problem, "is neither a file nor a pipe");
    }
}

#[test]
fn a_pipe_is_read_until_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || fs::write(path, b"{}\n").unwrap())
    };
    let mut buffer = Vec::new();
    assert!(!read_into(&path, 100, &mut buffer).unwrap(), "a pipe does not count as changed");
    writer.join().unwrap();
    assert_eq!(buffer, b"{}\n");
}
