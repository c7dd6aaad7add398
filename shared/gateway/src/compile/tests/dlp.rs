//! `[tenants.NAME.dlp.NAME]`.

use super::{FULL, compiled};
use crate::compile::check;
use crate::settings::Settings;
use crate::tenant::{ClientCredential, Credential, Dlp, DlpCredential, DlpService, OnError, Purview, Secret};
use std::rc::Rc;

fn secrets(name: &str) -> Option<String> {
    match name {
        "DLP" => Some("dlp-canary".to_owned()),
        "SIGN" => Some("sign-canary".to_owned()),
        other => super::secrets(other),
    }
}

fn with(dlp: &str) -> String {
    format!("{FULL}\n[tenants.acme.dlp.guard]\n{dlp}\n")
}

fn dlp(settings: &str) -> Rc<Dlp> {
    let (bundle, _) =
        check(&with(settings), &secrets).unwrap_or_else(|problems| panic!("{settings}:\n{problems}"));
    assert!(!format!("{bundle:?}").contains("canary"), "secrets are not shown");
    Rc::clone(&bundle.tenants[0].dlp["guard"])
}

const CLIENT: &str = r#"credential = { client_id = "app", client_secret = "secret:DLP" }"#;

#[test]
fn the_least_of_each_service() {
    let purview = dlp(&format!("kind = 'purview'\ntenant_id = 'tid'\n{CLIENT}"));
    let service = Purview { app_id: "app".into(), by_user: true, agent_to_tool: false };
    assert_eq!(purview.service, DlpService::Purview(service));
    assert_eq!(purview.url, "https://graph.microsoft.com");
    let credential = |token_url: &str, scope: &str| {
        DlpCredential::Client(ClientCredential {
            token_url: token_url.into(),
            client_id: "app".into(),
            client_secret: Secret("dlp-canary".into()),
            scope: scope.into(),
        })
    };
    let entra = "https://login.microsoftonline.com/tid/oauth2/v2.0/token";
    assert_eq!(purview.credential, credential(entra, "https://graph.microsoft.com/.default"));
    assert_eq!((purview.deadline_ms, purview.on_error, purview.cache_ms), (300, OnError::Block, 60_000));
    assert!(purview.requests && purview.responses && purview.types.is_empty());

    let presidio = dlp("kind = 'presidio'\nurl = 'https://presidio.example/'");
    assert_eq!(presidio.service, DlpService::Presidio { language: "en".into(), score: 50 });
    assert_eq!(presidio.url, "https://presidio.example");
    assert_eq!(presidio.credential, DlpCredential::Fixed(Credential::None));

    let azure = dlp(&format!(
        "kind = 'azure'\nurl = 'https://x.cognitiveservices.azure.com'\ntenant_id = 'tid'\n{CLIENT}"
    ));
    assert_eq!(azure.service, DlpService::Azure { language: "en".into(), score: 50 });
    assert_eq!(azure.credential, credential(entra, "https://cognitiveservices.azure.com/.default"));

    let google = dlp("kind = 'google'\nproject = 'p'\ncredential = { bearer = 'secret:DLP' }");
    let service = DlpService::Google { parent: "projects/p/locations/global".into(), likelihood: "POSSIBLE" };
    assert_eq!((google.service.clone(), google.url.as_str()), (service, "https://dlp.googleapis.com"));
    let header = Credential::Header { name: "authorization".into(), value: "Bearer dlp-canary".into() };
    assert_eq!(google.credential, DlpCredential::Fixed(header));

    let webhook = dlp("kind = 'webhook'\nurl = 'https://dlp.example/hook/?a=b'");
    assert_eq!(webhook.service, DlpService::Webhook { signature: None });
    assert_eq!(webhook.url, "https://dlp.example/hook/?a=b");
}

