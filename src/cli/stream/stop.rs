//! Ending a run early: Ctrl-C once lets it finish what is written in order, twice ends the process.

use std::io;
use std::thread;

use tokio::sync::watch;

use crate::cli::exit::Exit;

/// A switch that every thread of a run can see and every decision in flight can wait for. Set once.
#[derive(Clone, Debug)]
pub struct Stop {
    sender: watch::Sender<Option<Cause>>,
}

/// Who set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// The run itself, because it is over.
    Over,
    /// Somebody pressed Ctrl-C (or sent SIGINT or SIGTERM).
    Interrupt,
}

impl Stop {
    /// Not set.
    pub fn new() -> Self {
        Self { sender: watch::Sender::new(None) }
    }

    /// Ends the run from inside.
    pub fn set(&self) {
        self.sender.send_if_modified(|cause| {
            let first = cause.is_none();
            cause.get_or_insert(Cause::Over);
            first
        });
    }

    /// Whether the run is to end.
    pub fn is_set(&self) -> bool {
        self.sender.borrow().is_some()
    }

    /// Whether Ctrl-C was why.
    pub fn interrupted(&self) -> bool {
        *self.sender.borrow() == Some(Cause::Interrupt)
    }

    /// Resolves once it is set.
    pub async fn wait(&self) {
        let mut receiver = self.sender.subscribe();
        // Fails only when every sender is gone, and `self` holds one.
        let _ = receiver.wait_for(Option::is_some).await;
    }

    /// Sets it at the first signal that asks the process to end; a second one ends the process at once.
    ///
    /// # Errors
    /// When signals cannot be listened to.
    pub fn on_signals(&self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let stop = self.clone();
        // Registered before this returns, so that no signal falls between.
        let mut signals = {
            let _inside = runtime.enter();
            Signals::listen()?
        };
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                signals.next().await;
                stop.sender.send_if_modified(|cause| {
                    let first = cause.is_none();
                    cause.get_or_insert(Cause::Interrupt);
                    first
                });
                signals.next().await;
                std::process::exit(i32::from(Exit::Interrupted.code()));
            });
        })?;
        Ok(())
    }
}

/// The signals of this platform that ask a process to end.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
