use crate::Context;
use crate::engine::strict;

/// Values with right check digits, as independent programs computed them.
const CHECKED: &[(&str, &[&str])] = &[
    ("AT_VAT_ID", &["ATU49589798", "ATU25222540"]),
    ("BE_VAT_ID", &["BE0289772058", "BE0395179285"]),
    ("BR_CNPJ", &["12RZK34501UP15", "12ODJ34501OU59"]),
    ("CH_VAT_ID", &["CHE980635724", "CHE763525950"]),
    (
        "CRYPTO",
        &[
            "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        ],
    ),
    ("DE_HEALTH_INSURANCE", &["A000500015", "T401239876"]),
    ("DE_SOCIAL_SECURITY", &["15070649C103", "65170839J003", "12620570K513"]),
    ("DE_VAT_ID", &["DE536422578", "DE190029481"]),
    ("DK_VAT_ID", &["DK82628452", "DK30326822"]),
    ("ES_CIF", &["B20579868", "A19254499", "Q8477718D"]),
    ("ES_NIE", &["Z0139624L", "Z5711777P"]),
    ("ES_NIF", &["08301661H", "90109281L"]),
    (
        "FI_PERSONAL_IDENTITY_CODE",
        &["270956X243Y", "020677B827N", "030143-857F", "060157-779H", "201254-6095", "050440Y676K"],
    ),
    ("FI_VAT_ID", &["FI89674035", "FI27526694"]),
    ("FR_NIR", &["155042A44316832", "192082A86858059"]),
    ("FR_VAT_ID", &["FR47065898934", "FR95474740370"]),
    ("HR_VAT_ID", &["HR89892413405", "HR37100825900"]),
    (
        "IBAN_CODE",
        &[
            "DE85534271696129163117",
            "GB15NWBK51237882533603",
            "FR615050010857YP70142493756",
            "NL27ABNA6547206261",
            "NO5793818015282",
            "MT10MALT37831798742278334726669",
            "SC14SSCB93819591463935370449USD",
            "LC44HEMM407744136779413270162642",
            "BE70317883760590",
            "CH4815473824435200702",
        ],
    ),
    ("IE_PPSN", &["0350726E", "1190068K", "0765046NB"]),
    ("IE_VAT_ID", &["IE7251524A", "IE0758741W"]),
    ("IN_GSTIN", &["03IHZFJ3399O1ZP", "11LFVPK0742I1Z6"]),
    ("IT_FISCAL_CODE", &["PLPVFV70C19H501G", "GBBRVN97H20H501U", "CBPNRF49L07H501Q"]),
    ("IT_VAT_CODE", &["IT62288890585", "IT04844780587"]),
    ("LU_VAT_ID", &["LU08175654", "LU92318779"]),
    ("MEDICAL_LICENSE", &["AB1234563", "MK4705185"]),
    ("MX_CURP", &["PORC701015MNLNHH65", "SAFG910226MDFCPD37"]),
    ("MX_RFC", &["SASG460907AC3", "LALF450515C13", "ABC6009081H4"]),
    ("PL_VAT_ID", &["PL0443000269", "PL4313185344"]),
    ("PT_CC", &["248991876OR0", "966570307QH0"]),
    ("PT_VAT_ID", &["PT257983511", "PT330592831"]),
    ("SE_VAT_ID", &["SE539277908701", "SE550133765201"]),
    ("SG_NRIC_FIN", &["S1234567D", "T0155217H", "F5000001W", "G1112223Q", "M1234567K"]),
    ("SG_UEN", &["20423998B", "14700894L", "200824450K", "200218015C", "T03LL0680H", "T12LL2438D"]),
    ("SK_VAT_ID", &["SK2383754395", "SK1582476709"]),
    ("TW_ID", &["A123456789", "F223456786", "K800123459"]),
    ("UK_VAT_ID", &["GB154360634", "GB824788784"]),
    ("VIN", &["1M8GDM9AXKP042788", "1HGCM82633A004352"]),
];

/// Types that are too common to be reported without a word.
const BESIDE: &[(&str, &str)] = &[("ES_CIF", "CIF"), ("IE_PPSN", "PPSN")];

/// Values in their groups, and what needs a word beside it.
const WRITTEN: &[(&str, &str, &str)] = &[
    ("pay to DE85 5342 7169 6129 1631 17 by Friday", "IBAN_CODE", "DE85 5342 7169 6129 1631 17"),
    ("GB15-NWBK-5123-7882-5336-03", "IBAN_CODE", "GB15-NWBK-5123-7882-5336-03"),
    ("NO57 9381 8015 282", "IBAN_CODE", "NO57 9381 8015 282"),
    (
        "D E 8 5 5 3 4 2 7 1 6 9 6 1 2 9 1 6 3 1 1 7",
        "IBAN_CODE",
        "D E 8 5 5 3 4 2 7 1 6 9 6 1 2 9 1 6 3 1 1 7",
    ),
    ("iban de85534271696129163117", "IBAN_CODE", "de85534271696129163117"),
    ("iban: nl27 abna 6547 2062 61", "IBAN_CODE", "nl27 abna 6547 2062 61"),
    ("FR61 5050 0108 57YP 7014 2493 756", "IBAN_CODE", "FR61 5050 0108 57YP 7014 2493 756"),
    ("BIC: DEUTDEFF", "SWIFT_CODE", "DEUTDEFF"),
    (concat!("SWIFT code NEDSZAJJX", "XX"), "SWIFT_CODE", concat!("NEDSZAJJX", "XX")),
    ("swift DEUTDEFF500", "SWIFT_CODE", "DEUTDEFF500"),
    ("his NINO is AB 12 34 56 C.", "UK_NINO", "AB 12 34 56 C"),
    ("JG103759A", "UK_NINO", "JG103759A"),
    ("nino ab123456c", "UK_NINO", "ab123456c"),
    ("passport number AB1234567", "UK_PASSPORT", "AB1234567"),
    ("Philippine passport AB1234567", "PH_PASSPORT", "AB1234567"),
    ("korean passport M12345678", "KR_PASSPORT", "M12345678"),
    ("Reisepass C12345678", "DE_PASSPORT", "C12345678"),
    ("passport C12345678", "US_PASSPORT", "C12345678"),
    ("driving licence MORGA753116SM9IJ", "UK_DRIVING_LICENCE", "MORGA753116SM9IJ"),
    ("MORGA 753116 SM9IJ", "UK_DRIVING_LICENCE", "MORGA 753116 SM9IJ"),
    ("postcode: SW1A 1AA", "UK_POSTCODE", "SW1A 1AA"),
    ("Postcode M1 1AE", "UK_POSTCODE", "M1 1AE"),
    ("1EG4-TE5-MK73", "US_MBI", "1EG4-TE5-MK73"),
    ("Medicare 1EG4TE5MK73", "US_MBI", "1EG4TE5MK73"),
    ("US passport A12345678", "US_PASSPORT", "A12345678"),
    ("driver's license: D1234567", "US_DRIVER_LICENSE", "D1234567"),
    ("diagnosis E11.9 confirmed", "ICD10_CODE", "E11.9"),
    ("NDC 12345-6789-01", "NDC_CODE", "12345-6789-01"),
    ("MRN: 12345678", "MEDICAL_RECORD_NUMBER", "12345678"),
    ("chart MRN-0012345", "MEDICAL_RECORD_NUMBER", "MRN-0012345"),
    ("DNI 08301661-H", "ES_NIF", "08301661-H"),
    ("08.301.661-H", "ES_NIF", "08.301.661-H"),
    ("NIE Z-0139624-L", "ES_NIE", "Z-0139624-L"),
    ("passaporto AA1234567", "IT_PASSPORT", "AA1234567"),
    ("carta d'identità CA12345AA", "IT_IDENTITY_CARD", "CA12345AA"),
    ("patente di guida AA1234567B", "IT_DRIVER_LICENSE", "AA1234567B"),
    ("Personalausweis L01X00T471", "DE_ID_CARD", "L01X00T471"),
    ("Personalausweisnummer: L01X00T4C", "DE_ID_CARD", "L01X00T4C"),
    ("Reisepass C01X00T41", "DE_PASSPORT", "C01X00T41"),
    ("Rentenversicherung 15 070649 C 103", "DE_SOCIAL_SECURITY", "15 070649 C 103"),
    ("KVNR A 000 500 015", "DE_HEALTH_INSURANCE", "A 000 500 015"),
    ("USt-IdNr. DE 536 422 578", "DE_VAT_ID", "DE 536 422 578"),
    ("BTW NL475340255B01", "NL_VAT_ID", "NL475340255B01"),
    ("HRB 123456", "DE_HANDELSREGISTER", "HRB 123456"),
    ("Kennzeichen B-AB 1234", "DE_KFZ", "B-AB 1234"),
    ("hetu 030143-857F", "FI_PERSONAL_IDENTITY_CODE", "030143-857F"),
    ("NIR 1 55 04 2A 443 168 32", "FR_NIR", "1 55 04 2A 443 168 32"),
    ("dowód osobisty ABA300000", "PL_ID_CARD", "ABA300000"),
    ("CNPJ 12.RZK.345/01UP-15", "BR_CNPJ", "12.RZK.345/01UP-15"),
    ("USt-IdNr.: DE - 236152280, dort", "DE_VAT_ID", "DE - 236152280"),
    ("ΑΦΜ EL: 097516280.", "GR_VAT_ID", "EL: 097516280"),
    ("btw BE (0)474.117.885 (NL)", "BE_VAT_ID", "BE (0)474.117.885"),
    ("NIF ES-B 30115422", "ES_VAT_ID", "ES-B 30115422"),
    ("Amtsgericht Lübeck HRB 12065 HL, Sitz", "DE_HANDELSREGISTER", "HRB 12065 HL"),
    ("Lübeck   HRB   12065  HL", "DE_HANDELSREGISTER", "HRB   12065  HL"),
    ("HRB 12065 AG Mannheim", "DE_HANDELSREGISTER", "HRB 12065"),
    ("Él es NUÑB810714A70.", "MX_RFC", "NUÑB810714A70"),
    ("el RFC ÑLW 010925 927, sí", "MX_RFC", "ÑLW 010925 927"),
    ("RFC: MUÑ-010925-748", "MX_RFC", "MUÑ-010925-748"),
    ("RFC: MUÑ 010925 747", "MX_RFC", "MUÑ 010925 747"),
    ("el MUÑ010925748, sí", "MX_RFC", "MUÑ010925748"),
    ("de C&B990308LU4", "MX_RFC", "C&B990308LU4"),
    ("it is LHMCT3951V, they say", "IN_PAN", "LHMCT3951V"),
    ("PAN: ABCPE 1234 F", "IN_PAN", "ABCPE 1234 F"),
    ("voter id ABC1234567", "IN_VOTER", "ABC1234567"),
    ("Indian passport K1234567", "IN_PASSPORT", "K1234567"),
    ("vehicle MH 12 AB 1234", "IN_VEHICLE_REGISTRATION", "MH 12 AB 1234"),
    ("vehicle 77 CD 1234", "IN_VEHICLE_REGISTRATION", "77 CD 1234"),
    ("22 BH 1234 AA", "IN_VEHICLE_REGISTRATION", "22 BH 1234 AA"),
    (
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
        "MRZ",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    ),
    ("7408122F1204159UTO<<<<<<<<<<<6", "MRZ", "7408122F1204159UTO<<<<<<<<<<<6"),
    ("HKID A123456(3)", "HK_ID", "A123456(3)"),
    ("여권 M123A4567", "KR_PASSPORT", "M123A4567"),
    ("护照 E12345678", "CN_PASSPORT", "E12345678"),
    ("postal code K1A 0B1", "CA_POSTAL_CODE", "K1A 0B1"),
    ("VIN WVWZZZ1JZXW000001", "VIN", "WVWZZZ1JZXW000001"),
    ("member id: XYZ123456789", "US_HEALTH_INSURANCE_MEMBER_ID", "XYZ123456789"),
    ("driver's license number 12345678", "US_DRIVER_LICENSE", "12345678"),
    ("company registration 2014/123456/07", "ZA_COMPANY_REGISTRATION", "2014/123456/07"),
    ("close corporation CK1999/123456", "ZA_COMPANY_REGISTRATION", "CK1999/123456"),
    ("licence plate CA 123-456 GP", "ZA_LICENSE_PLATE", "CA 123-456 GP"),
    ("34 ABC 123 plaka", "TR_LICENSE_PLATE", "34 ABC 123"),
    ("plate number ABC-123DE", "NG_VEHICLE_REGISTRATION", "ABC-123DE"),
    ("number plate AB12 CDE", "UK_VEHICLE_REGISTRATION", "AB12 CDE"),
    ("DEA BX1234563, NDC", "MEDICAL_LICENSE", "BX1234563"),
    ("NHI ZZZ0016", "NZ_NHI", "ZZZ0016"),
    ("在留カード AB12345678CD", "JP_RESIDENCE_CARD", "AB12345678CD"),
    ("passeport 12AB34567", "FR_PASSPORT", "12AB34567"),
    ("carte nationale d'identité D2H6862M2", "FR_CNI", "D2H6862M2"),
    ("pasaporte AAA123456", "ES_PASSPORT", "AAA123456"),
    ("SG UEN: T03LL0680H", "SG_UEN", "T03LL0680H"),
    ("claim number: 123456789", "US_CLAIM_NUMBER", "123456789"),
    ("Claim #CLM-0012345", "US_CLAIM_NUMBER", "CLM-0012345"),
    ("prior authorization PA1234567", "US_PRIOR_AUTHORIZATION_NUMBER", "PA1234567"),
    ("Rx no. 7654321", "US_PRESCRIPTION_NUMBER", "7654321"),
    ("prescription RX-7654321", "US_PRESCRIPTION_NUMBER", "RX-7654321"),
    ("referral: 7654321", "US_REFERRAL_NUMBER", "7654321"),
    ("CIF S41482126", "ES_CIF", "S41482126"),
    ("user_08301661H", "ES_NIF", "08301661H"),
    ("to 0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359", "CRYPTO", "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359"),
];

/// Names of fields, and what stands there alone.
const FIELDS: &[(&str, &str, &str)] = &[
    ("passportNumber", "A12345678", "US_PASSPORT"),
    ("uk_passport_no", "AB1234567", "UK_PASSPORT"),
    ("driverLicenseNumber", "D1234567", "US_DRIVER_LICENSE"),
    ("drivers_license", "12345678", "US_DRIVER_LICENSE"),
    ("nino", "ab123456c", "UK_NINO"),
    ("nationalInsuranceNumber", "AB123456", "UK_NINO"),
    ("mrn", "1234567", "MEDICAL_RECORD_NUMBER"),
    ("medical-record-number", "A1234567", "MEDICAL_RECORD_NUMBER"),
    ("memberId", "XEA123456789", "US_HEALTH_INSURANCE_MEMBER_ID"),
    ("diagnosisCode", "E11.65", "ICD10_CODE"),
    ("swiftCode", concat!("DEUTDEFFX", "XX"), "SWIFT_CODE"),
    ("bic", "BNPAFRPP", "SWIFT_CODE"),
    ("vatNumber", "CZ25123891", "CZ_VAT_ID"),
    ("postcode", "LS1 4AP", "UK_POSTCODE"),
    ("kennzeichen", "M-XY 123", "DE_KFZ"),
    ("voter_id", "abc1234567", "IN_VOTER"),
    ("licence_plate", "CA 123-456 GP", "ZA_LICENSE_PLATE"),
    ("pan", "abcpe1234f", "IN_PAN"),
    ("dni", "8301661H", "ES_NIF"),
    ("dni", "08301661-h", "ES_NIF"),
];

/// What only looks like an identifier.
const NOTHING: &[&str] = &[
    "mass 99585767E-22 kg",
    "order AB12345678 shipped",
    "550e8400-e29b-41d4-a716-446655440000",
    "550E8400-E29B-41D4-A716-446655440000",
    "2026-11-29T17:43:12Z took 12ms at 3f2504e0",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "SKU ABC-12345-XY, part A1234567",
    "THE QUICK BROWN FOX AND 12 CATS",
    "ISO8601 UTF8 SHA256 H264 MP3 X509",
    "please send the DOCUMENT to the CUSTOMER",
    "SWIFT PAYMENTS TO THE CUSTOMER",
    "0x0000000000000000000000000000000000000000",
    "GET /v1/items/8f14e45fceea167a5a36dedd4bea2543",
    "M5 screws, A4 paper, E11 9 V",
    "BG123456C",
    "AB123456E",
    "1SG4TE5MK73",
    "build 20261129a",
    "HTTP/1.1 200 OK 15ms",
    "AAPL 200 TSLA 300",
    "7408123F1204159UTO<<<<<<<<<<<6",
    "clock_settime64 and NL80211_REGDOM_SET_BY_DRIVER",
    "ÉNUÑB810714A70 and NUÑBÉ810714A70",
    "MUÑ 010925 747 of it, x_MUÑ010925748, 1MUÑ010925748",
    "VAT by country: FI: 27278205, HU - 12612457",
    "?q=1&B990308LU4&C&B990308LU8",
];

fn found(text: &str, path: &[&str]) -> Vec<(&'static str, String)> {
    let findings = strict().find(text, &Context { path, about: "" });
    findings.iter().map(|it| (it.entry.name, text.get(it.start..it.end).unwrap_or("").to_owned())).collect()
}

#[test]
fn values_with_check_digits_are_found() {
    for (name, values) in CHECKED {
        for value in *values {
            let word = BESIDE.iter().find(|(of, _)| of == name).map_or("that", |(_, word)| word);
            let found = found(&format!("{word} is {value}, they say."), &[]);
            assert_eq!(found, [(*name, (*value).to_owned())], "{value}");
        }
    }
}

#[test]
fn one_character_off_is_silent() {
    for (name, values) in CHECKED {
        for value in *values {
            let last = value.chars().last().unwrap_or(' ');
            let other = match last {
                '9' => '0',
                'Z' | 'z' => 'A',
                _ => char::from_u32(u32::from(last) + 1).unwrap_or(' '),
            };
            let text = format!("It is {}{other}, they say.", &value[..value.len() - 1]);
            assert!(found(&text, &[]).iter().all(|(other, _)| other != name), "{text}");
        }
    }
}

#[test]
fn values_are_found_as_people_write_them() {
    for (text, name, value) in WRITTEN {
        assert_eq!(found(text, &[]), [(*name, (*value).to_owned())], "{text}");
    }
}

#[test]
fn values_are_found_by_their_field() {
    for (field, value, name) in FIELDS {
        assert_eq!(found(value, &["customer", field]), [(*name, (*value).to_owned())], "{field}");
    }
}

#[test]
fn what_only_looks_like_one_is_silent() {
    for text in NOTHING {
        assert_eq!(found(text, &[]), [], "{text}");
    }
}

#[test]
fn names_of_fields_tell_people_and_places() {
    for (field, value, expected) in [
        ("firstName", "Ada", Some("PERSON")),
        ("last_name", "O'Neil", Some("PERSON")),
        ("full-name", "Ada B. Neil", Some("PERSON")),
        ("street", "12 High Road", Some("LOCATION")),
        ("address_line_1", "12 High Road", Some("LOCATION")),
        ("zip", "90210", Some("LOCATION")),
        ("address", "12 High Road, Leeds", Some("LOCATION")),
        ("address", "12HighRoad", None),
        ("latitude", "52.52001", Some("LOCATION")),
        ("name", "report.pdf", None),
        ("filename", "report.pdf", None),
        ("first_name", "null", None),
        ("first_name", "", None),
    ] {
        let found = found(value, &["user", field]);
        assert_eq!(found.first().map(|(name, _)| *name), expected, "{field}: {value}");
    }
    assert_eq!(found("Ada Neil", &["patients", "0", "name"]), [("PERSON", "Ada Neil".to_owned())]);
    assert_eq!(found("Ada Neil", &["product", "name"]), []);
    assert_eq!(found("7654321", &["claimNumber"]), [("US_CLAIM_NUMBER", "7654321".to_owned())]);
    let mail = found("ada@example.com", &["customer", "name"]);
    assert_eq!(mail, [("EMAIL_ADDRESS", "ada@example.com".to_owned())]);
}

#[test]
fn any_text_is_read() {
    const PIECES: &[&str] = &[
        "A",
        "B",
        "Z",
        "DE",
        "GB",
        "ES",
        "a",
        "x",
        "0",
        "1",
        "9",
        "12",
        "345",
        "0x",
        "bc1",
        "@",
        ":",
        "::",
        "//",
        ".",
        "-",
        " ",
        "_",
        "/",
        "(",
        ")",
        "+",
        "%",
        "#",
        "é",
        "身",
        "🙂",
        "\n",
        "\"",
        "=",
        "com",
        "MRN",
        "passport ",
        "icd ",
        "T",
        "1EG4",
    ];
    // Numerical Recipes' generator: a test needs the same texts each time.
    let mut state = 1_u32;
    let mut next = |most: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap_or(0) % most
    };
    let engine = strict();
    for _ in 0..4000 {
        let text: String = (0..next(60)).filter_map(|_| PIECES.get(next(PIECES.len()))).copied().collect();
        for finding in engine.find(&text, &Context { path: &["customer", "name"], about: "" }) {
            assert!(text.get(finding.start..finding.end).is_some_and(|value| !value.is_empty()), "{text}");
        }
    }
}
