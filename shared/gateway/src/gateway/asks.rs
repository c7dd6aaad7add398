//! What upstreams may ask (`asks`): one decision for every way that a question can take, and for its answer.
//!
//! Form mode must not ask for secrets, and pages are https without credentials in their URL (MCP 2025-11-25, elicitation,
//! security considerations).

use crate::address::{self, Address, Place};
use crate::error::{Error, Refusal};
use crate::limits;
use crate::mcp::json::{Edits, Json, Raw};
use crate::mcp::method::Method;
use crate::tenant::{AskKind, AskKinds, Asks, Upstream};

/// A kind of question that nobody here knows.
const UNKNOWN: &str = "a kind of question that is not known";
/// A form with a field for a password or the like.
const SECRETS: &str = "elicitation.form: secrets";
/// A page that is not to be opened.
const PAGE: &str = "elicitation.url: this page";

/// The kind of a question with these parameters.
pub(crate) fn kind_of(method: Method, params: Option<Raw<'_>>) -> Option<AskKind> {
    match method {
        Method::CreateMessage => Some(AskKind::Sampling),
        Method::RootsList => Some(AskKind::Roots),
        Method::Elicit => match params.and_then(|params| params.get("mode")) {
            None => Some(AskKind::Form),
            Some(mode) => match mode.string().as_deref() {
                Some("form") => Some(AskKind::Form),
                Some("url") => Some(AskKind::Url),
                _ => None,
            },
        },
        _ => None,
    }
}

/// Why a question that has no kind ends its call.
pub(crate) fn unknown() -> Error {
    Refusal::AskDenied(UNKNOWN).into()
}

/// What a client declares to be asked such a question: a ClientCapabilities object, raw JSON.
pub(crate) const fn capability(kind: AskKind) -> &'static str {
    match kind {
        AskKind::Form => r#"{"elicitation":{}}"#,
        AskKind::Url => r#"{"elicitation":{"url":{}}}"#,
        AskKind::Sampling => r#"{"sampling":{}}"#,
        AskKind::Roots => r#"{"roots":{}}"#,
    }
}

/// Whether the upstream may ask this; its kind.
///
/// # Errors
/// [`Refusal::AskDenied`].
pub(crate) fn permit(
    upstream: &Upstream,
    method: Method,
    params: Option<Raw<'_>>,
) -> Result<AskKind, Refusal> {
    let kind = kind_of(method, params).ok_or(Refusal::AskDenied(UNKNOWN))?;
    permit_kind(upstream, kind)?;
    match (kind, params) {
        (AskKind::Form, Some(params)) if !upstream.asks.secrets && wants_secrets(params) => {
            Err(Refusal::AskDenied(SECRETS))
        }
        (AskKind::Url, params) => {
            let url = params.and_then(|params| params.get("url")).and_then(Raw::string);
            permit_page(&upstream.asks, url.as_deref().unwrap_or_default()).map(|()| kind)
        }
        _ => Ok(kind),
    }
}

/// Whether a question of this kind may be asked, and one that was asked be answered.
///
/// # Errors
/// [`Refusal::AskDenied`].
pub(crate) fn permit_kind(upstream: &Upstream, kind: AskKind) -> Result<(), Refusal> {
    if upstream.asks.kinds.has(kind) { Ok(()) } else { Err(Refusal::AskDenied(kind.name())) }
}

/// Whether the upstream may ask all that a result of it asks (MCP 2026-07-28, `inputRequests`); their kinds.
///
/// # Errors
/// [`Refusal::AskDenied`] for the first that it may not.
pub(crate) fn permit_all(upstream: &Upstream, result: Raw<'_>) -> Result<AskKinds, Refusal> {
    let mut kinds = AskKinds::default();
    for (_, request) in result.get("inputRequests").into_iter().flat_map(Raw::members) {
        let method = request.get("method").and_then(Raw::string);
        let method = method.and_then(|method| method.parse().ok()).unwrap_or(Method::Other);
        kinds = kinds.with(permit(upstream, method, request.get("params"))?);
    }
    Ok(kinds)
}

