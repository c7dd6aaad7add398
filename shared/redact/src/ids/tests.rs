use crate::engine::{Context, Engine, Finding};
use crate::entry::Profile;

/// What is found in a text, as `TYPE value`.
fn found(engine: &Engine, text: &str, path: &[&str]) -> Vec<String> {
    let name = |it: &Finding| format!("{} {}", it.entry.name, &text[it.start..it.end]);
    engine.find(text, &Context { path, about: "" }).iter().map(name).collect()
}

/// Numbers drawn at random whose check digits an independent library (python-stdnum) computed, and a word for them.
const CHECKED: &[(&str, &str, &[&str])] = &[
    ("ABA_ROUTING_NUMBER", "routing number", &["241682339", "034174960"]),
    ("AR_CUIT", "CUIT", &["20055270210", "23194367821"]),
    ("AT_SVNR", "SVNR", &["5982201196", "7193080474"]),
    ("AT_TAX_NUMBER", "Abgabenkontonummer", &["181981150", "532423308"]),
    ("AU_ABN", "ABN", &["28708672213", "40559114342"]),
    ("AU_ACN", "ACN", &["989454551", "298838838"]),
    ("AU_TFN", "TFN", &["437276010", "315023044"]),
    ("BE_RRN", "rijksregisternummer", &["19010747046", "76020116755"]),
    ("BG_EGN", "ЕГН", &["1804054367", "6908272837"]),
    ("BR_CNPJ", "CNPJ", &["87744595570276", "71402182635740"]),
    ("BR_CPF", "CPF", &["12278336878", "02963047860"]),
    ("CA_SIN", "SIN", &["539455162", "180978132"]),
    ("CH_AHV", "AHV-Nummer", &["7566823519660", "7563348324366"]),
    ("CL_RUT", "RUT", &["704774087", "160031859"]),
    ("CN_RESIDENT_ID", "身份证号", &["110105199408232862", "110105193908242584"]),
    ("CO_NIT", "NIT", &["6221096797", "4596761503"]),
    ("CZ_BIRTH_NUMBER", "rodné číslo", &["7207270191", "5805132608"]),
    ("CZ_ICO", "IČO", &["57951608", "33950016"]),
    ("DE_TAX_ID", "Steuer-ID", &["54679308326", "91909475632"]),
    ("DK_CPR", "CPR", &["2406903167", "2303352332"]),
    ("DK_CVR", "CVR", &["62361484", "96494092"]),
    ("EC_CI", "cédula", &["1442462972", "1014981763"]),
    ("EE_PERSONAL_CODE", "isikukood", &["58110075138", "59505135490"]),
    ("FR_NIR", "NIR", &["209112768160485", "123070560632385"]),
    ("FR_SIREN", "SIREN", &["000710871", "261004709"]),
    ("FR_SIRET", "SIRET", &["66011899386880", "15995989936798"]),
    ("FR_TAX_ID", "numéro fiscal", &["0685934326119", "3524344463458"]),
    ("GR_AFM", "ΑΦΜ", &["841860610", "402063197"]),
    ("GR_AMKA", "AMKA", &["22055576866", "11024991454"]),
    ("HR_OIB", "OIB", &["13363716447", "33353671422"]),
    ("ID_NIK", "NIK", &["3171043005075168", "3171041109801964"]),
    ("IL_ID_NUMBER", "Teudat Zehut", &["369962741", "346436389"]),
    ("IMEI", "IMEI", &["563992111250772", "728906627256869"]),
    ("IN_AADHAAR", "Aadhaar", &["794179237614", "555656248486"]),
    ("IS_KENNITALA", "kennitala", &["2411131080", "0701495160"]),
    ("IT_VAT_CODE", "partita IVA", &["36975500863", "19289270860"]),
    ("JP_CORPORATE_NUMBER", "法人番号", &["8949567277646", "8771553008650"]),
    ("JP_MY_NUMBER", "マイナンバー", &["779740659828", "191248649593"]),
    ("KR_RRN", "주민등록번호", &["4207282295893", "0105173516889"]),
    ("LT_PERSONAL_CODE", "asmens kodas", &["66408084070", "36102276452"]),
    ("LV_PERSONAL_CODE", "personas kods", &["29069916711", "08090302535"]),
    ("MY_NRIC", "MyKad", &["050713873575", "861030064264"]),
    ("NL_BSN", "BSN", &["892019980", "755949559"]),
    ("NO_FNR", "fødselsnummer", &["19061934211", "23024309509"]),
    ("NO_ORGNR", "organisasjonsnummer", &["931535870", "972779601"]),
    ("NZ_IRD", "IRD number", &["137953730", "073463742"]),
    ("PE_RUC", "RUC", &["20889572630", "10624752851"]),
    ("PL_NIP", "NIP", &["7670468269", "7971906273"]),
    ("PL_PESEL", "PESEL", &["38062311330", "59120965047"]),
    ("PL_REGON", "REGON", &["066303321", "579679629"]),
    ("PT_NIF", "NIF", &["888307128", "786979950"]),
    ("RO_CNP", "CNP", &["2530208702152", "6721114524374"]),
    ("RU_INN", "ИНН", &["7098628514", "4757925003"]),
    ("SE_ORGANISATIONSNUMMER", "organisationsnummer", &["6143443163", "3587412184"]),
    ("SE_PERSONNUMMER", "personnummer", &["1001210705", "3702099379"]),
    ("SI_EMSO", "EMŠO", &["2209991236817", "1111981069030"]),
    ("SI_TAX_NUMBER", "davčna številka", &["99178516", "17644321"]),
    ("TH_TNIN", "เลขประจำตัวประชาชน", &["6897476606266", "6869874832683"]),
    ("TR_NATIONAL_ID", "TC Kimlik No", &["21217416262", "86770646464"]),
    ("UA_TAX_ID", "РНОКПП", &["0399149230", "3687652637"]),
    ("UK_NHS", "NHS number", &["6529818243", "9375249913"]),
    ("UK_UTR", "UTR", &["1712350448", "2610478156"]),
    ("US_EIN", "EIN", &["444293177", "010223723"]),
    ("US_ITIN", "ITIN", &["953849869", "983793639"]),
    ("US_SSN", "SSN", &["526018159", "083016613"]),
    ("ZA_ID_NUMBER", "ID number", &["7810107825197", "0511164328094"]),
];

