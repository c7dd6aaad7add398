//! Credentials that no sign assigns, passwords that commands take, and what stands there else.

use super::find;

#[test]
fn values_stand_beside_their_names() {
    let key = "k3Jd8Ahw9/sk2Jd83jdUe72jdPq01mZn4bV6cX5+";
    for (text, name, value) in [
        ("aws configure set aws_secret_access_key §", "SECRET_AWS", key),
        ("| AWS secret |\n|---|\n| § |", "SECRET_AWS", key),
        ("**AWS_SECRET_ACCESS_KEY** §", "SECRET_AWS", key),
        ("- textbox \"Secret access key\" [ref=e9]: §", "SECRET_AWS", key),
        ("<label for=a>AWS secret</label><input id=a value=\"§\">", "SECRET_AWS", key),
        ("SECRET_KEY=§", "SECRET_GENERIC", "x8)%@qj425lz@k96n317anw73z_wxi208uco+fpu_ho(@0jgw"),
        ("CLIENT_SECRET=§", "SECRET_GENERIC", "/k3Jd8Ahw9sk2Jd83jdUe72jdPq01mZn4bV6cX5"),
        ("const char api_key[] = \"§\";", "SECRET_GENERIC", "zaK7gL0imfnc8mVLWwsAawjYr4Rx"),
        ("api_key <- \"§\"", "SECRET_GENERIC", "zaK7gL0imfnc8mVLWwsAawjYr4Rx"),
        ("here is the token § for staging", "SECRET_GENERIC", "zaK7gL0imfnc8mVLWwsAawjYr4Rx"),
        (
            "<setting name=\"ApiKey\" serializeAs=\"String\">\n  <value>§</value>",
            "SECRET_GENERIC",
            "zaK7gL0imfnc8mVLWwsAawjYr4Rx",
        ),
        ("Cookie: a=b; sessionid=§; c=d", "SECRET_GENERIC", "q8k2m5x1z7p4w9v3t6r0n8b2"),
        (
            "TRELLO_TOKEN=§",
            "SECRET_TRELLO",
            "ATTA3c9e71d04b8f26a5e3c9d71b04f8a62e5d3c9f17e0b48a6d25c3f91e7b04d8a6f2e55C81A0D3",
        ),
        ("TWILIO_AUTH_TOKEN=§", "SECRET_TWILIO", "3c9e71d04b8f26a5e3c9d71b04f8a62e"),
        (
            "WEBHOOK_SIGNING_SECRET=§",
            "SECRET_GENERIC",
            "3c9e71d04b8f26a5e3c9d71b04f8a62e5d3c9f17e0b48a6d25c3f91e7b04d8a6",
        ),
    ] {
        assert_found(text, name, value);
    }
}

#[test]
fn passwords_of_commands_and_settings() {
    for (text, value) in [
        ("password=§", "Autumn.Hill482"),
        ("Password: §\n", "h1llside.Kx920"),
        ("db.password=§", "GXmcLhkHsHZ"),
        ("db.test:5432:shop:app:§\n", "k9!Lm2q7x"),
        ("mysql -h db -u root -p§ shop", "k9!Lm2q7x"),
        ("sshpass -p '§' ssh host", "k9!Lm2q7x"),
        ("docker login -u ci -p § r.test", "k9Lm2q7x"),
        ("jdbc:oracle:thin:app/§@//db:1521/X", "k9!Lm2q7x"),
        ("CREATE USER 'app'@'%' IDENTIFIED BY '§';", "k9!Lm2q7x"),
        ("ALTER ROLE app WITH LOGIN PASSWORD '§';", "k9!Lm2q7x"),
        ("$p = ConvertTo-SecureString \"§\" -AsPlainText", "k9!Lm2q7x"),
        ("network={\n  psk=\"§\"\n}", "k9Lm2q7xW"),
        ("requirepass §\n", "k9Lm2q7xW"),
        ("hasło: §", "k9Lm2q7xW"),
        ("login: tom / pw: §", "k9Lm2q7xW"),
        ("creds: admin / §", "k9!Lm2q7x"),
        ("größer: mysqldump -u root -p§ shop", "k9!Lm2q7x"),
        ("redis-cli -h cache -a § ping", "k9!Lm2q7x"),
        ("unzip -P § a.zip", "k9!Lm2q7x"),
        ("machine git.test login ci password §\n", "Autumn_Hill48"),
    ] {
        assert_found(text, "SECRET_PASSWORD", value);
    }
}

/// Whether the value in the place of `§` is found, and nothing else.
fn assert_found(text: &str, name: &str, value: &str) {
    let whole = text.replace('§', value);
    let found: Vec<_> = find(&whole)
        .iter()
        .filter(|it| it.entry.name.starts_with("SECRET_"))
        .map(|it| (it.entry.name, whole[it.start..it.end].to_owned()))
        .collect();
    assert_eq!(found, [(name, value.to_owned())], "{whole}");
}