/// Whether questions of these kinds, which were asked before, may be answered now.
///
/// # Errors
/// [`Refusal::AskDenied`] for the first that may not.
pub(crate) fn permit_kinds(upstream: &Upstream, kinds: AskKinds) -> Result<(), Refusal> {
    AskKind::ALL.into_iter().filter(|kind| kinds.has(*kind)).try_for_each(|kind| permit_kind(upstream, kind))
}

/// Whether answers (MCP 2026-07-28, `inputResponses`) may go to the upstream whose questions are not known: to some kind of
/// question that it may ask, as their members say. Elicitation of both modes is answered alike.
///
/// # Errors
/// [`Refusal::AskDenied`] for the first that may not.
pub(crate) fn permit_answers(upstream: &Upstream, answers: Raw<'_>) -> Result<(), Refusal> {
    let allowed = upstream.asks.kinds;
    if allowed == AskKinds::ALL {
        return Ok(());
    }
    answers.members().try_for_each(|(_, answer)| {
        let kinds: &[AskKind] = if answer.get("action").is_some() {
            &[AskKind::Form, AskKind::Url]
        } else if answer.get("roots").is_some() {
            &[AskKind::Roots]
        } else {
            &[AskKind::Sampling]
        };
        let denied = kinds.first().filter(|_| !kinds.iter().any(|kind| allowed.has(*kind)));
        denied.map_or(Ok(()), |kind| Err(Refusal::AskDenied(kind.name())))
    })
}

/// Whether the upstream may have these pages opened. `data`: that of error -32042 (MCP 2025-11-25).
///
/// # Errors
/// [`Refusal::AskDenied`].
pub(crate) fn permit_pages(upstream: &Upstream, data: Option<Raw<'_>>) -> Result<(), Refusal> {
    permit_kind(upstream, AskKind::Url)?;
    let pages = data.and_then(|data| data.get("elicitations")).into_iter().flat_map(Raw::elements);
    let mut urls = pages.filter_map(|page| page.get("url")).map(|url| url.string().unwrap_or_default());
    urls.try_for_each(|url| permit_page(&upstream.asks, &url))
}

/// Why the upstream cannot have what it says that the client lacks; `None` if that is not for its settings. `data`: that of
/// error -32021 (MCP 2026-07-28).
pub(crate) fn withheld(upstream: &Upstream, data: Option<Raw<'_>>) -> Option<Refusal> {
    if upstream.asks.kinds == AskKinds::ALL {
        return None;
    }
    let Some(required) = data.and_then(|data| data.get("requiredCapabilities")) else {
        return Some(Refusal::AskDenied("what it does not name"));
    };
    permit_kinds(upstream, kinds_of(required)).err()
}

/// The kinds that ClientCapabilities declare: elicitation without a mode is that of forms.
pub(crate) fn kinds_of(declared: Raw<'_>) -> AskKinds {
    let elicitation = declared.get("elicitation");
    let mode = |mode: &str| elicitation.is_some_and(|elicitation| elicitation.get(mode).is_some());
    let (url, form) = (mode("url"), mode("form"));
    let has = [
        (AskKind::Form, elicitation.is_some() && (form || !url)),
        (AskKind::Url, url),
        (AskKind::Sampling, declared.get("sampling").is_some()),
        (AskKind::Roots, declared.get("roots").is_some()),
    ];
    has.into_iter().filter(|(_, has)| *has).fold(AskKinds::default(), |kinds, (kind, _)| kinds.with(kind))
}