/// Types of which some have no check, or one that lets some other digits pass (the reference of a taxpayer).
const UNCHECKED: &[&str] =
    &["UK_UTR", "DK_CPR", "KR_RRN", "ID_NIK", "MY_NRIC", "US_EIN", "US_ITIN", "US_SSN"];

#[test]
fn numbers_with_check_digits_are_found_beside_their_word_and_no_others() {
    let engine = Engine::new(None, 75);
    for (name, word, numbers) in CHECKED {
        assert!(!numbers.is_empty(), "{name}");
        for number in *numbers {
            let expected = [format!("{name} {number}")];
            let text = format!("Please note the {word}: {number}, and thanks.");
            assert_eq!(found(&engine, &text, &[]), expected, "{text}");
            assert_eq!(found(&engine, number, &["data", word]), expected, "{word}: {number}");
            let check = number.len() - 1;
            let other = (number.as_bytes()[check] - b'0' + 1) % 10;
            let missed = format!("{}{other}", &number[..check]);
            let text = format!("Please note the {word}: {missed}, and thanks.");
            let still = found(&engine, &text, &[]).iter().any(|it| it.starts_with(name));
            assert!(!still || UNCHECKED.contains(name), "{text}");
        }
    }
}

/// Texts and all that is found in them without context of fields.
const FORMS: &[(&str, &[&str])] = &[
    // Cards, of each network, in each way to write them.
    ("4111 1111 1111 1111", &["CREDIT_CARD 4111 1111 1111 1111"]),
    ("4111-1111-1111-1111.", &["CREDIT_CARD 4111-1111-1111-1111"]),
    ("4111.1111.1111.1111", &["CREDIT_CARD 4111.1111.1111.1111"]),
    ("4111_1111_1111_1111", &["CREDIT_CARD 4111_1111_1111_1111"]),
    ("4111/1111/1111/1111", &["CREDIT_CARD 4111/1111/1111/1111"]),
    ("4111\n1111\n1111\n1111", &["CREDIT_CARD 4111\n1111\n1111\n1111"]),
    ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", &["CREDIT_CARD 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"]),
    ("41 11 11 11 11 11 11 11", &["CREDIT_CARD 41 11 11 11 11 11 11 11"]),
    (
        "a 5105105105105100, b 2223003122003222",
        &["CREDIT_CARD 5105105105105100", "CREDIT_CARD 2223003122003222"],
    ),
    ("3782 822463 10005 | 30569309025904", &["CREDIT_CARD 3782 822463 10005", "CREDIT_CARD 30569309025904"]),
    ("6011111111111117 3530111333300000", &["CREDIT_CARD 6011111111111117", "CREDIT_CARD 3530111333300000"]),
    ("6200000000000005", &["CREDIT_CARD 6200000000000005"]),
    (
        "4111 1111 1111 1111 12/27 123",
        &["CREDIT_CARD 4111 1111 1111 1111", "CREDIT_CARD_EXPIRATION 12/27", "CREDIT_CARD_CVV 123"],
    ),
    (
        "4242424242424242|09/2028|7373 sold",
        &["CREDIT_CARD 4242424242424242", "CREDIT_CARD_EXPIRATION 09/2028", "CREDIT_CARD_CVV 7373"],
    ),
    ("expirationDate: 2027-12 for the card", &["CREDIT_CARD_EXPIRATION 2027-12"]),
    ("the CVV is 123, exp. 01-29", &["CREDIT_CARD_CVV 123", "CREDIT_CARD_EXPIRATION 01-29"]),
    ("4111 1111 1111 1112", &[]),
    ("1234 5678 9012 3452", &[]),
    // Layouts tell apart what has the same length.
    ("219-09-1234", &["US_SSN 219-09-1234"]),
    ("ssn 219 09 1234 and 219.09.1234", &["US_SSN 219 09 1234", "US_SSN 219.09.1234"]),
    ("ssn: 078-05-1120, 666-12-3456, 000-12-3456, 123-00-4567, 123-45-0000", &[]),
    ("912-71-1234 or 912-93-1234 or 912-66-1234", &["US_ITIN 912-71-1234", "US_ATIN 912-93-1234"]),
    ("Federal tax ID 12-3456789", &["US_EIN 12-3456789"]),
    ("943 476 5919", &["UK_NHS 943 476 5919"]),
    ("529.982.247 25, 529.982.247_25", &["BR_CPF 529.982.247 25", "BR_CPF 529.982.247_25"]),
    (
        "+ 1 4 1 5 5 5 5 2 6 7 1, +1_415_555_2671",
        &["PHONE_NUMBER + 1 4 1 5 5 5 5 2 6 7 1", "PHONE_NUMBER +1_415_555_2671"],
    ),
    ("529.982.247-25, 52998224725", &["BR_CPF 529.982.247-25", "BR_CPF 52998224725"]),
    ("529.982.247-26, 111.111.111-11", &[]),
    ("11.222.333/0001-81", &["BR_CNPJ 11.222.333/0001-81"]),
    ("756.9217.0769.85", &["CH_AHV 756.9217.0769.85"]),
    ("76.086.428-5; 12.345.670-K; 12.345.671-K", &["CL_RUT 76.086.428-5", "CL_RUT 12.345.670-K"]),
    ("11010519491231002X", &["CN_RESIDENT_ID 11010519491231002X"]),
    ("身份证号11010519491231002x。", &["CN_RESIDENT_ID 11010519491231002x"]),
    ("110105194912310021", &[]),
    ("Steuernummer 181/815/08155", &["DE_TAX_NUMBER 181/815/08155"]),
    ("1 84 12 76 451 089 46", &["FR_NIR 1 84 12 76 451 089 46"]),
    // With anything between their groups behind their word.
    ("NIT 845755300 - 0, Bogotá", &["CO_NIT 845755300 - 0"]),
    ("NIT: 79.626.331-8", &["CO_NIT 79.626.331-8"]),
    ("RUT: 79.626.331-8", &["CL_RUT 79.626.331-8"]),
    ("NIT 920.118,316-8; 2024", &["CO_NIT 920.118,316-8"]),
    ("Steuernummer 133 / 815 / 08159 in 2024", &["DE_TAX_NUMBER 133 / 815 / 08159"]),
    ("BRN 262 - 09 - 81899", &["KR_BRN 262 - 09 - 81899"]),
    ("NIT by rows: total 845755300 - 0, Steuernummer list 133 / 815 / 08159", &[]),
    ("845755300 - 0, and 262 - 09 - 81899", &[]),
    // Phones.
    ("+1 415 555 2671", &["PHONE_NUMBER +1 415 555 2671"]),
    ("+1 (415) 555-2671 ext. 12", &["PHONE_NUMBER +1 (415) 555-2671 ext. 12"]),
    ("(415) 555-2671", &["PHONE_NUMBER (415) 555-2671"]),
    ("415-555-2671 x12, 1-415-555-2671", &["PHONE_NUMBER 415-555-2671 x12", "PHONE_NUMBER 1-415-555-2671"]),
    ("415.555.2671", &["PHONE_NUMBER 415.555.2671"]),
    ("+44 (0)20 7946 0958", &["PHONE_NUMBER +44 (0)20 7946 0958"]),
    ("+4915112345678 +33 6 12 34 56 78", &["PHONE_NUMBER +4915112345678", "PHONE_NUMBER +33 6 12 34 56 78"]),
    (
        "(+44) 20 7946 0958, 0049 30 1234567, 001-415-555-2671",
        &["PHONE_NUMBER (+44) 20 7946 0958", "PHONE_NUMBER 0049 30 1234567", "PHONE_NUMBER 001-415-555-2671"],
    ),
    ("Тел: 8 (495) 123-45-67 звоните", &["PHONE_NUMBER 8 (495) 123-45-67"]),
    ("whatsapp +55 11 91234-5678", &["PHONE_NUMBER +55 11 91234-5678"]),
    ("Telefon: (030) 1234567", &["PHONE_NUMBER (030) 1234567"]),
    ("call 020 7946 0958 or 07700 900123", &["PHONE_NUMBER 020 7946 0958"]),
    ("115-555-2671, 415-155-2671, +999 12345678", &[]),
    // Dates of birth, and other dates.
    ("dob: 1985-03-12, created 2024-01-02", &["DATE_OF_BIRTH 1985-03-12"]),
    ("born on March 12th, 1985 in Ulm", &["DATE_OF_BIRTH March 12th, 1985"]),
    ("Geburtsdatum: 12. März 1985", &["DATE_OF_BIRTH 12. März 1985"]),
    ("Дата рождения: 12.05.1985 г.", &["DATE_OF_BIRTH 12.05.1985"]),
    ("née le 3/12/1985", &["DATE_OF_BIRTH 3/12/1985"]),
    ("生年月日：1985年3月12日", &["DATE_OF_BIRTH 1985年3月12日"]),
    ("born 2024-01-02 10:11:12 in a log, 12 March 1985", &[]),
    // Several values in a run, and what is longer than any.
    ("id 12345 2024-01-02", &[]),
    ("77777777777777777777777777777777777777777777 219-09-1234", &["US_SSN 219-09-1234"]),
    ("2024-01-02 219-09-1234 4111111111111111", &["US_SSN 219-09-1234", "CREDIT_CARD 4111111111111111"]),
    (
        "219-09-1234\n219-09-1235\n219-09-1236",
        &["US_SSN 219-09-1234", "US_SSN 219-09-1235", "US_SSN 219-09-1236"],
    ),
    ("52998224725@example.org", &["EMAIL_ADDRESS 52998224725@example.org"]),
    ("192.168.100.200 255.255.255.255:8080", &["IP_ADDRESS 192.168.100.200", "IP_ADDRESS 255.255.255.255"]),
    ("219-09-1234,4111111111111111", &["US_SSN 219-09-1234", "CREDIT_CARD 4111111111111111"]),
];

