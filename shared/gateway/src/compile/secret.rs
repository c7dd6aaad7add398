//! Secrets, which settings name and never hold.

use super::{Findings, Secrets};

/// The value of `secret:NAME`; never shown in a message.
pub fn secret(path: &str, reference: &str, secrets: &dyn Secrets, findings: &mut Findings) -> String {
    let named = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let name = reference
        .strip_prefix("secret:")
        .filter(|name| !name.is_empty() && name.len() <= 64 && name.bytes().all(named));
    let Some(name) = name else {
        let remedy = "write `secret:NAME` (NAME of A-Z 0-9 _) and keep the value in a secret of that name";
        findings.problem(path, "it names no secret: settings hold no secrets", remedy);
        return String::new();
    };
    let Some(value) = secrets.get(name) else {
        let remedy = format!(
            "create it: `wrangler secret put {name}` on Cloudflare, the variable `{}` on Spin",
            name.to_ascii_lowercase()
        );
        findings.problem(path, format!("the secret {name} does not exist"), remedy);
        return String::new();
    };
    if value.is_empty() || !value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        let remedy = "set it again, without a line break at its end";
        findings.problem(path, format!("the secret {name} is empty or cannot stand in a header"), remedy);
    }
    value
}