/// The capabilities that the upstream is shown: those that the client `declared` (raw JSON), without what it may not ask.
pub(crate) fn shown(asks: &Asks, declared: String) -> String {
    if asks.kinds == AskKinds::ALL || declared == "{}" {
        return declared;
    }
    // It was read once before, as a part of a message.
    let Ok(json) = Json::parse(declared.as_bytes(), &limits::REQUEST) else { return "{}".to_owned() };
    let root = json.value(json.root());
    let has = kinds_of(root);
    let keeps = |kind| has.has(kind) && asks.kinds.has(kind);
    let mut edits = Edits::new();
    if let Some(elicitation) = root.get("elicitation") {
        match (keeps(AskKind::Form), keeps(AskKind::Url)) {
            (true, true) => {}
            (true, false) => edits.remove_in(elicitation, "url"),
            (false, true) => edits.remove_in(elicitation, "form"),
            (false, false) => edits.remove_in(root, "elicitation"),
        }
    }
    // What could be asked as a task (2025-11-25) as well.
    let tasks = root.get("tasks").and_then(|tasks| tasks.get("requests"));
    if let Some(tasks) = tasks.filter(|_| !keeps(AskKind::Form) && !keeps(AskKind::Url)) {
        edits.remove_in(tasks, "elicitation");
    }
    if !keeps(AskKind::Sampling) {
        edits.remove_in(root, "sampling");
        if let Some(tasks) = tasks {
            edits.remove_in(tasks, "sampling");
        }
    }
    if !keeps(AskKind::Roots) {
        edits.remove_in(root, "roots");
    }
    edits.apply_within(json.text(), json.span(json.root()))
}

/// Whether a user may be asked to open it: https, no credentials in it, a host that is named or public. An upstream that may
/// itself be reached otherwise may have such pages.
fn permit_page(asks: &Asks, url: &str) -> Result<(), Refusal> {
    let denied = Refusal::AskDenied(PAGE);
    let bare = url.split('#').next().unwrap_or_default();
    let Ok(Address { secure, place }) = Address::parse(bare) else { return Err(denied) };
    let host = address::host(bare).unwrap_or_default();
    let reachable = match &asks.hosts {
        Some(hosts) => hosts.iter().any(|glob| glob.matches(host)),
        None => place == Place::Public || asks.private,
    };
    if (secure || asks.insecure) && reachable && place != Place::LinkLocal { Ok(()) } else { Err(denied) }
}

/// Whether a form has a field for a secret, as names, titles and formats say. Prose is not read: it may well say that no
/// password is wanted.
fn wants_secrets(params: Raw<'_>) -> bool {
    let fields = params.get("requestedSchema").and_then(|schema| schema.get("properties"));
    fields.into_iter().flat_map(Raw::members).any(|(name, field)| {
        let says = |key| field.get(key).and_then(Raw::string);
        is_secret(&name)
            || says("title").is_some_and(|title| is_secret(&title))
            || says("format").is_some_and(|format| format == "password")
    })
}

/// What secrets are called, wherever it stands in a name.
const SECRET: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "credential",
    "seedphrase",
];
/// What they are called at its end: a `token_limit` is none.
const LAST: [&str; 4] = ["token", "secret", "pwd", "cvv"];
/// What they are called by itself: other words have such letters.
const ALONE: [&str; 4] = ["pin", "otp", "cvc", "pat"];

