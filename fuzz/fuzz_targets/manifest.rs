#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cascata_fuzz::modules::manifest(data));