#[test]
fn values_are_found_as_they_are_written() {
    let engine = Engine::new(None, 65);
    for (text, expected) in FORMS {
        assert_eq!(found(&engine, text, &[]), *expected, "{text}");
    }
}

/// What looks like a value and is none, whatever its digits.
const OTHERS: &[&str] = &[
    "v1.2.52998224725",
    "3.14159265358979 0.52998224725 4111111111111111.5",
    "550e8400-e29b-41d4-a716-446655440000 a716-4111111111111111 4111111111111111-a716",
    "2024-01-02T10:11:12.123456789Z 20240102101112 2024-01-02 10:11:12,123",
    "0x4111111111111111 4111111111111111abcdef d4111111111111111",
    "1700000000 1700000000000",
    "1,234,567.89 USD, $4111111111111111, €52998224725",
    "978-3-16-148410-0",
    "order 219091234, invoice 943476591, build 20240102",
    "219-09-1234-5 1-219-09-1234 219-09-12346",
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
    "AWS account 123456789012 in eu-west-1",
    "52998224725%",
    "12 34 56 78 90 12 34 56 78 90 12 34 56 78 90",
    "call on 2024-01-15 10:30, contact us since 2019-05-06 or 12.05.2019",
    "Visa ending 4242, SSN last four 1234",
    "no account: id 123456789, parent 987654321",
    "RX packets 1234567 bytes 890123456 (848.9 MiB)",
    "rx_bytes=123456789 tx_bytes=987654321",
    "\"mtime\": 1650123412345",
];