/// `api_key`, `apiKey` and `API key` are one name.
fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    let plain: String = letters.collect();
    SECRET.iter().any(|word| plain.contains(word))
        || LAST.iter().any(|word| plain.ends_with(word))
        || ALONE.contains(&plain.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::Glob;

    fn asks(kinds: &[AskKind]) -> Asks {
        Asks { kinds: kinds.iter().fold(AskKinds::default(), |all, kind| all.with(*kind)), ..Asks::default() }
    }

    #[test]
    fn capabilities_are_cut() {
        use AskKind::{Form, Roots, Sampling, Url};
        let all = r#"{"elicitation":{"form":{},"url":{}},"roots":{"listChanged":true},"sampling":{"tools":{}},"x":{}}"#;
        for (kinds, declared, shown_) in [
            (&AskKind::ALL[..], all, all),
            (&[], all, r#"{"x":{}}"#),
            (&[Form], all, r#"{"elicitation":{"form":{}},"x":{}}"#),
            (&[Url], all, r#"{"elicitation":{"url":{}},"x":{}}"#),
            (
                &[Form, Url, Sampling],
                all,
                r#"{"elicitation":{"form":{},"url":{}},"sampling":{"tools":{}},"x":{}}"#,
            ),
            (&[Roots], all, r#"{"roots":{"listChanged":true},"x":{}}"#),
            (&[Form], r#"{"elicitation":{}}"#, r#"{"elicitation":{}}"#),
            (&[Url], r#"{"elicitation":{}}"#, "{}"),
            (&[Form], r#"{"elicitation":{"url":{}}}"#, "{}"),
            (
                &[Form],
                r#"{"elicitation":{},"tasks":{"requests":{"elicitation":{"create":{}},"sampling":{"createMessage":{}}}}}"#,
                r#"{"elicitation":{},"tasks":{"requests":{"elicitation":{"create":{}}}}}"#,
            ),
            (&[Form], "{}", "{}"),
            (&[Form], "no object", "{}"),
        ] {
            assert_eq!(shown(&asks(kinds), declared.to_owned()), shown_, "{kinds:?} {declared}");
        }
    }

    #[test]
    fn pages() {
        let any = Asks::default();
        let named = Asks {
            hosts: Some(vec![Glob::new("login.example"), Glob::new("*.corp.internal")]),
            ..Asks::default()
        };
        let near = Asks { insecure: true, private: true, ..Asks::default() };
        for (url, by_any, by_named, by_near) in [
            ("https://login.example/a?b=c#d", true, true, true),
            ("https://a.example/", true, false, true),
            ("https://sso.corp.internal/", false, true, true),
            ("https://corp.internal/", false, false, true),
            ("http://login.example/", false, false, true),
            ("http://localhost:3000/", false, false, true),
            ("https://10.0.0.1/", false, false, true),
            ("https://169.254.169.254/", false, false, false),
            ("https://user:pass@login.example/", false, false, false),
            ("https://user@login.example/", false, false, false),
            ("https://login.example\\@evil.example/", false, false, false),
            ("javascript:alert(1)", false, false, false),
            ("JavaScript:alert(1)", false, false, false),
            ("data:text/html,x", false, false, false),
            ("file:///etc/passwd", false, false, false),
            ("vscode://x", false, false, false),
            ("//login.example/", false, false, false),
            (" https://login.example/", false, false, false),
            ("", false, false, false),
        ] {
            let may = |asks| permit_page(asks, url).is_ok();
            assert_eq!((may(&any), may(&named), may(&near)), (by_any, by_named, by_near), "{url}");
        }
    }

    #[test]
    fn forms_that_ask_for_secrets() {
        for (field, found) in [
            (r#""name":{}"#, false),
            (r#""password":{}"#, true),
            (r#""newPassword2":{}"#, true),
            (r#""api_key":{}"#, true),
            (r#""API-Key":{}"#, true),
            (r#""accessToken":{}"#, true),
            (r#""token_limit":{}"#, false),
            (r#""broken":{}"#, false),
            (r#""client_secret":{}"#, true),
            (r#""shipping":{}"#, false),
            (r#""pin":{}"#, true),
            (r#""value":{"title":"Your password"}"#, true),
            (r#""value":{"title":"Name","description":"Not your password"}"#, false),
            (r#""value":{"type":"string","format":"password"}"#, true),
            (r#""x":{},"p\u0061ssword":{}"#, true),
        ] {
            let text = format!(r#"{{"requestedSchema":{{"properties":{{{field}}}}}}}"#);
            let json = Json::parse(text.as_bytes(), &limits::REQUEST).unwrap();
            assert_eq!(wants_secrets(json.value(json.root())), found, "{field}");
        }
    }
}
