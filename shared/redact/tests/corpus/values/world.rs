//! America, Australia, Africa, and what is the same everywhere.

use super::{Kind, grouped, kind};
use crate::digits::{luhn, values, vin, weighted};
use crate::rng::Rng;

pub const KINDS: &[Kind] = &[
    kind(
        "CREDIT_CARD",
        &["CREDIT_CARD"],
        card,
        30,
        &["card number", "Card", "credit card", "Visa/MC on file", "paid with card", "PAN"],
        &["card_number", "cardNumber", "pan", "credit_card", "cc_number"],
    ),
    kind(
        "US_SSN",
        &["US_SSN"],
        ssn,
        0,
        &["SSN", "Social Security number", "social security no.", "SSN#"],
        &["ssn", "social_security_number", "employeeSsn", "SSN"],
    ),
    kind(
        "US_ITIN",
        &["US_ITIN"],
        itin,
        0,
        &["ITIN", "Individual Taxpayer ID (ITIN)"],
        &["itin", "taxpayer_itin"],
    ),
    kind(
        "ABA_ROUTING_NUMBER",
        &["ABA"],
        aba,
        0,
        &["routing number", "ABA", "Routing no.", "ABA routing"],
        &["routing_number", "aba", "routingNumber", "bank_routing_number"],
    ),
    kind(
        "US_NPI",
        &["NPI"],
        npi,
        0,
        &["NPI", "National Provider Identifier", "provider NPI"],
        &["npi", "provider_npi", "npi_number"],
    ),
    kind(
        "US_MBI",
        &["MBI"],
        mbi,
        0,
        &["MBI", "Medicare number", "Medicare beneficiary ID", "Medicare ID"],
        &["mbi", "medicare_id", "medicareBeneficiaryId"],
    ),
    kind(
        "MEDICAL_LICENSE",
        &["MEDICAL_LICENSE", "DEA"],
        dea,
        0,
        &["DEA", "DEA number", "DEA registration"],
        &["dea", "dea_number", "deaNumber"],
    ),
    kind(
        "CA_SIN",
        &["CA_SIN"],
        sin,
        0,
        &["SIN", "Social Insurance Number", "NAS"],
        &["sin", "social_insurance_number"],
    ),
    kind(
        "BR_CPF",
        &["CPF"],
        cpf,
        20,
        &["CPF", "CPF do cliente", "CPF nº"],
        &["cpf", "cpf_cliente", "numero_cpf"],
    ),
    kind("BR_CNPJ", &["CNPJ"], cnpj, 20, &["CNPJ", "CNPJ da empresa"], &["cnpj", "cnpj_fornecedor"]),
    kind("AU_TFN", &["TFN"], tfn, 0, &["TFN", "tax file number", "Tax File No"], &["tfn", "tax_file_number"]),
    kind("AU_ABN", &["ABN"], abn, 0, &["ABN", "Australian Business Number"], &["abn", "supplier_abn"]),
    kind("AU_ACN", &["ACN"], acn, 0, &["ACN", "Australian Company Number"], &["acn", "company_acn"]),
    kind(
        "AU_MEDICARE",
        &["AU_MEDICARE"],
        medicare,
        0,
        &["Medicare card", "Medicare number", "medicare no"],
        &["medicare", "medicare_number", "medicareCard"],
    ),
    kind(
        "ZA_ID_NUMBER",
        &["ZA_ID"],
        za_id,
        20,
        &["SA ID number", "ID number", "South African ID", "RSA ID"],
        &["sa_id_number", "za_id", "rsa_id_number"],
    ),
    kind("MX_CURP", &["CURP"], curp, 20, &["CURP"], &["curp"]),
    kind(
        "VIN",
        &["VIN"],
        vehicle,
        20,
        &["VIN", "chassis number", "vehicle identification number"],
        &["vin", "vehicle_vin"],
    ),
    kind("IMEI", &["IMEI"], imei, 0, &["IMEI", "device IMEI"], &["imei", "device_imei"]),
    kind(
        "DATE_OF_BIRTH",
        &["BIRTH", "DATE"],
        birth,
        0,
        &["DOB", "date of birth", "born on", "Date of Birth"],
        &["dob", "date_of_birth", "birthDate", "birthdate"],
    ),
];

