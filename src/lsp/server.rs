//! The loop: messages in, answers out, and diagnostics when a text has come to rest.

use std::collections::BTreeMap;
use std::time::Instant;

use crossbeam_channel::RecvTimeoutError;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidCloseTextDocument, DidOpenTextDocument, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{
    CodeActionRequest, Completion, DocumentSymbolRequest, Formatting, GotoDefinition, HoverRequest, Request as _,
};
use lsp_types::{
    CodeActionParams, CodeActionProviderCapability, CompletionOptions, CompletionParams, CompletionResponse,
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, DocumentFormattingParams,
    DocumentSymbolParams, DocumentSymbolResponse, GotoDefinitionParams, GotoDefinitionResponse, HoverParams,
    HoverProviderCapability, OneOf, PositionEncodingKind, PublishDiagnosticsParams, ServerCapabilities,
    TextDocumentPositionParams, TextDocumentSyncCapability, TextDocumentSyncKind, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::documents::{Document, Documents};
use super::position::Lines;
use super::{Error, Settings, actions, completion, definition, diagnostics, formatting, hover, symbols};

/// What the server can do.
pub fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(PositionEncodingKind::UTF16),
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::INCREMENTAL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([" ", "\"", "[", "{", ",", "."].map(str::to_owned).into()),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Simple(true)),
        ..ServerCapabilities::default()
    }
}

pub struct Server<'c> {
    connection: &'c Connection,
    settings: &'c Settings,
    documents: Documents,
    /// Texts that wait for their check, and until when.
    due: BTreeMap<String, (Instant, Uri)>,
}

/// The answer to a request, or why there is none.
type Answer = Result<Value, (ErrorCode, String)>;

impl<'c> Server<'c> {
    pub fn new(connection: &'c Connection, settings: &'c Settings) -> Self {
        Self { connection, settings, documents: Documents::default(), due: BTreeMap::new() }
    }

    pub fn run(mut self) -> Result<(), Error> {
        loop {
            let next = self.due.values().map(|(at, _)| *at).min();
            let message = match next {
                Some(at) => self.connection.receiver.recv_deadline(at),
                None => self.connection.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::Request(request)) => {
                    if self.connection.handle_shutdown(&request)? {
                        return Ok(());
                    }
                    let response = self.answer(request);
                    self.send(response.into())?;
                }
                Ok(Message::Notification(notification)) => self.notice(notification)?,
                Ok(Message::Response(_)) => {}
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Error::Disconnected),
            }
            self.check_due()?;
        }
    }

    fn send(&self, message: Message) -> Result<(), Error> {
        self.connection.sender.send(message).map_err(|_| Error::Disconnected)
    }

    /// Checks the texts that have rested long enough.
    fn check_due(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        let ready: Vec<Uri> = self.due.values().filter(|(at, _)| *at <= now).map(|(_, uri)| uri.clone()).collect();
        for uri in ready {
            self.due.remove(uri.as_str());
            if let Some(document) = self.documents.get(&uri) {
                let found = diagnostics::publish(document);
                self.publish(found)?;
            }
        }
        Ok(())
    }

    fn publish(&self, params: PublishDiagnosticsParams) -> Result<(), Error> {
        self.send(Notification::new(PublishDiagnostics::METHOD.to_owned(), params).into())
    }

    fn check_soon(&mut self, uri: Uri) {
        let at = Instant::now() + self.settings.debounce;
        self.due.insert(uri.as_str().to_owned(), (at, uri));
    }

    /// A notification that cannot be read is passed over: there is nobody to answer.
    fn notice(&mut self, notification: Notification) -> Result<(), Error> {
        let Notification { method, params } = notification;
        match method.as_str() {
            DidOpenTextDocument::METHOD => {
                if let Ok(DidOpenTextDocumentParams { text_document: open }) = serde_json::from_value(params) {
                    self.documents.open(Document::new(open.uri.clone(), open.version, open.text));
                    self.check_soon(open.uri);
                }
            }
            DidChangeTextDocument::METHOD => {
                if let Ok(DidChangeTextDocumentParams { text_document: document, content_changes }) =
                    serde_json::from_value(params)
                {
                    self.documents.change(&document.uri, document.version, content_changes);
                    self.check_soon(document.uri);
                }
            }
            DidCloseTextDocument::METHOD => {
                if let Ok(DidCloseTextDocumentParams { text_document: closed }) = serde_json::from_value(params) {
                    self.documents.close(&closed.uri);
                    self.due.remove(closed.uri.as_str());
                    self.publish(PublishDiagnosticsParams { uri: closed.uri, diagnostics: Vec::new(), version: None })?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn answer(&mut self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let answer = match method.as_str() {
            HoverRequest::METHOD => {
                self.at(params, |params: HoverParams| params.text_document_position_params, hover::hover)
            }
            Completion::METHOD => self.at(
                params,
                |params: CompletionParams| params.text_document_position,
                |document, offset| Some(CompletionResponse::Array(completion::completion(document, offset))),
            ),
            GotoDefinition::METHOD => self.at(
                params,
                |params: GotoDefinitionParams| params.text_document_position_params,
                |document, offset| definition::definition(document, offset).map(GotoDefinitionResponse::Scalar),
            ),
            DocumentSymbolRequest::METHOD => self.with(params, |document, _: DocumentSymbolParams| {
                Ok(DocumentSymbolResponse::Nested(symbols::symbols(document.text())))
            }),
            Formatting::METHOD => {
                self.with(params, |document, _: DocumentFormattingParams| formatting::edits(document))
            }
            CodeActionRequest::METHOD => {
                self.with(params, |document, params: CodeActionParams| Ok(actions::actions(document, params.range)))
            }
            _ => Err((ErrorCode::MethodNotFound, format!("{method} is not known here"))),
        };
        match answer {
            Ok(value) => Response::new_ok(id, value),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        }
    }

    /// Answers about a position of an open text; null about one that is not open.
    fn at<P: DeserializeOwned, R: serde::Serialize>(
        &mut self,
        params: Value,
        position: impl FnOnce(P) -> TextDocumentPositionParams,
        answer: impl FnOnce(&mut Document, usize) -> Option<R>,
    ) -> Answer {
        let TextDocumentPositionParams { text_document, position } = position(parse(params)?);
        let Some(document) = self.documents.get(&text_document.uri) else { return Ok(Value::Null) };
        let offset = Lines::new(document.text()).offset(position);
        Ok(serde_json::to_value(answer(document, offset)).unwrap_or_default())
    }

    /// Answers about an open text as a whole.
    fn with<P: DeserializeOwned, R: serde::Serialize>(
        &mut self,
        params: Value,
        answer: impl FnOnce(&mut Document, P) -> Result<R, String>,
    ) -> Answer {
        let uri = params.pointer("/textDocument/uri").cloned().unwrap_or_default();
        let uri: Uri = parse(uri)?;
        let params = parse(params)?;
        let Some(document) = self.documents.get(&uri) else { return Ok(Value::Null) };
        let answer = answer(document, params).map_err(|message| (ErrorCode::RequestFailed, message))?;
        Ok(serde_json::to_value(answer).unwrap_or_default())
    }
}

fn parse<P: DeserializeOwned>(params: Value) -> Result<P, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}
