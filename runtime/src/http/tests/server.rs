//! A server for tests, as small as one can be.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server on this machine: says one thing, remembers what it was asked.
pub struct Server {
    pub port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Answers the n-th request, from 0, with what `answer` gives for it; an empty answer closes the connection.
    pub async fn new(answer: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let server =
            Self { port: listener.local_addr().unwrap().port(), requests: Arc::default(), connections: Arc::default() };
        let (requests, connections, answer) =
            (Arc::clone(&server.requests), Arc::clone(&server.connections), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                let (requests, answer) = (Arc::clone(&requests), Arc::clone(&answer));
                tokio::spawn(async move { talk(stream, &requests, &*answer).await });
            }
        });
        server
    }

    /// The same with one JSON text for every request.
    pub async fn json(text: &str) -> Self {
        let answer = ok(text);
        Self::new(move |_| answer.clone()).await
    }

    pub fn url(&self, rest: &str) -> String {
        format!("http://127.0.0.1:{}{rest}", self.port)
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

pub async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    requests: &Mutex<Vec<String>>,
    answer: &(impl Fn(usize) -> String + ?Sized),
) -> io::Result<()> {
    let mut held = Vec::new();
    loop {
        let request = loop {
            if let Some(length) = complete(&held) {
                break held.drain(..length).collect::<Vec<u8>>();
            }
            if stream.read_buf(&mut held).await? == 0 {
                return Ok(());
            }
        };
        let number = {
            let mut requests = requests.lock().unwrap();
            requests.push(String::from_utf8_lossy(&request).into_owned());
            requests.len() - 1
        };
        let said = answer(number);
        if said.is_empty() {
            return Ok(());
        }
        stream.write_all(said.as_bytes()).await?;
        stream.flush().await?;
        if said.contains("connection: close") {
            return stream.shutdown().await;
        }
    }
}

/// The length of the first request, once all of it is there.
fn complete(held: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(held);
    let head = text.find("\r\n\r\n")? + 4;
    let length =
        text.get(..head)?.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    Some(head + length.unwrap_or(0)).filter(|whole| held.len() >= *whole)
}

pub fn ok(json: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{json}", json.len())
}

pub fn status(line: &str, headers: &str) -> String {
    format!("HTTP/1.1 {line}\r\n{headers}content-length: 0\r\n\r\n")
}
