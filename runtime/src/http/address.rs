//! Which addresses a request may go to: public ones, and those of networks that the cascade lists.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cascata_vm::ops::Network;

/// Networks beyond the public ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Networks(Vec<Network>);

impl Networks {
    /// Reads a list in CIDR notation.
    ///
    /// # Errors
    /// The text that is no network.
    pub(crate) fn parse(listed: &[String]) -> Result<Self, String> {
        listed.iter().map(|text| Network::parse(text).ok_or_else(|| text.clone())).collect::<Result<_, _>>().map(Self)
    }

    /// Why a request may not go to an address; `None` if it may.
    pub(super) fn refusal(&self, address: IpAddr) -> Option<&'static str> {
        let address = effective(address);
        let class = class(address)?;
        let own = Network::parse(&address.to_string());
        let is_listed = own.is_some_and(|own| self.0.iter().any(|network| network.covers(own)));
        (!is_listed).then_some(class)
    }
}

/// The address that packets end at: an IPv4 address written as an IPv6 one, or translated to it (RFC 6052), is that one.
fn effective(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    if let Some(four) = six.to_ipv4_mapped() {
        return four.into();
    }
    match six.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
            Ipv4Addr::new(a, b, c, d).into()
        }
        _ => address,
    }
}

/// What kind of address it is, if it is not a public one. After the registries of IANA for special purposes.
fn class(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(four) => class_of_four(four),
        IpAddr::V6(six) => class_of_six(six),
    }
}

const fn class_of_four(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [0, ..] => Some("unspecified"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("private"),
        [100, 64..=127, ..] => Some("shared by a carrier's customers"),
        [127, ..] => Some("loopback"),
        [169, 254, ..] => Some("link-local"),
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Some("reserved")
        }
        [224..=239, ..] => Some("multicast"),
        [240..=255, ..] => Some("reserved"),
        _ => None,
    }
}

const fn class_of_six(address: Ipv6Addr) -> Option<&'static str> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("loopback"),
        [0xfc00..=0xfdff, ..] => Some("private"),
        [0xfe80..=0xfebf, ..] => Some("link-local"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        // Addresses of protocols, Teredo's and ORCHID's among them; documentation; 6to4, which hides an IPv4 address.
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => Some("reserved"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("reserved"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(address: &str, listed: &[&str]) -> bool {
        let listed: Vec<String> = listed.iter().map(ToString::to_string).collect();
        Networks::parse(&listed).unwrap().refusal(address.parse().unwrap()).is_some()
    }

    #[test]
    fn addresses_that_are_not_public_are_refused_in_every_spelling() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(refused(address, &[]), "{address}");
        }
    }

    #[test]
    fn public_addresses_are_not_refused() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(!refused(address, &[]), "{address}");
        }
    }

    #[test]
    fn a_network_that_is_listed_lets_its_own_addresses_through_and_no_others() {
        assert!(!refused("10.1.2.3", &["10.1.0.0/16"]) && !refused("::ffff:10.1.2.3", &["10.1.0.0/16"]));
        assert!(refused("10.2.2.3", &["10.1.0.0/16"]) && refused("127.0.0.1", &["10.0.0.0/8", "::/0"]));
        assert!(!refused("::1", &["::1"]) && refused("127.0.0.1", &["::1"]));
        assert!(!refused("64:ff9b::a01:203", &["10.1.0.0/16"]));
        assert_eq!(Networks::parse(&["10.0.0.0/33".to_owned()]).unwrap_err(), "10.0.0.0/33");
    }
}
