//! Asia: India, China, Japan, Korea, Thailand, Taiwan's neighbours of the south.

use super::id::{Id, Ragged::Any, id};
use crate::checks::{day, digit, first, from, iso_11_2, missing, number, pair, uniform, verhoeff, weighted};
use crate::entry::words;

/// Codes of the provinces of China (GB/T 2260).
const PROVINCES: [u32; 34] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54,
    61, 62, 63, 64, 65, 71, 81, 82,
];

/// Verhoeff; not 0 or 1 at the beginning, and no palindrome (UIDAI).
fn aadhaar(digits: &[u8]) -> bool {
    digit(digits, 0) >= 2 && !digits.iter().eq(digits.iter().rev()) && verhoeff(digits)
}

/// Province, date and the check of ISO 7064; the last one may be ten, an X.
pub(crate) fn cn_resident(digits: &[u8]) -> bool {
    let date = matches!(pair(digits, 6), 18..=20) && day(pair(digits, 10), pair(digits, 12));
    PROVINCES.contains(&pair(digits, 0)) && date && iso_11_2(digits)
}

fn jp_my_number(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    missing(sum, 11) % 10 == digit(digits, 11) && !uniform(digits)
}

/// The check digit comes first.
fn jp_corporate(digits: &[u8]) -> bool {
    let sum = weighted(from(digits, 1), &[2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]);
    9 - sum % 9 == digit(digits, 0)
}

/// A date, then sex and century: 1 to 4 of citizens, 5 to 8 of foreigners.
fn kr_resident(digits: &[u8], foreign: bool) -> bool {
    let known = if foreign { 5..=8 } else { 1..=4 };
    day(pair(digits, 2), pair(digits, 4)) && known.contains(&digit(digits, 6))
}

/// The check, which numbers given since October 2020 need not pass.
fn kr_checked(digits: &[u8], foreign: bool) -> bool {
    kr_resident(digits, foreign) && kr_check(digits, foreign)
}

/// Of those born before 1900, behind whose sex the place of birth stands.
fn kr_old(digits: &[u8]) -> bool {
    let date = day(pair(digits, 2), pair(digits, 4));
    date && matches!(digit(digits, 6), 0 | 9) && pair(digits, 7) <= 96 && kr_check(digits, false)
}

#[inline(never)]
fn kr_check(digits: &[u8], foreign: bool) -> bool {
    let sum = weighted(digits, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    let check = (11 - sum % 11) % 10;
    let wanted = if foreign { (check + 2) % 10 } else { check };
    wanted == digit(digits, 12)
}

/// The ninth digit counts five times, with its tens once more.
fn kr_company(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[1, 3, 7, 1, 3, 7, 1, 3, 5]) + digit(digits, 8) * 5 / 10;
    missing(sum, 10) == digit(digits, 9) && number(first(digits, 3)) > 100
}

/// The office, the kind of business and a serial number.
fn kr_business(digits: &[u8]) -> bool {
    number(first(digits, 3)) > 100 && pair(digits, 3) > 0 && number(first(from(digits, 5), 4)) > 0
}

/// The office that gave it.
fn kr_licence(digits: &[u8]) -> bool {
    matches!(pair(digits, 0), 11..=26 | 28)
}

fn th_tnin(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    (11 - sum % 11) % 10 == digit(digits, 12) && digit(digits, 0) != 0 && !uniform(digits)
}

/// District, then a date whose day counts 40 more of women.
fn id_nik(digits: &[u8]) -> bool {
    matches!(pair(digits, 0), 11..=96) && day(pair(digits, 8), pair(digits, 6) % 40)
}

fn my_nric(digits: &[u8]) -> bool {
    day(pair(digits, 2), pair(digits, 4))
        && !(pair(digits, 4) == 29 && pair(digits, 2) == 2 && !pair(digits, 0).is_multiple_of(4))
        && !matches!(pair(digits, 6), 0 | 17..=20 | 69 | 70 | 73 | 80 | 81 | 94..=97)
}

const RRN: &str = words![
    "rrn",
    "resident registration number",
    "resident registration",
    "korean rrn",
    "주민등록번호",
    "주민번호",
    "korean id",
    "kr rrn",
    "주민등록",
];
const FRN: &str = words![
    "frn",
    "foreigner registration number",
    "korean frn",
    "외국인등록번호",
    "외국인번호",
    "alien registration",
    "alien registration number",
    "kr frn",
    "foreign registration number",
];

