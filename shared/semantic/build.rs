//! Packs the word lists of `src/facts/words`: they are a tenth of what answers by meaning take in a module of wasm.
//!
//! Each line is what words of one label are: a letter for the file, the label, a colon, and the words in the order of the
//! alphabet. In front of a word stands a capital that says how many bytes it has in common with the one before: `A` none,
//! `B` one. Of two entries for the same words the one of the earlier file or line is kept.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::{env, fs, io};

/// A letter for what the words of a file are (see `Sense`), and the file. What stands in two of them is as in the first.
const WORDS: [(char, &str); 10] = [
    ('n', "numbers"),
    ('o', "ordinals"),
    ('z', "zeros"),
    ('m', "months"),
    ('u', "units"),
    ('t', "negation"),
    ('s', "sides"),
    ('a', "names"),
    ('p', "plain"),
    ('c', "common"),
];
const RELATIVE: [(char, &str); 1] = [('r', "relative")];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/facts/words");
    let out = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&out).join("words.txt"), pack(&WORDS)?)?;
    fs::write(Path::new(&out).join("relative.txt"), pack(&RELATIVE)?)
}

fn pack(files: &[(char, &str)]) -> io::Result<String> {
    let mut seen = HashSet::new();
    let mut packed: Vec<(String, BTreeSet<String>)> = Vec::new();
    for (letter, file) in files {
        let text = fs::read_to_string(format!("src/facts/words/en/{file}.txt"))?;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((label, words)) = line.split_once(':') else { continue };
            // The usual side of a group is an everyday word. The label of a name is one of its forms.
            let letter = if (*letter, label) == ('s', "-") { 'p' } else { *letter };
            let own = (letter == 'a' && label != "=").then_some(label);
            let words =
                own.into_iter().chain(words.split(',').map(str::trim)).filter(|word| !word.is_empty());
            let head = format!("{letter}{label}:");
            let at = packed.iter().position(|(known, _)| *known == head).unwrap_or_else(|| {
                packed.push((head, BTreeSet::new()));
                packed.len() - 1
            });
            packed[at].1.extend(words.filter(|word| seen.insert((*word).to_owned())).map(str::to_owned));
        }
    }
    Ok(packed.iter().map(|(head, words)| line(head, words)).collect())
}

fn line(head: &str, words: &BTreeSet<String>) -> String {
    let mut line = head.to_owned();
    let mut last = "";
    for word in words {
        assert!(!word.contains(|c: char| c.is_ascii_uppercase()), "{word} is not in small letters");
        let alike = word.bytes().zip(last.bytes()).take(25).take_while(|(a, b)| a == b).count();
        let alike = word.floor_char_boundary(alike);
        line.push(char::from(b'A' + alike as u8));
        line.push_str(&word[alike..]);
        last = word;
    }
    line + "\n"
}