fn card(rng: &mut Rng) -> String {
    let range = *rng.pick(&[
        "4##############",
        "4##############",
        "4##############",
        "51#############",
        "54#############",
        "2221###########",
        "2543###########",
        "2699###########",
        "34############",
        "37############",
        "6011###########",
        "65#############",
        "3530###########",
        "36###########",
    ]);
    let body = rng.fill(range);
    let digits = format!("{body}{}", luhn(&body));
    let groups: &[usize] = if digits.len() == 16 { &[4, 4, 4, 4] } else { &[4, 6, 5] };
    let separator = rng.pick(&["", "", " ", " ", "-"]);
    grouped(&digits, groups, separator)
}

fn ssn(rng: &mut Rng) -> String {
    let area = match rng.between(1, 899) {
        666 => 667,
        area => area,
    };
    let pattern = *rng.pick(&["-", "-", "-", " ", ""]);
    format!("{area:03}{pattern}{:02}{pattern}{:04}", rng.between(1, 99), rng.between(1, 9999))
}

fn itin(rng: &mut Rng) -> String {
    let group = *rng.pick(&[50, 58, 65, 70, 77, 88, 90, 92, 94, 99]);
    let separator = *rng.pick(&["-", "-", "-", " ", ""]);
    format!("9{}{separator}{group}{separator}{}", rng.digits(2), rng.digits(4))
}

fn aba(rng: &mut Rng) -> String {
    let prefix = *rng.pick(&["01", "02", "03", "05", "07", "09", "11", "12", "21", "26", "31", "32"]);
    let body = format!("{prefix}{}", rng.digits(6));
    let sum = weighted(&body, &[3, 7, 1, 3, 7, 1, 3, 7]);
    format!("{body}{}", (10 - sum % 10) % 10)
}

fn npi(rng: &mut Rng) -> String {
    let body = format!("{}{}", rng.pick(&["1", "2"]), rng.digits(8));
    format!("{body}{}", luhn(&format!("80840{body}")))
}

fn mbi(rng: &mut Rng) -> String {
    let (letters, both) = ("ACDEFGHJKMNPQRTUVWXY", "0123456789ACDEFGHJKMNPQRTUVWXY");
    let text: String = "CABNABNAANN"
        .chars()
        .map(|class| match class {
            'C' => rng.one_of("123456789"),
            'A' => rng.one_of(letters),
            'B' => rng.one_of(both),
            _ => rng.one_of("0123456789"),
        })
        .collect();
    if rng.chance(50) { text } else { format!("{}-{}-{}", &text[..4], &text[4..7], &text[7..]) }
}

