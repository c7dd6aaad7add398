//! Kinds of credentials that are no simple assignment.

use super::find;
use crate::{Context, Engine};

/// What is found first, and where.
fn first(text: &str) -> Option<(&'static str, String)> {
    find(text).first().map(|it| (it.entry.name, text[it.start..it.end].to_owned()))
}

#[test]
fn headers_and_users() {
    for (text, name, value) in [
        ("Authorization: Basic dXNlcjpwYTU1d29yZA==", "SECRET_HTTP_AUTH", "dXNlcjpwYTU1d29yZA=="),
        ("authorization: Bearer 7f3Kq-91x_ZpLm42~a", "SECRET_HTTP_AUTH", "7f3Kq-91x_ZpLm42~a"),
        ("{\"Authorization\": \"Bearer 7f3Kq91xZpLm42a\"}", "SECRET_HTTP_AUTH", "7f3Kq91xZpLm42a"),
        ("-H 'Authorization: token 7f3Kq91xZpLm42a' \\", "SECRET_HTTP_AUTH", "7f3Kq91xZpLm42a"),
        (
            "{\"auths\":{\"r.test\":{\"auth\":\"dXNlcjpwYTU1d29yZA==\"}}}",
            "SECRET_HTTP_AUTH",
            "dXNlcjpwYTU1d29yZA==",
        ),
        ("Our API key is k3Jd8Ahw9sk2Jd83jdUe72jd, keep it", "SECRET_GENERIC", "k3Jd8Ahw9sk2Jd83jdUe72jd"),
        ("curl -H \"X-Api-Key: 7f3kq91xzplm42ab\"", "SECRET_GENERIC", "7f3kq91xzplm42ab"),
        ("curl -u admin:Tr0ub4dor https://api.test", "SECRET_HTTP_AUTH", "Tr0ub4dor"),
        ("curl --user \"api:x9!kQ2#m\" https://api.test", "SECRET_HTTP_AUTH", "x9!kQ2#m"),
        ("curl --user me:'pRf7vG2h1L' -X GET", "SECRET_HTTP_AUTH", "pRf7vG2h1L"),
    ] {
        assert_eq!(first(text), Some((name, value.to_owned())), "{text}");
    }
}

#[test]
fn passwords() {
    for (text, value) in [
        ("password = hunter2!x", "hunter2!x"),
        ("password: \"hunter2!x\"", "hunter2!x"),
        ("DB_PASSWORD=s3cr3t-Pa55", "s3cr3t-Pa55"),
        ("Server=db;User Id=app;Password=k9#Lm2!q;Encrypt=true", "k9#Lm2!q"),
        ("jdbc:mysql://db/app?user=app&password=k9Lm2q7x&ssl=1", "k9Lm2q7x"),
        ("Data Source=x;Uid=app;Pwd=k9!Lm2q7;", "k9!Lm2q7"),
        ("$env:PGPASSWORD='k9!Lm2q7'", "k9!Lm2q7"),
        ("mysqldump --password k9!Lm2q7 app", "k9!Lm2q7"),
        ("<add key=\"ClearTextPassword\" value=\"Nu9et%Feed\" />", "Nu9et%Feed"),
        ("Your new password: Winter!2026", "Winter!2026"),
        ("the login url and password: k9!Lm2q7", "k9!Lm2q7"),
        ("**Password:** `k9!Lm2q7`", "k9!Lm2q7"),
        ("- **Password**: k9!Lm2q7", "k9!Lm2q7"),
        ("Contraseña: k9!Lm2q7", "k9!Lm2q7"),
        ("mot de passe : k9!Lm2q7", "k9!Lm2q7"),
        ("Lösenord: k9!Lm2q7", "k9!Lm2q7"),
        ("密码: k9!Lm2q7", "k9!Lm2q7"),
        ("Пароль: k9!Lm2q7", "k9!Lm2q7"),
        ("The password is Winter!2026.", "Winter!2026"),
        ("(password: k9!Lm2q7)", "k9!Lm2q7"),
        ("the password x7Kq92Lm4T works", "x7Kq92Lm4T"),
        ("his password was set to x7Kq92Lm4T.", "x7Kq92Lm4T"),
        ("<tr><th>Passwort</th><td class=\"v\">x7Kq92Lm4T</td></tr>", "x7Kq92Lm4T"),
        ("passphrase='four.Words&9'", "four.Words&9"),
        ("db_pass: 'k9Lm2q7x'", "k9Lm2q7x"),
    ] {
        assert_eq!(first(text), Some(("SECRET_PASSWORD", value.to_owned())), "{text}");
    }
}