pub(crate) static IDS: &[Id] = &[
    id(
        "IN_AADHAAR",
        62,
        90,
        words![
            "aadhaar",
            "aadhar",
            "adhaar",
            "uidai",
            "aadhaar number",
            "aadhaar no",
            "uid number",
            "uid",
            "आधार",
            "unique identification number",
            "in aadhaar",
            "aadhaar card",
        ],
    )
    .of(&[12])
    .laid(&[("4 4 4", 77), ("4-4-4", 76)])
    .ragged(Any)
    .check(aadhaar),
    id(
        "CN_RESIDENT_ID",
        92,
        96,
        words![
            "身份证",
            "身份证号",
            "公民身份号码",
            "身份證",
            "resident id",
            "chinese id",
            "resident identity card",
            "identity card",
            "id card",
            "shenfenzheng",
            "china id",
            "cn resident id",
            "citizen id",
        ],
    )
    .of(&[18])
    .regrouped(80)
    .check(cn_resident),
    id(
        "JP_MY_NUMBER",
        50,
        88,
        words![
            "マイナンバー",
            "個人番号",
            "my number",
            "mynumber",
            "individual number",
            "kojin bango",
            "jp my number",
            "japanese individual number",
        ],
    )
    .of(&[12])
    .laid(&[("4-4-4", 60), ("4 4 4", 60)])
    .check(jp_my_number),
    id("JP_CORPORATE_NUMBER", 0, 86, words!["法人番号", "corporate number", "houjin bangou"])
        .of(&[13])
        .laid(&[("1-4-4-4", 66)])
        .check(jp_corporate)
        .within(&[]),
    id("KR_RRN", 74, 90, RRN).of(&[13]).laid(&[("6-7", 85)]).check(|digits| kr_checked(digits, false)),
    id("KR_RRN", 0, 86, RRN).of(&[13]).laid(&[("6-7", 75)]).check(|digits| kr_resident(digits, false)),
    id("KR_RRN", 0, 86, words![]).of(&[13]).laid(&[("6-7", 0)]).check(kr_old),
    id("KR_FRN", 74, 90, FRN).of(&[13]).laid(&[("6-7", 85)]).check(|digits| kr_checked(digits, true)),
    id("KR_FRN", 0, 86, FRN).of(&[13]).laid(&[("6-7", 75)]).check(|digits| kr_resident(digits, true)),
    id(
        "KR_BRN",
        45,
        86,
        words![
            "brn",
            "business registration number",
            "사업자등록번호",
            "사업자번호",
            "사업자",
            "korean brn",
            "business number",
            "tax registration number",
            "kr brn",
        ],
    )
    .of(&[10])
    .laid(&[("3-2-5", 76)])
    .ragged(Any)
    .check(kr_company)
    .within(&[]),
    // As it is printed, with a check digit that is left to the office (OECD, TINs of Korea).
    id("KR_BRN", 0, 80, words![]).laid(&[("3-2-5", 0)]).check(kr_business).within(&[]),
    id(
        "KR_DRIVER_LICENSE",
        0,
        84,
        words![
            "운전면허",
            "운전면허번호",
            "면허번호",
            "korean driver license",
            "korean driver s license",
            "kr driver license",
            "driver license",
            "driver s license",
        ],
    )
    .laid(&[("2-2-6-2", 70), ("2 2 6 2", 66)])
    .check(kr_licence),
    // Without hyphens it is an American one as well.
    id("KR_DRIVER_LICENSE", 0, 77, words![]).of(&[12]).check(kr_licence),
    id(
        "TH_TNIN",
        58,
        88,
        words![
            "tnin",
            "thai national id",
            "thai id number",
            "thai id",
            "national id",
            "th tnin",
            "thai citizen",
            "citizen id",
            "เลขประจำตัวประชาชน",
            "เลขบัตรประชาชน",
            "รหัสปชช",
            "บัตรประชาชน",
        ],
    )
    .of(&[13])
    .laid(&[("1-4-5-2-1", 88), ("1 4 5 2 1", 85), ("1-2-1-3-5-1", 76)])
    .ragged(Any)
    .check(th_tnin),
    id(
        "ID_NIK",
        0,
        86,
        words![
            "nik",
            "ktp",
            "nomor induk kependudukan",
            "kartu tanda penduduk",
            "indonesian id",
            "no ktp",
            "e ktp",
        ],
    )
    .of(&[16])
    .check(id_nik),
    id(
        "MY_NRIC",
        0,
        86,
        words![
            "nric",
            "my kad",
            "mykad",
            "kad pengenalan",
            "malaysian id",
            "ic number",
            "no kp",
            "identity card",
            "no ic",
        ],
    )
    .of(&[12])
    .laid(&[("6-2-4", 75)])
    .check(my_nric),
    id(
        "PH_TIN",
        0,
        82,
        words![
            "tin",
            "taxpayer identification number",
            "bir",
            "taxpayer id",
            "tax id",
            "rdo",
            "revenue district office",
            "ph tin",
            "philippine tin",
        ],
    )
    .of(&[9, 12])
    .laid(&[("3-3-3", 0), ("3-3-3-3", 60)])
    .check(|digits| !uniform(digits)),
    id(
        "PH_UMID",
        0,
        84,
        words![
            "umid",
            "unified multi purpose id",
            "crn",
            "common reference number",
            "sss",
            "gsis",
            "philhealth",
            "pag ibig",
            "umid number",
            "umid card",
            "unified multipurpose id",
            "ph umid",
        ],
    )
    .of(&[12])
    .laid(&[("4-7-1", 72)]),
    id(
        "PK_CNIC",
        0,
        84,
        words![
            "cnic",
            "nadra",
            "pakistani id",
            "national identity card",
            "nicop",
            "computerized national identity",
        ],
    )
    .of(&[13])
    .laid(&[("5-7-1", 76)])
    .check(|digits| matches!(digit(digits, 0), 1..=7) && digit(digits, 12) != 0),
    id("VN_CCCD", 0, 82, words!["cccd", "căn cước", "căn cước công dân", "vietnamese id", "cmnd"])
        .of(&[12])
        .check(|digits| digit(digits, 0) == 0),
];
