//! A stream that is read by its own thread, so that a pause and Ctrl-C are noticed while nothing
//! arrives.

use std::io::{self, Cursor, ErrorKind, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use crate::interrupt;

/// After this long without a byte, a stream counts as staying open.
const PAUSE_AFTER: Duration = Duration::from_secs(2);
/// How many pieces may wait.
const QUEUE_LENGTH: usize = 16;
/// The size of a piece, in bytes.
const PIECE_BYTES: usize = 256 << 10;

/// The stream. [`ErrorKind::WouldBlock`] signals a pause, after which it continues; an interrupt
/// ends it.
pub(super) struct ThreadedPipe {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Cursor<Vec<u8>>,
    ended: bool,
}

impl ThreadedPipe {
    /// Starts reading. The end of the process does not wait for the thread.
    pub(super) fn new(stream: impl Read + Send + 'static) -> Self {
        let (sender, pieces) = sync_channel(QUEUE_LENGTH);
        std::thread::spawn(move || pump_stream(stream, &sender));
        Self { pieces, piece: Cursor::default(), ended: false }
    }

    /// Waits for the next piece; `None` at the end.
    fn receive_piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        let begin = Instant::now();
        while !interrupt::is_interrupted() {
            match self.pieces.recv_timeout(interrupt::CHECK_INTERVAL) {
                Ok(piece) => return piece.map(Some),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) if begin.elapsed() >= PAUSE_AFTER => {
                    return Err(ErrorKind::WouldBlock.into());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        Ok(None)
    }
}

fn pump_stream(mut stream: impl Read, to: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let read = stream.read(&mut piece);
        let piece = match read {
            Ok(0) => return,
            Ok(read) => {
                piece.truncate(read);
                Ok(piece)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let is_last = piece.is_err();
        if to.send(piece).is_err() || is_last {
            return;
        }
    }
}

impl Read for ThreadedPipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(into)?;
            if read > 0 || self.ended || into.is_empty() {
                return Ok(read);
            }
            match self.receive_piece()? {
                Some(piece) => self.piece = Cursor::new(piece),
                None => self.ended = true,
            }
        }
    }
}
