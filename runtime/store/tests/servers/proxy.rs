//! A proxy that is slow, or says nothing at all.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the proxy passes bytes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// At once.
    Quick,
    /// Each piece after this time.
    After(Duration),
    /// Not until the pace changes.
    Never,
}

pub struct Proxy {
    pub port: u16,
    pace: watch::Sender<Pace>,
}

impl Proxy {
    /// A proxy before a port of this machine.
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (pace, watched) = watch::channel(Pace::Quick);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
                // Slow by the pace alone, not by waiting for more to send.
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass(from_client, to_server, watched.clone()));
                tokio::spawn(pass(from_server, to_client, watched.clone()));
            }
        });
        Self { port: own, pace }
    }

    pub fn set(&self, pace: Pace) {
        self.pace.send_replace(pace);
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut pace: watch::Receiver<Pace>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let now = *pace.borrow();
        match now {
            Pace::Quick => {}
            Pace::After(time) => tokio::time::sleep(time).await,
            Pace::Never => {
                if pace.wait_for(|pace| *pace != Pace::Never).await.is_err() {
                    return;
                }
            }
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
