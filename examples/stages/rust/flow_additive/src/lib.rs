//! Quick attack model: one learned curve per field of a network flow, added up.
//!
//! An additive model: each field is cut into bins, each bin has a weight, and the weights of a flow's bins add up to its
//! score. So every answer explains itself: `data.factors` lists the three fields that speak most for the answer.
#![cfg_attr(target_arch = "wasm32", no_std)]

mod weights;

use cascata_stage::prelude::*;
use shared::logistic::{self, Decimals};
use weights::{BIAS, NAMES, NUMBERS, STEP};

stage! {
    fields: {
        FLOW_DURATION: "flow.duration",
        FLOW_SRC_BYTES: "flow.src_bytes",
        FLOW_DST_BYTES: "flow.dst_bytes",
        FLOW_WRONG_FRAGMENT: "flow.wrong_fragment",
        FLOW_URGENT: "flow.urgent",
        FLOW_LAND: "flow.land",
        LOGIN_NUM_FAILED_LOGINS: "login.num_failed_logins",
        LOGIN_LOGGED_IN: "login.logged_in",
        LOGIN_NUM_COMPROMISED: "login.num_compromised",
        LOGIN_ROOT_SHELL: "login.root_shell",
        LOGIN_SU_ATTEMPTED: "login.su_attempted",
        LOGIN_NUM_ROOT: "login.num_root",
        LOGIN_NUM_FILE_CREATIONS: "login.num_file_creations",
        LOGIN_NUM_SHELLS: "login.num_shells",
        LOGIN_NUM_ACCESS_FILES: "login.num_access_files",
        LOGIN_IS_GUEST_LOGIN: "login.is_guest_login",
        WINDOW_COUNT: "window.count",
        WINDOW_SRV_COUNT: "window.srv_count",
        WINDOW_SERROR_RATE: "window.serror_rate",
        WINDOW_SRV_SERROR_RATE: "window.srv_serror_rate",
        WINDOW_RERROR_RATE: "window.rerror_rate",
        WINDOW_SRV_RERROR_RATE: "window.srv_rerror_rate",
        WINDOW_SAME_SRV_RATE: "window.same_srv_rate",
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

/// How many fields an answer names.
const FACTORS: usize = 3;

fn score(event: &Event) -> Result<Outcome, StageError> {
    if event.get(FLOW_PROTOCOL_TYPE).is_nil() {
        return Err(StageError::invalid_input(
            "flow.protocol_type is missing: this is no network flow",
        ));
    }
    let mut parts: Vec<(&'static str, i32)> = Vec::with_capacity(NUMBERS.len() + NAMES.len());
    for (field, weights) in NUMBERS {
        let weight = weights
            .get(field.bin(event.get(field.slot)))
            .map_or(0, |&character| logistic::steps(character));
        parts.push((field.path, weight));
    }
    for field in NAMES {
        parts.push((
            field.path,
            logistic::steps(field.number(event.get(field.slot))),
        ));
    }
    let steps: i32 = parts.iter().map(|(_, weight)| weight).sum();
    let logit = BIAS + f64::from(steps) * STEP;
    let (result, confidence) = logistic::verdict(logistic::probability(logit), "attack", "normal");
    let data = Data::new()
        .with("logit", Decimals(logit))
        .with("factors", factors(parts, result == "attack"));
    Ok(Outcome::new(result).confidence(confidence).data(data))
}

/// The paths that speak most for the answer, strongest first; fewer if fewer speak for it.
fn factors(mut parts: Vec<(&'static str, i32)>, attack: bool) -> Vec<String> {
    let towards = |weight: i32| if attack { weight } else { -weight };
    parts.retain(|&(_, weight)| towards(weight) > 0);
    parts.sort_by_key(|&(_, weight)| -towards(weight));
    parts.truncate(FACTORS);
    parts.into_iter().map(|(path, _)| path.to_owned()).collect()
}
