//! Whether memory grows.

use crate::plan::Micros;

/// The most that the last third may have of the second.
const GROWTH: f64 = 1.1;

/// A process's memory over time.
#[derive(Debug, Default)]
pub struct Memory {
    /// When, and bytes.
    samples: Vec<(Micros, u64)>,
}

/// What is to be said of it.
#[derive(Debug)]
pub struct Course {
    /// Medians of the first, second and last third after the warm-up, in MiB.
    pub thirds: [f64; 3],
    /// By the least squares, in MiB a minute.
    pub slope: f64,
    pub flat: bool,
}

impl Memory {
    pub fn note(&mut self, at: Micros, bytes: u64) {
        self.samples.push((at, bytes));
    }

    /// The last sample, in MiB.
    pub fn last(&self) -> u64 {
        self.samples.last().map_or(0, |(_, bytes)| bytes >> 20)
    }

    /// Without the first fifth; nothing when there are too few samples.
    pub fn course(&self) -> Option<Course> {
        let warm = self.samples.get(self.samples.len() / 5..)?;
        let third = warm.len() / 3;
        if third < 2 {
            return None;
        }
        let medians = [0, 1, 2].map(|part| {
            let mut part: Vec<u64> =
                warm.iter().skip(part * third).take(third).map(|(_, bytes)| *bytes).collect();
            part.sort_unstable();
            part.get(part.len() / 2).copied().unwrap_or(0) as f64 / f64::from(1 << 20)
        });
        let points: Vec<(f64, f64)> =
            warm.iter().map(|(at, bytes)| (*at as f64 / 60e6, *bytes as f64 / f64::from(1 << 20))).collect();
        let many = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / many;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let over: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
        let under: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
        let slope = if under > 0.0 { over / under } else { 0.0 };
        Some(Course { thirds: medians, slope, flat: medians[2] <= medians[1] * GROWTH })
    }
}

impl std::fmt::Display for Course {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [first, second, last] = self.thirds;
        let ratio = last / first;
        write!(formatter, "{first:.1}, {second:.1}, {last:.1} MiB (x{ratio:.3}), {:+.2} MiB/min", self.slope)
    }
}

#[test]
fn growth_is_seen() {
    let of = |bytes: &dyn Fn(u64) -> u64| {
        let mut memory = Memory::default();
        (0..60).for_each(|at| memory.note(at * 5_000_000, bytes(at)));
        memory.course().expect("enough samples")
    };
    assert!(of(&|at| (100 + at % 3) << 20).flat);
    // Much at the beginning, then no more.
    assert!(of(&|at| (100 + at.min(20)) << 20).flat);
    let grows = of(&|at| (100 + at) << 20);
    assert!(!grows.flat, "{grows}");
    assert!((grows.slope - 12.0).abs() < 0.1, "{grows}");
}
