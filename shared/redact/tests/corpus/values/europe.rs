//! Europe.

use super::{Kind, grouped, kind};
use crate::digits::{codice_fiscale, ean13, luhn, mod11_10, mod97, values, weighted};
use crate::rng::Rng;

pub const KINDS: &[Kind] = &[
    kind(
        "IBAN_CODE",
        &["IBAN"],
        iban,
        30,
        &["IBAN", "Account (IBAN)", "bank account", "Bankverbindung", "transfer to"],
        &["iban", "bank_account", "account_iban", "payoutIban"],
    ),
    kind(
        "UK_NHS",
        &["NHS"],
        nhs,
        0,
        &["NHS number", "NHS no", "NHS No."],
        &["nhs_number", "nhs", "nhsNumber"],
    ),
    kind(
        "UK_NINO",
        &["NINO"],
        nino,
        0,
        &["NI number", "National Insurance number", "NINO"],
        &["nino", "national_insurance_number", "ni_number"],
    ),
    kind(
        "DE_TAX_ID",
        &["DE_TAX_ID"],
        de_tax,
        20,
        &["Steuer-ID", "Steuerliche Identifikationsnummer", "IdNr.", "tax ID (DE)"],
        &["steuer_id", "tax_id_de", "steueridentifikationsnummer"],
    ),
    kind(
        "FR_NIR",
        &["NIR", "FR_"],
        nir,
        30,
        &["NIR", "numéro de sécurité sociale", "N° SS", "INSEE"],
        &["nir", "numero_securite_sociale", "num_secu"],
    ),
    kind("ES_NIF", &["ES_NIF", "ES_DNI"], nif, 25, &["DNI", "NIF", "DNI/NIF"], &["dni", "nif"]),
    kind("ES_NIE", &["ES_NIE", "ES_NIF"], nie, 25, &["NIE", "número de extranjero"], &["nie", "nie_number"]),
    kind(
        "IT_FISCAL_CODE",
        &["IT_FISCAL"],
        fiscal,
        30,
        &["codice fiscale", "C.F.", "Cod. Fiscale"],
        &["codice_fiscale", "codiceFiscale", "fiscal_code"],
    ),
    kind(
        "IT_VAT_CODE",
        &["IT_VAT"],
        partita_iva,
        0,
        &["P.IVA", "Partita IVA", "partita iva"],
        &["partita_iva", "piva", "partitaIva"],
    ),
    kind(
        "NL_BSN",
        &["BSN"],
        bsn,
        0,
        &["BSN", "burgerservicenummer", "BSN-nummer"],
        &["bsn", "burgerservicenummer"],
    ),
    kind(
        "BE_NATIONAL_NUMBER",
        &["BE_"],
        belgium,
        20,
        &["rijksregisternummer", "numéro national", "INSZ", "NISS"],
        &["rijksregisternummer", "numero_national", "insz"],
    ),
    kind("PL_PESEL", &["PESEL"], pesel, 20, &["PESEL", "numer PESEL", "nr PESEL"], &["pesel", "nr_pesel"]),
    kind(
        "SE_PERSONNUMMER",
        &["SE_PERSON"],
        sweden,
        20,
        &["personnummer", "Personnr", "pnr"],
        &["personnummer", "person_nummer"],
    ),
    kind(
        "FI_PERSONAL_IDENTITY_CODE",
        &["FI_"],
        finland,
        30,
        &["henkilötunnus", "HETU", "hetu"],
        &["hetu", "henkilotunnus"],
    ),
    kind(
        "NO_FODSELSNUMMER",
        &["NO_"],
        norway,
        20,
        &["fødselsnummer", "personnummer (NO)"],
        &["fodselsnummer", "fødselsnummer"],
    ),
    kind("CH_AHV", &["CH_"], ahv, 30, &["AHV-Nummer", "AHV", "numéro AVS"], &["ahv_nummer", "ahv", "avs"]),
    kind(
        "PT_NIF",
        &["PT_"],
        portugal,
        0,
        &["contribuinte", "NIF (Portugal)", "número de contribuinte"],
        &["contribuinte", "numero_contribuinte"],
    ),
];

