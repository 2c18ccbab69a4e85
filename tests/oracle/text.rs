//! Operators on texts that are no patterns: ends of them, case, addresses.

use std::net::IpAddr;

use serde_json::Value;

use super::value::Fault;

pub fn affix(operator: &str, field: &Value, operand: &Value) -> Result<bool, Fault> {
    let (Value::String(text), Value::String(part)) = (field, operand) else {
        return Err(Fault("only texts begin or end with something"));
    };
    let (text, part): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
    let place = if operator == "STARTS_WITH" { Some(0) } else { text.len().checked_sub(part.len()) };
    Ok(place.is_some_and(|at| text.len() >= part.len() && text[at..at + part.len()] == part))
}

/// Equal for a pattern that does not look at case: the other engine of the same folding.
pub fn equal_but_for_case(field: &Value, operand: &Value) -> bool {
    let (Value::String(a), Value::String(b)) = (field, operand) else { return false };
    let literal: String = b.chars().map(|character| format!("\\x{{{:X}}}", u32::from(character))).collect();
    let pattern = format!("(?i)\\A{literal}\\z");
    regex_automata::meta::Regex::new(&pattern).expect("a literal is a pattern").is_match(a)
}

/// Whether the field is an address in a network, or in one of a list.
pub fn in_networks(field: &Value, networks: &Value) -> bool {
    let Some(address) = field.as_str().and_then(|text| text.parse().ok()).map(plain) else { return false };
    match networks {
        Value::Array(networks) => networks.iter().any(|network| in_network(address, network)),
        network => in_network(address, network),
    }
}

/// An IPv4 address that is written as an IPv6 one is the IPv4 address.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Compares bit after bit.
fn in_network(address: IpAddr, network: &Value) -> bool {
    let text = network.as_str().expect("a network is text");
    let (base, prefix) = text.split_once('/').map_or((text, None), |(base, prefix)| (base, Some(prefix)));
    let written: IpAddr = base.parse().expect("an address before the prefix");
    let base = plain(written);
    // The prefix of such an address counts the bits of the long form.
    let mapped = if written == base { 0 } else { 96 };
    let bits = |address: IpAddr| -> Vec<bool> {
        let octets = match address {
            IpAddr::V4(four) => four.octets().to_vec(),
            IpAddr::V6(six) => six.octets().to_vec(),
        };
        octets.iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1)).collect()
    };
    let (address, base) = (bits(address), bits(base));
    let prefix = prefix.map_or(base.len(), |prefix| prefix.parse::<usize>().expect("a prefix is a number") - mapped);
    address.len() == base.len() && address[..prefix] == base[..prefix]
}
