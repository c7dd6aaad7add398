//! Cuts texts, one a line on stdin, with the vocabulary file that is named; prints ids, or `-` for what does not fit.
use postern_semantic::token::Vocabulary;
use std::io::BufRead;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a vocabulary")?;
    let vocabulary = Vocabulary::new(std::fs::read_to_string(path)?)?;
    let lines: Vec<String> = std::io::stdin().lock().lines().collect::<Result<_, _>>()?;
    let cut = || lines.iter().map(|line| vocabulary.pieces(line, usize::MAX)).collect::<Vec<_>>();
    let time = || {
        let start = std::time::Instant::now();
        cut();
        start.elapsed().as_secs_f64() * 1e6 / lines.len().max(1) as f64
    };
    eprintln!("{:.2} us a text", (0..9).map(|_| time()).fold(f64::MAX, f64::min));
    let pieces = cut();
    for ids in pieces {
        let ids = ids.map(|ids| ids.iter().map(u32::to_string).collect::<Vec<_>>().join(" "));
        println!("{}", ids.as_deref().unwrap_or("-"));
    }
    Ok(())
}