#[test]
fn values_of_fields() {
    let engine = Engine::new(None, 65);
    for (path, text, name) in [
        (&["api_key"][..], "zaK7gL0imfnc8mVLWwsAawjYr4Rx", "SECRET_GENERIC"),
        (&["config", "password"], "hunter2!x", "SECRET_PASSWORD"),
        (&["dbPassword"], "k9Lm2q7x", "SECRET_PASSWORD"),
        (&["cloudflare", "api_key"], "k3jd8Ahw9_sk2Jd83jdUe72jdPq01mZn4bV6cX5z", "SECRET_CLOUDFLARE"),
        (&["datadogApiKey"], "3f9a1c7be25d48f60a9b3c1d7e5f2084", "SECRET_DATADOG"),
        (&["headers", "Authorization"], "Bearer 7f3Kq91xZpLm42a", "SECRET_HTTP_AUTH"),
        (&["AWS_SECRET_ACCESS_KEY"], "k3Jd8Ahw9/sk2Jd83jdUe72jdPq01mZn4bV6cX5+", "SECRET_AWS"),
        (&["heroku", "token"], "7d3f8e10-42ab-4c5d-9e0f-a1b2c3d4e5f6", "SECRET_HEROKU"),
    ] {
        let found = engine.find(text, &Context { path, about: "" });
        assert_eq!(found.iter().map(|it| it.entry.name).collect::<Vec<_>>(), [name], "{path:?} {text}");
    }
    for (path, text) in [
        (&["public_key"][..], "zaK7gL0imfnc8mVLWwsAawjYr4Rx"),
        (&["password"], "changeme"),
        (&["password"], "${DB_PASSWORD}"),
        (&["password", "description"], "k9Lm2q7x"),
        (&["nextPageToken"], "zaK7gL0imfnc8mVLWwsAawjYr4Rx"),
        (&["name"], "zaK7gL0imfnc8mVLWwsAawjYr4Rx"),
        (&[], "zaK7gL0imfnc8mVLWwsAawjYr4Rx"),
    ] {
        assert!(engine.find(text, &Context { path, about: "" }).is_empty(), "{path:?} {text}");
    }
}

#[test]
fn web_tokens() {
    // {"alg":"HS256"}.{"sub":"1"} and a signature that is none.
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.Kx81Lq0Zr7Wm3Tb5Yc9Vd2Nf";
    for text in
        [token.to_owned(), format!("token={token};"), format!("(\"{token}\")"), format!("see {token}.")]
    {
        assert_eq!(first(&text), Some(("SECRET_JWT", token.to_owned())), "{text}");
    }
    // Without a header that is an object.
    assert_eq!(first("eyxhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.Kx81Lq0Zr7Wm3Tb5Yc9Vd2Nf"), None);
    // The same in base64 once more.
    let again = "ZXlKaGJHY2lPaUpJVXpJMU5pSjkuZXlKemRXSWlPaUl4SW4wLkt4ODFMcTBacjdXbTNUYjVZYzlWZDJOZg==";
    assert_eq!(first(&format!("v: {again}")), Some(("SECRET_JWT", again.to_owned())));
}

