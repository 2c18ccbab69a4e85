//! Options that are right one by one and wrong together.

use super::{AdaptiveBulkheadOptions, PluginUse, PluginUseError, RateLimitOptions, RateStrategy};

/// Refuses what would be ignored or could never be.
pub(super) fn check(plugin: &PluginUse) -> Result<(), PluginUseError> {
    match plugin {
        PluginUse::RateLimit(options) => rate("rate_limit", options),
        PluginUse::Throttle(options) => rate("throttle", &options.clone().into()),
        PluginUse::AdaptiveBulkhead(options) => adaptive(options),
        _ => Ok(()),
    }
}

fn rate(plugin: &'static str, options: &RateLimitOptions) -> Result<(), PluginUseError> {
    let given = [("burst", options.burst.map(std::num::NonZeroU32::get)), ("initial", options.initial)];
    let bucket_only = given.into_iter().find(|(_, value)| value.is_some());
    if let (RateStrategy::SlidingWindow, Some((option, _))) = (options.strategy, bucket_only) {
        let message = format!("`{option}` is for buckets; a window lets `rate` calls through however they come");
        let help = "leave it out, or write `strategy: token_bucket`";
        return Err(PluginUseError::Together { plugin, message, help });
    }
    match options.initial {
        Some(initial) if initial > options.most().get() => {
            let message = format!("`initial` is {initial}, and the bucket holds {}", options.most());
            let help = "`initial` is at most `burst`, which is `rate` where it is not written";
            Err(PluginUseError::Together { plugin, message, help })
        }
        _ => Ok(()),
    }
}

fn adaptive(options: &AdaptiveBulkheadOptions) -> Result<(), PluginUseError> {
    if options.min <= options.initial && options.initial <= options.max {
        return Ok(());
    }
    let (initial, min, max) = (options.initial, options.min, options.max);
    let message = format!("`initial` is {initial}, which is not from `min` {min} to `max` {max}");
    let help = "`min` is at most `initial`, and that at most `max`";
    Err(PluginUseError::Together { plugin: "adaptive_bulkhead", message, help })
}