fn iban(rng: &mut Rng) -> String {
    let (country, pattern) = *rng.pick(&[
        ("DE", "##################"),
        ("DE", "##################"),
        ("GB", "^^^^##############"),
        ("NL", "^^^^##########"),
        ("AT", "################"),
        ("CH", "#################"),
        ("DK", "##############"),
        ("IE", "^^^^##############"),
        ("LU", "################"),
        ("SA", "####################"),
    ]);
    let account = rng.fill(pattern);
    let text = format!("{country}{:02}{account}", mod97(&format!("{account}{country}")));
    if rng.chance(45) { text } else { grouped(&text, &[4; 9], " ") }
}

fn nhs(rng: &mut Rng) -> String {
    loop {
        let body = format!("{}{}", rng.one_of("4679"), rng.digits(8));
        let check = (11 - weighted(&body, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11;
        if check < 10 {
            return grouped(&format!("{body}{check}"), &[3, 3, 4], rng.pick::<&str>(&[" ", " ", "-", ""]));
        }
    }
}

fn nino(rng: &mut Rng) -> String {
    let prefix = *rng.pick(&["AB", "CE", "HJ", "JK", "LM", "NP", "PR", "SX", "WK", "YZ", "BL", "EG"]);
    let text = format!("{prefix}{}{}", rng.digits(6), rng.one_of("ABCD"));
    if rng.chance(50) { text } else { grouped(&text, &[2, 2, 2, 2, 1], " ") }
}

/// Ten digits: one comes twice, one not at all, the first is no 0 (Federal Central Tax Office).
fn de_tax(rng: &mut Rng) -> String {
    let mut left: Vec<char> = "0123456789".chars().collect();
    let mut body: Vec<char> = (0..9).map(|_| left.remove(rng.below(left.len()))).collect();
    if body[0] == '0' {
        body.swap(0, 4);
    }
    let twice = body[rng.between(1, 7)];
    body.push(twice);
    let body: String = body.into_iter().collect();
    grouped(&format!("{body}{}", mod11_10(&body)), &[2, 3, 3, 3], rng.pick::<&str>(&[" ", " ", ""]))
}

fn nir(rng: &mut Rng) -> String {
    let (year, month, _) = rng.birth();
    let department = *rng.pick(&["13", "33", "44", "59", "67", "69", "75", "78", "92", "94"]);
    let body = format!(
        "{}{:02}{month:02}{department}{:03}{:03}",
        rng.between(1, 2),
        year % 100,
        rng.between(1, 600),
        rng.between(1, 900)
    );
    let rest = body.parse::<u64>().expect("digits") % 97;
    let text = format!("{body}{:02}", 97 - rest);
    if rng.chance(50) { text } else { grouped(&text, &[1, 2, 2, 2, 3, 3, 2], " ") }
}

/// Spain's letter: the number mod 23 in this alphabet.
fn spain(number: &str) -> char {
    let at = number.parse::<usize>().expect("digits") % 23;
    char::from(b"TRWAGMYFPDXBNJZSQVHLCKE"[at])
}

fn nif(rng: &mut Rng) -> String {
    let number = rng.digits(8);
    let letter = spain(&number);
    format!("{number}{}{letter}", rng.pick(&["", "", "", "-"]))
}

fn nie(rng: &mut Rng) -> String {
    let (first, number) = (rng.below(3), rng.digits(7));
    let letter = spain(&format!("{first}{number}"));
    let hyphen = *rng.pick(&["", "", "", "-"]);
    format!("{}{hyphen}{number}{hyphen}{letter}", ['X', 'Y', 'Z'][first])
}

fn fiscal(rng: &mut Rng) -> String {
    let (year, month, day) = rng.birth();
    let consonants = "BCDFGLMNPRSTVZ";
    let name: String = (0..6).map(|_| rng.one_of(consonants)).collect();
    let day = if rng.chance(50) { day } else { day + 40 };
    let town = rng.one_of("ABCDEFGHIL");
    let month = char::from(b"ABCDEHLMPRST"[month - 1]);
    let body = format!("{name}{:02}{month}{day:02}{town}{:03}", year % 100, rng.between(1, 950));
    format!("{body}{}", codice_fiscale(&body))
}

fn partita_iva(rng: &mut Rng) -> String {
    let body = format!("0{}{:03}", rng.digits(6), rng.between(1, 100));
    format!("{}{body}{}", rng.pick(&["", "", "IT"]), luhn(&body))
}

fn bsn(rng: &mut Rng) -> String {
    loop {
        let body = format!("{}{}", rng.one_of("123456789"), rng.digits(7));
        let check = weighted(&body, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        if check < 10 {
            return grouped(&format!("{body}{check}"), &[4, 2, 3], rng.pick::<&str>(&["", "", "", "."]));
        }
    }
}

fn belgium(rng: &mut Rng) -> String {
    let (year, month, day) = rng.birth();
    let body = format!("{:02}{month:02}{day:02}{:03}", year % 100, rng.between(1, 997));
    let century = if year < 2000 { "" } else { "2" };
    let check = 97 - format!("{century}{body}").parse::<u64>().expect("digits") % 97;
    if rng.chance(40) {
        return format!("{body}{check:02}");
    }
    format!("{}-{}.{check:02}", grouped(&body[..6], &[2, 2, 2], "."), &body[6..])
}

fn pesel(rng: &mut Rng) -> String {
    let (year, month, day) = rng.birth();
    let month = if year < 2000 { month } else { month + 20 };
    let body = format!("{:02}{month:02}{day:02}{}", year % 100, rng.digits(4));
    let sum = weighted(&body, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
    format!("{body}{}", (10 - sum % 10) % 10)
}

fn sweden(rng: &mut Rng) -> String {
    let (year, month, day) = rng.birth();
    let body = format!("{:02}{month:02}{day:02}{}", year % 100, rng.digits(3));
    let hyphen = *rng.pick(&["-", "-", ""]);
    let century = if rng.chance(50) { (year / 100).to_string() } else { String::new() };
    format!("{century}{}{hyphen}{}{}", &body[..6], &body[6..], luhn(&body))
}

fn finland(rng: &mut Rng) -> String {
    let (year, month, day) = rng.birth();
    let (date, number) =
        (format!("{day:02}{month:02}{:02}", year % 100), format!("{:03}", rng.between(2, 899)));
    let rest = format!("{date}{number}").parse::<usize>().expect("digits") % 31;
    // The newer marks of the centuries are in use since 2024.
    let mark = if year < 2000 { rng.one_of("----YXWVU") } else { rng.one_of("AAABCDEF") };
    format!("{date}{mark}{number}{}", char::from(b"0123456789ABCDEFHJKLMNPRSTUVWXY"[rest]))
}

fn norway(rng: &mut Rng) -> String {
    loop {
        let (year, month, day) = rng.birth();
        let number = if year < 2000 { rng.between(0, 499) } else { rng.between(500, 999) };
        let body = format!("{day:02}{month:02}{:02}{number:03}", year % 100);
        let first = (11 - weighted(&body, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11;
        let body = format!("{body}{first}");
        let second = (11 - weighted(&body, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
        if first < 10 && second < 10 {
            return grouped(&format!("{body}{second}"), &[6, 5], rng.pick::<&str>(&["", "", " "]));
        }
    }
}

fn ahv(rng: &mut Rng) -> String {
    let body = format!("756{}", rng.digits(9));
    grouped(&format!("{body}{}", ean13(&body)), &[3, 4, 4, 2], rng.pick::<&str>(&[".", ".", ""]))
}

fn portugal(rng: &mut Rng) -> String {
    let body = format!("{}{}", rng.one_of("125"), rng.digits(7));
    let rest =
        values(&body).iter().zip((2..=9).rev()).map(|(digit, weight)| digit * weight).sum::<u32>() % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    grouped(&format!("{body}{check}"), &[3, 3, 3], rng.pick::<&str>(&["", "", " "]))
}
