//! Documents, lines, pipes.

use std::time::Duration;

use super::*;

async fn all(stream: impl Read + Send + Sync + 'static) -> (Vec<Vec<u8>>, Vec<String>) {
    let mut input = StdinInput::new("stdin", stream);
    let (mut bodies, mut problems) = (Vec::new(), Vec::new());
    loop {
        match input.next_delivery().await {
            Ok(Some(delivery)) => {
                input.ack_delivery(&delivery.token).await.unwrap();
                bodies.push(delivery.body);
            }
            Ok(None) => return (bodies, problems),
            Err(problem) => problems.push(problem.to_string()),
        }
    }
}

#[tokio::test]
async fn documents_come_whole_and_lines_in_chunks() {
    let document = format!("{{\n \"Records\": [\n{}\n]}}\n", "{},\n".repeat(3_000_000));
    assert_eq!(all(Cursor::new(document.clone())).await.0, [document.as_bytes()]);
    let packed = [b"\x1f\x8b\x08\n\n".as_slice(), &b"\n".repeat(10 << 20)].concat();
    assert_eq!(all(Cursor::new(packed.clone())).await.0, [packed]);
    let lines = "{\"a\":1}\n".repeat(3_000_000);
    let (bodies, problems) = all(Cursor::new(lines.clone())).await;
    assert!(bodies.len() > 1 && bodies.concat() == lines.as_bytes());
    assert!(bodies.iter().all(|body| body.ends_with(b"\n")) && problems.is_empty());
    assert_eq!(all(io::empty()).await, (vec![], vec![]));
}

#[tokio::test]
async fn lines_of_a_pipe_come_at_once_and_a_problem_behind_them() {
    let (reader, mut writer) = io::pipe().unwrap();
    let mut input = StdinInput::new("stdin", reader);
    io::Write::write_all(&mut writer, b"Following logs\n{\"a\":1}\n{\"b\"").unwrap();
    let first = tokio::time::timeout(Duration::from_secs(10), input.next_delivery()).await.unwrap();
    assert_eq!(first.unwrap().unwrap().body, b"Following logs\n{\"a\":1}\n");
    let nothing = tokio::time::timeout(Duration::from_millis(50), input.next_delivery()).await;
    assert!(nothing.is_err());
    io::Write::write_all(&mut writer, b":2}\n").unwrap();
    drop(writer);
    assert_eq!(input.next_delivery().await.unwrap().unwrap().body, b"{\"b\":2}\n");
    assert!(input.next_delivery().await.unwrap().is_none());
}

#[tokio::test]
async fn a_document_over_several_lines_comes_whole() {
    let (reader, mut writer) = io::pipe().unwrap();
    let mut input = StdinInput::new("stdin", reader);
    let event = "2026-11-24T03:54:07+00:00 stream \n{\n    \"a\": 1\n}\n";
    let (first, second) = event.split_at(45);
    io::Write::write_all(&mut writer, first.as_bytes()).unwrap();
    let nothing = tokio::time::timeout(Duration::from_millis(50), input.next_delivery()).await;
    assert!(nothing.is_err());
    io::Write::write_all(&mut writer, second.as_bytes()).unwrap();
    let next = tokio::time::timeout(Duration::from_secs(10), input.next_delivery()).await.unwrap();
    let delivery = next.unwrap().unwrap();
    assert_eq!((delivery.kind, delivery.body), (EnvelopeKind::Lines, event.as_bytes().to_vec()));
}

#[tokio::test]
async fn what_is_released_comes_again() {
    let mut input = StdinInput::new("stdin", b"{}\n{}\n".as_slice());
    let first = input.next_delivery().await.unwrap().unwrap();
    input.release_delivery(&first.token).await;
    let second = input.next_delivery().await.unwrap().unwrap();
    assert_eq!((first.body, first.origin), (second.body, second.origin));
    input.ack_delivery(&second.token).await.unwrap();
    assert!(input.next_delivery().await.unwrap().is_none());
}
