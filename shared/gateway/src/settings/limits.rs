//! `[[tenants.NAME.limits]]`, `[tenants.NAME.prices]`, `[tenants.NAME.loop]`.

use super::reader::Reader;

/// `[[tenants.NAME.limits]]`: how much of something may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitSettings {
    /// `name`: in refusals, records and commands; a new name begins to count anew.
    pub name: String,
    /// `kind`: `rate`, `quota`, `tokens`, `cost` or `concurrency`.
    pub kind: String,
    /// `for`: whom and what it concerns; by default everybody and everything.
    pub selector: SelectorSettings,
    /// `each`: whose count it is: `agent` (default), `tool`, `upstream` or `tenant`.
    pub each: String,
    /// `limit`: calls; for `tokens` context tokens, for `cost` micro-units of the currency.
    pub limit: Option<u64>,
    /// `per_s`: the period of a rate in seconds; by default 1.
    pub per_s: Option<u32>,
    /// `burst`: how much of a rate may come at once; by default `limit`.
    pub burst: Option<u32>,
    /// `window`: `minute`, `hour`, `day`, `week` or `month`.
    pub window: Option<String>,
    /// `time_zone`: by whose calendar windows begin: `UTC` (default), `+02:00`, or an IANA name.
    pub time_zone: Option<String>,
    /// `reserve`: what is set aside for a result: `mean` (default) or `max`.
    pub reserve: Option<String>,
    /// `result_tokens`: the largest result with `reserve = "max"`; by default 25,000.
    pub result_tokens: Option<u32>,
    /// `precision`: `strict` (default) or `lease`.
    pub precision: String,
    /// `on_fault`: without the ledger, `refuse` (default) or `local`.
    pub on_fault: String,
}

/// `for`: all that are written must match; `*` in names is any run of characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SelectorSettings {
    /// `agents`: names of agents.
    pub agents: Option<Vec<String>>,
    /// `groups`: an agent of any of them.
    pub groups: Option<Vec<String>>,
    /// `tools`: exposed names of tools and prompts.
    pub tools: Option<Vec<String>>,
    /// `upstreams`: aliases.
    pub upstreams: Option<Vec<String>>,
}

/// `[tenants.NAME.prices."TOOL"]`: what a call costs, in micro-units of the tenant's currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PriceSettings {
    /// `call`: each call.
    pub call: u64,
    /// `request_1k_tokens`: a thousand tokens of arguments.
    pub request_1k_tokens: u64,
    /// `result_1k_tokens`: a thousand tokens of the result.
    pub result_1k_tokens: u64,
}

/// `[tenants.NAME.loop]`: the loop breaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoopSettings {
    /// `mode`: `enforce` (default), `dry_run` or `off`.
    pub mode: String,
    /// `precision`: where it remembers: `lease` (default): in the isolate, and in the account when a rule asks it
    /// anyway; `strict`: every call asks the account.
    pub precision: String,
    /// `exempt`: tools that are polled, by exposed name.
    pub exempt: Vec<String>,
    /// `window_s`: how long calls are remembered; by default 120.
    pub window_s: u32,
    /// `same`: calls of one pattern that are carried out: equal ones with equal results, errors in a row, searches in
    /// other words that find nothing; by default 5.
    pub same: u8,
    /// `hard`: stops after which the chain is refused; by default 5.
    pub hard: u8,
    /// `calls`: calls of one trace, and of one principal in the window; by default no bound.
    pub calls: Option<u32>,
    /// `spend`: what they may cost, in micro-units; by default no bound.
    pub spend: Option<u64>,
}

impl Default for LoopSettings {
    fn default() -> Self {
        Self {
            mode: "enforce".to_owned(),
            precision: "lease".to_owned(),
            exempt: Vec::new(),
            window_s: 120,
            same: 5,
            hard: 5,
            calls: None,
            spend: None,
        }
    }
}

/// Decimals of an amount of money: micro-units.
const MONEY: u32 = 6;

pub fn limit(reader: &Reader<'_, '_>) -> LimitSettings {
    let kind = reader.required_text("kind", "write rate, quota, tokens, cost or concurrency");
    LimitSettings {
        name: reader.required_text("name", "write a name for refusals and records, such as `care-rate`"),
        selector: reader.table("for", selector).unwrap_or_default(),
        each: reader.text("each").unwrap_or_else(|| "agent".to_owned()),
        limit: reader.decimal("limit", if kind == "cost" { MONEY } else { 0 }),
        per_s: reader.optional("per_s", 1..=86_400),
        burst: reader.optional("burst", 1..=1_000_000_000),
        window: reader.text("window"),
        time_zone: reader.text("time_zone"),
        reserve: reader.text("reserve"),
        result_tokens: reader.optional("result_tokens", 1..=10_000_000),
        precision: reader.text("precision").unwrap_or_else(|| "strict".to_owned()),
        on_fault: reader.text("on_fault").unwrap_or_else(|| "refuse".to_owned()),
        kind,
    }
}

pub fn selector(reader: &Reader<'_, '_>) -> SelectorSettings {
    SelectorSettings {
        agents: reader.texts("agents"),
        groups: reader.texts("groups"),
        tools: reader.texts("tools"),
        upstreams: reader.texts("upstreams"),
    }
}

pub fn price(reader: &Reader<'_, '_>) -> PriceSettings {
    PriceSettings {
        call: reader.decimal("call", MONEY).unwrap_or_default(),
        request_1k_tokens: reader.decimal("request_1k_tokens", MONEY).unwrap_or_default(),
        result_1k_tokens: reader.decimal("result_1k_tokens", MONEY).unwrap_or_default(),
    }
}

pub fn breaker(reader: &Reader<'_, '_>) -> LoopSettings {
    let default = LoopSettings::default();
    LoopSettings {
        mode: reader.text("mode").unwrap_or(default.mode),
        precision: reader.text("precision").unwrap_or(default.precision),
        exempt: reader.texts("exempt").unwrap_or_default(),
        window_s: reader.number("window_s", 10..=600, default.window_s),
        same: reader.small("same", 2..=12, default.same),
        hard: reader.small("hard", 1..=50, default.hard),
        calls: reader.optional("calls", 1..=1_000_000),
        spend: reader.decimal("spend", MONEY),
    }
}
