//! Names to addresses.

use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use tokio::sync::Semaphore;

/// What looking up a name becomes.
pub type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a host. Whatever it says is checked before anything is connected to it.
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of a host, best first. `host` is a name or an IP address.
    fn resolve(&self, host: &str) -> Lookup;
}

/// The system's resolver: `/etc/hosts`, DNS and whatever else it is set up for. All there are look up 16 names at a time; further ones wait for
/// their turn, within the time of their calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

/// Names that are looked up at a time. The system looks up on threads that nothing can interrupt: without a bound, calls that were given up would leave
/// ever more of them behind while a name server is silent.
const AT_A_TIME: usize = 16;

static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_A_TIME)));

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Lookup {
        let host = host.to_owned();
        Box::pin(in_turn(&TURNS, move || {
            let found = (host.as_str(), 0).to_socket_addrs()?;
            Ok(found.map(|address| address.ip()).collect())
        }))
    }
}

/// Looks up on a thread that may wait, when it is its turn. The turn ends with the looking, whatever became of the call.
fn in_turn(
    turns: &Arc<Semaphore>,
    look: impl FnOnce() -> io::Result<Vec<IpAddr>> + Send + 'static,
) -> impl Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static {
    let turns = Arc::clone(turns);
    async move {
        let turn = turns.acquire_owned().await.map_err(io::Error::other)?;
        let looking = tokio::task::spawn_blocking(move || {
            let found = look();
            drop(turn);
            found
        });
        looking.await.map_err(io::Error::other)?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn names_are_looked_up_in_turns_that_calls_which_gave_up_leave_to_their_threads() {
        let (asked, turns) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(2)));
        let (answer, silence) = channel::<()>();
        let silence = Arc::new(std::sync::Mutex::new(silence));
        let look = || {
            let (asked, silence) = (Arc::clone(&asked), Arc::clone(&silence));
            in_turn(&turns, move || {
                asked.fetch_add(1, Ordering::SeqCst);
                // Until the other end is gone.
                assert!(silence.lock().unwrap().recv().is_err());
                Ok(Vec::new())
            })
        };
        for _ in 0..5 {
            assert!(tokio::time::timeout(Duration::from_millis(1), look()).await.is_err());
        }
        drop(answer);
        assert_eq!(look().await.unwrap(), Vec::<IpAddr>::new());
        drop(turns.acquire_many(2).await.unwrap());
        assert_eq!(asked.load(Ordering::SeqCst), 3, "two turns, and one more when they were free again");
    }
}