#[test]
fn private_keys() {
    let line = "MIIEpQIBAAKCAQEAn6O8li8SX4m98LLYtPKSzEmQ9ZBD7Loh9P13f4yQ92EF3xYz";
    let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
    for block in [
        format!("{begin}\n{line}\n{line}\n{end}"),
        format!("{begin}\\n{line}\\n{line}\\n{end}"),
        format!("{begin}\n{line}\n{line}"),
        format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\n{line}\n-----END PGP PRIVATE KEY BLOCK-----"),
        format!(
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n{line}\nPrivate-MAC: 9f86d081884c7d65"
        ),
    ] {
        for text in [block.clone(), format!("key = \"{block}\""), format!("a\n{block}\n")] {
            assert_eq!(first(&text), Some(("SECRET_PRIVATE_KEY", block.clone())), "{text}");
        }
    }
    for text in [
        format!("{begin}\nanything\n{end}"),
        format!("{begin}{end}"),
        format!("-----BEGIN CERTIFICATE-----\n{line}\n-----END CERTIFICATE-----"),
        format!("-----BEGIN PUBLIC KEY-----\n{line}\n-----END PUBLIC KEY-----"),
        "-----BEGIN ".to_owned(),
    ] {
        assert_eq!(first(&text), None, "{text}");
    }
}

#[test]
fn tokens_without_a_name() {
    for (text, name) in [
        ("use -u4: bP88Q~rxBcYjzzOhg1Hnn76Wm3jGgakZiZ.8vMgR", "SECRET_AZURE"),
        (
            "x5Kq1mPz8LwQ0a.atlasv1.Rk3Jd8Ahw9sk2Jd83jdUe72jdPq01mZn4bV6cX5zT7yU8iO9pAsDfGhJ2kLq0W",
            "SECRET_HASHICORP",
        ),
        ("bot 712345678:AAk3Jd8Ahw9_sk2Jd83jdUe72jdPq01mZn4", "SECRET_TELEGRAM"),
        (
            "https://api.telegram.org/bot712345678:AAk3Jd8Ahw9_sk2Jd83jdUe72jdPq01mZn4/getMe",
            "SECRET_TELEGRAM",
        ),
        ("https://hooks.slack.com/services/T01ABCDEF/B02GHIJKL/k3Jd8Ahw9sk2Jd83jdUe72jd", "SECRET_SLACK"),
        ("Access,Secret\nAKIAJ2K3L4M5N6P7Q2R3,k3Jd8Ahw9/sk2Jd83jdUe72jdPq01mZn4bV6cX5+\n", "SECRET_AWS"),
        ("x%3Dghp_k3Jd8Ahw9sk2Jd83jdUe72jdPq01mZn4bV6c&", "SECRET_GITHUB"),
        ("a\\nghp_k3Jd8Ahw9sk2Jd83jdUe72jdPq01mZn4bV6c\\n", "SECRET_GITHUB"),
        (
            "AccountName=x;AccountKey=k3Jd8Ahw9sk2Jd83jdUe72jdPq01mZn4bV6cX5zT7yU8iO9pAsDfGhJ2kLq0Wm3Tb5Yc9Vd2Nf71+/xZrCtAbB==;",
            "SECRET_AZURE",
        ),
        (
            "https://x.blob.core.windows.net/c?sv=2022&sig=k3Jd8Ahw9sk2Jd83jdUe72jdPq01mZn4bV6cX5zT7y%2B%3D",
            "SECRET_AZURE",
        ),
    ] {
        assert_eq!(first(text).map(|it| it.0), Some(name), "{text}");
    }
}

#[test]
fn any_mixture_is_looked_at_without_harm() {
    let pieces = [
        "password",
        "=",
        ":",
        "\"",
        "'",
        " ",
        "\n",
        "ü",
        "密",
        "-u ",
        "--user ",
        "a:b",
        "ghp_",
        "k3Jd8Ahw9sk2",
        "~",
        ".",
        "Q~",
        "8",
        "-----BEGIN PRIVATE KEY-----",
        "-----END",
        "eyJhbGciOiJIUzI1NiJ9",
        "Authorization: ",
        "Basic ",
        "Bearer ",
        "\\",
        "{",
        "[",
        "(",
        "<",
        ">",
        "|",
        ",",
        " is ",
        "AKIAJ2K3L4M5N6P7Q2R3",
        "kind: Secret\n",
        "data:\n ",
        "%3D",
        "\\u003d",
        "PuTTY-User-Key-File-",
        "ZXlK",
        "value",
        "Private-MAC:",
        "\u{200b}",
    ];
    let engine = Engine::new(None, 65);
    let mut random = super::generate::Random::new(7);
    for _ in 0..4000 {
        let text: String = (0..random.below(30)).map(|_| pieces[random.below(pieces.len())]).collect();
        for found in engine.find(&text, &Context::default()) {
            assert!(
                text.get(found.start..found.end).is_some_and(|value| !value.is_empty()),
                "{text:?} {found:?}"
            );
        }
        let path = [pieces[random.below(pieces.len())], pieces[random.below(4)]];
        drop(engine.find(&text, &Context { path: &path, about: "" }));
    }
}

