mod asks;
mod cache;
mod dlp;
mod guard;
mod redact;

use super::{check, compile};
use crate::settings::Settings;
use crate::tenant::{Admin, Algorithm, Bundle, Credential, EraSetting, KeySource, Mark};

const FULL: &str = r#"version = 1
[issuers.idp]
url = "https://idp.example/v2.0"
audiences = ["api://postern"]
algorithms = ["RS256"]
typ = "application/AT+JWT"
agent_claim = "azp"
scopes = ["mcp.use"]
[tenants.acme]
issuers = ["idp"]
hosts = ["GW.example", "127.0.0.1:8787"]
origins = ["https://app.example"]
[tenants.acme.agents.support]
client = "c1"
groups = ["care"]
allow = ["billing__*"]
[tenants.acme.agents.trader]
issuer = "idp"
client = "c2"
allow = ["*"]
[tenants.acme.upstreams.billing]
url = "https://billing.example/mcp"
era = "legacy"
credential = { bearer = "secret:BILLING_TOKEN" }
[tenants.acme.upstreams.market]
url = "https://market.example/mcp"
credential = { header = "X-Api-Key", value = "secret:MARKET_KEY" }
"#;

fn secrets(name: &str) -> Option<String> {
    match name {
        "BILLING_TOKEN" => Some("billing-canary".to_owned()),
        "MARKET_KEY" => Some("market-canary".to_owned()),
        "BROKEN" => Some("two\nlines".to_owned()),
        _ => None,
    }
}

fn compiled(text: &str) -> (Bundle, Vec<String>) {
    let (bundle, warnings) = check(text, &secrets).unwrap();
    (bundle, warnings.iter().map(ToString::to_string).collect())
}

#[test]
fn a_whole_file_compiles() {
    let (bundle, warnings) = compiled(FULL);
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(bundle.open_settings, Vec::<String>::new());
    let tenant = bundle.tenant("/t/acme/mcp").unwrap();
    assert_eq!(tenant.hosts, ["gw.example", "127.0.0.1:8787"]);
    let issuer = &tenant.issuers[0];
    assert_eq!((issuer.typ.as_str(), &issuer.algorithms[..]), ("at+jwt", &[Algorithm::Rs256][..]));
    assert!(matches!(issuer.keys, KeySource::Discover));
    assert_eq!(tenant.agents[0].issuer.as_deref(), Some("idp"));
    let billing = tenant.upstream("billing").unwrap();
    assert_eq!(billing.era, EraSetting::Legacy);
    let header =
        |name: &str, value: &str| Credential::Header { name: name.to_owned(), value: value.to_owned() };
    assert_eq!(billing.credential, header("authorization", "Bearer billing-canary"));
    assert_eq!(tenant.upstream("market").unwrap().credential, header("x-api-key", "market-canary"));
    assert!(!format!("{bundle:?}").contains("canary"), "secrets are not shown");
}

#[test]
fn a_tenants_own_instructions_are_bounded() {
    let with = |text: &str| FULL.replace("issuers = [\"idp\"]", &format!("issuers = [\"idp\"]\n{text}"));
    let told = |text: &str| compiled(&with(text)).0.tenants[0].instructions.clone();
    assert_eq!(compiled(FULL).0.tenants[0].instructions, None);
    let text = "instructions = \"\"\"\nAsk first.\n\tThen pay.\n\"\"\"";
    assert_eq!(told(text).as_deref(), Some("Ask first.\n\tThen pay."));
    let long = |bytes: usize| with(&format!("instructions = '{}'", "x".repeat(bytes)));
    assert!(check(&long(4_096), &secrets).is_ok());
    let problems = check(&long(4_097), &secrets).unwrap_err().to_string();
    assert!(
        problems.contains("4097 bytes, and at most 4096") && problems.contains("shorten it"),
        "{problems}"
    );
}

#[test]
fn the_version_follows_what_a_caller_sees_and_no_secret() {
    let version = |text: &str| compiled(text).0.tenants[0].version.clone();
    assert_eq!(version(FULL), version(FULL));
    assert_eq!(version(FULL).len(), 16);
    assert_ne!(version(FULL), version(&FULL.replace("billing__*", "billing__get_*")));
    let other = |_: &str| Some("other".to_owned());
    assert_eq!(version(FULL), check(FULL, &other).unwrap().0.tenants[0].version);
}

