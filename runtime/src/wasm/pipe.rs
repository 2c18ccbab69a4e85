//! Standard output and error of a guest: kept in memory up to a limit.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::stop::Stop;

/// What happens at the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtLimit {
    /// The call ends: half an answer is none.
    Stop,
    /// The rest is dropped and the guest is told that it was written.
    Cut,
}

/// A stream into memory. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Pipe {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: u64,
    at_limit: AtLimit,
    /// Something was dropped at the limit.
    is_cut: Arc<AtomicBool>,
}

impl Pipe {
    pub fn new(limit: u64, at_limit: AtLimit) -> Self {
        Self { bytes: Arc::default(), limit, at_limit, is_cut: Arc::default() }
    }

    /// Whether something was dropped since this was asked last.
    pub fn was_cut(&self) -> bool {
        self.is_cut.swap(false, Ordering::Relaxed)
    }

    /// Takes out what was written.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn append(&self, new: &[u8]) -> Result<(), Stop> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let room = limit.saturating_sub(bytes.len());
        if new.len() > room && self.at_limit == AtLimit::Stop {
            return Err(Stop::OutputTooLarge { limit: self.limit });
        }
        if new.len() > room {
            self.is_cut.store(true, Ordering::Relaxed);
        }
        bytes.extend_from_slice(new.get(..room.min(new.len())).unwrap_or_default());
        Ok(())
    }
}

impl IsTerminal for Pipe {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Pipe {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Pipe {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Pipe {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.append(&bytes).map_err(|stop| StreamError::Trap(stop.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        // Bounds what the guest can make the host buffer at once; the limit itself is checked when it writes.
        const AT_ONCE: usize = 64 << 10;
        Ok(AT_ONCE)
    }
}

impl tokio::io::AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.append(bytes).map(|()| bytes.len()).map_err(io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
