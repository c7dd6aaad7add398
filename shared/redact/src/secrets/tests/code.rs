//! Every rule in the ways that files assign values.

use super::find;
use super::generate::Random;
use crate::entry::Entry;
use crate::secrets::keyed::{self, Means};
use crate::secrets::shape::Part;
use crate::secrets::{prefixes, vendors};
use std::collections::BTreeMap;

/// `@` stands for a name in small letters, `^` for the same in capitals, `#` for the value.
const TEMPLATES: &[&str] = &[
    "@_token=#",
    "@_token = #",
    "@Token=\"#\"",
    "@Token = '#'",
    "export ^_API_KEY=#",
    "export ^_API_KEY=\"#\"",
    "{\n  \"@_api_key\": \"#\"\n}",
    "{\"@ApiKey\":\"#\",\"other\":1}",
    "{\"config.ini\": \"^_TOKEN=#\\nBACKUP=true\"}",
    "{\"text\": \"{\\\"@_secret\\\": \\\"#\\\"}\"}",
    "<@Token>#</@Token>",
    "<@Token>\n    #\n</@Token>",
    "<add key=\"@Token\" value=\"#\" />",
    "@_token: #",
    "@_token: '#'",
    "- name: ^_TOKEN\n  value: \"#\"",
    "string @Token = \"#\";",
    "var @Token string = \"#\"",
    "@Token := \"#\"",
    "@Token := `#`",
    "private static final String ^_SECRET = \"#\";",
    "let @_secret: &str = \"#\";",
    "const @Token: string = '#'",
    "$@Token .= \"#\";",
    "'@_token' => '#',",
    ":@_token => \"#\"",
    "config['@_token'] = '#'",
    "System.setProperty(\"^_TOKEN\", \"#\")",
    "os.environ.get(\"^_TOKEN\", \"#\")",
    "const key = process.env.^_TOKEN || '#';",
    "^_TOKEN := #",
    "^_TOKEN ?= #",
    "^_TOKEN ::= \"#\"",
    "run --@-token # --verbose",
    "run --@-token=# --verbose",
    "curl 'https://api.test/v1?@_token=#&page=2'",
    "| name | value |\n| ^_TOKEN | # |",
    "if (@Token == \"#\") {",
    "ENV ^_TOKEN=#",
    "set @_token \"x\"; @_token=#;",
    "const ^_TOKEN: &'static str = \"#\";",
    "public string @Token { get; } = \"#\";",
    "#define ^_TOKEN \"#\"",
    "const std::string k@Token{\"#\"};",
    "client.set@Token(\"#\").build();",
    "proxy_set_header X-@-Token \"#\";",
    "{:@-token \"#\" :port 80}",
    "Set the @ token to `#` and restart.",
    "set -gx ^_TOKEN #\n",
    "@_token: >-\n  #\nport: 80",
    "variable \"@_token\" {\n  type    = string\n  default = \"#\"\n}",
    "<key>@Token</key>\n\t<string>#</string>",
    "<property><name>@.token</name><value>#</value></property>",
    "<string name=\"@_token\" translatable=\"false\">#</string>",
    "<meta name=\"@-token\" content=\"#\">",
];

/// How often each rule is tried in each template.
const TRIES: usize = 2;

/// What was found of a rule.
#[derive(Default)]
struct Tally {
    of: usize,
    found: usize,
    typed: usize,
    missed: Vec<String>,
}

#[test]
fn tokens_that_name_their_vendor_are_found_in_code() {
    let mut random = Random::new(20_261_129);
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for rule in prefixes::all() {
        let tally = tallies.entry(rule.lead.to_owned()).or_default();
        let lead = [Part::Lit(rule.lead)];
        for _ in 0..TRIES {
            let value = random.value(&lead) + &random.value(rule.rest);
            try_all("service", &value, rule.entry, tally);
        }
    }
    report(&tallies, 0.85, 0.97);
}

#[test]
fn values_under_the_name_of_a_vendor_are_found_in_code() {
    let mut random = Random::new(20_261_130);
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for word in keyed::all() {
        let Means::Vendor(entry, forms) = word.means else { continue };
        for form in forms {
            let tally = tallies.entry(format!("{} {:?}", word.text, form.parts)).or_default();
            for _ in 0..TRIES {
                let value = random.value(form.parts);
                try_all(word.text, &value, entry, tally);
            }
        }
    }
    report(&tallies, 0.7, 0.95);
}

#[test]
fn secrets_of_nobody_are_found_in_code() {
    let mut random = Random::new(20_261_201);
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for shape in [
        [Part::Run(crate::secrets::shape::ALNUM, 24, 40)],
        [Part::Run(crate::secrets::shape::HEX, 32, 64)],
        [Part::Run(crate::secrets::shape::TOKEN, 30, 60)],
        [Part::Run(crate::secrets::shape::BASE64, 40, 60)],
    ] {
        for name in ["service", "my_app", "internal"] {
            let tally = tallies.entry(format!("{name} {shape:?}")).or_default();
            for _ in 0..TRIES {
                let value = random.value(&shape);
                try_all(name, &value, &vendors::GENERIC, tally);
            }
        }
    }
    report(&tallies, 0.8, 0.93);
}

/// Tries a value in all templates under a name.
fn try_all(name: &str, value: &str, entry: &Entry, tally: &mut Tally) {
    for template in TEMPLATES {
        let text = template.replace('@', name).replace('^', &name.to_uppercase()).replace('#', value);
        let at = text.find(value).unwrap();
        let found: Vec<_> =
            find(&text).into_iter().filter(|it| it.start < at + value.len() && it.end > at).collect();
        let whole = found.iter().any(|it| it.start <= at + 30 && it.end == at + value.len());
        let typed = found
            .iter()
            .any(|it| it.entry.name == entry.name && it.start == at && it.end == at + value.len());
        tally.of += 1;
        tally.found += usize::from(whole);
        tally.typed += usize::from(typed);
        if !typed && tally.missed.len() < 3 {
            let names: Vec<_> = found.iter().map(|it| it.entry.name).collect();
            tally.missed.push(format!("{text} {names:?}"));
        }
    }
}

/// Prints what was found, and wants so much of each rule and of all.
fn report(tallies: &BTreeMap<String, Tally>, each: f64, all: f64) {
    let (mut of, mut typed, mut found) = (0, 0, 0);
    let mut poor = Vec::new();
    for (rule, tally) in tallies {
        let share = tally.typed as f64 / tally.of as f64;
        println!("{share:.3} {rule}: {} of {} found, {} with type", tally.found, tally.of, tally.typed);
        if share < each {
            poor.push(format!("{rule}: {share:.3} {:#?}", tally.missed));
        }
        of += tally.of;
        typed += tally.typed;
        found += tally.found;
    }
    let share = f64::from(u32::try_from(typed).unwrap()) / of as f64;
    println!("all: {found} of {of} found, {typed} with type ({share:.4})");
    assert!(poor.is_empty(), "{}", poor.join("\n"));
    assert!(share >= all, "{share}");
}
