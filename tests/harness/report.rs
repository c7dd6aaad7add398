//! Output in the form of Rust's own test harness, for suites whose tests are data.

use std::time::Instant;

/// Collects outcomes and prints them.
pub struct Report {
    start: Instant,
    passed: usize,
    failed: Vec<(String, String)>,
}

impl Default for Report {
    fn default() -> Self {
        Self { start: Instant::now(), passed: 0, failed: Vec::new() }
    }
}

impl Report {
    /// Notes one outcome.
    pub fn note(&mut self, name: String, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => {
                println!("test {name} ... ok");
                self.passed += 1;
            }
            Err(why) => {
                println!("test {name} ... FAILED");
                self.failed.push((name, why));
            }
        }
    }

    /// Takes what another has noted.
    pub fn take(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed.extend(other.failed);
    }

    /// Prints the failures and the sum; the exit status of the process.
    #[must_use]
    pub fn finish(self) -> std::process::ExitCode {
        if !self.failed.is_empty() {
            println!("\nfailures:\n");
        }
        for (name, why) in &self.failed {
            println!("---- {name} ----\n{why}\n");
        }
        let verdict = if self.failed.is_empty() { "ok" } else { "FAILED" };
        println!(
            "\ntest result: {verdict}. {} passed; {} failed; 0 ignored; 0 measured; 0 filtered out; finished in {:.2}s\n",
            self.passed,
            self.failed.len(),
            self.start.elapsed().as_secs_f64(),
        );
        if self.failed.is_empty() { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
    }
}
