//! The names of requests: what an agent quotes when it reports a problem.

use crate::platform::Random;
use std::cell::Cell;

/// 64 random bits, drawn once, and a count: unique, and no secret. A draw for each request would cost more
/// crossings to the host than the rest of its record.
#[derive(Default)]
pub(super) struct RequestNames {
    drawn: Cell<u64>,
    count: Cell<u32>,
}

impl RequestNames {
    /// The next name: 24 hexadecimal digits.
    pub fn next<R: Random>(&self, random: &R) -> String {
        let count = self.count.get();
        // Zero before the first, and again when the count has gone all the way round.
        if count == 0 {
            let mut bytes = [0_u8; 8];
            random.fill(&mut bytes);
            self.drawn.set(u64::from_be_bytes(bytes));
        }
        self.count.set(count.wrapping_add(1));
        let mut name = String::with_capacity(24);
        hex(&mut name, &self.drawn.get().to_be_bytes());
        hex(&mut name, &count.to_be_bytes());
        name
    }
}

fn hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            out.push(char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RequestNames;
    use crate::memory::Memory;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_also_when_the_count_goes_round() {
        let (memory, names) = (Memory::new(), RequestNames::default());
        let mut seen: HashSet<String> = (0..1_000).map(|_| names.next(&memory)).collect();
        names.count.set(u32::MAX - 1);
        seen.extend((0..1_000).map(|_| names.next(&memory)));
        assert_eq!(seen.len(), 2_000);
        assert!(seen.iter().all(|name| name.len() == 24));
    }
}