#[test]
fn all_of_a_service() {
    let purview = dlp(r#"
        kind = "purview"
        url = "https://graph.microsoft.us"
        app_id = "other"
        user = "none"
        agent_to_tool = true
        deadline_ms = 1000
        on_error = "local_only"
        directions = ["response"]
        cache_s = 0
        credential = { token_url = "https://login.example/token", client_id = "app", client_secret = "secret:DLP", scope = "s" }"#);
    let service = Purview { app_id: "other".into(), by_user: false, agent_to_tool: true };
    assert_eq!(purview.service, DlpService::Purview(service));
    assert_eq!((purview.deadline_ms, purview.on_error, purview.cache_ms), (1_000, OnError::LocalOnly, 0));
    assert!(!purview.requests && purview.responses);
    let presidio =
        dlp("kind='presidio'\nurl='https://p.example'\nlanguage='pt-BR'\nscore=0.85\ntypes=['US_SSN']");
    assert_eq!(presidio.service, DlpService::Presidio { language: "pt-BR".into(), score: 85 });
    assert_eq!(presidio.types, ["US_SSN"]);
    let google = dlp(
        "kind='google'\nproject='p'\nlocation='eu'\nlikelihood='LIKELY'\ncredential={header='x-goog-api-key',value='secret:DLP'}",
    );
    let service = DlpService::Google { parent: "projects/p/locations/eu".into(), likelihood: "LIKELY" };
    assert_eq!(google.service, service);
    let webhook = dlp("kind='webhook'\nurl='https://d.example/'\nsignature='secret:SIGN'");
    assert_eq!(webhook.service, DlpService::Webhook { signature: Some(Secret("sign-canary".into())) });
}

/// The settings of a service, the path of the one problem below it, and a part of what is said of it.
#[test]
fn problems() {
    let azure = "kind='azure'\nurl='https://a.example'\n";
    let webhook = "kind='webhook'\nurl='https://d.example'\n";
    let purview = format!("kind='purview'\ntenant_id='t'\n{CLIENT}\n");
    for (settings, path, part) in [
        ("url='https://d.example'".to_owned(), "kind", "it is missing"),
        ("kind='icap'".to_owned(), "kind", "no service"),
        ("kind='webhook'".to_owned(), "url", "it is missing"),
        ("kind='presidio'".to_owned(), "url", "it is missing"),
        ("kind='presidio'\nurl='http://p.example'".to_owned(), "url", "not https"),
        ("kind='presidio'\nurl='https://10.0.0.1'".to_owned(), "url", "private address"),
        ("kind='presidio'\nurl='https://p.example/?a'".to_owned(), "url", "query"),
        ("kind='presidio'\nurl='https://169.254.169.254'\ninsecure=true".to_owned(), "url", "metadata"),
        ("kind='presidio'\nurl='https://p.example'\nlanguage='../'".to_owned(), "language", "no language"),
        ("kind='presidio'\nurl='https://p.example'\nscore=1.01".to_owned(), "score", "more than 1"),
        ("kind='presidio'\nurl='https://p.example'\ntypes=['a b']".to_owned(), "types", "no names"),
        (format!("{webhook}deadline_ms=10"), "deadline_ms", "from 50 to 10000"),
        (format!("{webhook}on_error='pass'"), "on_error", "none of three"),
        (format!("{webhook}directions=[]"), "directions", "no direction"),
        (format!("{webhook}directions=['list']"), "directions", "no direction"),
        (format!("{webhook}score=0.5"), "score", "no such setting"),
        (format!("{webhook}project='p'"), "project", "no such setting"),
        (format!("{webhook}user='none'"), "user", "no such setting"),
        (format!("{webhook}agent_to_tool=true"), "agent_to_tool", "no such setting"),
        (format!("{webhook}signature='text'"), "signature", "names no secret"),
        (format!("{webhook}signature='secret:NONE'"), "signature", "does not exist"),
        (format!("{webhook}credential={{}}"), "credential", "neither a bearer"),
        (format!("{webhook}credential={{client_id='a'}}"), "credential", "no `client_secret`"),
        (format!("{webhook}credential={{bearer='secret:DLP',scope='x'}}"), "credential", "no `client_id`"),
        (
            format!("{webhook}credential={{client_id='a',client_secret='secret:DLP'}}"),
            "credential.token_url",
            "https://",
        ),
        (
            format!(
                "{webhook}credential={{client_id='a',client_secret='secret:DLP',token_url='http://t.example'}}"
            ),
            "credential.token_url",
            "not https",
        ),
        (
            format!(
                "{webhook}credential={{client_id='',client_secret='secret:DLP',token_url='https://t.example'}}"
            ),
            "credential.client_id",
            "empty",
        ),
        (azure.to_owned(), "credential", "answers nobody"),
        (
            format!("{azure}credential={{header='host',value='secret:DLP'}}"),
            "credential.header",
            "sets this header",
        ),
        ("kind='google'\ncredential={bearer='secret:DLP'}".to_owned(), "project", "missing"),
        ("kind='google'\nproject='a/b'\ncredential={bearer='secret:DLP'}".to_owned(), "project", "no id"),
        (
            "kind='google'\nproject='p'\nlikelihood='SURE'\ncredential={bearer='secret:DLP'}".to_owned(),
            "likelihood",
            "VERY_LIKELY",
        ),
        (format!("{purview}types=['a']"), "types", "no such setting"),
        (format!("{purview}user='me'"), "user", "neither of two"),
        (format!("{purview}user='none'"), "user", "agent_to_tool = true"),
        (format!("{purview}app_id='a/b'"), "app_id", "no id"),
        ("kind='purview'\ncredential={bearer='secret:DLP'}".to_owned(), "app_id", "missing"),
    ] {
        let problems = check(&with(&settings), &secrets).map(|_| ()).unwrap_err();
        let [problem] = &problems.0[..] else {
            panic!("{settings:?} is {} problems:\n{problems}", problems.0.len())
        };
        assert_eq!(problem.path, format!("tenants.acme.dlp.guard.{path}"), "{settings:?}: {problem}");
        assert!(problem.to_string().contains(part), "{settings:?}: {problem}");
        assert!(problem.line.is_some() && !problem.remedy.is_empty(), "{settings:?}: {problem}");
        assert!(!problem.to_string().contains("canary"), "{settings:?}: {problem}");
    }
    for name in ["none", "a.b", "ü"] {
        let text = format!("{FULL}\n[tenants.acme.dlp.{name:?}]\nkind='webhook'\nurl='https://d.example'\n");
        assert_eq!(check(&text, &secrets).unwrap_err().0.len(), 1, "{name}");
    }
}

#[test]
fn what_opens_something_is_listed() {
    for (settings, expected) in [
        ("kind='webhook'\nurl='https://d.example'\non_error='allow'", vec!["on_error"]),
        ("kind='webhook'\nurl='http://127.0.0.1:1'\ninsecure=true", vec!["insecure"]),
        (
            "kind='webhook'\nurl='https://10.0.0.1'\nprivate_network=true\non_error='allow'",
            vec!["private_network", "on_error"],
        ),
        ("kind='webhook'\nurl='https://d.example'\non_error='local_only'", vec![]),
    ] {
        let (bundle, warnings) = compiled(&with(settings));
        let expected: Vec<String> =
            expected.iter().map(|key| format!("tenants.acme.dlp.guard.{key}")).collect();
        assert_eq!(bundle.open_settings, expected, "{settings}");
        assert_eq!(warnings.len(), expected.len(), "{warnings:?}");
    }
}

#[test]
fn secrets_are_named() {
    let text = with(&format!("kind='webhook'\nurl='https://d.example'\nsignature='secret:SIGN'\n{CLIENT}"));
    let settings = Settings::parse(&text).unwrap();
    let named: Vec<&str> = settings.secrets().collect();
    assert_eq!(named, ["BILLING_TOKEN", "MARKET_KEY", "DLP", "SIGN"]);
}
