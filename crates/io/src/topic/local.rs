//! The topic within one process: a bounded queue. A full queue makes the source half wait.

use std::sync::Mutex as Lock;

use async_trait::async_trait;
use aware_core::message::Message;
use aware_pipeline::port::{Topic, TopicError};
use tokio::sync::{Mutex, mpsc};

/// How many messages may wait.
pub const DEFAULT_CAPACITY: usize = 1024;

/// A bounded queue within the process.
#[derive(Debug)]
pub struct LocalTopic {
    sender: Lock<Option<mpsc::Sender<Message>>>,
    receiver: Mutex<mpsc::Receiver<Message>>,
}

impl LocalTopic {
    /// A topic that holds up to `capacity` messages.
    pub fn new(capacity: usize) -> Self {
        let (sender, receiver) = mpsc::channel(capacity.max(1));
        Self { sender: Lock::new(Some(sender)), receiver: Mutex::new(receiver) }
    }

    fn clone_sender(&self) -> Option<mpsc::Sender<Message>> {
        self.sender.lock().ok()?.clone()
    }
}

#[async_trait]
impl Topic for LocalTopic {
    async fn publish(&self, message: Message) -> Result<(), TopicError> {
        let sender = self.clone_sender().ok_or(TopicError::Closed)?;
        sender.send(message).await.map_err(|_| TopicError::Closed)
    }

    async fn receive(&self) -> Option<Message> {
        self.receiver.lock().await.recv().await
    }

    fn close(&self) {
        if let Ok(mut sender) = self.sender.lock() {
            sender.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aware_cases::message;
    use aware_core::event::Level;

    use super::*;

    fn message(subject: &str) -> Message {
        message::system_message(subject, &[], Level::Low, jiff::Timestamp::UNIX_EPOCH)
    }

    #[tokio::test]
    async fn a_full_topic_waits_and_a_closed_one_drains() {
        let topic = LocalTopic::new(1);
        topic.publish(message("one")).await.unwrap();
        let full = tokio::time::timeout(Duration::from_millis(20), topic.publish(message("two")));
        assert!(full.await.is_err(), "the second had to wait");
        topic.close();
        assert!(topic.publish(message("three")).await.is_err());
        assert_eq!(topic.receive().await.unwrap().subject, "one");
        assert_eq!(topic.receive().await, None);
    }
}
