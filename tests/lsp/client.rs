//! A client in the same process: it speaks the protocol over channels.

use std::thread::JoinHandle;
use std::time::Duration;

use cascata::lsp::{Connection, Settings, serve};
use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};

/// The longest a test waits for the server; it answers at once.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Client {
    connection: Connection,
    server: Option<JoinHandle<Result<(), String>>>,
    next: i32,
    /// Notifications that came while an answer was awaited.
    pending: Vec<Notification>,
    pub capabilities: Value,
}

/// The address of the one text of a test.
pub const URI: &str = "file:///work/cascade.yaml";

impl Client {
    pub fn new(debounce: Duration) -> Self {
        let (connection, server) = Connection::memory();
        let server = std::thread::spawn(move || {
            serve(&server, &Settings::default().debounce(debounce)).map_err(|error| error.to_string())
        });
        let mut client =
            Self { connection, server: Some(server), next: 0, pending: Vec::new(), capabilities: Value::Null };
        let answer = client.request("initialize", json!({"capabilities": {}})).expect("capabilities");
        client.capabilities = answer["capabilities"].clone();
        client.notify("initialized", json!({}));
        client
    }

    /// A server with one open text.
    pub fn with(text: &str) -> Self {
        let mut client = Self::new(Duration::ZERO);
        client.open(URI, text);
        client
    }

    pub fn open(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}));
    }

    pub fn change(&mut self, version: i32, changes: Value) {
        let document = json!({"uri": URI, "version": version});
        self.notify("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.connection.sender.send(Notification::new(method.to_owned(), params).into()).expect("the server listens");
    }

    /// The result of a request, or the message of its error.
    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.next += 1;
        let id = RequestId::from(self.next);
        let request = Request::new(id.clone(), method.to_owned(), params);
        self.connection.sender.send(request.into()).expect("the server listens");
        loop {
            match self.connection.receiver.recv_timeout(PATIENCE).expect("an answer") {
                Message::Response(response) => {
                    assert_eq!(response.id, id);
                    return response.response_result.map_err(|error| error.message);
                }
                Message::Notification(notification) => self.pending.push(notification),
                Message::Request(request) => panic!("the server asks {}", request.method),
            }
        }
    }

    /// The next diagnostics that are published.
    pub fn diagnostics(&mut self) -> Value {
        if !self.pending.is_empty() {
            return self.pending.remove(0).params;
        }
        match self.connection.receiver.recv_timeout(PATIENCE).expect("diagnostics") {
            Message::Notification(notification) => notification.params,
            other => panic!("{other:?}"),
        }
    }

    /// A request about the place marked `|` in a text; the mark is taken out.
    pub fn at(method: &str, marked: &str) -> Value {
        let (before, after) = marked.split_once('|').expect("a mark");
        let mut client = Self::with(&format!("{before}{after}"));
        let line = before.matches('\n').count();
        let character = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count();
        let position = json!({"line": line, "character": character});
        client.request(method, json!({"textDocument": {"uri": URI}, "position": position})).expect("an answer")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.request("shutdown", Value::Null).expect("a farewell");
        self.notify("exit", Value::Null);
        let server = self.server.take().expect("the server runs");
        assert_eq!(server.join().expect("the server does not panic"), Ok(()));
    }
}