#[test]
fn what_only_looks_like_a_value_is_none() {
    let engine = Engine::new(None, 65);
    for text in OTHERS {
        assert_eq!(found(&engine, text, &[]), <[String; 0]>::default(), "{text}");
    }
}

#[test]
fn names_of_fields_are_words() {
    let engine = Engine::new(None, 75);
    for (path, text, expected) in [
        (["user", "ssn"], "219091234", "US_SSN 219091234"),
        (["payment", "cvv"], "123", "CREDIT_CARD_CVV 123"),
        (["payment", "expiryDate"], "12/27", "CREDIT_CARD_EXPIRATION 12/27"),
        (["person", "dateOfBirth"], "1985-03-12", "DATE_OF_BIRTH 1985-03-12"),
        (["person", "birth_date"], "19850312", "DATE_OF_BIRTH 19850312"),
        (["contact", "phone"], "020 7946 0958", "PHONE_NUMBER 020 7946 0958"),
        (["patient", "mrn"], "00123456", "MEDICAL_RECORD_NUMBER 00123456"),
        (["bank", "accountNumber"], "0012345678", "US_BANK_NUMBER 0012345678"),
        (["traveller", "passportNumber"], "512345678", "US_PASSPORT 512345678"),
        (["driver", "driverLicense"], "12345678", "US_DRIVER_LICENSE 12345678"),
    ] {
        assert_eq!(found(&engine, text, &path), [expected], "{path:?}");
    }
    assert!(found(&engine, "219091234", &["order", "sku"]).is_empty());
    let pci = Engine::new(Some(Profile::Pci), 75);
    assert_eq!(found(&pci, "4111111111111111 219-09-1234", &[]), ["CREDIT_CARD 4111111111111111"]);
}

