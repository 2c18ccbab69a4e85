//! The language server as an editor sees it, driven over the protocol in this process.

#[path = "lsp/client.rs"]
mod client;

#[path = "lsp/features.rs"]
mod features;
#[path = "lsp/hostile.rs"]
mod hostile;
#[path = "lsp/texts.rs"]
mod texts;
