//! What the model is told.

use super::Rule;

/// A text for the model: what it did, and what to change. `seen` is the verdict's.
#[must_use]
pub fn advice(rule: Rule, seen: u8) -> String {
    match rule {
        Rule::Same => format!(
            "This call was not carried out: you made it {seen} times with the same arguments and got the same result \
             each time. Use the result that you have, change the arguments, or do something else; if you wait for a \
             change, wait longer between calls."
        ),
        Rule::Error => format!(
            "This call was not carried out: the last {seen} calls like it ended in the same error. Do not retry it as it \
             is: read the error, change what it complains about, use another tool, or tell the user that this does not \
             work."
        ),
        Rule::Empty => format!(
            "This call was not carried out: you asked {seen} times in different words and found nothing each time. More \
             wordings will not help: use other filters or another tool, or tell the user that there is nothing to be \
             found."
        ),
        Rule::Cycle => format!(
            "This call was not carried out: you are repeating the same {seen} calls in the same order with the same \
             results. Use the results that you have and take a different next step, or tell the user what keeps you from \
             going on."
        ),
        Rule::Flight => format!(
            "This call was not carried out: {seen} calls with the same arguments are still without a result. Wait for \
             their results, and send each call once."
        ),
        Rule::Calls => {
            "This call was not carried out: this task has made as many calls as it may. Finish with the \
             results that you have, and tell the user what is left to do."
                .to_owned()
        }
        Rule::Spend => {
            "This call was not carried out: this task has spent as much as it may. Finish with the results \
             that you have, and tell the user what is left to do."
                .to_owned()
        }
    }
}
