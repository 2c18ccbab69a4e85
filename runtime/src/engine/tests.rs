//! What the recorded corpora do not cover: time, parallel stages, failures of handlers, updates.

mod flow;
mod kit;
mod parallel;
mod plugins;
mod recording;
mod update;
