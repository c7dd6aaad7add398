//! What hospitals, insurers and makers of devices give: numbers without a public check, told by their words alone.

use super::id::{Id, id};
use crate::checks::{luhn, pair, uniform};
use crate::entry::Profile::{Gdpr, Hipaa};
use crate::entry::words;

/// The bodies that give out what an IMEI begins with (GSMA TS.06, reporting body identifiers).
const REPORTING: [u32; 17] = [1, 10, 30, 33, 35, 44, 45, 49, 50, 51, 52, 53, 54, 86, 91, 98, 99];

pub(crate) static IDS: &[Id] = &[
    id(
        "MEDICAL_RECORD_NUMBER",
        0,
        80,
        words![
            "mrn",
            "medical record",
            "medical record number",
            "medical record no",
            "patient id",
            "patient number",
            "patient identifier",
            "chart number",
            "chart no",
            "hospital number",
            "medical rec",
            "med rec",
            "mr no",
            "mr number",
            "health record",
            "record number",
            "medicalrecordnumber",
            "patientid",
            "patientenummer",
            "patientennummer",
            "numéro de dossier",
            "historia clínica",
        ],
    )
    .of(&[6, 7, 8, 9, 10])
    .laid(&[("3-3-3", 0), ("2-2-2", 0), ("3-2-3", 0), ("3-3-2", 0), ("3-4", 0), ("2-2-3", 0), ("3-3", 0)])
    .within(&[Gdpr, Hipaa]),
    id(
        "HEALTH_PLAN_NUMBER",
        0,
        78,
        words![
            "member id",
            "member number",
            "health plan",
            "health plan number",
            "health plan id",
            "subscriber id",
            "subscriber number",
            "insurance id",
            "policy number",
            "policy no",
            "beneficiary number",
            "beneficiary id",
            "medicaid",
            "medicaid id",
            "medicaid number",
            "group number",
            "insurance member",
            "health insurance",
            "health insurance number",
            "policy id",
            "plan id",
            "payer id",
            "policyholder",
        ],
    )
    .of(&[7, 8, 9, 10, 11, 12, 13, 14])
    .laid(&[("3-3-3", 0), ("3-2-4", 0), ("3-3-4", 0), ("9-2", 0)])
    .within(&[Gdpr, Hipaa]),
    id(
        "US_CLAIM_NUMBER",
        0,
        78,
        words!["claim number", "claim no", "claim id", "medical claim", "healthcare claim", "claim"],
    )
    .of(&[6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    .within(&[Gdpr, Hipaa]),
    id(
        "US_PRESCRIPTION_NUMBER",
        0,
        78,
        words![
            "rx",
            "rx number",
            "rx no",
            "rx id",
            "prescription number",
            "prescription no",
            "prescription id",
            "pharmacy",
            "medication",
        ],
    )
    .of(&[6, 7, 8, 9, 10, 11, 12])
    .laid(&[("7-2", 0)])
    .within(&[Gdpr, Hipaa]),
    id(
        "US_REFERRAL_NUMBER",
        0,
        78,
        words![
            "referral number",
            "referral no",
            "referral id",
            "infusion referral",
            "referring",
            "specialty",
            "infusion",
        ],
    )
    .of(&[6, 7, 8, 9, 10, 11, 12])
    .within(&[Gdpr, Hipaa]),
    id(
        "US_PRIOR_AUTHORIZATION_NUMBER",
        0,
        78,
        words![
            "prior authorization",
            "prior auth",
            "preauthorization",
            "pre auth",
            "authorization number",
            "prior authorization number",
        ],
    )
    .of(&[6, 7, 8, 9, 10, 11, 12])
    .within(&[Gdpr, Hipaa]),
    id(
        "IMEI",
        50,
        88,
        words![
            "imei",
            "imei number",
            "device id",
            "handset",
            "device identifier",
            "equipment identity",
            "imei1",
            "imei2",
        ],
    )
    .of(&[15])
    .laid(&[("2-6-6-1", 80), ("2 6 6 1", 76), ("6-2-6-1", 76), ("8-6-1", 76)])
    .check(|digits| luhn(digits) && !uniform(digits))
    .within(&[Gdpr, Hipaa]),
    // Without its check digit, or with the version of the software behind.
    id("IMEI", 0, 84, words![]).laid(&[("8-6-2", 0), ("2-6-6-2", 0), ("2-6-6", 0)]).within(&[Gdpr, Hipaa]),
    id("IMEI", 0, 80, words!["imei", "imeisv", "imei1", "imei2"])
        .of(&[14, 16])
        .named()
        .check(|digits| REPORTING.contains(&pair(digits, 0)))
        .within(&[Gdpr, Hipaa]),
];
