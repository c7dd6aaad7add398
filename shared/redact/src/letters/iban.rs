//! Accounts and banks: IBAN (ISO 13616) and BIC (ISO 9362).

use super::checks::{mod_97, one_of, part};
use super::shape::Rule;
use crate::entry::{Entry, Profile, words};

static IBAN_CODE: Entry = Entry {
    name: "IBAN_CODE",
    bare: 95,
    context: 95,
    words: words!["iban", "bank account", "bankverbindung", "kontonummer"],
    profiles: &[Profile::Pci, Profile::Gdpr, Profile::Hipaa],
};

static SWIFT_CODE: Entry = Entry {
    name: "SWIFT_CODE",
    bare: 30,
    context: 80,
    words: words!["swift", "swift code", "bic", "bic code", "bank identifier", "bank code"],
    profiles: &[Profile::Pci, Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&IBAN_CODE, &SWIFT_CODE];

/// Lengths and structures of the basic bank account number (SWIFT's IBAN registry, release 101): `n` digits, `a`
/// letters, `c` either.
const COUNTRIES: &[(&[u8; 2], &str)] = &[
    (b"AD", "8n12c"),
    (b"AE", "19n"),
    (b"AL", "8n16c"),
    (b"AT", "16n"),
    (b"AZ", "4a20c"),
    (b"BA", "16n"),
    (b"BE", "12n"),
    (b"BG", "4a6n8c"),
    (b"BH", "4a14c"),
    (b"BI", "23n"),
    (b"BR", "23n1a1c"),
    (b"BY", "4c4n16c"),
    (b"CH", "5n12c"),
    (b"CR", "18n"),
    (b"CY", "8n16c"),
    (b"CZ", "20n"),
    (b"DE", "18n"),
    (b"DJ", "23n"),
    (b"DK", "14n"),
    (b"DO", "4c20n"),
    (b"EE", "16n"),
    (b"EG", "25n"),
    (b"ES", "20n"),
    (b"FI", "14n"),
    (b"FK", "2a12n"),
    (b"FO", "14n"),
    (b"FR", "10n11c2n"),
    (b"GB", "4a14n"),
    (b"GE", "2a16n"),
    (b"GI", "4a15c"),
    (b"GL", "14n"),
    (b"GR", "7n16c"),
    (b"GT", "24c"),
    (b"HN", "4a20n"),
    (b"HR", "17n"),
    (b"HU", "24n"),
    (b"IE", "4a14n"),
    (b"IL", "19n"),
    (b"IQ", "4a15n"),
    (b"IS", "22n"),
    (b"IT", "1a10n12c"),
    (b"JO", "4a4n18c"),
    (b"KW", "4a22c"),
    (b"KZ", "3n13c"),
    (b"LB", "4n20c"),
    (b"LC", "4a24c"),
    (b"LI", "5n12c"),
    (b"LT", "16n"),
    (b"LU", "3n13c"),
    (b"LV", "4a13c"),
    (b"LY", "21n"),
    (b"MC", "10n11c2n"),
    (b"MD", "20c"),
    (b"ME", "18n"),
    (b"MK", "3n10c2n"),
    (b"MN", "16n"),
    (b"MR", "23n"),
    (b"MT", "4a5n18c"),
    (b"MU", "4a19n3a"),
    (b"NI", "4a20n"),
    (b"NL", "4a10n"),
    (b"NO", "11n"),
    (b"OM", "3n16c"),
    (b"PK", "4a16c"),
    (b"PL", "24n"),
    (b"PS", "4a21c"),
    (b"PT", "21n"),
    (b"QA", "4a21c"),
    (b"RO", "4a16c"),
    (b"RS", "18n"),
    (b"RU", "14n15c"),
    (b"SA", "2n18c"),
    (b"SC", "4a20n3a"),
    (b"SD", "14n"),
    (b"SE", "20n"),
    (b"SI", "15n"),
    (b"SK", "20n"),
    (b"SM", "1a10n12c"),
    (b"SO", "19n"),
    (b"ST", "21n"),
    (b"SV", "4a20n"),
    (b"TL", "19n"),
    (b"TN", "20n"),
    (b"TR", "6n16c"),
    (b"UA", "6n19c"),
    (b"VA", "18n"),
    (b"VG", "4a16n"),
    (b"XK", "16n"),
    (b"YE", "4a4n18c"),
];

/// An IBAN of each length that there is.
pub(crate) static RULES: &[Rule] = &[
    Rule::new("AA99***********", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99**************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99***************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99****************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99*****************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99******************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99*******************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99********************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99*********************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99**********************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99***********************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99************************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99*************************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99**************************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99***************************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99****************************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AA99*****************************", &IBAN_CODE, iban).in_any_groups(),
    Rule::new("AAAAAA**", &SWIFT_CODE, bic),
    Rule::new("AAAAAA** ***", &SWIFT_CODE, bic),
];

fn iban(text: &[u8]) -> bool {
    let Some((country, account)) = text.split_first_chunk::<2>() else { return false };
    let Some((_, structure)) = COUNTRIES.iter().find(|(code, _)| *code == country) else { return false };
    let (Some(account), turned) = (account.get(2..), text.iter().skip(4).chain(text.iter().take(4))) else {
        return false;
    };
    has_structure(account, structure) && mod_97(turned.copied()) == 1
}

/// Whether an account number is as `14n2a` says.
fn has_structure(account: &[u8], structure: &str) -> bool {
    let mut rest = account.iter();
    for piece in structure.split_inclusive(char::is_alphabetic) {
        let count = piece.trim_end_matches(char::is_alphabetic).parse().unwrap_or(0);
        for _ in 0..count {
            let fits = rest.next().is_some_and(|byte| match piece.as_bytes().last() {
                Some(b'n') => byte.is_ascii_digit(),
                Some(b'a') => byte.is_ascii_uppercase(),
                _ => byte.is_ascii_alphanumeric(),
            });
            if !fits {
                return false;
            }
        }
    }
    rest.next().is_none()
}

/// Four letters of a bank, two of a country, two of a place (its second not the letter O), three of a branch.
fn bic(text: &[u8]) -> bool {
    let known = one_of(part(text, 4, 6), ISO_COUNTRIES);
    let place = part(text, 6, 8);
    let branch = part(text, 8, 11);
    // An X begins no branch but the head office, of three.
    let branch = branch.first() != Some(&b'X') || branch == [b'X'; 3];
    known && branch && place.first().is_some_and(|byte| !matches!(byte, b'0' | b'1')) && !is_english(text)
}

/// Capitals of a text that could be the code of a bank but are words.
fn is_english(text: &[u8]) -> bool {
    one_of(text, ENGLISH)
}

/// Common words whose fifth and sixth letters are those of a country.
const ENGLISH: &str = "ABSOLUTE ACCEPTED ACCESSORIES ACCIDENT ACTIVATE ACTIVITY ADEQUATE ADVANCED ARRANGEMENT ARTICLES ASSIGNED \
    AVERAGES BALANCES BANKINGS BATHROOM BENEFICIARY BRANCHES BUSINESS CAPACITY CHANGING CHANNELS COMBINATION \
    COMPETITION CONCLUDE CONNECTIONS CONSTRAINTS CONTINUE CONTROLLERS CONTROLS CORRECTS CUSTOMER DATABASE DEADLINE \
    DECIMALS DECISION DELIVERY DEPOSITS DESTINATION DETAILED DISABLED DISTINCT DIVIDEND DIVISION DOCUMENT DOMESTIC \
    ECONOMIC ELECTRIC ELECTRICITY ENABLING ENGINEER ENGINEERING ENVIRONMENT ESTIMATE EVALUATE EXERCISE FACILITY \
    FEBRUARY FEEDBACK FILENAME FINISHED HANDLING HOSPITAL INDICATE INDUSTRY INSTITUTION INSTRUCTION INTEGRAL \
    INTEGRATION INTEREST LANGUAGE LEGISLATION MANAGERS MAXIMUMS MESSAGES MINISTER MINISTRY MORTGAGE OFFICIAL \
    OPERATOR ORIGINAL ORIGINATING OVERVIEW PACKAGES PARTNERSHIP PLATFORM POSTCODE PREPARATION PREVIOUS PROGRESS \
    PROJECTS PROPERTY PROVIDED PROVIDER REDIRECT REGISTER REGISTRY RELEASED REMOVING REQUIRED REQUIREMENT RESEARCH \
    SETTINGS SHIPMENT SUBJECTS SUPPLIER SWITCHED TERMINAL THOUSAND TRACKING TRANSACTION ULTIMATE UNIVERSE USERNAME \
    WARNINGS WORKSHOP YOURSELF";

/// ISO 3166-1, and XK as SWIFT uses it.
const ISO_COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM \
    BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH \
    ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN \
    IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK \
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS \
    PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM \
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";
