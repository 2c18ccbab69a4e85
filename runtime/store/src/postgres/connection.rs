//! A few connections that everybody shares, each made anew when it breaks, and one that listens.

use std::collections::HashMap;
use std::fmt;
use std::future::poll_fn;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Error, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::KIND;
use super::sql::{Sql, TABLES};
use crate::remote::{LISTEN_AGAIN, within};
use crate::tls::{self, Authorities};
use crate::waiters::Waiters;
use crate::{StoreError, StoreUrl};

pub(super) type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

pub(super) struct Pool {
    config: Config,
    tls: MakeRustlsConnect,
    prefix: String,
    deadline: Duration,
    first: tokio::sync::Mutex<Option<Arc<Connection>>>,
    others: Vec<tokio::sync::Mutex<Option<Arc<Connection>>>>,
    next: AtomicUsize,
    has_tables: AtomicBool,
    pub(super) waiters: Arc<Waiters>,
    listener: Mutex<Option<JoinHandle<()>>>,
}

/// A connection and what it has prepared.
struct Connection {
    client: Client,
    statements: tokio::sync::Mutex<HashMap<Sql, Statement>>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            listener.abort();
        }
    }
}

impl Pool {
    pub(super) fn new(url: &StoreUrl, prefix: String, deadline: Duration) -> Result<Self, StoreError> {
        let mut config = Config::from_str(url.base())
            .map_err(|error| StoreError::Url { url: url.redacted(), why: chain(&error) })?;
        // Whoever says whom to believe wants somebody to be believed.
        let usual = if url.option(tls::OPTION).is_some() { "require" } else { "disable" };
        let mode = match url.option("sslmode").unwrap_or(usual) {
            "disable" => SslMode::Disable,
            "require" => SslMode::Require,
            other => return Err(setting("sslmode", format!("`{other}` is neither `disable` nor `require`"))),
        };
        config.ssl_mode(mode).connect_timeout(deadline).application_name("cascata");
        // A server that went away without a word is noticed, and connected to again.
        config.tcp_user_timeout(deadline.saturating_mul(2));
        let connections = match url.number("connections", 1)? {
            None => 4,
            Some(number) if number <= 100 => usize::try_from(number).unwrap_or(100),
            Some(_) => return Err(setting("connections", "a process takes 1 to 100".to_owned())),
        };
        let mut others = Vec::new();
        others.resize_with(connections.saturating_sub(1), tokio::sync::Mutex::default);
        Ok(Self {
            config,
            tls: MakeRustlsConnect::new(set_up(url, mode)?),
            prefix,
            deadline,
            first: tokio::sync::Mutex::default(),
            others,
            next: AtomicUsize::new(0),
            has_tables: AtomicBool::new(false),
            waiters: Arc::default(),
            listener: Mutex::default(),
        })
    }

    /// Runs statements within the deadline; from the start once more if the connection broke and `again` allows it.
    pub(super) async fn rows(
        &self,
        operation: &'static str,
        again: bool,
        sql: Sql,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let work = async {
            let first = self.query(sql, parameters).await;
            match first {
                Err(error) if again && is_lost(&error) => {
                    self.query(sql, parameters).await.map_err(|error| refused(&error))
                }
                other => other.map_err(|error| refused(&error)),
            }
        };
        within(KIND, operation, self.deadline, work).await
    }

    /// How many rows a statement changed.
    pub(super) async fn changed(&self, operation: &'static str, sql: Sql) -> Result<u64, StoreError> {
        let work = async {
            let connection = self.connection().await?;
            let statement = connection.prepared(sql, &self.prefix).await?;
            connection.client.execute(&statement, &[]).await
        };
        within(KIND, operation, self.deadline, async { work.await.map_err(|error| refused(&error)) }).await
    }

    async fn query(&self, sql: Sql, parameters: Parameters<'_>) -> Result<Vec<Row>, Error> {
        let connection = self.connection().await?;
        let statement = connection.prepared(sql, &self.prefix).await?;
        connection.client.query(&statement, parameters).await
    }

