//! Networks of IP addresses.

use core::net::{IpAddr, Ipv6Addr};

use super::text::with_text;
use crate::Value;

/// A network of IPv4 or IPv6 addresses. An IPv4 address that is written as an IPv6 one (`::ffff:10.0.0.1`) is the IPv4
/// address, and never in a network of IPv6 addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    four: bool,
    bits: u128,
    mask: u128,
}

impl Network {
    /// The network of `10.0.0.0/8`, `2001:db8::/32`, or one address. Bits behind the prefix do not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width: u8 = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => width,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|prefix| *prefix <= width)?
            }
            Some(_) => return None,
        };
        // All addresses as 128 bits: those of IPv4 stand behind 96 fixed ones.
        let behind = u32::from(width).saturating_sub(u32::from(prefix));
        let mask = u128::MAX.checked_shl(behind).unwrap_or(0);
        let bits = bits(address) & mask;
        let four = address.is_ipv4() || (behind <= 32 && is_four(bits));
        Some(Self { four, bits, mask })
    }

    /// Whether every address of the other network is in this one.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.four == other.four && other.mask & self.mask == self.mask && other.bits & self.mask == self.bits
    }

    /// Whether some address may be in both.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.four == other.four && (self.bits ^ other.bits) & self.mask & other.mask == 0
    }

    fn has(self, address: u128) -> bool {
        self.four == is_four(address) && address & self.mask == self.bits
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn is_four(bits: u128) -> bool {
    Ipv6Addr::from_bits(bits).to_ipv4_mapped().is_some()
}

/// Whether the value is text that is an IP address in one of the networks.
#[must_use]
pub fn in_networks(value: Value<'_>, networks: &[Network]) -> bool {
    let address = with_text(value, |text| text.parse::<IpAddr>().ok()).flatten().map(bits);
    address.is_some_and(|address| networks.iter().any(|network| network.has(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(network: &str, address: &str) -> bool {
        in_networks(Value::Text(address), &[Network::parse(network).unwrap()])
    }

    #[test]
    fn addresses_are_in_networks_of_their_family() {
        assert!(has("10.0.0.0/8", "10.255.0.1") && !has("10.0.0.0/8", "11.0.0.0"));
        assert!(has("10.1.2.3/8", "10.9.9.9") && has("10.1.2.3", "10.1.2.3") && !has("10.1.2.3", "10.1.2.4"));
        assert!(has("0.0.0.0/0", "255.255.255.255") && !has("0.0.0.0/0", "::1"));
        assert!(has("::/0", "2001:db8::1") && !has("::/0", "10.0.0.1") && !has("::/0", "::ffff:10.0.0.1"));
        assert!(has("10.0.0.0/8", "::ffff:10.0.0.1") && has("::ffff:10.0.0.0/104", "10.0.0.1"));
        assert!(has("2001:db8::/33", "2001:db8:7fff::1") && !has("2001:db8::/33", "2001:db8:8000::1"));
        assert!(!has("10.0.0.0/8", "10.0.0") && !has("10.0.0.0/8", ""));
        let [ten, part, other, six] =
            ["10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/8", "::/0"].map(|text| Network::parse(text).unwrap());
        assert!(ten.covers(part) && !part.covers(ten) && ten.overlaps(part) && part.overlaps(ten));
        assert!(
            !ten.covers(other) && !ten.overlaps(other) && !six.covers(ten) && !six.overlaps(ten) && six.covers(six)
        );
        for wrong in ["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "x/8", "", "10.0.0.0/8/8"] {
            assert_eq!(Network::parse(wrong), None, "{wrong}");
        }
    }
}
