//! Requests of one stage: connections to addresses that were checked, kept for the next request, read up to a limit.
//!
//! ```text
//! Outgoing ─▶ idle connection of the target ─────────────────────────────▶ send ─▶ answer, at most `limit` bytes
//!              └ none ─▶ resolve ─▶ refuse what is not public ─▶ connect, TLS ─┘      └ connection is kept
//! ```
//!
//! A connection lives in the async runtime that made it, which has to run for the connection to move: each runtime keeps its own.
//! A name is resolved once a connection, and what is connected to is one of the addresses that were checked, so a name that
//! changes its address in between gains nothing. Redirects are answers like any other: nothing is followed.

use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderMap, HeaderValue, USER_AGENT};
use hyper::rt::{Read, Write};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{self, Handle};
use tokio::time::Instant;
use tokio_rustls::rustls::pki_types::ServerName;

use super::address::Networks;
use super::body::Once;
use super::host::Shared;
use super::target::Target;
use super::trouble::Trouble;

/// Idle connections of a stage that are kept for each runtime; of more, that which waits longest goes.
const KEPT: usize = 16;
/// How long an idle connection is kept: servers close theirs after a minute or later.
const IDLE: Duration = Duration::from_secs(30);
/// The most bytes of an answer's headers, and the most headers.
const HEADER_BYTES: usize = 64 << 10;
const HEADERS: usize = 128;

/// A request that is ready to be sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub method: Method,
    pub target: Target,
    /// Begins with `/`.
    pub path_and_query: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The most bytes of the answer's body.
    pub limit: u64,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

type Connection = SendRequest<Once>;

/// A connection that waits for the next request.
struct Idle {
    runtime: runtime::Id,
    target: Target,
    since: Instant,
    connection: Connection,
}

impl Idle {
    fn is_usable(&self) -> bool {
        self.since.elapsed() < IDLE && !self.connection.is_closed()
    }
}

/// What sends the requests of one stage.
pub(crate) struct Client {
    shared: Arc<Shared>,
    networks: Networks,
    /// Those that wait longest come first.
    idle: Mutex<Vec<Idle>>,
}

impl Client {
    pub(super) fn new(shared: Arc<Shared>, networks: Networks) -> Self {
        Self { shared, networks, idle: Mutex::default() }
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// The target is not allowed or not reached, the answer is none or too large, or the deadline passes.
    pub(crate) async fn exchange(&self, request: Outgoing, deadline: Instant) -> Result<Answer, Trouble> {
        let exchange = self.exchange_in(request, deadline);
        tokio::time::timeout_at(deadline, exchange).await.unwrap_or(Err(Trouble::Late))
    }

    async fn exchange_in(&self, request: Outgoing, deadline: Instant) -> Result<Answer, Trouble> {
        let (target, limit) = (request.target.clone(), request.limit);
        let mut request = assemble(request)?;
        while let Some(mut kept) = self.take(&target) {
            if kept.ready().await.is_err() {
                continue;
            }
            match kept.try_send_request(request).await {
                Ok(answer) => return self.read(target, kept, answer, limit).await,
                // The other side closed while it was idle: nothing was sent, so nothing is sent twice.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(Trouble::lost(&target, &error.into_error())),
                },
            }
        }
        let mut fresh = self.connect(&target, deadline).await?;
        let answer = fresh.send_request(request).await.map_err(|error| Trouble::lost(&target, &error))?;
        self.read(target, fresh, answer, limit).await
    }