    async fn connection(&self) -> Result<Arc<Connection>, Error> {
        let turn =
            self.next.fetch_add(1, Ordering::Relaxed).checked_rem(self.others.len().saturating_add(1)).unwrap_or(0);
        let mut slot = self.others.get(turn).unwrap_or(&self.first).lock().await;
        if let Some(connection) = slot.as_ref().filter(|connection| !connection.client.is_closed()) {
            return Ok(Arc::clone(connection));
        }
        let (client, driver) = self.config.connect(self.tls.clone()).await?;
        tokio::spawn(async move {
            // How it ended is told to everybody who uses it.
            let _ = driver.await;
        });
        // Beyond the deadline nobody listens; a statement that goes on until then would only be in the way.
        let timeout = self.deadline.saturating_mul(2).as_millis().clamp(1, 2_000_000_000);
        client.batch_execute(&format!("SET statement_timeout = {timeout}")).await?;
        if !self.has_tables.load(Ordering::Relaxed) {
            client.batch_execute(&TABLES.replace("{p}", &self.prefix)).await?;
            self.has_tables.store(true, Ordering::Relaxed);
        }
        let connection = Arc::new(Connection { client, statements: tokio::sync::Mutex::default() });
        *slot = Some(Arc::clone(&connection));
        Ok(connection)
    }

    /// Listens for notifications from now on.
    pub(super) fn listen(self: &Arc<Self>) {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if listener.as_ref().is_none_or(JoinHandle::is_finished) {
            *listener = Some(tokio::spawn(listen(Arc::downgrade(self))));
        }
    }
}

impl Connection {
    async fn prepared(&self, sql: Sql, prefix: &str) -> Result<Statement, Error> {
        let mut statements = self.statements.lock().await;
        if let Some(statement) = statements.get(&sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(&sql.text(prefix)).await?;
        statements.insert(sql, statement.clone());
        Ok(statement)
    }
}

async fn listen(pool: Weak<Pool>) {
    while let Some((config, tls, channel, waiters)) = pool
        .upgrade()
        .map(|pool| (pool.config.clone(), pool.tls.clone(), format!("{}_wake", pool.prefix), Arc::clone(&pool.waiters)))
    {
        if let Ok((client, mut driver)) = config.connect(tls).await {
            let messages = async {
                while let Some(Ok(message)) = poll_fn(|cx| driver.poll_message(cx)).await {
                    if let AsyncMessage::Notification(notification) = message
                        && let Some(key) = key(notification.payload())
                    {
                        waiters.wake(&key);
                    }
                }
            };
            let subscription = async {
                if client.batch_execute(&format!("LISTEN {channel}")).await.is_ok() {
                    // What happened before is not told.
                    waiters.wake_all();
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = messages => {}
                () = subscription => {}
            }
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

/// A key of its hexadecimal digits.
fn key(digits: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> =
        digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}

/// How TLS is spoken; no certificates are read where none are needed.
fn set_up(url: &StoreUrl, mode: SslMode) -> Result<rustls::ClientConfig, StoreError> {
    let authorities = Authorities::of(url, mode != SslMode::Disable)?;
    match mode {
        SslMode::Disable => Authorities::Own(Vec::new()).client(),
        _ => authorities.client(),
    }
}

fn setting(name: &str, why: String) -> StoreError {
    StoreError::Setting { setting: name.to_owned(), why }
}

/// Whether the connection broke, or the server is going down or coming up.
fn is_lost(error: &Error) -> bool {
    error
        .as_db_error()
        .is_none_or(|error| error.code().code().starts_with("57P") || error.code().code().starts_with("08"))
}

fn refused(error: &Error) -> StoreError {
    let why = chain(error);
    if is_lost(error) { StoreError::Unreachable { store: KIND, why } } else { StoreError::Refused { store: KIND, why } }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
