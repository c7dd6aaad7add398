use crate::Context;
use crate::engine::strict;

/// What is found in a text: types and values.
fn found(text: &str) -> Vec<(&str, &str)> {
    let findings = strict().find(text, &Context::default());
    findings.iter().map(|it| (it.entry.name, text.get(it.start..it.end).unwrap_or(""))).collect()
}

#[test]
fn words_speak_of_their_own_value() {
    for (text, expected) in [
        // The word is that of the value right behind it, not of others.
        ("id: '84733850'\ndni: '11123079-A'", &[("ES_NIF", "11123079-A")][..]),
        ("bank account: NL91ABNA0417164300\nid: 51988110", &[("IBAN_CODE", "NL91ABNA0417164300")]),
        ("SSN: [US_SSN_1]\nid: 219099998", &[]),
        // A list goes on, and ends with the next label.
        ("SSN: 219-09-9998, 219099997", &[("US_SSN", "219-09-9998"), ("US_SSN", "219099997")]),
        ("SSN: 219-09-9998\nid: 219099997", &[("US_SSN", "219-09-9998")]),
        // A word may stand behind its value.
        (
            "Changed (+1 702 555 0126, phone number) yesterday. The id is 44462366.",
            &[("PHONE_NUMBER", "+1 702 555 0126")],
        ),
        // A part of another value says nothing.
        ("ssn-12@example.com 219099998", &[("EMAIL_ADDRESS", "ssn-12@example.com")]),
        // One phrase within another.
        ("Australian Company Number: unknown, 4564029538", &[]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn names_of_columns_speak_of_their_cells() {
    for (text, expected) in [
        ("id,ssn,total\n219099998,219099997,219099996\n", &[("US_SSN", "219099997")][..]),
        ("id;birthDate;created\n1;1974-05-03;2024-05-03", &[("DATE_OF_BIRTH", "1974-05-03")]),
        (
            "id\tpassword\n1\tx7Kq92Lm4T\n2\t\"pL93kd82Wq\"",
            &[("SECRET_PASSWORD", "x7Kq92Lm4T"), ("SECRET_PASSWORD", "pL93kd82Wq")],
        ),
        ("id,card\n4111111111111111,order 7", &[("CREDIT_CARD", "4111111111111111")]),
        ("id,order\n1,4111111111111111", &[]),
        (
            "full_name,total\r\nAda Neil,1\r\n\"Bo, Cy\",2\r\nnull,3\r\n",
            &[("PERSON", "Ada Neil"), ("PERSON", "Bo, Cy")],
        ),
        // Only the name of the same column counts, for and against, however far up.
        ("| Phone | Order Id |\n|---|---|\n| 212 736 5001 | 3342 |", &[("PHONE_NUMBER", "212 736 5001")]),
        (
            "| Order Id | SSN | Total |\n|---|---|---|\n| 219099998 | 219099997 | 7 |",
            &[("US_SSN", "219099997")],
        ),
        (
            " id |    ssn    | firmware \n----+-----------+-------\n  1 | 219099997 | 6.66.195.14\n",
            &[("US_SSN", "219099997")],
        ),
        ("INSERT INTO t (id, ssn) VALUES (219099998, '219099997');", &[("US_SSN", "219099997")]),
        (
            "| Field | Value |\n|---|---|\n| SSN | 219099997 |\n| Order | 219099998 |",
            &[("US_SSN", "219099997")],
        ),
        (
            "id,card verification value\n300,123\nx y,\"456\"",
            &[("CREDIT_CARD_CVV", "123"), ("CREDIT_CARD_CVV", "456")],
        ),
        ("id\tstreet\tlast name\n1\t12 High Road\tÅse", &[("LOCATION", "12 High Road"), ("PERSON", "Åse")]),
        (
            "Those:\n\n| Full name | Password |\n|:--|---|\n| Ada Neil | `x7Kq92Lm4T` |",
            &[("PERSON", "Ada Neil"), ("SECRET_PASSWORD", "x7Kq92Lm4T")],
        ),
        (
            " last_name |  city  | n\n-----------+--------+---\n Neil      | Lisbon | 1\n(1 row)",
            &[("PERSON", "Neil"), ("LOCATION", "Lisbon")],
        ),
        // A sentence, and lines that are no rows of that table.
        ("Their street, they said\nwas narrow", &[]),
        ("name,total\nAda Neil,1", &[]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
    let rows = "1,219099998\n".repeat(100);
    assert_eq!(found(&format!("id,ssn\n{rows}")).len(), 100, "far below as well");
}

#[test]
fn labels_are_known_however_they_are_written() {
    for (text, expected) in [
        ("A.B.N.: 28708672213", "AU_ABN"),
        ("C.U.I.T.: 20055270210", "AR_CUIT"),
        ("S.I.N. - 539455162", "CA_SIN"),
        ("SS# 219-09-9998 ", "US_SSN"),
        ("SS#: 219099998", "US_SSN"),
        ("my social is 219099998", "US_SSN"),
        ("Can you confirm your social?\n[10:10] Tom: 219 09 9998", "US_SSN"),
        ("MR#: 5166879", "MEDICAL_RECORD_NUMBER"),
        ("medRecNo=4913946", "MEDICAL_RECORD_NUMBER"),
        ("UK passport number: 925076473", "UK_PASSPORT"),
        ("Passport number: 925076473", "US_PASSPORT"),
        ("Australian passport number: N1234567", "AU_PASSPORT"),
        ("Nr paszportu: QG0380328", "PL_PASSPORT"),
        ("License #: WDL9KR3AF2WJ", "US_DRIVER_LICENSE"),
        ("License #: 25 645 301", "US_DRIVER_LICENSE"),
        ("S/C: 49-31-86", "UK_SORT_CODE"),
        ("Krankenversichertennr.: A000500015", "DE_HEALTH_INSURANCE"),
        ("phone2: 020 7946 0958", "PHONE_NUMBER"),
        ("Ph: 020 7946 0958", "PHONE_NUMBER"),
        ("Rufen Sie mich unter 030 901820 an", "PHONE_NUMBER"),
        ("What number can we reach you on?\n[10:19] Ann: it's 03-3343-1489", "PHONE_NUMBER"),
        ("VAT number: GB 770 381 235", "UK_VAT_ID"),
        ("VAT number: SK 2021 6858 20", "SK_VAT_ID"),
        ("VAT number: SE 556.383.740.901", "SE_VAT_ID"),
        ("Steuernummer: 98 2900110", "AT_TAX_NUMBER"),
        ("NIT: 35324530-0", "CO_NIT"),
    ] {
        let types: Vec<_> = found(text).iter().map(|(name, _)| *name).collect();
        assert_eq!(types, [expected], "{text}");
    }
    // What has a check digit everywhere is nothing without it, and `1/2/2021` no month and year.
    for text in
        ["Wallet: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "VIN: 1HGCM82633A004353", "valid until: 24/04/2021"]
    {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn labels_deny_what_stands_behind_them() {
    for (text, expected) in [
        ("order no. 4111111111111111", false),
        ("EAN: 4111111111111111", false),
        ("my order with 4111111111111111", true),
        ("Is that the order? Here it is 4111111111111111", true),
        ("/orders/4111111111111111", true),
        ("<th>EAN</th><td>4111111111111111</td>", false),
        ("SKU: HRA-6149", false),
        ("HRA 6149", true),
        // What has a grammar of its own is it all the same; names of HTML are no words.
        ("back order. Eva_Ali@example.com", true),
        ("order: 4111 1111 1111 1111", true),
        ("model: 1HGCM82633A004352", true),
        ("<p class=\"invoice\">93.184.216.34</p>", true),
        ("<td><span>4556737586899855</span></td>", true),
        ("<dl><dt>Nr</dt><dd>1899350553</dd></dl>", false),
        ("Kundennummer 88852123108", false),
        ("{\"firmware\": \"93.184.216.34\"}", false),
        ("- cell \"4155551234\"", false),
        ("v2.27.3-rc.4,8493031184", false),
    ] {
        assert_eq!(!found(text).is_empty(), expected, "{text}");
    }
}
