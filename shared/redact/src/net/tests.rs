use crate::Context;
use crate::engine::strict;

fn found(text: &str) -> Vec<(&'static str, &str)> {
    let findings = strict().find(text, &Context::default());
    findings.iter().map(|it| (it.entry.name, text.get(it.start..it.end).unwrap_or(""))).collect()
}

/// Texts, what is found, and where.
const FOUND: &[(&str, &str, &str)] = &[
    ("write to ada.neil+x@mail.example.com.", "EMAIL_ADDRESS", "ada.neil+x@mail.example.com"),
    ("<o'neil@example.co.uk>", "EMAIL_ADDRESS", "o'neil@example.co.uk"),
    ("mailto:ada@example.org?subject=x", "EMAIL_ADDRESS", "ada@example.org"),
    ("?email=ada@example.org&x=1", "EMAIL_ADDRESS", "ada@example.org"),
    ("'ada@example.org'", "EMAIL_ADDRESS", "ada@example.org"),
    ("ada_@example.de-", "EMAIL_ADDRESS", "ada_@example.de"),
    ("ada@example.com.Then one", "EMAIL_ADDRESS", "ada@example.com"),
    ("ADA@EXAMPLE.COM", "EMAIL_ADDRESS", "ADA@EXAMPLE.COM"),
    ("jürgen@müller.de", "EMAIL_ADDRESS", "jürgen@müller.de"),
    ("邮箱ada@example.com。", "EMAIL_ADDRESS", "ada@example.com"),
    ("user@xn--mller-kva.xn--p1ai", "EMAIL_ADDRESS", "user@xn--mller-kva.xn--p1ai"),
    ("**ada@example.com**", "EMAIL_ADDRESS", "ada@example.com"),
    ("a@b.museum", "EMAIL_ADDRESS", "a@b.museum"),
    ("postgres://app:s3cr!t@db.example.com:5432/x", "URL_CREDENTIALS", "s3cr!t"),
    ("redis://:hunter22@cache:6379", "URL_CREDENTIALS", "hunter22"),
    ("https://u:p@ss@host.example.com/", "URL_CREDENTIALS", "p@ss"),
    ("mongodb+srv://root:9fK%2Fx@cl0.example.net", "URL_CREDENTIALS", "9fK%2Fx"),
    ("https://a1b2c3d4e5f6a7b8c9d0e1f2@git.example.com/x", "URL_CREDENTIALS", "a1b2c3d4e5f6a7b8c9d0e1f2"),
    ("from 192.0.2.17 port 22", "IP_ADDRESS", "192.0.2.17"),
    ("from 10.0.0.1:8080", "IP_ADDRESS", "10.0.0.1"),
    ("http://192.168.1.1/admin", "IP_ADDRESS", "192.168.1.1"),
    ("net 10.20.0.0/16.", "IP_ADDRESS", "10.20.0.0/16"),
    ("[127.0.0.1]", "IP_ADDRESS", "127.0.0.1"),
    ("it was 203.0.113.255.", "IP_ADDRESS", "203.0.113.255"),
    ("GET /hosts/10.20.0.9/x", "IP_ADDRESS", "10.20.0.9"),
    ("range 10.0.0.1-10", "IP_ADDRESS", "10.0.0.1"),
    ("from 2001:db8::8a2e:370:7334 on", "IP_ADDRESS", "2001:db8::8a2e:370:7334"),
    ("fe80::1ff:fe23:4567:890a%eth2", "IP_ADDRESS", "fe80::1ff:fe23:4567:890a%eth2"),
    ("http://[2001:db8:85a3::7334]:80/", "IP_ADDRESS", "2001:db8:85a3::7334"),
    ("2001:0db8:85a3:0000:0000:8a2e:0370:7334: ok", "IP_ADDRESS", "2001:0db8:85a3:0000:0000:8a2e:0370:7334"),
    ("::ffff:192.0.2.1", "IP_ADDRESS", "::ffff:192.0.2.1"),
    ("listen on ::1 only", "IP_ADDRESS", "::1"),
    ("2001:db8::/32", "IP_ADDRESS", "2001:db8::/32"),
    ("00:1A:2b:3C:4D:5E", "MAC_ADDRESS", "00:1A:2b:3C:4D:5E"),
    ("00-1A-2B-3C-4D-5E.", "MAC_ADDRESS", "00-1A-2B-3C-4D-5E"),
    ("001a.2b3c.4d5e", "MAC_ADDRESS", "001a.2b3c.4d5e"),
    ("11:22:33:44:55:66", "MAC_ADDRESS", "11:22:33:44:55:66"),
    ("mac 11-22-33-44-55-66", "MAC_ADDRESS", "11-22-33-44-55-66"),
];

const NOTHING: &[&str] = &[
    "@app.route('/x') def f(): pass",
    "npm i lodash@4.17.21 @types/node@20.1.0",
    "icon@2x.png and image@sha256:abc",
    "user@localhost, a@b, a@b.c",
    "a..b@ @example.com",
    "git@github.com:owner/repo.git",
    "ssh://git@github.com/owner/repo.git",
    "x@.com y@-a.com z@a-.com",
    "getty@tty1.service",
    "https://example.com:8080/a?b=c@d",
    "https://user@host/",
    "postgres://user:${DB_PASSWORD}@host/db",
    "postgres://user:***@host/db",
    "https://user:{password}@host",
    "version 1.2.3.4",
    "v1.2.3.4",
    "pkg==1.2.3.4",
    "package-1.2.3.4.tgz",
    "Chrome/120.0.0.0 Safari/537.36",
    "release 10.0.0.1",
    "1.3.6.1.4.1.311",
    "1.2.3, 1.2.3.456, 256.1.1.1, 01.02.03.04",
    "1.2.3.4a",
    "see §4.2.1.13 and section 4.2.1.13",
    "rv:1.9.2.3) Gecko, oid(\"2.5.29.30\")",
    "12:34:56 and 10:20",
    "std::vector<int> abc::def Foo::Bar a::b ::",
    "2026-11-29T17:43:12.123Z",
    "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99",
    "00:11:22:33:44:55:66:77",
    "00:11:22:33:44",
    "12-11-20-24-10-11",
    "1234.5678.9012",
    "3.14159 1.5e10 0.0.1",
    "let host = Host::<T>::a(host) and ip::b",
];

#[test]
fn addresses_are_found() {
    for (text, name, value) in FOUND {
        assert_eq!(found(text), [(*name, *value)], "{text}");
    }
}

#[test]
fn what_only_looks_like_one_is_silent() {
    for text in NOTHING {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn work_is_linear() {
    for unit in ["@", "a@", "a.", "1.", "a:", "::", "://", "://a:", "1:", "a-", "A1 ", "A ", "1 A", "é@"] {
        let text = unit.repeat(200_000 / unit.len());
        let before = std::time::Instant::now();
        let _ = crate::scan::scan(&text, &[]);
        assert!(before.elapsed().as_secs() < 5, "{unit}");
    }
}