fn dea(rng: &mut Rng) -> String {
    let body = rng.digits(6);
    let d = values(&body);
    let check = (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10;
    format!("{}{}{body}{check}", rng.one_of("ABFGM"), rng.one_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
}

fn sin(rng: &mut Rng) -> String {
    let body = format!("{}{}", rng.one_of("1234567"), rng.digits(7));
    let separator = *rng.pick(&["-", " ", " ", ""]);
    grouped(&format!("{body}{}", luhn(&body)), &[3, 3, 3], separator)
}

/// Brazil's digit: 11 less the rest, and 0 for more than 9.
fn brazil(sum: u32) -> u32 {
    let digit = 11 - sum % 11;
    if digit > 9 { 0 } else { digit }
}

fn cpf(rng: &mut Rng) -> String {
    let mut text = rng.digits(9);
    for _ in 0..2 {
        let weights: Vec<u32> = (2..=text.len() as u32 + 1).rev().collect();
        text += &brazil(weighted(&text, &weights)).to_string();
    }
    if rng.chance(35) { text } else { format!("{}-{}", grouped(&text[..9], &[3, 3, 3], "."), &text[9..]) }
}

fn cnpj(rng: &mut Rng) -> String {
    // Since July 2026 new companies have letters too (Receita Federal, IN RFB 2.229/2024): a character counts ASCII - 48.
    let mut text = if rng.chance(25) {
        rng.fill("!!^!!!!!!!#!")
    } else {
        format!("{}000{}", rng.digits(8), rng.between(1, 3))
    };
    for _ in 0..2 {
        let weights = [2, 3, 4, 5, 6, 7, 8, 9].into_iter().cycle();
        let sum = text.bytes().rev().zip(weights).map(|(byte, weight)| u32::from(byte - 48) * weight).sum();
        text += &brazil(sum).to_string();
    }
    if rng.chance(30) {
        return text;
    }
    format!("{}.{}.{}/{}-{}", &text[..2], &text[2..5], &text[5..8], &text[8..12], &text[12..])
}

fn tfn(rng: &mut Rng) -> String {
    loop {
        let text = format!("{}{}", rng.one_of("12345678"), rng.digits(8));
        if weighted(&text, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11) {
            return grouped(&text, &[3, 3, 3], rng.pick::<&str>(&[" ", " ", ""]));
        }
    }
}

fn abn(rng: &mut Rng) -> String {
    loop {
        // The first two digits are 11 to 99.
        let text = format!("{}{}", rng.between(11, 99), rng.digits(9));
        if (weighted(&text, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10).is_multiple_of(89) {
            return grouped(&text, &[2, 3, 3, 3], rng.pick::<&str>(&[" ", " ", ""]));
        }
    }
}

fn acn(rng: &mut Rng) -> String {
    let body = format!("{}{}", rng.one_of("016"), rng.digits(7));
    let check = (10 - weighted(&body, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10;
    grouped(&format!("{body}{check}"), &[3, 3, 3], rng.pick::<&str>(&[" ", " ", ""]))
}

fn medicare(rng: &mut Rng) -> String {
    let body = format!("{}{}", rng.one_of("23456"), rng.digits(7));
    let check = weighted(&body, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10;
    let text = format!("{body}{check}{}", rng.between(1, 9));
    grouped(&text, &[4, 5, 1], rng.pick::<&str>(&[" ", " ", "", "-"]))
}

fn za_id(rng: &mut Rng) -> String {
    let (year, month, day) = rng.birth();
    let body = format!("{:02}{month:02}{day:02}{}{}8", year % 100, rng.digits(4), rng.below(2));
    let text = format!("{body}{}", luhn(&body));
    if rng.chance(80) { text } else { grouped(&text, &[6, 4, 2, 1], " ") }
}

const CONSONANTS: &str = "BCDFGLMNPRSTV";

fn curp(rng: &mut Rng) -> String {
    let (year, month, day) = rng.birth();
    let state = *rng.pick(&["AS", "BC", "CH", "DF", "GT", "JC", "MC", "NL", "OC", "PL", "SL", "VZ"]);
    let name = format!(
        "{}{}{}{}",
        rng.one_of(CONSONANTS),
        rng.one_of("AEIOU"),
        rng.one_of(CONSONANTS),
        rng.one_of(CONSONANTS)
    );
    let inner: String = (0..3).map(|_| rng.one_of(CONSONANTS)).collect();
    let century = if year < 2000 { '0' } else { 'A' };
    let body =
        format!("{name}{:02}{month:02}{day:02}{}{state}{inner}{century}", year % 100, rng.one_of("HM"));
    let alphabet = "0123456789ABCDEFGHIJKLMN*OPQRSTUVWXYZ";
    let sum: usize =
        body.chars().zip((2..=18).rev()).map(|(c, weight)| alphabet.find(c).unwrap_or(0) * weight).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

fn vehicle(rng: &mut Rng) -> String {
    let allowed = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789";
    let maker = *rng.pick(&["1HG", "1FT", "WVW", "JTD", "5YJ", "WBA", "2T1", "KMH"]);
    let middle: String = (0..5).map(|_| rng.one_of(allowed)).collect();
    let body = format!(
        "{maker}{middle}0{}{}{}",
        rng.one_of("ABCDEFGHJKLMNPRSTVWXY"),
        rng.one_of("ABCDEFGH"),
        rng.digits(6)
    );
    format!("{}{}{}", &body[..8], vin(&body), &body[9..])
}

fn imei(rng: &mut Rng) -> String {
    let body = format!("35{}", rng.digits(12));
    format!("{body}{}", luhn(&body))
}

fn birth(rng: &mut Rng) -> String {
    let (year, month, day) = rng.birth();
    match rng.below(4) {
        0 => format!("{month:02}/{day:02}/{year}"),
        1 => format!("{day:02}.{month:02}.{year}"),
        _ => format!("{year}-{month:02}-{day:02}"),
    }
}