#[test]
fn a_secret_key_stands_behind_its_access_key() {
    for key in ["k3Jd8Ahw9/sk2Jd83jdUe72jdPq01mZn4bV6cX5+", "kQJdxAhwZ+skWJdvjdUeGjdPqBmZnRbVcXtYzLpH"] {
        let text = format!("AKIAJ2K3L4M5N6P7Q2R3 {key}");
        let engine = Engine::new(None, 65);
        let found = engine.find(&text, &Context::default());
        let values: Vec<_> = found.iter().map(|it| &text[it.start..it.end]).collect();
        assert_eq!(values, ["AKIAJ2K3L4M5N6P7Q2R3", key]);
    }
}

#[test]
fn work_is_linear_in_the_text() {
    for unit in [
        "authorization=",
        "password=a1!",
        "ZXlKaGJHY2lPaUpJVXpJMU5pSjku/",
        "eyJhbGciOiJIUzI1NiJ9.",
        "-----BEGIN PRIVATE KEY-----",
        "PuTTY-User-Key-File-2: ",
        "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t+",
        "key:",
        "a=b",
        "-u a:",
        "t1.",
        "\"a\",\"b\"",
        "--key ",
    ] {
        let time = |count: usize| {
            let text = unit.repeat(count / unit.len());
            (0..3)
                .map(|_| {
                    let start = std::time::Instant::now();
                    crate::scan::scan(&text, &[]);
                    start.elapsed()
                })
                .min()
                .unwrap()
        };
        let (short, long) = (time(20_000), time(160_000));
        assert!(long < short * 40 + std::time::Duration::from_millis(40), "{unit}: {short:?} {long:?}");
    }
}

#[test]
fn access_keys_come_with_secret_keys() {
    for (text, count) in [
        ("AKIAJ2K3L4M5N6P7Q2R3,k3Jd8Ahw9/sk2Jd83jdUe72jdPq01mZn4bV6cX5+", 2),
        ("id AKIAJ2K3L4M5N6P7Q2R3\nkey k3Jd8Ahw9/sk2Jd83jdUe72jdPq01mZn4bV6cX5+", 2),
        ("AKIAJ2K3L4M5N6P7Q2R3 9fceb02d0ae598e95dc970b74767f19372d61af8", 1),
        ("AKIAJ2K3L4M5N6P7Q2R3,k3Jd8Ahw9/sk2Jd83jdUe72jdPq01mZn4bV6cX5+7", 1),
    ] {
        assert_eq!(find(text).len(), count, "{text}");
    }
}

#[test]
fn manifests() {
    let data = "data:\n  user: YWRtaW4=\n  # a note\n  extra: 'YWRtaW46cGFzc3dvcmQ='\n  file: |\n    eyJhdXRocyI6e319\n";
    let values = ["YWRtaW46cGFzc3dvcmQ=", "eyJhdXRocyI6e319"];
    for (text, kind) in [
        (format!("apiVersion: v1\nkind: Secret\n{data}"), true),
        (format!("apiVersion: v1\n{data}\nkind: \"Secret\"\n"), true),
        (format!("apiVersion: v1\nkind: ConfigMap\n{data}"), false),
        (format!("apiVersion: v1\nkind: SecretStore\n{data}"), false),
        (format!("\nkind: Secret\n---\n{data}"), false),
        (format!("\nkind: Secret\nmeta{data}"), false),
    ] {
        let found = find(&text);
        let found: Vec<_> = found
            .iter()
            .filter(|it| it.entry.name == "SECRET_KUBERNETES")
            .map(|it| &text[it.start..it.end])
            .collect();
        assert_eq!(found, if kind { &values[..] } else { &[] }, "{text}");
    }
}
