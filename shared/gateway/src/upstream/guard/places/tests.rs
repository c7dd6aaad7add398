use super::*;

const RULE: PlacesRule = PlacesRule { most: 2, queue: 3, queue_ms: 1_000 };
const NOW: u64 = 1_795_392_000_000;
const LATER: u64 = NOW + 60_000;

#[test]
fn so_many_and_no_more() {
    let mut places = Places::new(RULE);
    let first = places.enter(NOW, LATER).expect("a place");
    let _second = places.enter(NOW, LATER).expect("another");
    assert_eq!(places.enter(NOW, LATER), None);
    places.leave(first);
    assert!(places.enter(NOW, LATER).is_some());
    assert_eq!(places.enter(NOW, LATER), None);
}

#[test]
fn the_line_is_bounded_and_served_in_order() {
    let mut places = Places::new(RULE);
    let held: Vec<u64> = (0..2).map(|_| places.enter(NOW, LATER).expect("a place")).collect();
    let line: Vec<u64> = (0..3).map(|_| places.join(NOW, true).expect("room in line")).collect();
    assert_eq!(places.join(NOW, true), None, "the line is full");
    assert_eq!(places.look(line[1], true, NOW, LATER), Look::Again(10));
    places.leave(held[0]);
    assert_eq!(places.enter(NOW, LATER), None, "nobody passes those who wait");
    assert_eq!(places.look(line[1], true, NOW, LATER), Look::Again(10), "it is not its turn");
    let Look::Place(number) = places.look(line[0], true, NOW, LATER) else { panic!("its turn") };
    assert_eq!(places.look(line[1], true, NOW, LATER), Look::Again(5), "it is next now");
    places.leave(number);
    places.leave(held[1]);
    // Two are free: the first two of the line may take them, whoever looks first.
    assert!(matches!(places.look(line[2], true, NOW, LATER), Look::Place(_)));
    assert!(matches!(places.look(line[1], true, NOW, LATER), Look::Place(_)));
    assert_eq!((places.line.len(), places.counted), (0, 0));
}

#[test]
fn who_leaves_the_line_makes_room() {
    let mut places = Places::new(RULE);
    let _held: Vec<u64> = (0..2).map(|_| places.enter(NOW, LATER).expect("a place")).collect();
    let line: Vec<u64> = (0..3).map(|_| places.join(NOW, true).expect("room in line")).collect();
    places.leave_line(line[0]);
    places.leave_line(line[0]);
    assert!(places.join(NOW, true).is_some());
    assert_eq!(places.join(NOW, true), None);
    assert_eq!(places.look(line[1], true, NOW, LATER), Look::Again(5));
}

#[test]
fn what_the_gateway_does_on_its_own_account_may_always_wait() {
    let mut places = Places::new(PlacesRule { queue: 0, ..RULE });
    let held: Vec<u64> = (0..2).map(|_| places.enter(NOW, LATER).expect("a place")).collect();
    assert_eq!(places.join(NOW, true), None);
    let own = places.join(NOW, false).expect("it does not count");
    places.leave(held[0]);
    assert!(matches!(places.look(own, false, NOW, LATER), Look::Place(_)));
}

#[test]
fn forgotten_places_come_back_at_their_deadline() {
    let mut places = Places::new(RULE);
    places.enter(NOW, NOW + 100).expect("a place");
    places.enter(NOW, NOW + 200).expect("another");
    assert_eq!(places.enter(NOW + 99, LATER), None);
    let third = places.enter(NOW + 100, LATER).expect("one is over");
    assert_eq!(places.enter(NOW + 100, LATER), None);
    places.leave(third);
    assert!(places.enter(NOW + 100, LATER).is_some());
}

#[test]
fn forgotten_callers_do_not_block_the_line() {
    let mut places = Places::new(RULE);
    let held: Vec<u64> = (0..2).map(|_| places.enter(NOW, LATER).expect("a place")).collect();
    let gone = places.join(NOW, true).expect("room");
    let here = places.join(NOW, true).expect("room");
    places.leave(held[0]);
    assert_eq!(places.look(here, true, NOW + 1_000, LATER), Look::Again(10));
    assert!(matches!(places.look(here, true, NOW + 2_001, LATER), Look::Place(_)));
    // One that was merely slow has its old place in the line again.
    let newer = places.join(NOW + 2_001, true).expect("room");
    assert_eq!(places.look(newer, true, NOW + 2_001, LATER), Look::Again(5));
    assert_eq!(places.look(gone, true, NOW + 2_001, LATER), Look::Again(5));
    assert_eq!(places.look(newer, true, NOW + 2_001, LATER), Look::Again(10));
    assert_eq!((places.line.len(), places.counted), (2, 2));
}
