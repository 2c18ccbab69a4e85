//! Learned weights. Written by `examples/train/train_flows.py`; do not edit by hand.

use shared::flow::{Name, Number};

use crate::*;

/// What one step of a weight is worth.
pub const STEP: f64 = 0.0974862327618873;

/// The score before any field is read.
pub const BIAS: f64 = -0.20558386065146528;

/// Fields of numbers, with one character of weight a bin.
#[rustfmt::skip]
pub const NUMBERS: &[(Number, &[u8])] = &[
    (Number { slot: FLOW_DURATION, path: "flow.duration", cuts: &[0.5] }, br"SH"),
    (Number { slot: FLOW_SRC_BYTES, path: "flow.src_bytes", cuts: &[0.5, 8.5, 44.5, 162.5, 222.5, 279.5, 328.5, 1033.5] }, br"Vk=,O?<TQ"),
    (Number { slot: FLOW_DST_BYTES, path: "flow.dst_bytes", cuts: &[0.5, 88.5, 310.5, 526.5, 1633.5, 4740.5] }, br"]5?34IX"),
    (Number { slot: FLOW_WRONG_FRAGMENT, path: "flow.wrong_fragment", cuts: &[0.5, 2.0] }, br"Mjl"),
    (Number { slot: FLOW_URGENT, path: "flow.urgent", cuts: &[0.5] }, br"QX"),
    (Number { slot: FLOW_LAND, path: "flow.land", cuts: &[0.5] }, br"SJ"),
    (Number { slot: LOGIN_NUM_FAILED_LOGINS, path: "login.num_failed_logins", cuts: &[0.5, 1.5, 2.5, 3.5] }, br"O\LKX"),
    (Number { slot: LOGIN_LOGGED_IN, path: "login.logged_in", cuts: &[0.5] }, br"TN"),
    (Number { slot: LOGIN_NUM_COMPROMISED, path: "login.num_compromised", cuts: &[0.5] }, br"Lg"),
    (Number { slot: LOGIN_ROOT_SHELL, path: "login.root_shell", cuts: &[0.5] }, br"RQ"),
    (Number { slot: LOGIN_SU_ATTEMPTED, path: "login.su_attempted", cuts: &[0.5, 1.5] }, br"S@@"),
    (Number { slot: LOGIN_NUM_ROOT, path: "login.num_root", cuts: &[0.5] }, br"S="),
    (Number { slot: LOGIN_NUM_FILE_CREATIONS, path: "login.num_file_creations", cuts: &[0.5] }, br"SI"),
    (Number { slot: LOGIN_NUM_SHELLS, path: "login.num_shells", cuts: &[0.5] }, br"RE"),
    (Number { slot: LOGIN_NUM_ACCESS_FILES, path: "login.num_access_files", cuts: &[0.5, 1.5, 2.5, 4.0, 6.5] }, br"RPDJJJ"),
    (Number { slot: LOGIN_IS_GUEST_LOGIN, path: "login.is_guest_login", cuts: &[0.5] }, br"RP"),
    (Number { slot: WINDOW_COUNT, path: "window.count", cuts: &[1.5, 2.5, 4.5, 8.5, 15.5, 36.5, 109.5, 145.5, 221.5, 266.5] }, br"JFKHFNb\Vch"),
    (Number { slot: WINDOW_SRV_COUNT, path: "window.srv_count", cuts: &[1.5, 2.5, 3.5, 5.5, 8.5, 11.5, 14.5, 18.5, 22.5, 62.5] }, br"CIPQTUTMYU["),
    (Number { slot: WINDOW_SERROR_RATE, path: "window.serror_rate", cuts: &[0.005] }, br"QQ"),
    (Number { slot: WINDOW_SRV_SERROR_RATE, path: "window.srv_serror_rate", cuts: &[0.01] }, br"NX"),
    (Number { slot: WINDOW_RERROR_RATE, path: "window.rerror_rate", cuts: &[0.005] }, br"PY"),
    (Number { slot: WINDOW_SRV_RERROR_RATE, path: "window.srv_rerror_rate", cuts: &[0.01] }, br"PV"),
    (Number { slot: WINDOW_SAME_SRV_RATE, path: "window.same_srv_rate", cuts: &[0.005, 0.035, 0.065, 0.095, 0.245] }, br"dYW]YN"),
    (Number { slot: WINDOW_DIFF_SRV_RATE, path: "window.diff_srv_rate", cuts: &[0.005, 0.055, 0.065, 0.07500000000000001, 0.08499999999999999] }, br"LWbbaT"),
    (Number { slot: WINDOW_SRV_DIFF_HOST_RATE, path: "window.srv_diff_host_rate", cuts: &[0.005, 0.10500000000000001, 0.435] }, br"T:MI"),
    (Number { slot: WINDOW_HOT, path: "window.hot", cuts: &[0.5] }, br"Br"),
    (Number { slot: DST_HOST_COUNT, path: "dst_host.count", cuts: &[0.5, 8.5, 36.5, 85.5, 157.5] }, br"L^MAFJ"),
    (Number { slot: DST_HOST_SRV_COUNT, path: "dst_host.srv_count", cuts: &[0.5, 2.5, 6.5, 10.5, 16.5, 23.5, 62.5, 137.5, 238.5] }, br"L\NTTUYRK="),
    (Number { slot: DST_HOST_SAME_SRV_RATE, path: "dst_host.same_srv_rate", cuts: &[0.005, 0.015, 0.025, 0.055, 0.07500000000000001, 0.165, 0.515, 0.935] }, br"XVYVNGLQO"),
    (Number { slot: DST_HOST_DIFF_SRV_RATE, path: "dst_host.diff_srv_rate", cuts: &[0.005, 0.015, 0.035, 0.055, 0.065, 0.07500000000000001, 0.08499999999999999, 0.175] }, br"PHPLONOOW"),
    (Number { slot: DST_HOST_SAME_SRC_PORT_RATE, path: "dst_host.same_src_port_rate", cuts: &[0.005, 0.015, 0.025, 0.065, 0.255, 0.965] }, br"VNOC>F^"),
    (Number { slot: DST_HOST_SRV_DIFF_HOST_RATE, path: "dst_host.srv_diff_host_rate", cuts: &[0.005, 0.015, 0.035, 0.065] }, br"PH;?Y"),
    (Number { slot: DST_HOST_SERROR_RATE, path: "dst_host.serror_rate", cuts: &[0.005, 0.015] }, br"NIU"),
    (Number { slot: DST_HOST_SRV_SERROR_RATE, path: "dst_host.srv_serror_rate", cuts: &[0.005] }, br"NW"),
    (Number { slot: DST_HOST_RERROR_RATE, path: "dst_host.rerror_rate", cuts: &[0.005, 0.025, 0.975] }, br"HV`O"),
    (Number { slot: DST_HOST_SRV_RERROR_RATE, path: "dst_host.srv_rerror_rate", cuts: &[0.005] }, br"TM"),
];

