//! Values that only the name of their field tells: people and addresses.

use crate::column::{self, Table};
use crate::entry::{Entry, Profile, words};
use crate::scan::Scan;
use crate::words::{has_any, is_any};

static PERSON: Entry = Entry {
    name: "PERSON",
    bare: 0,
    context: 75,
    words: words![],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

static LOCATION: Entry = Entry {
    name: "LOCATION",
    bare: 0,
    context: 75,
    words: words![],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&PERSON, &LOCATION];

/// Names of fields, without separators and in small letters, with what they hold and how sure that is.
const FIELDS: &[(&str, &Entry, u8)] = &[
    ("accountholder", &PERSON, 75),
    ("accountholdername", &PERSON, 75),
    ("achternaam", &PERSON, 75),
    ("address", &LOCATION, 65),
    ("address1", &LOCATION, 75),
    ("address2", &LOCATION, 75),
    ("addressline", &LOCATION, 75),
    ("addressline1", &LOCATION, 75),
    ("addressline2", &LOCATION, 75),
    ("addressline3", &LOCATION, 75),
    ("adresse", &LOCATION, 65),
    ("anschrift", &LOCATION, 75),
    ("apellido", &PERSON, 75),
    ("apellidos", &PERSON, 75),
    ("beneficiaryname", &PERSON, 75),
    ("billingaddress", &LOCATION, 75),
    ("billingname", &PERSON, 75),
    ("cardholder", &PERSON, 75),
    ("cardholdername", &PERSON, 75),
    ("city", &LOCATION, 65),
    ("codepostal", &LOCATION, 75),
    ("cognome", &PERSON, 75),
    ("contactname", &PERSON, 75),
    ("county", &LOCATION, 65),
    ("customername", &PERSON, 75),
    ("direccion", &LOCATION, 75),
    ("displayname", &PERSON, 65),
    ("doctorname", &PERSON, 75),
    ("employeename", &PERSON, 75),
    ("familyname", &PERSON, 75),
    ("fathername", &PERSON, 75),
    ("firstname", &PERSON, 75),
    ("fname", &PERSON, 75),
    ("forename", &PERSON, 75),
    ("fullname", &PERSON, 75),
    ("givenname", &PERSON, 75),
    ("guardianname", &PERSON, 75),
    ("homeaddress", &LOCATION, 75),
    ("lastname", &PERSON, 75),
    ("lat", &LOCATION, 65),
    ("latitude", &LOCATION, 65),
    ("legalname", &PERSON, 65),
    ("lname", &PERSON, 75),
    ("lng", &LOCATION, 65),
    ("lon", &LOCATION, 65),
    ("longitude", &LOCATION, 65),
    ("maidenname", &PERSON, 75),
    ("mailingaddress", &LOCATION, 75),
    ("middlename", &PERSON, 75),
    ("mothersmaidenname", &PERSON, 75),
    ("nachname", &PERSON, 75),
    ("nom", &PERSON, 65),
    ("nombre", &PERSON, 65),
    ("nome", &PERSON, 65),
    ("patientname", &PERSON, 75),
    ("personname", &PERSON, 75),
    ("physicianname", &PERSON, 75),
    ("plz", &LOCATION, 65),
    ("postaladdress", &LOCATION, 75),
    ("postalcode", &LOCATION, 75),
    ("postcode", &LOCATION, 75),
    ("postleitzahl", &LOCATION, 75),
    ("prenom", &PERSON, 75),
    ("primerapellido", &PERSON, 75),
    ("recipientname", &PERSON, 75),
    ("residentialaddress", &LOCATION, 75),
    ("shippingaddress", &LOCATION, 75),
    ("shippingname", &PERSON, 75),
    ("shiptoname", &PERSON, 75),
    ("sobrenome", &PERSON, 75),
    ("spousename", &PERSON, 75),
    ("strasse", &LOCATION, 75),
    ("street", &LOCATION, 75),
    ("street1", &LOCATION, 75),
    ("street2", &LOCATION, 75),
    ("streetaddress", &LOCATION, 75),
    ("streetname", &LOCATION, 75),
    ("surname", &PERSON, 75),
    ("voornaam", &PERSON, 75),
    ("vorname", &PERSON, 75),
    ("workaddress", &LOCATION, 75),
    ("zip", &LOCATION, 75),
    ("zipcode", &LOCATION, 75),
];
/// The longest name of a field that is looked up, and the longest value that is one, in bytes.
const LONGEST_NAME: usize = 24;
const LONGEST_VALUE: usize = 200;

/// What a `name` is of that names a person, in small letters.
const PEOPLE: &[&str] = &[
    "applicant",
    "beneficiary",
    "cardholder",
    "client",
    "contact",
    "customer",
    "employee",
    "guardian",
    "holder",
    "owner",
    "passenger",
    "patient",
    "person",
    "recipient",
    "student",
    "subscriber",
];

/// Whether only a name tells what a value of this type is.
pub(crate) fn is_named(name: &str) -> bool {
    name == PERSON.name || name == LOCATION.name
}

/// Looks at the whole text as the value of a field.
pub(crate) fn field(scan: &mut Scan<'_>, path: &[&str]) {
    if let Some((entry, level)) = named(scan.text, path) {
        value(scan, 0, scan.text.len(), (entry, level));
    }
}

/// Looks at the cells of a table, up to where that returns, below names of fields.
pub(crate) fn columns(scan: &mut Scan<'_>, table: &Table) -> usize {
    let known = |column: &str| is_known(column).then(|| column.to_owned());
    column::each(scan, table, known, |scan, column, range| {
        if let Some(known) = named(scan.slice(range.start, range.end), &[column]) {
            value(scan, range.start, range.end, known);
        }
    })
}

/// Looks at a range as the value of a field that holds `entry`, which is so sure.
fn value(scan: &mut Scan<'_>, start: usize, end: usize, (entry, level): (&'static Entry, u8)) {
    let text = scan.text.get(start..end).unwrap_or("");
    let value = text.trim();
    let start = start + text.len() - text.trim_start().len();
    let plausible = if *entry == PERSON { is_name(value) } else { is_place(value) };
    if plausible && value.len() <= LONGEST_VALUE && !is_nothing(value) {
        scan.sure(start, start + value.len(), entry, level, level);
    }
}

