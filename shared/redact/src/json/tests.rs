use super::*;

/// Replaces findings by tags, and notes where they were.
fn redact(json: &str, context: &Context<'_>) -> (Option<String>, Vec<String>) {
    let mut notes = Vec::new();
    let redacted = Engine::new(None, 65).redact_json(json, context, &mut |finding, value, path| {
        let written = json.get(finding.start..finding.end).unwrap_or("?");
        let by_word = if finding.word.is_some() { "by a word" } else { "" };
        notes.push(format!("{path}={value}<{written}>{by_word}"));
        Replacement::Text(format!("[{}_1]", finding.entry.name))
    });
    (redacted, notes)
}

#[test]
fn values_are_replaced_where_they_stand() {
    let card = "4111111111111111";
    for (json, expected) in [
        (r#"{"a":"4111111111111111"}"#, r#"{"a":"[CREDIT_CARD_1]"}"#),
        (r#"{ "a" : "é\u00e9\/4111 1111 1111 1111\/" }"#, r#"{ "a" : "é\u00e9\/[CREDIT_CARD_1]\/" }"#),
        (r#"["\u0034111111111111111"]"#, r#"["[CREDIT_CARD_1]"]"#),
        (r#"{"4111111111111111":1}"#, r#"{"[CREDIT_CARD_1]":1}"#),
        // Numbers.
        (r#"[4111111111111111, 4111111111111111.0]"#, r#"["[CREDIT_CARD_1]", "[CREDIT_CARD_1]"]"#),
        // JSON in a string, in a string.
        (r#"{"text":"{\"a\": 4111111111111111}"}"#, r#"{"text":"{\"a\": \"[CREDIT_CARD_1]\"}"}"#),
        (r#"["[\"[\\\"4111111111111111\\\"]\"]"]"#, r#"["[\"[\\\"[CREDIT_CARD_1]\\\"]\"]"]"#),
        // Text that only begins like JSON.
        (r#"["{\"a\": 4111111111111111"]"#, r#"["{\"a\": [CREDIT_CARD_1]"]"#),
        // A second level of escapes, and encodings of the value alone.
        (r#"["\\u0034111111111111111"]"#, r#"["[CREDIT_CARD_1]"]"#),
        (r#"["x NDExMTExMTExMTExMTExMQ== y"]"#, r#"["x [CREDIT_CARD_1] y"]"#),
        (r#"["?card=%34111111111111111&b"]"#, r#"["?card=[CREDIT_CARD_1]&b"]"#),
        // No JSON at all.
        ("{a: 4111111111111111", "{a: [CREDIT_CARD_1]"),
    ] {
        let (redacted, notes) = redact(json, &Context::default());
        assert_eq!(redacted.as_deref(), Some(expected), "{json}: {notes:?}");
        assert_eq!(redact(expected, &Context::default()), (None, Vec::new()), "{json}, again");
    }
    for json in [r#"{"a":[-4111111111111111,4111111111111111.5,4.111111111111111e15,12],"b":"x"}"#, "[]", ""]
    {
        assert_eq!(redact(json, &Context::default()), (None, Vec::new()), "{json} {card}");
    }
}

#[test]
fn findings_are_told_with_place_path_and_word() {
    let path = ["tool"];
    let context = Context { path: &path, about: "" };
    for (json, expected) in [
        (r#"{"a":[{"b":"x 4111111111111111"}]}"#, "tool.a.b=4111111111111111<4111111111111111>"),
        (
            r#"{"card_number":4111111111111111}"#,
            "tool.card_number=4111111111111111<4111111111111111>by a word",
        ),
        (
            r#"{"c":"{\"b\":\"4111\\u0031111 11111111\"}"}"#,
            r"tool.c.b=41111111 11111111<4111\\u0031111 11111111>",
        ),
        (
            r#"{"card":{"x":"{\"b\":\"4111111111111111\"}"}}"#,
            "tool.card.x.b=4111111111111111<4111111111111111>by a word",
        ),
        (
            r#"{"card":"NDExMTExMTExMTExMTExMQ=="}"#,
            "tool.card=NDExMTExMTExMTExMTExMQ==<NDExMTExMTExMTExMTExMQ==>by a word",
        ),
        (r#"{"a":"card","b":"4111111111111111"}"#, "tool.b=4111111111111111<4111111111111111>"),
    ] {
        assert_eq!(redact(json, &context).1, [expected], "{json}");
    }
}

#[test]
fn the_caller_says_what_becomes_of_a_value() {
    let json = r#"{"4111111111111111":["a 4111111111111111",4111111111111111,"[4111111111111111]"]}"#;
    for (replacement, expected) in [
        (Replacement::Keep, None),
        (
            Replacement::Text("\"\\\n\u{1}".to_owned()),
            Some(r#"{"\"\\\n\u0001":["a \"\\\n\u0001","\"\\\n\u0001","[\"\\\"\\\\\\n\\u0001\"]"]}"#),
        ),
        (Replacement::TextOrZero("T".to_owned()), Some(r#"{"T":["a T",0,"[0]"]}"#)),
        (Replacement::Zero, Some(r#"{"":["",0,"[0]"]}"#)),
        (Replacement::Null, Some(r#"{"":[null,null,"[null]"]}"#)),
        (Replacement::Remove, Some(r#"{"":[null,null,"[null]"]}"#)),
    ] {
        let redacted =
            Engine::new(None, 65).redact_json(json, &Context::default(), &mut |_, _, _| replacement.clone());
        assert_eq!(redacted.as_deref(), expected, "{replacement:?}");
    }
}

#[test]
fn text_is_redacted_and_walked_where_it_is_json() {
    for (text, expected) in [
        ("card 4111111111111111, é", "card [CREDIT_CARD_1], é"),
        ("{\"a\":4111111111111111}\n", "{\"a\":\"[CREDIT_CARD_1]\"}\n"),
        ("{\"a\":1}\n{\"a\":4111111111111111}\n", "{\"a\":1}\n{\"a\":[CREDIT_CARD_1]}\n"),
    ] {
        let redacted = Engine::new(None, 65).redact_text(text, &Context::default(), &mut |finding, _, _| {
            Replacement::Text(format!("[{}_1]", finding.entry.name))
        });
        assert_eq!(redacted.as_deref(), Some(expected), "{text}");
    }
}

/// A card, an e-mail address and a number for the places of `C`, `E` and `9`.
fn filled(json: &str) -> String {
    json.replace('C', "4111111111111111").replace('E', "jane@example.com").replace('9', "5500005555555559")
}

#[test]
fn members_are_removed_with_their_commas() {
    for (json, expected) in [
        (r#"{"a":"C"}"#, "{}"),
        (r#"{ "a" : "C" }"#, "{  }"),
        (r#"{"a":"C","b":1}"#, r#"{"b":1}"#),
        (r#"{"a":0,"b":"C"}"#, r#"{"a":0}"#),
        (r#"{"a":0,"b":9,"c":1}"#, r#"{"a":0,"c":1}"#),
        ("{\n  \"a\": 0,\n  \"b\": 9.0\n}", "{\n  \"a\": 0\n}"),
        ("{\n  \"a\": 9 ,\n  \"b\": 0\n}", "{\n  \"b\": 0\n}"),
        // Several, side by side and apart.
        (r#"{"a":"C","b":9,"c":1}"#, r#"{"c":1}"#),
        (r#"{"a":0,"b":"C","c":"x C x"}"#, r#"{"a":0}"#),
        (r#"{"a":0,"b":"C","c":9,"d":1}"#, r#"{"a":0,"d":1}"#),
        (r#"{"a":"C", "b":"C" , "c":9}"#, "{}"),
        (r#"{"a":"C","b":0,"c":"C"}"#, r#"{"b":0}"#),
        (r#"{"a":"C","b":0,"c":"C","d":"C","e":1,"f":9}"#, r#"{"b":0,"e":1}"#),
        (r#"{"a":"C","b":{"c":"C"},"d":9}"#, r#"{"b":{}}"#),
        (r#"[{"a":"C"},{"a":9,"b":1}]"#, r#"[{},{"b":1}]"#),
        // Names that are values, and look like syntax.
        (r#"{"C":"C","b":"C"}"#, "{}"),
        (r#"{"a":0,"C":"C"}"#, r#"{"a":0}"#),
        (r#"{"\",:{":"C","\\":"C","b":1}"#, r#"{"b":1}"#),
        // Values that are no member's.
        (r#"{"a":["C",9,1],"b":"C"}"#, r#"{"a":[null,null,1]}"#),
        (r#"["a:","C"]"#, r#"["a:",null]"#),
        (r#""C""#, "null"),
        ("9", "null"),
        // Mixed with what is replaced.
        (r#"{"a":"E","b":"C","c":"E"}"#, r#"{"a":"[E]","c":"[E]"}"#),
        (r#"{"a":"C","b":"E","c":"C"}"#, r#"{"b":"[E]"}"#),
        (r#"{"a":"E, C"}"#, "{}"),
        (r#"{"E":"C","b":1}"#, r#"{"b":1}"#),
        (r#"{"E":"E","b":"C"}"#, r#"{"[E]":"[E]"}"#),
        // JSON in a string, and in one more.
        (r#"{"t":"{\"a\":\"C\",\"b\":9,\"c\":1}","d":"C"}"#, r#"{"t":"{\"c\":1}"}"#),
        (r#"{"t":"{\"a\":0,\"b\":\"[\\\"C\\\"]\"}"}"#, r#"{"t":"{\"a\":0,\"b\":\"[null]\"}"}"#),
        (r#"{"t":"{\"s\":\"{\\\"a\\\":0, \\\"b\\\":9}\"}"}"#, r#"{"t":"{\"s\":\"{\\\"a\\\":0}\"}"}"#),
        // Text that is no JSON.
        (r#"{"a":"C","b":1"#, r#"{"a":"","b":1"#),
    ] {
        let (json, engine) = (filled(json), Engine::new(None, 65));
        let redacted = engine.redact_json(&json, &Context::default(), &mut |finding, _, _| {
            if finding.entry.name == "CREDIT_CARD" {
                Replacement::Remove
            } else {
                Replacement::Text("[E]".to_owned())
            }
        });
        assert_eq!(redacted.as_deref(), Some(expected), "{json}");
    }
}

#[test]
fn values_are_found_again_where_nothing_says_what_they_are() {
    // The name and the password are found by the names of their fields.
    let fields = r#""first_name":"Zoë Okoro","password":"tr0ub4dor&3""#;
    let tags = r#""first_name":"[PERSON]","password":"[SECRET_PASSWORD]""#;
    for (json, expected) in [
        (r#""Hello Zoë Okoro!""#, r#""Hello [PERSON]!""#),
        (r#""Zoë Okoro""#, r#""[PERSON]""#),
        (r#""Zo\u00eb\u0020Okoro\n(tr0ub4dor&3)""#, r#""[PERSON]\n([SECRET_PASSWORD])""#),
        (r#"["Zoë Okoro's","Zoë Okoro, Zoë Okoro"]"#, r#"["[PERSON]'s","[PERSON], [PERSON]"]"#),
        // In strings within strings, and in names.
        (r#""{\"a\":\"of Zoë Okoro\"}""#, r#""{\"a\":\"of [PERSON]\"}""#),
        (r#"{"Zoë Okoro":1,"":"[\"Zoë Okoro\"]"}"#, r#"{"[PERSON]":1,"":"[\"[PERSON]\"]"}"#),
        // Not as a part of a word, nor in another way.
        (r#""Zoë Okorof, AZoë Okoro, éZoë Okoro""#, r#""Zoë Okorof, AZoë Okoro, éZoë Okoro""#),
        (r#""zoë okoro, Zoë  Okoro, Zoe Okoro""#, r#""zoë okoro, Zoë  Okoro, Zoe Okoro""#),
        (r#""Zoë""#, r#""Zoë""#),
    ] {
        // The fields stand behind and before.
        for (json, expected) in [
            (format!("{{\"t\":{json},{fields}}}"), format!("{{\"t\":{expected},{tags}}}")),
            (format!("{{{fields},\"t\":{json}}}"), format!("{{{tags},\"t\":{expected}}}")),
        ] {
            assert_eq!(echoed(&json, 65).as_deref(), Some(&*expected), "{json}");
            assert_eq!(echoed(&expected, 65), None, "{expected}");
        }
    }
}

#[test]
fn what_a_field_tells_is_replaced_with_its_parts() {
    for (json, expected) in [
        (r#"{"street":"c/o ada@example.com, 12 High Rd"}"#, r#"{"street":"[LOCATION]"}"#),
        (r#"{"password":"x 4111111111111111"}"#, r#"{"password":"x [CREDIT_CARD]"}"#),
        (r#"{"password":"5425233430109903/Kq9"}"#, r#"{"password":"[SECRET_PASSWORD]"}"#),
        (r#"{"password":"a NDExMTExMTExMTExMTExMQ=="}"#, r#"{"password":"a [CREDIT_CARD]"}"#),
        (r#"{"password":"é:NDExMTExMTExMTExMTExMQ=="}"#, r#"{"password":"[SECRET_PASSWORD]"}"#),
        // A value itself is what it is.
        (r#"{"password":"4111111111111111"}"#, r#"{"password":"[CREDIT_CARD]"}"#),
    ] {
        assert_eq!(echoed(json, 65).as_deref(), Some(expected), "{json}");
        assert_eq!(echoed(expected, 65), None, "{expected}");
    }
}

#[test]
fn echoes_are_what_they_are_echoes_of() {
    for (json, expected) in [
        // Short ones are none.
        (r#"{"surname":"Yeo","a":"Yeo"}"#, Some(r#"{"surname":"[PERSON]","a":"Yeo"}"#)),
        (r#"{"surname":"Yeoh","a":"Yeoh"}"#, Some(r#"{"surname":"[PERSON]","a":"[PERSON]"}"#)),
        // Names of fields are none.
        (r#"{"surname":"data","data":[],"Data":1}"#, Some(r#"{"surname":"[PERSON]","data":[],"Data":1}"#)),
        (
            r#"{"surname":"Data","data":[],"Data":1}"#,
            Some(r#"{"surname":"[PERSON]","data":[],"[PERSON]":1}"#),
        ),
        // Digits as they are written, in numbers as well.
        (
            r#"{"ssn":"219-09-9998","a":"219-09-9998, 219099998","b":219099998}"#,
            Some(r#"{"ssn":"[US_SSN]","a":"[US_SSN], 219099998","b":219099998}"#),
        ),
        (
            r#"{"ssn":"219099998","a":"219099998.","b":219099998,"c":1219099998}"#,
            Some(r#"{"ssn":"[US_SSN]","a":"[US_SSN].","b":"[US_SSN]","c":1219099998}"#),
        ),
        (r#"{"ssn":219099998,"a":"219099998."}"#, Some(r#"{"ssn":"[US_SSN]","a":"[US_SSN]."}"#)),
        // Values within values, side by side, and that overlap.
        (
            r#"{"surname":"Okoro","full_name":"Ada Okoro","a":"Ada Okoro, Okoro Ada"}"#,
            Some(r#"{"surname":"[PERSON]","full_name":"[PERSON]","a":"[PERSON], [PERSON] Ada"}"#),
        ),
        (
            r#"{"full_name":"Ada Okoro","legal_name":"Okoro Smith","a":"Ada Okoro Smith"}"#,
            Some(r#"{"full_name":"[PERSON]","legal_name":"[PERSON]","a":"[PERSON][PERSON]"}"#),
        ),
        // What lies within an echo, and what an echo lies within.
        (
            r#"{"street":"219099998 Main Rd","a":"SSN 219099998 Main Rd"}"#,
            Some(r#"{"street":"[LOCATION]","a":"SSN [LOCATION]"}"#),
        ),
        (
            r#"{"surname":"okoro","a":"ada@okoro.example.com"}"#,
            Some(r#"{"surname":"[PERSON]","a":"[EMAIL_ADDRESS]"}"#),
        ),
        (r#"{"a":"data"}"#, None),
        (r#"{"surname":"PERSON","a":"[PERSON_1]"}"#, Some(r#"{"surname":"[PERSON]","a":"[PERSON_1]"}"#)),
        // No JSON at all.
        (r#"{"surname":"Okoro","a":"Okoro""#, None),
    ] {
        assert_eq!(echoed(json, 65).as_deref(), expected, "{json}");
    }
}

fn echoed(json: &str, level: u8) -> Option<String> {
    Engine::new(None, level).redact_json_with_echoes(json, &Context::default(), &mut |finding, _, _| {
        Replacement::Text(format!("[{}]", finding.entry.name))
    })
}

#[test]
fn labels_beside_a_value_speak_of_it() {
    let ssn = "536228817";
    for (json, value, kind) in [
        (r#"{"name":"SSN","value":"536228817"}"#, ssn, "US_SSN"),
        (r#"[{"id":7,"label":"Social security number","value":"536228817"}]"#, ssn, "US_SSN"),
        (r#"{"fieldName":"applicant_ssn","fieldValue":"536228817"}"#, ssn, "US_SSN"),
        (r#"{"Key":"SSN","Values":["536228817"]}"#, ssn, "US_SSN"),
        (r#"{"type":"custom","key":"ssn","value":{"raw":"536228817"}}"#, ssn, "US_SSN"),
        (r#"{"system":"http://hl7.org/fhir/sid/us-ssn","value":"536228817"}"#, ssn, "US_SSN"),
        (r#"{"title":"What is your SSN?","text":"sure, it's 536228817"}"#, ssn, "US_SSN"),
        (r#"{"documentType":"passport","documentNumber":"488597601"}"#, "488597601", "US_PASSPORT"),
        (r#"{"kind":"SSN","id":"536228817"}"#, ssn, "US_SSN"),
        // Behind it, and with escapes.
        (r#"{"answer":"536228817","id":3,"question":"Your SSN?"}"#, ssn, "US_SSN"),
        (r#"{"number":"536228817","tags":[1,{"a":"b"}],"type":"ssn"}"#, ssn, "US_SSN"),
        (r#"{"name":"\u0053SN","value":"536228817"}"#, ssn, "US_SSN"),
        // What only a name tells.
        (r#"{"name":"First name","value":"Zoë"}"#, "Zoë", "PERSON"),
        (r#"{"name":"DB_PASSWORD","value":"tr0ub4dor&3"}"#, "tr0ub4dor&3", "SECRET_PASSWORD"),
        // Titles and what things are called take nothing from values that are known by themselves.
        (r#"{"title":"your order","text":"4111111111111111"}"#, "4111111111111111", "CREDIT_CARD"),
        (r#"{"name":"order","text":"by 4111111111111111"}"#, "4111111111111111", "CREDIT_CARD"),
        (r#"{"idType":"invoice","cardNumber":"4111111111111111"}"#, "4111111111111111", "CREDIT_CARD"),
    ] {
        let tagged = json.replace(value, &format!("[{kind}]"));
        assert_eq!(echoed(json, 75).as_deref(), Some(&*tagged), "{json}");
        assert_eq!(echoed(&tagged, 75), None, "{json}, again");
    }
    let number = r#"{"name":"SSN","value":536228817}"#;
    assert_eq!(echoed(number, 75).as_deref(), Some(r#"{"name":"SSN","value":"[US_SSN]"}"#));
    for json in [
        r#"{"name":"SSN","other":"536228817"}"#,
        r#"[{"name":"SSN"},{"value":"536228817"}]"#,
        r#"{"name":"SSN verification","id":"536228817"}"#,
        r#"{"customerType":"ssn","orderNumber":"536228817"}"#,
        r#"{"type":"ssn","text":"536228817"}"#,
        // As it would be under such a name.
        r#"{"name":"Order id","value":"4111111111111111"}"#,
        // An option of a form, and a text that is about something else.
        r#"{"label":"First name","value":"firstname"}"#,
        r#"{"label":"SSN","value":"see the long page about what to do with 536228817 when it is not known"}"#,
    ] {
        assert_eq!(echoed(json, 75), None, "{json}");
    }
}

#[test]
fn cells_of_tables_stand_under_the_name_of_their_column() {
    for json in [
        r#"{"columns":["name","ssn"],"rows":[["Tom","S"],["Ann",null],["Li","S"]],"rowCount":3}"#,
        r#"{"schema":{"fields":[{"type":"text","name":"ssn"},{"name":"n"}]},"result":{"data_array":[["S",1]]}}"#,
        r#"{"fields":[{"name":"id"},{"name":"ssn"}],"values":[7,"S"]}"#,
        r#"{"header":["id","ssn"],"data":[[1,{"stringValue":"S"}]]}"#,
        r#"{"range":"A1:B3","values":[["Name","SSN"],[],["Tom","S"],["Ann"],["Li","S"]]}"#,
        r#"[["ssn", "name"], ["S", "Tom"]]"#,
        r#"{"sheets":[[["SSN"],["S"]],[["Ssn no"],["S"]]]}"#,
    ] {
        let fill = |value: &str| json.replace("\"S\"", &format!("\"{value}\""));
        assert_eq!(echoed(&fill("536228817"), 75), Some(fill("[US_SSN]")), "{json}");
        assert_eq!(echoed(&fill("[US_SSN]"), 75), None, "{json}, again");
    }
    for json in [
        r#"{"columns":["ssn","id"],"rows":[["Tom","536228817"]]}"#,
        r#"{"values":[["SSN","id"],["Tom","536228817"]]}"#,
        r#"{"columns":["ssn"],"rows":[["Tom","536228817"]]}"#,
        r#"[["ssn 123","a"],["536228817","b"]]"#,
        r#"{"columns":["ssn"],"rows":[],"b":"536228817"}"#,
    ] {
        assert_eq!(echoed(json, 75), None, "{json}");
    }
    // Rules speak of fields, not of labels.
    let mut paths = Vec::new();
    let json = r#"{"a":{"name":"SSN","value":"536228817"},"b":[["ssn"],["536228817"]]}"#;
    Engine::new(None, 75).redact_json(json, &Context::default(), &mut |_, _, path| {
        paths.push(path.to_string());
        Replacement::Keep
    });
    assert_eq!(paths, ["a.value", "b"]);
}
