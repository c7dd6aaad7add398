//! A refusal by a limit, with what its client needs to act on it.

use crate::error::Limited;
use crate::ledger::{Denial, NEVER};
use crate::mcp::json::quote;
use crate::tenant::{Each, Limit, Measure};
use std::fmt::Write as _;

/// What a refusal is made of.
struct Refused<'a> {
    rule: &'a str,
    kind: &'static str,
    /// Whether the caller alone uses it up. Of what others share it is told neither name nor figures.
    own: bool,
    /// The limit as it was written.
    limit: u64,
    /// What is left: not enough.
    left: u64,
    /// When it may be enough, in ms from now; `None` when it never is.
    retry_ms: Option<u64>,
    /// The length of the window or period, in seconds; 0 where there is none.
    window_s: u64,
}

/// The refusal by `rule`.
pub(super) fn limited(rule: &Limit, denial: &Denial, now_ms: u64) -> Limited {
    let window_s = match &rule.measure {
        Measure::Rate { per_s, .. } => u64::from(*per_s),
        Measure::Concurrency { .. } => 0,
        Measure::Calls(quota) | Measure::Tokens(quota, _) | Measure::Cost(quota, _) => {
            let span = quota.calendar.span(now_ms);
            span.end_ms.saturating_sub(span.start_ms) / 1000
        }
    };
    let refused = Refused {
        rule: &rule.name,
        kind: rule.measure.kind(),
        own: rule.each == Each::Agent,
        limit: rule.measure.limit(),
        left: denial.left,
        retry_ms: (denial.retry_ms != NEVER).then_some(denial.retry_ms),
        window_s,
    };
    Limited {
        rule: rule.name.clone(),
        message: refused.message(),
        data: refused.data(),
        headers: refused.headers(),
    }
}

impl Refused<'_> {
    /// What the agent is told.
    fn message(&self) -> String {
        let what = match self.kind {
            "rate" => "Too many requests",
            "quota" => "The quota of calls is used up",
            "tokens" => "The quota of tokens is used up",
            "cost" => "The budget is used up",
            _ => "Too many calls at once",
        };
        match self.retry_ms {
            Some(ms) => format!("{what}: retry in {}", spell(ms)),
            None => format!("{what}: this request alone is more than the limit"),
        }
    }

    /// `error.data`, raw JSON.
    fn data(&self) -> String {
        let mut data = String::from(r#"{"kind":"#);
        quote(&mut data, self.kind);
        if self.own {
            data.push_str(r#","rule":"#);
            quote(&mut data, self.rule);
            let _ = write!(data, r#","limit":{},"remaining":{}"#, self.limit, self.left);
        }
        if let Some(ms) = self.retry_ms {
            let _ = write!(data, r#","retryAfterMs":{ms}"#);
        }
        data.push('}');
        data
    }

    /// `Retry-After` (RFC 9110, 10.2.3), `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
    fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        let retry_s = self.retry_ms.map(|ms| ms.div_ceil(1000));
        if let Some(seconds) = retry_s {
            headers.push(("retry-after", seconds.to_string()));
        }
        if self.own {
            let window = if self.window_s > 0 { format!(";w={}", self.window_s) } else { String::new() };
            headers.push(("ratelimit-policy", format!(r#""{}";q={}{window}"#, self.rule, self.limit)));
            let reset = retry_s.map(|seconds| format!(";t={seconds}")).unwrap_or_default();
            headers.push(("ratelimit", format!(r#""{}";r={}{reset}"#, self.rule, self.left)));
        }
        headers
    }
}

/// A time that a person or a model reads.
fn spell(ms: u64) -> String {
    match ms.div_ceil(1000) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds.div_ceil(60)),
        seconds @ 7_200..172_800 => format!("{} h", seconds.div_ceil(3_600)),
        seconds => format!("{} days", seconds.div_ceil(86_400)),
    }
}