/// The word that is nearest says what a value is, and one word in front of its value speaks of no other.
#[test]
fn words_speak_of_what_is_next_to_them() {
    let engine = Engine::new(None, 75);
    for (text, expected) in [
        ("REGON 066303321, see the list; AFM 484917597", &["PL_REGON 066303321", "GR_AFM 484917597"][..]),
        ("request 665846029765, Aadhaar 8298 9906 1945", &["IN_AADHAAR 8298 9906 1945"]),
        ("size 83740402, tax file number 671 688 965", &["AU_TFN 671 688 965"]),
        ("zip 80166-1292, SSN 575-51-3137", &["US_SSN 575-51-3137"]),
        ("SSNs: 575513137, 575513138", &["US_SSN 575513137", "US_SSN 575513138"]),
        ("575-51-3137 is the SSN", &["US_SSN 575-51-3137"]),
        ("batch 20240311, paid with 4111-1111-1111-1111", &["CREDIT_CARD 4111-1111-1111-1111"]),
        ("passport of the traveller and of both children, size 512345678", &[]),
    ] {
        assert_eq!(found(&engine, text, &[]), expected, "{text}");
    }
}

/// What the lexicon asks of words, and levels of their scale.
#[test]
fn words_and_levels_are_well_formed() {
    for entry in super::entries() {
        assert!(entry.bare <= 95 && (75..=96).contains(&entry.context), "{}", entry.name);
        assert!(entry.bare <= entry.context, "{}", entry.name);
        for word in entry.phrases() {
            // Thai and its like are found as they are: their vowels are no letters to Unicode.
            let fits = |it: char| it.is_alphanumeric() && it.to_lowercase().eq([it]) || it >= '\u{E00}';
            assert!(word.split(' ').all(|part| !part.is_empty() && part.chars().all(fits)), "{word}");
            assert!(word.split(' ').all(|part| part.len() <= 40 || part >= "\u{E00}"), "{word}");
        }
    }
}
