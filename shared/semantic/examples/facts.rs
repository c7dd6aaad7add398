//! What the hard facts tell apart. Reads lines `{"kind": .., "a": .., "b": ..}` and prints, for each kind, in how many
//! pairs both texts have the same facts. With `--show KIND` those pairs are printed, with `--apart KIND` the others.
//! A line that is no JSON is a text whose facts are printed.
use postern_semantic::facts;
use std::collections::BTreeMap;
use std::io::BufRead;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |flag: &str, kind: &str| arguments.windows(2).any(|two| two == [flag, kind]);
    let list = |text: &str| {
        let facts: Vec<String> = facts::read(text, true).iter().map(ToString::to_string).collect();
        facts.join(", ")
    };
    let mut counts = BTreeMap::<String, (usize, usize)>::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let Ok(pair) = serde_json::from_str::<BTreeMap<String, String>>(&line) else {
            println!("{line}\n    {}", list(&line));
            continue;
        };
        let (kind, a, b) = (pair["kind"].as_str(), pair["a"].as_str(), pair["b"].as_str());
        let same = facts::read(a, true) == facts::read(b, true);
        let count = counts.entry(kind.to_owned()).or_default();
        count.0 += usize::from(same);
        count.1 += 1;
        if wanted(if same { "--show" } else { "--apart" }, kind) {
            println!("{a}\n{b}\n    {}\n    {}", list(a), list(b));
        }
    }
    for (kind, (same, all)) in counts {
        println!("{kind:12} same {same:5} of {all:5}  {:5.1} %", 100.0 * same as f64 / all as f64);
    }
    Ok(())
}
