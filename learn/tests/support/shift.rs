//! Data from another time: the flows of a network whose services, durations and attackers have changed.
//!
//! ```text
//! flows ─▶ another mix of services ─▶ durations and sizes on another scale ─▶ attacks that look like everyday traffic
//! ```

use serde_json::{Value, json};

/// A small generator that every seed repeats: SplitMix64 (G. Steele et al., 2014).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }
}

/// As many flows as there are, drawn again with replacement: the same world on another day.
pub fn unshifted(flows: &[Value], seed: u64) -> Vec<Value> {
    let mut random = Random::new(seed);
    let draw = |_| flows[random.below(flows.len())].clone();
    named((0..flows.len()).map(draw).collect(), seed)
}

/// Flows of another time.
pub fn shifted(flows: &[Value], seed: u64) -> Vec<Value> {
    let mut random = Random::new(seed);
    let weights: std::collections::HashMap<String, f64> = flows
        .iter()
        .map(|flow| flow["flow"]["service"].as_str().unwrap().to_owned())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .map(|service| (service, 0.05 + random.share() * random.share()))
        .collect();
    let scale = 3.0 + 20.0 * random.share();
    let sizes = 0.3 + 3.0 * random.share();
    let kinds = [0.03 + 0.07 * random.share(), random.share()];
    let mut out = Vec::with_capacity(flows.len());
    while out.len() < flows.len() {
        let flow = &flows[random.below(flows.len())];
        if random.share() > weights[flow["flow"]["service"].as_str().unwrap()] {
            continue;
        }
        let mut flow = flow.clone();
        rescale(&mut flow, "duration", scale);
        rescale(&mut flow, "src_bytes", sizes);
        rescale(&mut flow, "dst_bytes", sizes);
        if flow["label"]["attack"] == false && random.share() < kinds[0] {
            disguised(&mut flow, kinds[1], &mut random);
        }
        out.push(flow);
    }
    named(out, seed)
}

/// An attack of a kind that was not there before: everyday traffic but for a few habits.
fn disguised(flow: &mut Value, habit: f64, random: &mut Random) {
    flow["label"] = json!({"attack": true, "kind": if habit < 0.5 { "slow_drain" } else { "reflected" }});
    if habit < 0.5 {
        flow["flow"]["duration"] = json!(60 + random.below(2_000));
    } else {
        flow["flow"]["dst_bytes"] = json!(flow["flow"]["dst_bytes"].as_u64().unwrap_or(0) * 20 + 2_000);
    }
}

fn rescale(flow: &mut Value, key: &str, scale: f64) {
    let value = flow["flow"][key].as_f64().unwrap_or(0.0) * scale;
    flow["flow"][key] = json!(value.round() as u64);
}

/// With names of their own.
fn named(mut flows: Vec<Value>, seed: u64) -> Vec<Value> {
    for (number, flow) in flows.iter_mut().enumerate() {
        flow["id"] = json!(format!("day-{seed}-{number}"));
    }
    flows
}
