//! One connection that everybody shares, made anew when it breaks, and one that listens.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError, ScriptInvocation, TlsCertificates};
use tokio::task::JoinHandle;

use super::KIND;
use crate::remote::{LISTEN_AGAIN, cryptography, within};
use crate::tls::Authorities;
use crate::waiters::Waiters;
use crate::{StoreError, StoreUrl};

/// What the server is asked.
pub(super) enum Call<'a> {
    Ping,
    Script(&'a ScriptInvocation<'a>),
}

impl Call<'_> {
    async fn make(&self, connection: &mut MultiplexedConnection) -> Result<Vec<Vec<u8>>, RedisError> {
        match self {
            Self::Ping => redis::cmd("PING").query_async::<()>(connection).await.map(|()| Vec::new()),
            Self::Script(script) => script.invoke_async(connection).await,
        }
    }
}

pub(super) struct Connection {
    client: Client,
    deadline: Duration,
    /// The connection and how many there were before it.
    current: tokio::sync::Mutex<(u64, Option<MultiplexedConnection>)>,
    pub(super) waiters: Arc<Waiters>,
    channel: String,
    listener: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            listener.abort();
        }
    }
}

impl Connection {
    pub(super) fn new(url: &StoreUrl, deadline: Duration, channel: String) -> Result<Self, StoreError> {
        cryptography();
        let root_cert = match Authorities::of(url, url.base().starts_with("rediss:"))? {
            Authorities::OfMachine => None,
            Authorities::Own(pem) => Some(pem),
        };
        let client = match root_cert {
            None => Client::open(url.base()),
            root_cert => Client::build_with_tls(url.base(), TlsCertificates { client_tls: None, root_cert }),
        };
        let client = client.map_err(|error| StoreError::Url { url: url.redacted(), why: error.to_string() })?;
        Ok(Self {
            client,
            deadline,
            current: tokio::sync::Mutex::default(),
            waiters: Arc::default(),
            channel,
            listener: Mutex::default(),
        })
    }

    /// Runs a script within the deadline; a second time if the connection broke and `again` allows it.
    pub(super) async fn call(
        &self,
        operation: &'static str,
        mut again: bool,
        call: &Call<'_>,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut used = 0;
        let work = async {
            loop {
                let (number, mut connection) = self.connection().await?;
                used = number;
                match call.make(&mut connection).await {
                    Ok(answer) => return Ok(answer),
                    Err(error) if error.is_io_error() || error.is_unrecoverable_error() => {
                        self.forget(number).await;
                        if !again {
                            return Err(unreachable(&error));
                        }
                        again = false;
                    }
                    Err(error) => return Err(StoreError::Refused { store: KIND, why: error.to_string() }),
                }
            }
        };
        let answer = within(KIND, operation, self.deadline, work).await;
        if matches!(answer, Err(StoreError::Deadline { .. })) {
            // Perhaps the other end is gone without a word; those who wait on this connection keep it.
            self.forget(used).await;
        }
        answer
    }

    async fn connection(&self) -> Result<(u64, MultiplexedConnection), StoreError> {
        let mut current = self.current.lock().await;
        let (number, connection) = &mut *current;
        if let Some(connection) = connection {
            return Ok((*number, connection.clone()));
        }
        // Deadlines are ours: a slow answer is no broken connection.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(self.deadline)).set_response_timeout(None);
        let made = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(|error| unreachable(&error))?;
        *number = number.saturating_add(1);
        *connection = Some(made.clone());
        Ok((*number, made))
    }

    /// Leaves a broken connection, unless somebody did before.
    async fn forget(&self, broken: u64) {
        let mut current = self.current.lock().await;
        if current.0 == broken {
            current.1 = None;
        }
    }

    /// Listens for notifications from now on.
    pub(super) fn listen(self: &Arc<Self>) {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if listener.as_ref().is_none_or(JoinHandle::is_finished) {
            *listener = Some(tokio::spawn(listen(Arc::downgrade(self))));
        }
    }
}

async fn listen(connection: Weak<Connection>) {
    while let Some((client, channel, waiters)) = connection
        .upgrade()
        .map(|connection| (connection.client.clone(), connection.channel.clone(), Arc::clone(&connection.waiters)))
    {
        if let Ok(mut subscription) = client.get_async_pubsub().await
            && subscription.subscribe(&channel).await.is_ok()
        {
            // What happened before is not told.
            waiters.wake_all();
            let mut messages = subscription.on_message();
            while let Some(message) = messages.next().await {
                if let Ok(key) = std::str::from_utf8(message.get_payload_bytes()) {
                    waiters.wake(key);
                }
            }
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

fn unreachable(error: &RedisError) -> StoreError {
    StoreError::Unreachable { store: KIND, why: error.to_string() }
}
