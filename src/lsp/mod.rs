//! The language server behind `cascata lsp`: the protocol on one side, the compiler on the other, no async in between.
//!
//! ```text
//! messages ─▶ server ─▶ documents (texts, incremental changes) ─┬▶ diagnostics, actions   the compiler, debounced
//!                                                               ├▶ formatting             cascata_compiler::format
//!                                                               └▶ outline ─▶ hover, completion, definition, symbols
//! ```
//!
//! While a text is typed it is hardly ever sound, so what depends on the cursor comes from an outline that takes every
//! text. Positions are UTF-16, as every client has them. No text makes the server panic.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)
)]

mod actions;
mod completion;
mod definition;
mod diagnostics;
mod documents;
mod formatting;
mod hover;
mod outline;
mod places;
mod position;
mod server;
mod symbols;

use std::time::Duration;

pub use lsp_server::Connection;

/// How the server behaves.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// How long a text has to rest before it is checked. Default 150 milliseconds.
    pub debounce: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { debounce: Duration::from_millis(150) }
    }
}

impl Settings {
    /// The settings with another rest.
    #[must_use]
    pub fn debounce(mut self, debounce: Duration) -> Self {
        self.debounce = debounce;
        self
    }
}

/// Why the server ended other than by the client's wish.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client broke the protocol.
    #[error("the client broke the protocol: {0}")]
    Protocol(#[from] lsp_server::ProtocolError),
    /// The client went away without a farewell.
    #[error("the client is gone")]
    Disconnected,
    /// A stream cannot be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Serves a connection until the client shuts the server down.
///
/// # Errors
/// When the client breaks the protocol or goes away.
pub fn serve(connection: &Connection, settings: &Settings) -> Result<(), Error> {
    let capabilities = serde_json::to_value(server::capabilities()).unwrap_or_default();
    connection.initialize(capabilities)?;
    server::Server::new(connection, settings).run()
}

/// Serves standard input and output until the client shuts the server down.
///
/// # Errors
/// As [`serve`], and when a stream fails.
pub fn stdio(settings: &Settings) -> Result<(), Error> {
    let (connection, threads) = Connection::stdio();
    let served = serve(&connection, settings);
    // The writer ends when nobody can send any more.
    drop(connection);
    served?;
    threads.join()?;
    Ok(())
}
