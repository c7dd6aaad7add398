//! Asia.

use super::{Kind, grouped, kind};
use crate::digits::{gstin, mod11_2, values, verhoeff, weighted};
use crate::rng::Rng;

pub const KINDS: &[Kind] = &[
    kind(
        "IN_AADHAAR",
        &["AADHAAR"],
        aadhaar,
        20,
        &["Aadhaar", "Aadhaar number", "UIDAI no", "Aadhaar No."],
        &["aadhaar", "aadhaar_number", "aadhaarNo"],
    ),
    kind(
        "IN_PAN",
        &["IN_PAN"],
        pan,
        15,
        &["PAN", "PAN card", "Permanent Account Number"],
        &["pan", "pan_number", "panCard"],
    ),
    kind(
        "IN_GSTIN",
        &["GSTIN"],
        goods_and_services,
        30,
        &["GSTIN", "GST number", "GST No"],
        &["gstin", "gst_number"],
    ),
    kind("SG_NRIC_FIN", &["SG_NRIC"], nric, 25, &["NRIC", "FIN", "NRIC/FIN"], &["nric", "nric_fin"]),
    kind(
        "KR_RRN",
        &["KR_RRN", "KR_FRN"],
        korea,
        20,
        &["RRN", "주민등록번호", "resident registration number"],
        &["rrn", "resident_registration_number"],
    ),
    kind(
        "TH_TNIN",
        &["TH_"],
        thailand,
        20,
        &["Thai ID", "เลขประจำตัวประชาชน", "Thai national ID"],
        &["thai_id", "thai_national_id"],
    ),
    kind(
        "TR_NATIONAL_ID",
        &["TR_NATIONAL"],
        turkey,
        20,
        &["TC Kimlik No", "T.C. kimlik numarası", "TCKN"],
        &["tckn", "tc_kimlik_no"],
    ),
    kind(
        "CN_RESIDENT_ID",
        &["CN_"],
        china,
        30,
        &["身份证号", "resident ID", "身份证号码"],
        &["id_card_no", "resident_id", "sfz"],
    ),
    kind(
        "IL_ID_NUMBER",
        &["IL_"],
        israel,
        0,
        &["teudat zehut", "Israeli ID", "תעודת זהות"],
        &["teudat_zehut", "israeli_id"],
    ),
];

fn aadhaar(rng: &mut Rng) -> String {
    let body = format!("{}{}", rng.one_of("23456789"), rng.digits(10));
    grouped(&format!("{body}{}", verhoeff(&body)), &[4, 4, 4], rng.pick::<&str>(&[" ", " ", "", "-"]))
}

fn pan(rng: &mut Rng) -> String {
    format!("{}{}{}", rng.fill("^^^"), rng.one_of("PPPPCHFT"), rng.fill("^####^"))
}

fn goods_and_services(rng: &mut Rng) -> String {
    let body = format!("{:02}{}{}Z", rng.between(1, 37), pan(rng), rng.one_of("123"));
    format!("{body}{}", gstin(&body))
}

fn nric(rng: &mut Rng) -> String {
    let (series, body) = (rng.one_of("STFG"), rng.digits(7));
    let sum = weighted(&body, &[2, 7, 6, 5, 4, 3, 2]) + if matches!(series, 'T' | 'G') { 4 } else { 0 };
    let letters = if matches!(series, 'S' | 'T') { b"JZIHGFEDCBA" } else { b"XWUTRQPNMLK" };
    format!("{series}{body}{}", char::from(letters[sum as usize % 11]))
}

fn korea(rng: &mut Rng) -> String {
    let (year, month, day) = rng.birth();
    let sex = rng.between(1, 2) + if year < 2000 { 0 } else { 2 };
    // Region codes end at 95.
    let body = format!("{:02}{month:02}{day:02}{sex}{:02}{}", year % 100, rng.between(0, 95), rng.digits(3));
    let check = (11 - weighted(&body, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11) % 10;
    grouped(&format!("{body}{check}"), &[6, 7], rng.pick::<&str>(&["-", "-", "-", ""]))
}

fn thailand(rng: &mut Rng) -> String {
    let body = format!("{}{:02}{}", rng.between(1, 8), rng.between(10, 96), rng.digits(9));
    let check = (11 - weighted(&body, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10;
    grouped(&format!("{body}{check}"), &[1, 4, 5, 2, 1], rng.pick::<&str>(&["-", "-", "", " "]))
}

fn turkey(rng: &mut Rng) -> String {
    let body = format!("{}{}", rng.one_of("123456789"), rng.digits(8));
    let d = values(&body);
    let (odd, even) = (d[0] + d[2] + d[4] + d[6] + d[8], d[1] + d[3] + d[5] + d[7]);
    let tenth = (odd * 7 + 100 - even) % 10;
    format!("{body}{tenth}{}", (odd + even + tenth) % 10)
}

fn china(rng: &mut Rng) -> String {
    let (year, month, day) = rng.birth();
    let region = *rng.pick(&["110101", "310104", "440305", "510107", "330106", "420102"]);
    let body = format!("{region}{year}{month:02}{day:02}{}", rng.digits(3));
    format!("{body}{}", mod11_2(&body))
}

fn israel(rng: &mut Rng) -> String {
    let body = format!("{}{}", rng.one_of("0123"), rng.digits(7));
    format!("{body}{}", crate::digits::luhn(&body))
}
