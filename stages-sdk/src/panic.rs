//! What a panic does in a guest without `std`: one log line, then a trap, which the host reports with a backtrace.

use crate::log::{Level, log};

#[panic_handler]
fn panicked(info: &core::panic::PanicInfo<'_>) -> ! {
    // Messages with arguments would pull the formatter into every guest; the place is told instead.
    log(Level::Error, info.message().as_str().unwrap_or("the stage panicked"));
    if let Some(place) = info.location() {
        log(Level::Error, place.file());
        let mut digits = [0; 10];
        log(Level::Error, decimal(place.line(), &mut digits));
    }
    core::arch::wasm32::unreachable()
}

/// Decimal digits of a line number, without the formatter.
fn decimal(mut number: u32, buf: &mut [u8; 10]) -> &str {
    let mut start = buf.len();
    for slot in buf.iter_mut().rev() {
        *slot = b'0' + (number % 10) as u8;
        start -= 1;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    buf.get(start..).and_then(|digits| core::str::from_utf8(digits).ok()).unwrap_or("")
}
