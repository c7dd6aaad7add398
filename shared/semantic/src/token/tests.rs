use super::*;

/// What the reference makes of each text: `text<TAB>ids`, or `-` where it knows no pieces for a word.
const CASES: &str = include_str!("../../tests/cases/pieces.txt");
const VOCABULARY: &str = include_str!("../../tests/cases/vocabulary.txt");

fn small() -> Vocabulary {
    Vocabulary::new(VOCABULARY.to_owned()).unwrap()
}

#[test]
fn pieces_are_those_of_the_reference() {
    let vocabulary = small();
    let mut count = 0;
    for line in CASES.lines() {
        let (text, expected) = line.split_once('\t').unwrap();
        let pieces = vocabulary
            .pieces(text, 512)
            .map(|ids| ids.iter().map(u32::to_string).collect::<Vec<_>>().join(" "));
        assert_eq!(pieces.as_deref().unwrap_or("-"), expected, "{text:?}");
        count += 1;
    }
    assert!(count > 300);
}

#[test]
fn every_piece_is_found() {
    let vocabulary = small();
    for (line, piece) in VOCABULARY.lines().enumerate() {
        assert_eq!(vocabulary.id(piece), Some(line as u32), "{piece}");
    }
    assert_eq!(vocabulary.id("there is no such piece"), None);
    assert_eq!(vocabulary.id(""), None);
    assert_eq!(vocabulary.len(), VOCABULARY.lines().count());
}

#[test]
fn texts_that_do_not_fit() {
    let vocabulary = Vocabulary::new("[UNK]\na\n##b\n.\n##".to_owned()).unwrap();
    assert_eq!(vocabulary.pieces("a abb .", 5), Ok(vec![1, 1, 2, 2, 3]));
    assert_eq!(vocabulary.pieces("a abb .", 4), Err(Unfit::TooLong));
    for empty in ["", " \t\n", "\u{200b}"] {
        assert_eq!(vocabulary.pieces(empty, 5), Err(Unfit::Empty), "{empty:?}");
    }
    // Not Latin, not known, struck through, longer than any word.
    for foreign in ["а", "a 中", "a b", "a\u{338}", "😀", "a\u{e000}", &"a".repeat(101)] {
        assert_eq!(vocabulary.pieces(foreign, 5), Err(Unfit::Foreign), "{foreign:?}");
    }
    assert_eq!(Vocabulary::new(String::new()).unwrap().pieces("a", 5), Err(Unfit::Foreign));
    assert_eq!(Vocabulary::new("a\nb\na\n".to_owned()).err(), Some(VocabularyError::Twice(2)));
    let many = (0..=u16::MAX).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
    assert_eq!(Vocabulary::new(many).err(), Some(VocabularyError::TooLarge));
}
