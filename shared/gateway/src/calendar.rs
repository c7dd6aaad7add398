//! Windows of the calendar: minutes, hours, days, weeks and months of a time zone, as instants.
//!
//! The windows of a [`Calendar`] partition time: each begins where the one before it ends.
//!
//! - **Days, weeks and months** begin at local midnight, so a day has 23, 24 or 25 hours where clocks change. If that
//!   midnight does not exist, the window begins at the first instant of its date; if it exists twice, at the first.
//!   Clocks that are set back over midnight show yesterday's date again for a while: that is still the new window.
//! - **Minutes and hours** are steps of the local clock, each as long as its name says: an hour that is shown twice is
//!   two windows, and one that is skipped is none. Where clocks change by a part of an hour (`Australia/Lord_Howe`,
//!   30 minutes), an hour also ends at the change, so that two are shorter in a year and none is longer.
//!
//! All of it is integer arithmetic on a rule; no clock is read here. Instants after the year 9999 count as its end, and
//! windows do not begin before 1970.

mod rule;
mod zone;

use serde::{Deserialize, Serialize};

pub use zone::Zone;

pub use rule::civil;

use rule::{DAY, days};

/// How long a window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// A minute of the local clock.
    Minute,
    /// An hour of the local clock.
    Hour,
    /// From midnight to midnight.
    Day,
    /// From Monday.
    Week,
    /// From the 1st.
    Month,
}

/// Windows of one length in one time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// How long a window is.
    pub every: Every,
    /// Whose midnights and full hours are meant.
    pub zone: Zone,
}

/// A window and the end of the one after it, in milliseconds of Unix time: the start is inside, the ends are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first instant of the window.
    pub start_ms: u64,
    /// The first instant of the window after it.
    pub end_ms: u64,
    /// The end of the window after it.
    pub next_end_ms: u64,
}

/// The last second that is told apart: 9999-12-31T23:59:59Z.
const LAST: i64 = 253_402_300_799;

impl Every {
    /// All of them, the shortest first.
    pub const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month];

    /// `minute`, `hour`, `day`, `week` or `month`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|every| every.name() == name)
    }

    /// The name that [`Every::from_name`] reads.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the window that holds `day`. Days are counted from 1970-01-01, a Thursday.
    fn first_day(self, day: i64) -> i64 {
        match self {
            Self::Minute | Self::Hour | Self::Day => day,
            Self::Week => day - (day + 3).rem_euclid(7),
            Self::Month => {
                let (year, month, _) = civil(day);
                days(year, month, 1)
            }
        }
    }

    /// The first day of the window after the one that begins with `first`.
    fn following(self, first: i64) -> i64 {
        match self {
            Self::Minute | Self::Hour | Self::Day => first + 1,
            Self::Week => first + 7,
            Self::Month => self.first_day(first + 31),
        }
    }
}

impl Calendar {
    /// The window that holds `now_ms`.
    #[must_use]
    pub fn span(&self, now_ms: u64) -> Span {
        let now = i64::try_from(now_ms / 1000).unwrap_or(LAST).min(LAST);
        let (start, end, next_end) = match self.every {
            Every::Minute => self.steps(now, 60),
            Every::Hour => self.steps(now, 3600),
            Every::Day | Every::Week | Every::Month => self.dates(now),
        };
        Span { start_ms: millis(start), end_ms: millis(end), next_end_ms: millis(next_end) }
    }

    fn steps(&self, now: i64, unit: i64) -> (i64, i64, i64) {
        let (start, end) = self.step(now, unit);
        (start, end, self.step(end, unit).1)
    }

    /// The step of `unit` seconds around `now`.
    fn step(&self, now: i64, unit: i64) -> (i64, i64) {
        let stretch = self.zone.rule().stretch(now);
        let start = (now + stretch.offset).div_euclid(unit) * unit - stretch.offset;
        let end = start + unit;
        // Clocks on both sides of a change show full steps at the same instants, or a step ends there.
        let cut = |other: i64| (other - stretch.offset) % unit != 0;
        (
            if cut(stretch.before) { start.max(stretch.from) } else { start },
            if cut(stretch.after) { end.min(stretch.until) } else { end },
        )
    }

    /// The window of whole dates around `now`.
    fn dates(&self, now: i64) -> (i64, i64, i64) {
        let rule = self.zone.rule();
        let begin = |day: i64| rule.first(day * DAY);
        let mut first = self.every.first_day((now + rule.stretch(now).offset).div_euclid(DAY));
        let mut second = self.every.following(first);
        if begin(second) <= now {
            // The new date was shown already, and the clock was set back to the old one.
            (first, second) = (second, self.every.following(second));
        }
        (begin(first), begin(second), begin(self.every.following(second)))
    }
}

fn millis(seconds: i64) -> u64 {
    u64::try_from(seconds.saturating_mul(1000)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