/// The lengths of the names in `FIELDS`, a bit each, by their first letter: most fields need no further look.
static LENGTHS: [u32; 32] = lengths();

#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
const fn lengths() -> [u32; 32] {
    let mut lengths = [0; 32];
    let mut at = 0;
    while at < FIELDS.len() {
        let name = FIELDS[at].0.as_bytes();
        lengths[(name[0] & 31) as usize] |= 1 << name.len();
        at += 1;
    }
    lengths
}

/// What the name of a field says that stands there, and how sure that is.
fn named(text: &str, path: &[&str]) -> Option<(&'static Entry, u8)> {
    // The items of a list stand under its name.
    let mut names = path.iter().rev().filter(|name| name.bytes().any(|byte| byte.is_ascii_alphabetic()));
    let (mut own, mut above) = ([0; LONGEST_NAME], [0; LONGEST_NAME]);
    let own = plain(names.next()?, &mut own)?;
    if own == b"name" {
        let above = plain(names.next()?, &mut above)?;
        let above = above.strip_suffix(b"s").unwrap_or(above);
        let people = PEOPLE.iter().any(|known| known.as_bytes() == above);
        return people.then_some((&PERSON, 65));
    }
    let (_, entry, level) = known(own)?;
    // An `address` may be one of the net or of a wallet.
    let postal = !matches!(own, b"address" | b"adresse") || has_any(text.trim(), b" ");
    postal.then_some((*entry, *level))
}

/// What is known of the name of a field.
fn known(name: &[u8]) -> Option<&'static (&'static str, &'static Entry, u8)> {
    let first = name.first().and_then(|first| LENGTHS.get(usize::from(first & 31)))?;
    if first >> name.len() & 1 == 0 {
        return None;
    }
    let at = FIELDS.binary_search_by(|(known, ..)| known.as_bytes().cmp(name)).ok()?;
    FIELDS.get(at)
}

/// Whether the name of a column is known.
fn is_known(column: &str) -> bool {
    let mut buffer = [0; LONGEST_NAME];
    plain(column, &mut buffer).and_then(known).is_some()
}

/// A name without separators and in small letters; none if it is longer than any that is known.
fn plain<'a>(name: &str, buffer: &'a mut [u8; LONGEST_NAME]) -> Option<&'a [u8]> {
    let mut length = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        *buffer.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    buffer.get(..length)
}

/// Letters, and what stands between names.
fn is_name(value: &str) -> bool {
    value.chars().any(char::is_alphabetic)
        && value.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | '-' | '\'' | '’' | ','))
        && value.chars().nth(1).is_some()
}

fn is_place(value: &str) -> bool {
    value.chars().filter(|c| c.is_alphanumeric()).nth(1).is_some()
}

/// What stands where there is no value.
fn is_nothing(value: &str) -> bool {
    const NOTHING: &[&str] =
        &["null", "none", "n/a", "unknown", "true", "false", "undefined", "string", "redacted"];
    is_any(value, NOTHING)
}

#[cfg(test)]
mod tests {
    use super::FIELDS;

    #[test]
    fn fields_are_in_order() {
        assert!(FIELDS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
