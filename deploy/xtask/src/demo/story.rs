//! The stories: what each has in `deploy/demo`, and how its servers are started.

use std::str::FromStr;

use anyhow::{Error, bail};

/// A story that can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Story {
    /// Eight agents of a trading desk: limits, budgets and loops.
    Trading,
    /// A support desk and its customers' cards: redaction.
    Billing,
    /// Two thousand employees who ask an IT help desk: the cache.
    Helpdesk,
}

/// A server of a story.
pub(super) struct Actor {
    /// What it is called in the settings, where its address is put in place of `{ALIAS}`, in capitals.
    pub(super) alias: &'static str,
    /// Below the checkout.
    pub(super) script: &'static str,
    /// The option by which it is told in which file to write down what reaches it; the demo reads that.
    pub(super) writes: Option<&'static str>,
}

impl Story {
    pub(super) const ALL: [Self; 3] = [Self::Trading, Self::Billing, Self::Helpdesk];

    /// Its name, and its folder in `deploy/demo`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Trading => "trading",
            Self::Billing => "billing",
            Self::Helpdesk => "helpdesk",
        }
    }

    /// Names the gateway's folder of state and its log. `billing` and `helpdesk` are servers of `cargo xtask dev`,
    /// which have logs of these names.
    pub(super) const fn state(self) -> &'static str {
        match self {
            Self::Trading => "trading",
            Self::Billing => "demo-billing",
            Self::Helpdesk => "demo-helpdesk",
        }
    }

    /// The script of the agents, in its folder. It is told all by the variable `POSTERN_DEMO`.
    pub(super) const fn script(self) -> &'static str {
        match self {
            Self::Trading => "fleet.mjs",
            Self::Billing => "desk.mjs",
            Self::Helpdesk => "day.mjs",
        }
    }

    /// Its servers.
    pub(super) const fn actors(self) -> &'static [Actor] {
        match self {
            Self::Trading => &[
                Actor { alias: "ledger", script: "deploy/demo/trading/ledger.mjs", writes: Some("--seen") },
                Actor { alias: "market", script: "deploy/demo/market.mjs", writes: None },
            ],
            Self::Billing => &[
                Actor {
                    alias: "billing",
                    script: "deploy/demo/billing/bills.mjs",
                    writes: Some("--journal"),
                },
                Actor { alias: "crm", script: "deploy/demo/billing/crm.mjs", writes: Some("--journal") },
                Actor { alias: "mail", script: "deploy/demo/billing/mail.mjs", writes: Some("--journal") },
            ],
            Self::Helpdesk => {
                &[Actor { alias: "itsm", script: "deploy/demo/helpdesk/itsm.mjs", writes: Some("--seen") }]
            }
        }
    }
}

impl FromStr for Story {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match Self::ALL.into_iter().find(|story| story.name() == name) {
            Some(story) => Ok(story),
            None => bail!("there is no demo '{name}': choose trading, billing or helpdesk"),
        }
    }
}
