//! Upstreams that ask, on every host: many at once without one answer for another's question, and questions whose answers come
//! when the settings, the limits or the keys are no longer what they were.

use postern_tests::host::Kind;

mod crossed;
mod later;

/// The tests of each host.
macro_rules! on {
    ($host:ident, $kind:expr) => {
        mod $host {
            use super::*;

            #[test]
            fn an_old_client_and_a_modern_upstream() {
                crossed::an_old_client_and_a_modern_upstream($kind);
            }

            #[test]
            fn a_modern_client_and_an_old_upstream() {
                crossed::a_modern_client_and_an_old_upstream($kind);
            }

            #[test]
            fn answers_after_a_change_of_the_settings() {
                later::answers_after_a_change_of_the_settings($kind);
            }

            #[test]
            fn an_answer_that_no_limit_allows_ends_its_call() {
                later::an_answer_that_no_limit_allows_ends_its_call($kind);
            }

            #[test]
            fn keys_are_rotated() {
                later::keys_are_rotated($kind);
            }
        }
    };
}

on!(in_process, Kind::InProcess);
on!(workerd, Kind::Workerd);
on!(spin, Kind::Spin);
