mod traces;

/// Traces of stuck agents in a run of all kinds, twelve of each.
const STUCK: usize = 17 * 12;
/// Traces of agents at work.
const WORK: usize = 500;

#[test]
fn the_generator_is_seeded_and_says_what_is_expected() {
    let (stuck, work) = (traces::stuck(1, STUCK), traces::work(1, WORK));
    for trace in &stuck {
        let (begins, deadline) = (trace.begins().unwrap(), trace.deadline().unwrap());
        assert!(begins < deadline && deadline < trace.steps.len(), "{}", trace.name);
    }
    for trace in &work {
        assert!(trace.deadline().is_none() && trace.steps.len() >= 6, "{}", trace.name);
    }
    let again = traces::work(1, WORK);
    assert_eq!(format!("{work:?}"), format!("{again:?}"));
    assert_ne!(format!("{work:?}"), format!("{:?}", traces::work(2, WORK)));
    for step in stuck.iter().chain(&work).flat_map(|trace| &trace.steps) {
        serde_json::from_str::<serde_json::Value>(&step.args).unwrap();
        serde_json::from_str::<serde_json::Value>(&step.result).unwrap();
    }
}