/// Fields of names; the number of a name is its character of weight.
#[rustfmt::skip]
pub const NAMES: &[Name] = &[
    Name { slot: FLOW_PROTOCOL_TYPE, path: "flow.protocol_type", unknown: b'P', known: &[
        (0x4ABC9184, b'U'), (0x9EF2BA90, b'I'), (0xD83B82B8, b'Z'),
    ] },
    Name { slot: FLOW_SERVICE, path: "flow.service", unknown: b'P', known: &[
        (0x0654085C, b'f'), (0x0A2DAC4D, b'/'), (0x0BA3819E, b'g'), (0x0D96B8D1, b'c'), (0x0DDB0669, b'_'),
        (0x0FA01099, b'a'), (0x11E1FC01, b'Q'), (0x1DEB583D, b'Z'), (0x1FE3D16B, b'c'), (0x26D767FF, b'['),
        (0x2D76C732, b'c'), (0x2FF9E30A, b'5'), (0x316B2779, b'Q'), (0x32193A18, b'_'), (0x3226E0C3, b'e'),
        (0x379977EC, b'^'), (0x3BFC0E49, b'I'), (0x3CE65BDC, b'_'), (0x3FAA8387, b'e'), (0x457E607C, b'i'),
        (0x4A58C2FD, b'A'), (0x4CC6D837, b'g'), (0x4FD22271, b'Z'), (0x53470FF8, b'f'), (0x5D3C9BE4, b'P'),
        (0x5F7ECEC3, b'f'), (0x62C07FCD, b'b'), (0x62CB0D0C, b'}'), (0x65795313, b'g'), (0x68B2E9E2, b'd'),
        (0x83299FAC, b'i'), (0x8641626A, b'a'), (0x8C7E6A2C, b'a'), (0x8D39BDE6, b'_'), (0x953FA84F, b'H'),
        (0x9E9FABA7, b'\\'), (0x9EA5DE9C, b'C'), (0xAC1BAC54, b'h'), (0xAE524BA8, b'Z'), (0xB00457FF, b'f'),
        (0xB38D47F0, b'G'), (0xB3E17053, b'4'), (0xB8DDD025, b'R'), (0xBBB11244, b'c'), (0xBE3EFF51, b'^'),
        (0xC363B0B3, b'e'), (0xC497C82A, b'V'), (0xC75F5472, b'I'), (0xC87D8DF5, b'6'), (0xC96448A5, b'9'),
        (0xC97F2F32, b'_'), (0xCAC2368E, b'J'), (0xCB11472F, b'e'), (0xD0AC6E28, b'_'), (0xD18285FC, b'c'),
        (0xD3BA726A, b'F'), (0xD49DD484, b'Y'), (0xD4BA73FD, b'Z'), (0xD955D901, b'K'), (0xDF0B4A5C, b'_'),
        (0xE17ABB69, b'E'), (0xE235A97A, b'b'), (0xE6DBAD04, b'g'), (0xE79397F1, b'N'), (0xF0864181, b'['),
        (0xFE20C8BB, b'd'),
    ] },
    Name { slot: FLOW_FLAG, path: "flow.flag", unknown: b'P', known: &[
        (0x05020230, b'K'), (0x060203C3, b'D'), (0x07020556, b'd'), (0x080206E9, b'='), (0x0BF23E22, b'['),
        (0x5902866C, b'O'), (0x5F028FDE, b'`'), (0x89CEA16E, b'9'), (0xA21E5D24, b']'), (0xD44C1720, b'e'),
        (0xF14C44C7, b'Y'),
    ] },
];
