//! The log on standard error, in text or JSON.
//!
//! Libraries handle headers, queries and peers' data, and some of them log these at `debug` or `trace`. Law 4 (no
//! secret, number or text in a log) therefore caps their level, whatever the filter. What a peer sent and an error
//! quotes is escaped.

mod escape;

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt, FilterFn, LevelFilter, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use self::escape::{Colours, Escape};
use crate::config::{LogConfig, LogFormat};

/// Our own crates, which obey law 4 at every level.
const OURS: [&str; 11] = [
    "api",
    "boltgram",
    "boltgram_node",
    "carriers",
    "domain",
    "engine",
    "fetch",
    "lightning",
    "smpp",
    "store",
    "web",
];

/// Starts logging; `RUST_LOG` overrides the configured level.
#[expect(clippy::disallowed_methods, reason = "the binary reads the environment")]
pub(crate) fn start(config: &LogConfig) {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|asked| !asked.is_empty());
    let of_environment = asked.as_deref().map(filter);
    let misspelt = of_environment.as_ref().and_then(|read| read.as_ref().err()).is_some();
    let wanted = of_environment
        .and_then(Result::ok)
        .or_else(|| filter(&config.level).ok())
        .unwrap_or_else(|| EnvFilter::new("info"));
    let shown = wanted.and(libraries_capped());
    let is_terminal = stderr().is_terminal();
    let colours = if is_terminal { Colours::On } else { Colours::Off };
    let format = tracing_subscriber::fmt::layer()
        .with_writer(move || Escape::new(stderr(), colours))
        .with_ansi(is_terminal);
    let layer = match config.format {
        LogFormat::Human => format.with_filter(shown).boxed(),
        LogFormat::Json => format.json().flatten_event(true).with_filter(shown).boxed(),
    };
    tracing_subscriber::registry().with(layer).init();
    if misspelt {
        tracing::warn!("RUST_LOG is not a valid filter; using the configured level");
    }
}

/// Checks single words: `EnvFilter` would read a misspelt level as a module name and silence the log.
pub(crate) fn filter(level: &str) -> anyhow::Result<EnvFilter> {
    for part in level.split(',').filter(|part| !part.contains('=')) {
        part.trim().parse::<LevelFilter>().with_context(|| format!("{part:?} is not a level"))?;
    }
    Ok(EnvFilter::builder().parse(level)?)
}

fn libraries_capped() -> FilterFn {
    filter_fn(|metadata: &Metadata<'_>| is_shown(metadata.target(), *metadata.level()))
}

/// The certificate verifier logs every bad certificate of a customer's receiver as an error, without its name; we log each
/// with its host and reason.
pub(crate) fn is_shown(target: &str, level: Level) -> bool {
    let crate_name = target.split("::").next().unwrap_or_default();
    crate_name != "rustls_platform_verifier" && (level <= Level::INFO || OURS.contains(&crate_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_say_little_and_the_certificate_verifier_nothing() {
        for (target, level, shown) in [
            ("engine::events", Level::TRACE, true),
            ("hyper::proto", Level::INFO, true),
            ("hyper::proto", Level::DEBUG, false),
            ("rustls_platform_verifier::verification", Level::ERROR, false),
        ] {
            assert_eq!(is_shown(target, level), shown, "{target} {level}");
        }
    }

    #[test]
    fn takes_levels_and_filters_and_nothing_else() {
        for good in ["info", "debug", "warn,smpp=trace"] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for bad in ["smpp=louder", "a=b=c", "inof"] {
            assert!(filter(bad).is_err(), "{bad}");
        }
    }
}
