//! What needs its word before it: VAT numbers as they are written at home, and what others of the same word are not.

use super::data::Strings;

/// All of them.
pub const HOME: &[Strings] = &[
    ("BE_RRN", "INSZ", &["72401231748", "72.08.15-402.37"], &["72401231749"]),
    ("DO_CEDULA", "cédula dominicana", &["00184207515"], &["99984207515"]),
    ("BG_VAT_ID", "ДДС номер", &["175074752", "7111042925"], &["175074751"]),
    ("CZ_VAT_ID", "DIČ", &["25123891", "7103192745", "618305724"], &["25123890", "618305725", "95123891"]),
    ("EE_VAT_ID", "KMKR", &["100594102", "EE100594102"], &["100594103"]),
    ("LT_VAT_ID", "PVM kodas", &["119511515", "100004801610"], &["119511516"]),
    ("LV_VAT_ID", "PVN", &["161175-19997", "40003521600"], &["40003521601"]),
    ("RO_VAT_ID", "CUI", &["18547290", "185 472 90"], &["18547291"]),
    ("CH_VAT_ID", "UID", &["100.155.212", "CHE-100.155.212"], &["100.155.213", "ZZZ-100.155.212"]),
];