/// Text in [`FULL`], its replacement, the path of the one problem, and a part of its message or remedy.
const PROBLEMS: &[(&str, &str, &str, &str)] = &[
    (
        "issuers = [\"idp\"]",
        "issuers = [\"idp\"]\ninstructions = \" \\n\"",
        "tenants.acme.instructions",
        "remove it",
    ),
    (
        "issuers = [\"idp\"]",
        "issuers = [\"idp\"]\ninstructions = \"a\\u0007\"",
        "tenants.acme.instructions",
        "write plain text",
    ),
    ("https://idp.example/v2.0", "http://idp.example", "issuers.idp.url", "not https"),
    ("https://idp.example/v2.0", "https://10.0.0.1", "issuers.idp.url", "private address"),
    ("https://idp.example/v2.0", "https://idp.example/?a=b", "issuers.idp.url", "query"),
    (r#"["api://postern"]"#, "[]", "issuers.idp.audiences", "empty"),
    (r#"["api://postern"]"#, r#"[""]"#, "issuers.idp.audiences", "empty"),
    (r#"["RS256"]"#, r#"["HS256"]"#, "issuers.idp.algorithms", "shares one secret"),
    (r#"["RS256"]"#, r#"["none"]"#, "issuers.idp.algorithms", "no known algorithm"),
    (r#"["RS256"]"#, "[]", "issuers.idp.algorithms", "empty"),
    (r#""mcp.use""#, r#""a b""#, "issuers.idp.scopes", "no scope"),
    (r#"typ = "application/AT+JWT""#, r#"typ = """#, "issuers.idp.typ", "empty"),
    (
        "algorithms =",
        "jwks_url = \"http://idp.example/keys\"\nalgorithms =",
        "issuers.idp.jwks_url",
        "not https",
    ),
    ("algorithms =", "jwks = '{}'\ndevelopment = true\nalgorithms =", "issuers.idp.jwks", "no array"),
    (
        "algorithms =",
        "jwks = '{\"keys\":[]}'\ndevelopment = true\nalgorithms =",
        "issuers.idp.jwks",
        "no key",
    ),
    ("hosts =", "path = \"mcp\"\nhosts =", "tenants.acme.path", "plain URL path"),
    ("hosts =", "path = \"/a/../b\"\nhosts =", "tenants.acme.path", "plain URL path"),
    ("hosts =", "path = \"/mcp/\"\nhosts =", "tenants.acme.path", "plain URL path"),
    ("hosts =", "path = \"/healthz\"\nhosts =", "tenants.acme.path", "itself"),
    (r#"["GW.example", "127.0.0.1:8787"]"#, "[]", "tenants.acme.hosts", "empty"),
    (r#""GW.example""#, r#""https://gw.example""#, "tenants.acme.hosts", "no host"),
    (r#""GW.example""#, r#""gw.example:443""#, "tenants.acme.hosts", "default"),
    (r#""https://app.example""#, r#""https://app.example/""#, "tenants.acme.origins", "no origin"),
    (r#""https://app.example""#, r#""*""#, "tenants.acme.origins", "no origin"),
    (r#""https://app.example""#, r#""null""#, "tenants.acme.origins", "no origin"),
    (r#"issuers = ["idp"]"#, "", "tenants.acme.issuers", "anonymous = true"),
    (r#"issuers = ["idp"]"#, "", "tenants.acme.issuers", "name issuers"),
    (r#"issuers = ["idp"]"#, r#"issuers = ["other", "idp"]"#, "tenants.acme.issuers", "there is no issuer"),
    (r#"issuer = "idp""#, r#"issuer = "none""#, "tenants.acme.agents.trader.issuer", "there is no issuer"),
    (r#"client = "c2""#, "", "tenants.acme.agents.trader.client", "missing"),
    (r#"client = "c2""#, r#"client = "c1""#, "tenants.acme.agents.trader", "of the agent"),
    ("agents.trader", "agents.anonymous", "tenants.acme.agents.anonymous", "kept for"),
    (r#"allow = ["*"]"#, r#"allow = ["a b"]"#, "tenants.acme.agents.trader.allow", "no tool's name"),
    (r#"groups = ["care"]"#, r#"groups = ["a b"]"#, "tenants.acme.agents.support.groups", "not fit"),
    ("upstreams.market", "upstreams.mar__ket", "tenants.acme.upstreams.mar__ket", "alias"),
    (
        "upstreams.market",
        "upstreams.market-of-very-long",
        "tenants.acme.upstreams.market-of-very-long",
        "alias",
    ),
    ("upstreams.market", "upstreams.\"\"", "tenants.acme.upstreams.\"\"", "single upstream"),
    ("upstreams.market", "upstreams.\"m.k\"", "tenants.acme.upstreams.\"m.k\"", "alias"),
    (
        "https://market.example/mcp",
        "http://market.example/mcp",
        "tenants.acme.upstreams.market.url",
        "not https",
    ),
    (
        "https://market.example/mcp",
        "https://u:p@market.example/",
        "tenants.acme.upstreams.market.url",
        "user name",
    ),
    (
        "https://market.example/mcp",
        "https://market.example/#x",
        "tenants.acme.upstreams.market.url",
        "fragment",
    ),
    (
        "https://market.example/mcp",
        "https://localhost/",
        "tenants.acme.upstreams.market.url",
        "private address",
    ),
    (
        "https://market.example/mcp",
        "https://[::ffff:10.0.0.1]/",
        "tenants.acme.upstreams.market.url",
        "private address",
    ),
    ("https://market.example/mcp", "https://0x7f.1/", "tenants.acme.upstreams.market.url", "IPv4"),
    (
        "https://market.example/mcp",
        "https://169.254.169.254/",
        "tenants.acme.upstreams.market.url",
        "link-local",
    ),
    (r#"era = "legacy""#, r#"era = "old""#, "tenants.acme.upstreams.billing.era", "no era"),
    (
        r#"era = "legacy""#,
        "first_byte_ms = 600\ntotal_ms = 500",
        "tenants.acme.upstreams.billing.first_byte_ms",
        "more than",
    ),
    (
        "secret:BILLING_TOKEN",
        "sk-12345",
        "tenants.acme.upstreams.billing.credential.bearer",
        "names no secret",
    ),
    ("secret:BILLING_TOKEN", "secret:ABSENT", "tenants.acme.upstreams.billing.credential.bearer", "ABSENT"),
    ("secret:BILLING_TOKEN", "secret:BROKEN", "tenants.acme.upstreams.billing.credential.bearer", "header"),
    ("X-Api-Key", "Host", "tenants.acme.upstreams.market.credential.header", "itself"),
    ("X-Api-Key", "Mcp-Session-Id", "tenants.acme.upstreams.market.credential.header", "itself"),
    ("X-Api-Key", "a b", "tenants.acme.upstreams.market.credential.header", "no header name"),
    ("tenants.acme", "tenants.\"a/b\"", "tenants.\"a/b\"", "not fit"),
    ("hosts =", "path = \"/t/acme/admin/v1\"\nhosts =", "tenants.acme.path", "itself"),
    ("hosts =", "admin = { role = \"\" }\nhosts =", "tenants.acme.admin.role", "no token"),
    ("hosts =", "admin = { scope = \"a b\" }\nhosts =", "tenants.acme.admin.scope", "no token"),
    ("hosts =", "admin = { scope = \"mcp.use\" }\nhosts =", "tenants.acme.admin.scope", "every agent"),
    ("hosts =", "admin = { scope = \"a\", role = \"a\" }\nhosts =", "tenants.acme.admin", "keep the one"),
];

#[test]
fn each_fault_is_one_problem_with_path_and_remedy() {
    for (from, to, path, part) in PROBLEMS {
        assert!(FULL.contains(from), "{from}");
        let text = FULL.replace(from, to);
        let problems = check(&text, &secrets).unwrap_err();
        let [problem] = &problems.0[..] else {
            panic!("{to:?} is {} problems:\n{problems}", problems.0.len());
        };
        assert_eq!(problem.path, *path, "{to:?}: {problem}");
        assert!(problem.to_string().contains(part), "{to:?}: {problem}");
        assert!(problem.line.is_some() && !problem.remedy.is_empty(), "{to:?}: {problem}");
        assert!(!problem.to_string().contains("two\nlines"), "a secret is shown");
    }
}

#[test]
fn problems_of_shape_and_meaning_come_together_once_a_key() {
    let text = FULL
        .replace("hosts =", "host =")
        .replace("https://market.example/mcp", "ftp://market")
        .replace(r#"era = "legacy""#, "era = 7");
    let problems = check(&text, &secrets).unwrap_err();
    let paths: Vec<&str> = problems.0.iter().map(|problem| problem.path.as_str()).collect();
    let upstreams = "tenants.acme.upstreams";
    let expected = [
        "tenants.acme.hosts".to_owned(),
        "tenants.acme.host".to_owned(),
        format!("{upstreams}.billing.era"),
        format!("{upstreams}.market.url"),
    ];
    assert_eq!(paths, expected, "{problems}");
}

#[test]
fn an_issuer_in_a_private_network_is_an_open_setting() {
    let text = FULL.replace("[issuers.idp]", "[issuers.idp]\nprivate_network = true");
    let (bundle, warnings) = compiled(&text);
    assert_eq!(bundle.open_settings, ["issuers.idp.private_network"]);
    assert!(warnings.iter().any(|warning| warning.contains("for this issuer")), "{warnings:?}");
}

#[test]
fn open_settings_warn_and_are_listed() {
    let text = FULL
        .replace(r#"issuers = ["idp"]"#, "anonymous = true\npath = \"/mcp\"")
        .replace("https://market.example", "http://127.0.0.1:8793")
        .replace("era = \"legacy\"", "private_network = true")
        .replace("https://billing.example", "https://billing.internal")
        .replace("client = \"c1\"", "")
        .replace("agents.support", "agents.anonymous")
        .replace("[tenants.acme.upstreams.market]", "[tenants.acme.upstreams.market]\ninsecure = true");
    let (bundle, warnings) = compiled(&text);
    let open = ["anonymous", "upstreams.billing.private_network", "upstreams.market.insecure"];
    assert_eq!(bundle.open_settings, open.map(|setting| format!("tenants.acme.{setting}")));
    let part = |text: &str| warnings.iter().any(|warning| warning.contains(text));
    assert!(part("everybody is let in"), "{warnings:?}");
    assert!(part("agents.trader: it matches nobody"), "{warnings:?}");
    assert!(part("issuers.idp: no tenant names it"), "{warnings:?}");
    assert_eq!(warnings.len(), 5, "{warnings:?}");
}

#[test]
fn anonymous_needs_an_agent_and_stands_alone() {
    let text = FULL.replace(r#"issuers = ["idp"]"#, "anonymous = true");
    let problems = check(&text, &secrets).unwrap_err();
    assert_eq!(problems.0[0].path, "tenants.acme.agents");
    assert!(problems.to_string().contains("[tenants.acme.agents.anonymous]"), "{problems}");
    let both =
        FULL.replace("hosts =", "anonymous = true\nhosts =").replace("agents.support", "agents.anonymous");
    let problems = check(&both, &secrets).unwrap_err();
    assert!(problems.0.iter().any(|problem| problem.path == "tenants.acme.issuers"), "{problems}");
}

#[test]
fn the_admin_api_is_off_unless_it_is_configured() {
    let admin = |settings: &str| {
        let text = FULL.replace("hosts =", &format!("{settings}\nhosts ="));
        compiled(&text).0.tenants[0].admin.clone()
    };
    let on = |mark: Mark, bundle: bool| Some(Admin { mark, bundle });
    assert_eq!(admin(""), None);
    assert_eq!(admin("admin = {}"), on(Mark::Role("postern.operator".to_owned()), false));
    assert_eq!(admin("admin = { role = 'ops', bundle = true }"), on(Mark::Role("ops".to_owned()), true));
    assert_eq!(admin("admin = { scope = 'gw:admin' }"), on(Mark::Scope("gw:admin".to_owned()), false));
    let anonymous = FULL
        .replace("issuers = [\"idp\"]", "anonymous = true\nadmin = {}")
        .replace("agents.support", "agents.anonymous")
        .replace("client = \"c1\"", "");
    let problems = check(&anonymous, &secrets).unwrap_err();
    assert_eq!(problems.0[0].path, "tenants.acme.admin", "{problems}");
}

#[test]
fn what_can_never_match_is_a_warning() {
    for (from, to, part) in [
        ("\"billing__*\"", "\"biling__*\"", "matches nothing"),
        ("[\"billing__*\"]", "[]", "may use nothing"),
        (
            "[tenants.acme]",
            "[issuers.other]\nurl = \"https://other.example\"\naudiences = [\"a\"]\n[tenants.acme]",
            "no tenant names it",
        ),
    ] {
        let (_, warnings) = compiled(&FULL.replace(from, to));
        assert!(warnings.len() == 1 && warnings[0].contains(part), "{to}: {warnings:?}");
    }
    for pattern in ["billing", "market__get", "*__get_*", "bill*"] {
        let (_, warnings) = compiled(&FULL.replace("billing__*", pattern));
        assert!(warnings.is_empty(), "{pattern}: {warnings:?}");
    }
}

#[test]
fn several_tenants_have_paths_of_their_own() {
    let second = FULL.split_once("[tenants.acme]").unwrap().1.replace("tenants.acme", "tenants.beta");
    let text = format!("{FULL}[tenants.beta]{second}");
    let (bundle, _) = compiled(&text);
    assert!(bundle.tenant("/t/acme/mcp").is_some() && bundle.tenant("/t/beta/mcp").is_some());
    let problems = check(&text.replacen("hosts =", "path = \"/mcp\"\nhosts =", 1), &secrets).unwrap_err();
    assert_eq!(problems.0[0].path, "tenants.acme.path");
    let settings = Settings::parse("version = 1").unwrap();
    assert_eq!(compile(&settings, &secrets).unwrap_err().0[0].path, "tenants");
}

#[test]
fn an_issuer_twice_is_ambiguous() {
    let text = FULL
        .replace(
            "[tenants.acme]",
            "[issuers.twin]\nurl = \"https://idp.example/v2.0\"\naudiences = [\"b\"]\n[tenants.acme]",
        )
        .replace("issuers = [\"idp\"]", "issuers = [\"idp\", \"twin\"]")
        .replace("client = \"c1\"", "client = \"c1\"\nissuer = \"idp\"");
    let problems = check(&text, &secrets).unwrap_err();
    assert!(problems.to_string().contains("has the `url` of another"), "{problems}");
}
