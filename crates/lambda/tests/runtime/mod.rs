//! A Lambda Runtime API on loopback, which serves a real bootstrap.
//!
//! Source: Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".

#![allow(dead_code)] // not every test uses all of it

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};

/// The total time allowed for an answer; debug builds are slow.
const PATIENCE: Duration = Duration::from_secs(300);

/// A running function.
pub(crate) struct Function {
    process: Child,
    events: mpsc::Sender<(String, Duration)>,
    answers: Mutex<mpsc::Receiver<Answer>>,
}

/// The result of an invocation.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) failed: bool,
    pub(crate) body: Value,
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Function {
    /// Starts a bootstrap with these variables.
    pub(crate) async fn start(program: &str, variables: &[(&str, String)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, waiting) = mpsc::channel::<(String, Duration)>(1);
        let (told, answers) = mpsc::channel(1);
        let waiting = Arc::new(Mutex::new(waiting));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&waiting), told.clone()));
            }
        });
        let mut command = Command::new(program);
        command
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "test")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "test")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "test")
            .envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
        let process = command.stdout(Stdio::null()).spawn().unwrap();
        Self { process, events, answers: Mutex::new(answers) }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Invokes it with a minute of time.
    pub(crate) async fn invoke(&self, event: &Value) -> Answer {
        self.invoke_within(event, Duration::from_secs(60)).await
    }

    /// Invokes it with this much time.
    pub(crate) async fn invoke_within(&self, event: &Value, time: Duration) -> Answer {
        self.events.send((event.to_string(), time)).await.unwrap();
        let mut answers = self.answers.lock().await;
        tokio::time::timeout(PATIENCE, answers.recv()).await.expect("an answer in time").unwrap()
    }
}

type Waiting = Arc<Mutex<mpsc::Receiver<(String, Duration)>>>;

async fn serve(stream: TcpStream, waiting: Waiting, told: mpsc::Sender<Answer>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (line, body) = request(&mut stream).await?;
        let reply = if line.contains("/invocation/next") {
            let (event, time) = waiting.lock().await.recv().await?;
            let deadline = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()? + time;
            format!(
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\nLambda-Runtime-Deadline-Ms: {}\r\nLambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:111122223333:function:test\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{event}",
                deadline.as_millis(),
                event.len()
            )
        } else {
            let body = serde_json::from_slice(&body).unwrap_or_default();
            told.send(Answer { failed: line.contains("/error"), body }).await.ok()?;
            "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_owned()
        };
        stream.get_mut().write_all(reply.as_bytes()).await.ok()?;
    }
}

/// The request's first line and body, whether sent whole or in chunks.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let first = line(stream).await?;
    let (mut length, mut chunked) = (0, false);
    loop {
        let header = line(stream).await?.to_ascii_lowercase();
        match header.split_once(':') {
            None => break,
            Some(("content-length", value)) => length = value.trim().parse().ok()?,
            Some(("transfer-encoding", value)) => chunked = value.contains("chunked"),
            Some(_) => {}
        }
    }
    let mut body = Vec::new();
    if !chunked {
        body.resize(length, 0);
        stream.read_exact(&mut body).await.ok()?;
        return Some((first, body));
    }
    loop {
        let size = usize::from_str_radix(line(stream).await?.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk).await.ok()?;
        body.extend_from_slice(&chunk[..size]);
        if size == 0 {
            return Some((first, body));
        }
    }
}

async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}
