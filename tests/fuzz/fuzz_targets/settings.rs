//! Any text as settings: never a panic, and every refusal names a problem.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern::settings::Settings;

fuzz_target!(|text: &str| {
    if let Err(problems) = Settings::parse(text) {
        assert!(!problems.to_string().is_empty());
    }
});
