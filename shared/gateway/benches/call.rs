//! What one `tools/call` costs in the gateway itself, without any host, natively:
//! `cargo bench -p postern --features memory --bench call`. Allocations are counted: they are what a call's cost
//! consists of, and unlike times they are the same on every machine.

// The pipeline is one future, stage in stage, and the compiler lays it out in one query.
#![recursion_limit = "256"]

use postern::Gateway;
use postern::arrival::Head;
use postern::mcp::headers::Headers;
use postern::mcp::json::Json;
use postern::mcp::seal::Sealer;
use postern::memory::{Memory, MemoryBody, Step};
use postern::reply::ReplyBody;
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[allow(unsafe_code, reason = "the trait is unsafe; all is passed on")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SETTINGS: &str = r#"
version = 1
[tenants.bench]
path = "/mcp"
hosts = ["gateway"]
origins = []
anonymous = true
LIMITS
[tenants.bench.agents.anonymous]
allow = ["*"]
[tenants.bench.upstreams.bench]
url = "https://upstream.example/mcp"
era = "modern"
"#;

/// What is measured: a name, lines of the tenant, and the size of the result.
const CASES: &[(&str, &str, usize)] = &[
    ("400 B", "", 400),
    ("4 KB", "", 4_096),
    ("32 KB", "", 32_768),
    ("400 B, no loop breaker", "loop = { mode = \"off\" }", 400),
    (
        "400 B, two limits",
        r#"limits = [
            { name = "rate", kind = "rate", limit = 1000000 },
            { name = "daily", kind = "quota", limit = 100000000, window = "day" },
        ]"#,
        400,
    ),
    ("400 B, redact off", "redact = { inspect = \"off\", reason = \"a benchmark\" }", 400),
    ("400 B, redact secrets", "redact = { inspect = \"secrets_only\" }", 400),
    ("400 B, redact", "redact = {}", 400),
    ("4 KB, redact", "redact = {}", 4_096),
    ("32 KB, redact", "redact = {}", 32_768),
    ("400 B, kept, asked", KEPT, 400),
    ("400 B, kept, hit", KEPT, 400),
    ("32 KB, kept, hit", KEPT, 32_768),
    (
        "400 B, two limits, leased",
        r#"limits = [
            { name = "rate", kind = "rate", limit = 1000000, precision = "lease" },
            { name = "daily", kind = "quota", limit = 100000000, window = "day", precision = "lease" },
        ]"#,
        400,
    ),
];

const KEPT: &str =
    "tools = { \"*\" = { cache = { mode = \"exact\", read_only = true } } }\nloop = { mode = \"off\" }";

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"}},"name":"bench__look","arguments":{"customer":"C-1001","limit":LIMIT}}}"#;

/// Answers as an upstream would: its list, or a text of `size` bytes.
fn upstream(memory: &Memory, size: usize) {
    let text = "The router was restarted on Monday. ".repeat(size / 36 + 1);
    let text = text.get(..size).unwrap_or_default().to_owned();
    let host = memory.clone();
    memory.on_fetch(move |sent| {
        let json = Json::parse(&sent.body, &postern::limits::REQUEST).ok();
        let id = json.as_ref().and_then(|json| Some(json.raw(json.get(json.root(), "id")?).to_owned()));
        let id = id.unwrap_or_default();
        let result = match sent.headers.iter().find(|(name, _)| *name == "mcp-method").map(|(_, value)| value) {
            Some("tools/list") => r#"{"resultType":"complete","ttlMs":3600000,"cacheScope":"public","tools":[{"name":"look","inputSchema":{"type":"object"}}]}"#.to_owned(),
            Some("server/discover") => r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"serverInfo":{"name":"u","version":"1"}}"#.to_owned(),
            _ => format!(r#"{{"resultType":"complete","content":[{{"type":"text","text":"{text}"}}]}}"#),
        };
        let answer = host.answer(200, "application/json", format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#));
        async move { Ok(answer) }
    });
}

fn head() -> Head {
    Head {
        method: "POST".to_owned(),
        path: "/mcp".to_owned(),
        query: false,
        secure: true,
        headers: Headers::from_flat(
            "host\ngateway\ncontent-type\napplication/json\nmcp-protocol-version\n2026-07-28\nmcp-method\ntools/call\nmcp-name\nbench__look\ntraceparent\n00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n"
                .to_owned(),
        ),
    }
}

fn main() {
    let rounds: u32 = std::env::var("CALLS").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000);
    for (name, limits, size) in CASES.iter().copied() {
        let memory = Memory::new();
        upstream(&memory, size);
        let none = |_: &str| None;
        let checked = postern::compile::check(&SETTINGS.replace("LIMITS", limits), &none)
            .map_err(|problems| println!("{problems}"));
        let Ok((bundle, _)) = checked else {
            return println!("bad settings");
        };
        let Ok(sealer) = Sealer::from_keys("k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=") else { return };
        let gateway = Gateway::new(bundle, sealer);
        let mut number = 0_u32;
        // Never the same twice: the loop breaker would stop it.
        let mut call = || {
            number += u32::from(!name.ends_with("hit") || number == 0);
            let text = CALL.replace("LIMIT", &number.to_string());
            let body: MemoryBody = memory.answer_in_steps(200, "", [Step::Bytes(text.into())]).body;
            let future = gateway.handle(&memory, &(), head(), body);
            let bytes = size_of_val(&future);
            (memory.run(future), bytes)
        };
        let (reply, future) = call();
        let ReplyBody::Whole(first) = &reply.body else { return println!("no answer") };
        assert!(reply.status == 200 && first.len() > size, "{}", String::from_utf8_lossy(first));
        let (counted, start) = (ALLOCATIONS.load(Ordering::Relaxed), Instant::now());
        let mut fastest = Duration::MAX;
        for _ in 0..rounds {
            let one = Instant::now();
            drop(black_box(call()));
            fastest = fastest.min(one.elapsed());
        }
        let counted = (ALLOCATIONS.load(Ordering::Relaxed) - counted) / u64::from(rounds);
        println!(
            "{name:<26} {:>8.1?} a call, {fastest:.1?} the fastest, {counted} allocations, future of {future} bytes",
            start.elapsed() / rounds
        );
    }
}
