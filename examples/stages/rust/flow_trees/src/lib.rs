//! Careful attack model: gradient-boosted trees over the fields of a network flow.
//!
//! Where the quick model adds fields up, a tree of depth three sees which fields occur together.
#![cfg_attr(target_arch = "wasm32", no_std)]

mod weights;

use cascata_stage::prelude::*;
use shared::logistic::{self, Decimals};
use weights::{BIAS, NAMES, NUMBERS, STEP, TREES};

stage! {
    fields: {
        FLOW_DURATION: "flow.duration",
        FLOW_SRC_BYTES: "flow.src_bytes",
        FLOW_DST_BYTES: "flow.dst_bytes",
        FLOW_WRONG_FRAGMENT: "flow.wrong_fragment",
        LOGIN_LOGGED_IN: "login.logged_in",
        LOGIN_NUM_COMPROMISED: "login.num_compromised",
        LOGIN_NUM_ROOT: "login.num_root",
        LOGIN_IS_GUEST_LOGIN: "login.is_guest_login",
        WINDOW_COUNT: "window.count",
        WINDOW_SRV_COUNT: "window.srv_count",
        WINDOW_SERROR_RATE: "window.serror_rate",
        WINDOW_RERROR_RATE: "window.rerror_rate",
        WINDOW_DIFF_SRV_RATE: "window.diff_srv_rate",
        WINDOW_SRV_DIFF_HOST_RATE: "window.srv_diff_host_rate",
        WINDOW_HOT: "window.hot",
        DST_HOST_COUNT: "dst_host.count",
        DST_HOST_SRV_COUNT: "dst_host.srv_count",
        DST_HOST_SAME_SRV_RATE: "dst_host.same_srv_rate",
        DST_HOST_DIFF_SRV_RATE: "dst_host.diff_srv_rate",
        DST_HOST_SAME_SRC_PORT_RATE: "dst_host.same_src_port_rate",
        DST_HOST_SRV_DIFF_HOST_RATE: "dst_host.srv_diff_host_rate",
        DST_HOST_SERROR_RATE: "dst_host.serror_rate",
        DST_HOST_SRV_SERROR_RATE: "dst_host.srv_serror_rate",
        DST_HOST_RERROR_RATE: "dst_host.rerror_rate",
        DST_HOST_SRV_RERROR_RATE: "dst_host.srv_rerror_rate",
        FLOW_PROTOCOL_TYPE: "flow.protocol_type",
        FLOW_SERVICE: "flow.service",
        FLOW_FLAG: "flow.flag",
    },
    results: ["attack", "normal"],
    run: score,
}

/// Levels of splits in a tree.
const DEPTH: usize = 3;
/// Columns of a row.
const COLUMNS: usize = NUMBERS.len() + NAMES.len();

/// A full tree: seven splits level by level, then eight leaves from left to right.
pub struct Tree {
    /// Column and bin: what lies above the bin goes right. Bin 255 sends all to the left.
    splits: [(u8, u8); (1 << DEPTH) - 1],
    /// One character a leaf, in steps around `P`.
    leaves: [u8; 1 << DEPTH],
}

impl Tree {
    /// The leaf of a row, in steps.
    fn leaf(&self, row: &[u8; COLUMNS]) -> i32 {
        let mut node = 0;
        for _ in 0..DEPTH {
            let (column, bin) = self.splits[node];
            let right = row
                .get(usize::from(column))
                .is_some_and(|&value| value > bin);
            node = 2 * node + 1 + usize::from(right);
        }
        logistic::steps(self.leaves[node + 1 - (1 << DEPTH)])
    }
}

fn score(event: &Event) -> Result<Outcome, StageError> {
    if event.get(FLOW_SERVICE).is_nil() {
        return Err(StageError::invalid_input(
            "flow.service is missing: this is no network flow",
        ));
    }
    let row = row(event);
    let steps: i32 = TREES.iter().map(|tree| tree.leaf(&row)).sum();
    let logit = BIAS + f64::from(steps) * STEP;
    let (result, confidence) = logistic::verdict(logistic::probability(logit), "attack", "normal");
    let data = Data::new()
        .with("logit", Decimals(logit))
        .with("trees", TREES.len());
    Ok(Outcome::new(result).confidence(confidence).data(data))
}

/// The bins of a flow's numbers, then the ranks of its names.
fn row(event: &Event) -> [u8; COLUMNS] {
    let mut row = [0; COLUMNS];
    let numbers = NUMBERS
        .iter()
        .map(|field| u8::try_from(field.bin(event.get(field.slot))).unwrap_or(u8::MAX));
    let names = NAMES
        .iter()
        .map(|field| field.number(event.get(field.slot)));
    for (cell, value) in row.iter_mut().zip(numbers.chain(names)) {
        *cell = value;
    }
    row
}
