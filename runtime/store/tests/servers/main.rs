//! The stores on real servers: conformance, slow and dead servers, wrong clocks, and processes that are killed.
//!
//! Servers are started here, on free ports and in folders of their own, and killed with the test. A store whose server is not
//! installed is skipped with a line that says so.

mod conform;
mod crash;
mod outage;
mod proxy;
mod server;
mod tls;