    async fn read(
        &self,
        target: Target,
        connection: Connection,
        answer: hyper::Response<Incoming>,
        limit: u64,
    ) -> Result<Answer, Trouble> {
        let (head, mut incoming) = answer.into_parts();
        if incoming.size_hint().lower() > limit {
            return Err(Trouble::AnswerTooLarge { limit });
        }
        let mut body = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut incoming).poll_frame(context)).await {
            let frame = frame.map_err(|error| Trouble::lost(&target, &error))?;
            let Some(data) = frame.data_ref() else { continue };
            let length = u64::try_from(body.len().saturating_add(data.len())).unwrap_or(u64::MAX);
            if length > limit {
                return Err(Trouble::AnswerTooLarge { limit });
            }
            body.extend_from_slice(data);
        }
        self.keep(target, connection);
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }

    fn take(&self, target: &Target) -> Option<Connection> {
        let runtime = Handle::current().id();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(Idle::is_usable);
        let found = idle.iter().rposition(|kept| kept.runtime == runtime && kept.target == *target)?;
        Some(idle.remove(found).connection)
    }

    fn keep(&self, target: Target, connection: Connection) {
        let runtime = Handle::current().id();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(Idle::is_usable);
        let own = |kept: &Idle| kept.runtime == runtime;
        if idle.iter().filter(|kept| own(kept)).count() >= KEPT
            && let Some(longest) = idle.iter().position(own)
        {
            idle.remove(longest);
        }
        idle.push(Idle { runtime, target, since: Instant::now(), connection });
    }

    async fn connect(&self, target: &Target, deadline: Instant) -> Result<Connection, Trouble> {
        let addresses = self.addresses(target).await?;
        let mut last = None;
        for (tried, address) in addresses.iter().enumerate() {
            // Each address has its share of what is left, so that one that says nothing leaves time for the next.
            let left = u32::try_from(addresses.len().saturating_sub(tried)).unwrap_or(u32::MAX).max(1);
            let share = deadline.saturating_duration_since(Instant::now()).checked_div(left).unwrap_or_default();
            let connecting = TcpStream::connect(SocketAddr::new(*address, target.port));
            match tokio::time::timeout(share, connecting).await {
                Ok(Ok(stream)) => return self.greet(target, stream).await,
                Ok(Err(error)) => last = Some(error.to_string()),
                Err(_) => last = Some("no answer in its share of the time".to_owned()),
            }
        }
        Err(Trouble::Unreachable { target: target.to_string(), why: last.unwrap_or_default() })
    }

    /// The addresses of a target that a request may go to, in the resolver's order.
    async fn addresses(&self, target: &Target) -> Result<Vec<IpAddr>, Trouble> {
        let found = match target.host.parse() {
            Ok(address) => vec![address],
            Err(_) => self
                .shared
                .resolver
                .resolve(&target.host)
                .await
                .map_err(|error| Trouble::Unresolved { host: target.host.clone(), why: error.to_string() })?,
        };
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in found {
            match self.networks.refusal(address) {
                None => allowed.push(address),
                Some(class) => refused = Some((address, class)),
            }
        }
        match refused {
            _ if !allowed.is_empty() => Ok(allowed),
            Some((address, class)) => Err(Trouble::Forbidden { host: target.host.clone(), address, class }),
            None => Err(Trouble::Unresolved { host: target.host.clone(), why: "it has no address".to_owned() }),
        }
    }

    async fn greet(&self, target: &Target, stream: TcpStream) -> Result<Connection, Trouble> {
        let lost = |why: String| Trouble::Unreachable { target: target.to_string(), why };
        // A request is written whole; waiting for more to send with it would only cost time.
        stream.set_nodelay(true).map_err(|error| lost(error.to_string()))?;
        if !target.is_secure {
            return talk(stream).await.map_err(|error| Trouble::lost(target, &error));
        }
        let name = ServerName::try_from(target.host.clone()).map_err(|error| lost(error.to_string()))?;
        let connector = self.shared.connector().map_err(lost)?;
        let secure = connector.connect(name, stream).await;
        let secure = secure.map_err(|error| Trouble::Tls { target: target.to_string(), why: error.to_string() })?;
        talk(secure).await.map_err(|error| Trouble::lost(target, &error))
    }
}

/// Speaks HTTP/1.1 over a stream, in a task of its own that ends with the connection.
async fn talk<S>(stream: S) -> hyper::Result<Connection>
where
    TokioIo<S>: Read + Write + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEADER_BYTES).max_headers(HEADERS);
    let (connection, driver) = builder.handshake(TokioIo::new(stream)).await?;
    // What goes wrong in it comes out at the request as well.
    tokio::spawn(async move { drop(driver.await) });
    Ok(connection)
}

fn assemble(outgoing: Outgoing) -> Result<Request<Once>, Trouble> {
    let bad = |error: String| Trouble::Unsendable(error);
    let uri: Uri = outgoing.path_and_query.parse().map_err(|error| bad(format!("the path: {error}")))?;
    let mut request = Request::new(Once::new(outgoing.body));
    *request.method_mut() = outgoing.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = outgoing.headers;
    let host = HeaderValue::from_str(&outgoing.target.authority()).map_err(|error| bad(error.to_string()))?;
    request.headers_mut().insert(HOST, host);
    let agent = HeaderValue::from_static(concat!("cascata/", env!("CARGO_PKG_VERSION")));
    request.headers_mut().entry(USER_AGENT).or_insert(agent);
    Ok(request)
}
