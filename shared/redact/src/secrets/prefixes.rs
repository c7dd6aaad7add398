//! Tokens that begin with a name of their vendor. Shapes and floors of entropy follow the rules of gitleaks (MIT) and
//! TruffleHog's detectors, and the vendors' own documents.

use super::shape::{
    ALNUM, BASE32, BASE64, BASE64_ANY, CAPITALS, DIGITS, HEX, HEX_ANY, HEX_H, LOWER, PADS, Part, SMALL,
    TILDES, TOKEN, TOKEN_DOT, TOKEN_EQ, UPPER, UUID, WORD, run,
};
use super::vendors::*;
use crate::entry::Entry;
use Part::{All, Lit, OneOf, Run};

/// A kind of token.
pub(super) struct Prefixed {
    pub lead: &'static str,
    /// What follows.
    pub rest: &'static [Part],
    /// The least entropy, in tenths of a bit a byte.
    pub floor: u32,
    pub entry: &'static Entry,
    /// Whether it ends with a CRC-32 in base 62.
    pub checked: bool,
}

const fn p(lead: &'static str, rest: &'static [Part], floor: u32, entry: &'static Entry) -> Prefixed {
    Prefixed { lead, rest, floor, entry, checked: false }
}

const fn checked(lead: &'static str, entry: &'static Entry) -> Prefixed {
    Prefixed { lead, rest: CHECKED, floor: 30, entry, checked: true }
}

/// Thirty letters and digits, and six of a check.
const CHECKED: &[Part] = &[run(ALNUM, 36)];
/// Groups of 1Password's and Slack's.
const FIVE: Part = All(&[run(CAPITALS, 5), Lit("-")]);
const SLACK_ID: Part = All(&[Run(DIGITS, 10, 13), Lit("-")]);
const SLACK_ANY: Part = All(&[Run(DIGITS, 1, 14), Lit("-")]);
/// The longest of a value without a length of its own.
const LONGEST: usize = 4096;
/// The two halves around the mark of OpenAI's keys.
const OPENAI_LONG: &[Part] = &[run(TOKEN, 74), Lit("T3BlbkFJ"), run(TOKEN, 74)];
const OPENAI_SHORT: &[Part] = &[run(TOKEN, 58), Lit("T3BlbkFJ"), run(TOKEN, 58)];
/// The end of GitLab's routable tokens.
const ROUTABLE: &[Part] = &[Run(TOKEN, 27, 300), Lit("."), run(SMALL, 9)];
const TEAMS_HOOK: &[Part] =
    &[run(SMALL, 32), Lit("/"), run(SMALL, 8), TEAMS_4, TEAMS_4, TEAMS_4, Lit("-"), run(SMALL, 12)];
const TEAMS_4: Part = All(&[Lit("-"), run(SMALL, 4)]);

/// The kinds that may begin with a byte.
pub(super) fn beginning(byte: u8) -> &'static [Prefixed] {
    let range = FIRST.get(usize::from(byte)).copied().unwrap_or((0, 0));
    TABLE.get(usize::from(range.0)..usize::from(range.1)).unwrap_or(&[])
}

static FIRST: [(u16, u16); 128] = first();

/// From where to where in the table each first byte is.
#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
const fn first() -> [(u16, u16); 128] {
    let mut ranges = [(0, 0); 128];
    let mut at = 0;
    while at < TABLE.len() {
        let byte = TABLE[at].lead.as_bytes()[0] as usize;
        if ranges[byte].1 == 0 {
            ranges[byte].0 = at as u16;
        }
        at += 1;
        ranges[byte].1 = at as u16;
    }
    ranges
}

/// By first byte; of those that begin alike the more specific stands first.
const TABLE: &[Prefixed] = &[
    p("4b1d", &[run(ALNUM, 38)], 30, &CLICKHOUSE),
    p(
        "A3-",
        &[run(CAPITALS, 6), Lit("-"), run(CAPITALS, 11), Lit("-"), FIVE, FIVE, run(CAPITALS, 5)],
        36,
        &ONEPASSWORD,
    ),
    p(
        "A3-",
        &[run(CAPITALS, 6), Lit("-"), run(CAPITALS, 6), Lit("-"), FIVE, FIVE, FIVE, run(CAPITALS, 5)],
        36,
        &ONEPASSWORD,
    ),
    p("A3T", &[run(CAPITALS, 1), run(BASE32, 16)], 30, &AWS),
    p("ABIA", &[run(BASE32, 16)], 30, &AWS),
    p("ABSK", &[Run(BASE64, 109, 269), Run(PADS, 0, 2)], 30, &AWS),
    p("ACCA", &[run(BASE32, 16)], 30, &AWS),
    p("AGE-SECRET-KEY-1", &[run(CAPITALS, 58)], 0, &AGE),
    p("AIza", &[run(TOKEN, 35)], 40, &GCP),
    p("AKCp", &[run(ALNUM, 69)], 45, &JFROG),
    p("AKIA", &[run(BASE32, 16)], 30, &AWS),
    p("AKID", &[run(ALNUM, 32)], 35, &TENCENT),
    p("API-", &[run(CAPITALS, 26)], 30, &OCTOPUS_DEPLOY),
    p("AQVN", &[Run(TOKEN, 35, 38)], 35, &YANDEX),
    p("ASIA", &[run(BASE32, 16)], 30, &AWS),
    p("ATATT3", &[run(TOKEN_EQ, 186)], 35, &ATLASSIAN),
    p("ATBB", &[run(ALNUM, 32)], 35, &BITBUCKET),
    p("ATCTT3", &[Run(TOKEN_EQ, 180, 192)], 35, &ATLASSIAN),
    p("CCIPAT_", &[Run(ALNUM, 22, 22), Lit("_"), run(HEX, 40)], 35, &CIRCLECI),
    p("CFPAT-", &[run(TOKEN, 43)], 35, &CONTENTFUL),
    p("CLOJARS_", &[run(SMALL, 60)], 20, &CLOJARS),
    p("EAAA", &[Run(TOKEN, 22, 60)], 25, &SQUARE),
    p("EAA", &[OneOf(&["M", "C"]), Run(ALNUM, 100, LONGEST)], 40, &FACEBOOK),
    p("EZAK", &[run(ALNUM, 54)], 30, &EASYPOST),
    p("EZTK", &[run(ALNUM, 54)], 30, &EASYPOST),
    p("FLWPUBK_TEST-", &[run(HEX_H, 32), Lit("-X")], 20, &FLUTTERWAVE),
    p("FLWSECK_TEST-", &[run(HEX_H, 32), Lit("-X")], 20, &FLUTTERWAVE),
    p("FLWSECK_TEST-", &[run(HEX_H, 12)], 20, &FLUTTERWAVE),
    p("FLWSECK-", &[run(HEX_H, 32), Lit("-"), Run(ALNUM, 1, 20), Lit("-X")], 20, &FLUTTERWAVE),
    p("GOCSPX-", &[run(TOKEN, 28)], 35, &GCP),
    p("GR1348941", &[run(TOKEN, 20)], 30, &GITLAB),
    p("HRKU-AA", &[run(TOKEN, 58)], 40, &HEROKU),
    p("IncomingWebhook/", TEAMS_HOOK, 30, &TEAMS),
    p("LTAI", &[run(ALNUM, 20)], 30, &ALIBABA),
    p("NRAK-", &[run(ALNUM, 27)], 30, &NEWRELIC),
    p("NRII-", &[Run(TOKEN, 32, 32)], 30, &NEWRELIC),
    p("NRJS-", &[run(HEX, 19)], 25, &NEWRELIC),
    p("PMAK-", &[run(HEX_ANY, 24), Lit("-"), run(HEX_ANY, 34)], 30, &POSTMAN),
    p("SG.", &[run(TOKEN_DOT, 66)], 30, &SENDGRID),
    p("SK", &[run(HEX_ANY, 32)], 30, &TWILIO),
    p("api_org_", &[run(ALNUM, 34)], 30, &HUGGINGFACE),
    p("bedrock-api-key-", &[Lit("YmVkcm9jay5hbWF6b25hd3MuY29t"), Run(BASE64_ANY, 0, LONGEST)], 30, &AWS),
    p("bkua_", &[run(HEX, 40)], 30, &BUILDKITE),
    p("cfat_", &[run(TOKEN, 40), run(HEX, 8)], 30, &CLOUDFLARE),
    p("cfk_", &[run(TOKEN, 40), run(HEX, 8)], 30, &CLOUDFLARE),
    p("cfut_", &[run(TOKEN, 40), run(HEX, 8)], 30, &CLOUDFLARE),
    p("cmVmd", &[run(ALNUM, 59)], 45, &JFROG),
    p("csk-", &[run(ALNUM, 48)], 40, &CEREBRAS),
    p("dapi", &[run(HEX, 32), Lit("-"), run(DIGITS, 1)], 30, &DATABRICKS),
    p("dapi", &[run(HEX, 32)], 30, &DATABRICKS),
    p("dckr_oat_", &[Run(TOKEN, 27, 40)], 35, &DOCKER),
    p("dckr_pat_", &[run(TOKEN, 27)], 35, &DOCKER),
    p("discord.com/api/webhooks/", &[Run(DIGITS, 17, 20), Lit("/"), run(TOKEN, 68)], 35, &DISCORD),
    p("discordapp.com/api/webhooks/", &[Run(DIGITS, 17, 20), Lit("/"), run(TOKEN, 68)], 35, &DISCORD),
    p("dnkey-", &[run(TOKEN_EQ, 26), Lit("-"), run(TOKEN_EQ, 52)], 30, &DEFINED_NETWORKING),
    p("doo_v1_", &[run(HEX, 64)], 30, &DIGITALOCEAN),
    p("dop_v1_", &[run(HEX, 64)], 30, &DIGITALOCEAN),
    p("dor_v1_", &[run(HEX_ANY, 64)], 30, &DIGITALOCEAN),
    p("dp.", &[OneOf(&["pt", "st", "ct", "sa", "scim", "audit"]), Lit("."), run(ALNUM, 43)], 20, &DOPPLER),
    p("dp.st.", &[Run(TOKEN, 2, 35), Lit("."), run(ALNUM, 43)], 20, &DOPPLER),
    p("dt0c01.", &[run(ALNUM, 24), Lit("."), run(ALNUM, 64)], 40, &DYNATRACE),
    p("duffel_", &[OneOf(&["test_", "live_"]), run(TOKEN_EQ, 43)], 20, &DUFFEL),
    p("e2b_", &[run(HEX, 40)], 30, &E2B),
    p("eyJrIjoi", &[Run(ALNUM, 70, 400), Run(PADS, 0, 3)], 30, &GRAFANA),
    p("fc-", &[run(HEX, 32)], 30, &FIRECRAWL),
    p("figd_", &[Run(TOKEN, 40, 44)], 35, &FIGMA),
    p("fio-u-", &[run(TOKEN_EQ, 64)], 30, &FRAMEIO),
    p("fm1a_", &[Run(BASE64, 100, LONGEST), Run(PADS, 0, 3)], 40, &FLYIO),
    p("fm1r_", &[Run(BASE64, 100, LONGEST), Run(PADS, 0, 3)], 40, &FLYIO),
    p("fm2_", &[Run(BASE64, 100, LONGEST), Run(PADS, 0, 3)], 40, &FLYIO),
    p("fo1_", &[run(TOKEN, 43)], 40, &FLYIO),
    checked("gho_", &GITHUB),
    checked("ghp_", &GITHUB),
    checked("ghr_", &GITHUB),
    checked("ghs_", &GITHUB),
    checked("ghu_", &GITHUB),
    p("github_pat_", &[run(WORD, 82)], 30, &GITHUB),
    p("glagent-", &[run(TOKEN, 50)], 30, &GITLAB),
    p("glc_", &[Run(BASE64, 32, 400), Run(PADS, 0, 3)], 30, &GRAFANA),
    p("glcbt-", &[Run(ALNUM, 1, 5), Lit("_"), run(TOKEN, 20)], 30, &GITLAB),
    p("gldt-", &[run(TOKEN, 20)], 30, &GITLAB),
    p("glffct-", &[run(TOKEN, 20)], 30, &GITLAB),
    p("glft-", &[run(TOKEN, 20)], 30, &GITLAB),
    p("glimt-", &[run(TOKEN, 25)], 30, &GITLAB),
    p("gloas-", &[run(TOKEN, 64)], 30, &GITLAB),
    p("glpat-", ROUTABLE, 40, &GITLAB),
    p("glpat-", &[run(TOKEN, 20)], 30, &GITLAB),
    p("glptt-", &[run(HEX, 40)], 30, &GITLAB),
    p("glrt-t", &[run(DIGITS, 1), Lit("_"), Run(TOKEN, 27, 300), Lit("."), run(SMALL, 9)], 40, &GITLAB),
    p("glrt-", &[run(TOKEN, 20)], 30, &GITLAB),
    p("glsa_", &[run(ALNUM, 32), Lit("_"), run(HEX_ANY, 8)], 30, &GRAFANA),
    p("glsoat-", &[run(TOKEN, 20)], 30, &GITLAB),
    p("gsk_", &[run(ALNUM, 52)], 40, &GROQ),
    p("hcaik_", &[Run(SMALL, 56, 62)], 40, &HONEYCOMB),
    p("hf_", &[run(ALNUM, 34)], 30, &HUGGINGFACE),
    p(
        "hooks.slack.com/",
        &[OneOf(&["services/", "workflows/", "triggers/"]), Run(BASE64, 43, 80)],
        25,
        &SLACK,
    ),
    p("hvb.", &[Run(TOKEN, 138, 300)], 40, &VAULT),
    p("hvs.", &[Run(TOKEN, 90, 120)], 35, &VAULT),
    p("ico-", &[run(ALNUM, 32)], 30, &INFRACOST),
    p("jina_", &[run(HEX, 32), run(TOKEN, 28)], 40, &JINA),
    p("lin_api_", &[run(ALNUM, 40)], 20, &LINEAR),
    p("lin_oauth_", &[run(HEX, 64)], 20, &LINEAR),
    p("llx-", &[Run(ALNUM, 46, 50)], 40, &LLAMAINDEX),
    p("lsv2_", &[OneOf(&["pt_", "sk_"]), run(HEX, 32), Lit("_"), run(HEX, 10)], 30, &LANGSMITH),
    p("napi_", &[run(SMALL, 64)], 40, &NEON),
    p("nfp_", &[run(ALNUM, 36)], 35, &NETLIFY),
    checked("npm_", &NPM),
    p("ntn_", &[run(DIGITS, 11), run(ALNUM, 35)], 40, &NOTION),
    p("nvapi-", &[run(TOKEN, 64)], 40, &NVIDIA),
    p("ops_eyJ", &[Run(BASE64, 250, LONGEST), Run(PADS, 0, 3)], 40, &ONEPASSWORD),
    p("oy2", &[run(SMALL, 43)], 35, &NUGET),
    p("p8e-", &[run(ALNUM, 32)], 20, &ADOBE),
    p("pat-", &[OneOf(&["na1-", "na2-", "eu1-"]), All(UUID)], 30, &HUBSPOT),
    p("pat.", &[run(TOKEN, 22), Lit("."), run(ALNUM, 24), Lit("."), run(ALNUM, 20)], 30, &HARNESS),
    p("pat", &[run(ALNUM, 14), Lit("."), run(HEX, 64)], 30, &AIRTABLE),
    p("pcsk_", &[Run(WORD, 60, 80)], 40, &PINECONE),
    p("phx_", &[Run(ALNUM, 40, 50)], 35, &POSTHOG),
    p("pk_", &[Run(DIGITS, 6, 9), Lit("_"), run(CAPITALS, 32)], 35, &CLICKUP),
    p("pnu_", &[run(ALNUM, 36)], 20, &PREFECT),
    p("pplx-", &[run(ALNUM, 48)], 40, &PERPLEXITY),
    p("pscale_oauth_", &[Run(TOKEN_DOT, 32, 64)], 30, &PLANETSCALE),
    p("pscale_pw_", &[Run(TOKEN_DOT, 32, 64)], 30, &PLANETSCALE),
    p("pscale_tkn_", &[Run(TOKEN_DOT, 32, 64)], 30, &PLANETSCALE),
    p("pul-", &[run(HEX, 40)], 25, &PULUMI),
    p("pypi-AgEIcHlwaS5vcmc", &[Run(TOKEN, 50, 1000)], 30, &PYPI),
    p("r8_", &[run(ALNUM, 37)], 40, &REPLICATE),
    p("rdme_", &[run(SMALL, 70)], 25, &README),
    p("re_", &[run(ALNUM, 8), Lit("_"), run(ALNUM, 24)], 35, &RESEND),
    p("rk_", &[OneOf(&["test_", "live_", "prod_"]), Run(ALNUM, 10, 99)], 30, &STRIPE),
    p("rnd_", &[Run(ALNUM, 28, 32)], 35, &RENDER),
    p("rubygems_", &[run(HEX, 48)], 25, &RUBYGEMS),
    p("s-s4t2", &[OneOf(&["ud-", "af-"]), run(HEX_ANY, 64)], 30, &INTRA42),
    p("s.", &[run(ALNUM, 24)], 35, &VAULT),
    p("sat.", &[run(TOKEN, 22), Lit("."), run(ALNUM, 24), Lit("."), run(ALNUM, 20)], 30, &HARNESS),
    p("sbp_", &[run(HEX, 40)], 30, &SUPABASE),
    p("sb_secret_", &[Run(TOKEN, 31, 45)], 30, &SUPABASE),
    p("sha256~", &[run(TOKEN, 43)], 35, &OPENSHIFT),
    p("shippo_", &[OneOf(&["live_", "test_"]), run(HEX_ANY, 40)], 25, &SHIPPO),
    p("shpat_", &[run(HEX_ANY, 32)], 25, &SHOPIFY),
    p("shpca_", &[run(HEX_ANY, 32)], 25, &SHOPIFY),
    p("shppa_", &[run(HEX_ANY, 32)], 25, &SHOPIFY),
    p("shpss_", &[run(HEX_ANY, 32)], 25, &SHOPIFY),
    p("sk-", &[run(HEX, 32)], 30, &DEEPSEEK),
    p("sk-admin-", OPENAI_LONG, 30, &OPENAI),
    p("sk-admin-", OPENAI_SHORT, 30, &OPENAI),
    p(
        "sk-ant-",
        &[OneOf(&["api", "admin", "oat"]), run(DIGITS, 2), Lit("-"), run(TOKEN, 93), Lit("AA")],
        30,
        &ANTHROPIC,
    ),
    p("sk-lf-", UUID, 30, &LANGFUSE),
    p("sk-or-v1-", &[run(HEX, 64)], 30, &OPENROUTER),
    p("sk-proj-", OPENAI_LONG, 30, &OPENAI),
    p("sk-proj-", OPENAI_SHORT, 30, &OPENAI),
    p("sk-proj-", &[Run(TOKEN, 40, 200)], 40, &OPENAI),
    p("sk-svcacct-", OPENAI_LONG, 30, &OPENAI),
    p("sk-svcacct-", OPENAI_SHORT, 30, &OPENAI),
    p("sk-svcacct-", &[Run(TOKEN, 40, 200)], 40, &OPENAI),
    p("sk-", &[run(ALNUM, 20), Lit("T3BlbkFJ"), run(ALNUM, 20)], 30, &OPENAI),
    p("sk_", &[OneOf(&["test_", "live_", "prod_"]), Run(ALNUM, 10, 99)], 30, &STRIPE),
    p("sk_", &[run(HEX, 48)], 30, &ELEVENLABS),
    p("sl.", &[Run(TOKEN_EQ, 130, 152)], 40, &DROPBOX),
    p("sm_aat_", &[run(ALNUM, 16)], 30, &SETTLEMINT),
    p("sm_pat_", &[run(ALNUM, 16)], 30, &SETTLEMINT),
    p("sm_sat_", &[run(ALNUM, 16)], 30, &SETTLEMINT),
    p("sntrys_eyJ", &[Run(BASE64, 40, 400), Run(PADS, 0, 2), Lit("_"), run(BASE64, 43)], 40, &SENTRY),
    p("sntryu_", &[run(HEX, 64)], 35, &SENTRY),
    p("sq0atp-", &[Run(TOKEN, 22, 60)], 30, &SQUARE),
    p("sq0csp-", &[Run(TOKEN, 40, 45)], 30, &SQUARE),
    p("sgp_", &[run(HEX_ANY, 16), Lit("_"), run(HEX_ANY, 40)], 30, &SOURCEGRAPH),
    p("sgp_local_", &[run(HEX_ANY, 40)], 30, &SOURCEGRAPH),
    p("sgp_", &[run(HEX_ANY, 40)], 30, &SOURCEGRAPH),
    p("squ_", &[run(HEX, 40)], 30, &SONAR),
    p("sqp_", &[run(HEX, 40)], 30, &SONAR),
    p("sqa_", &[run(HEX, 40)], 30, &SONAR),
    p("t1.", &[Run(TOKEN_EQ, 1, 2000), Lit("."), run(TOKEN, 86), Run(PADS, 0, 2)], 40, &YANDEX),
    p("tfp_", &[run(TOKEN_DOT, 59)], 30, &TYPEFORM),
    p("tk-us-", &[run(TOKEN, 48)], 20, &SCALINGO),
    p(
        "tskey-",
        &[
            OneOf(&["auth-", "api-", "client-", "scim-", "webhook-"]),
            Run(ALNUM, 10, 20),
            Lit("-"),
            Run(ALNUM, 20, 40),
        ],
        30,
        &TAILSCALE,
    ),
    p("tvly-", &[OneOf(&["dev-", "prod-", ""]), Run(ALNUM, 32, 32)], 35, &TAVILY),
    p("v1.0-", &[run(HEX, 24), Lit("-"), run(HEX, 146)], 20, &CLOUDFLARE),
    p("whsec_", &[Run(BASE64_ANY, 32, 60)], 35, &STRIPE),
    p("xaat-", UUID, 30, &AXIOM),
    p("xai-", &[run(ALNUM, 80)], 40, &XAI),
    p(
        "xapp-",
        &[
            run(DIGITS, 1),
            Lit("-"),
            Run(ALNUM, 8, 14),
            Lit("-"),
            Run(DIGITS, 8, 15),
            Lit("-"),
            Run(ALNUM, 20, 80),
        ],
        20,
        &SLACK,
    ),
    p("xkeysib-", &[run(HEX, 64), Lit("-"), run(ALNUM, 16)], 25, &SENDINBLUE),
    p("xoxc-", &[SLACK_ID, SLACK_ID, SLACK_ID, run(HEX, 64)], 25, &SLACK),
    p("xsmtpsib-", &[run(HEX, 64), Lit("-"), run(ALNUM, 16)], 25, &SENDINBLUE),
    p("xoxa-", &[Run(DIGITS, 1, 13), Lit("-"), Run(TOKEN, 8, 80)], 25, &SLACK),
    p("xoxa-", &[Run(ALNUM, 8, 48)], 30, &SLACK),
    p("xoxb-", &[Run(DIGITS, 10, 13), Lit("-"), Run(DIGITS, 10, 13), Run(TOKEN, 0, 60)], 30, &SLACK),
    p("xoxb-", &[Run(DIGITS, 8, 14), Lit("-"), Run(ALNUM, 18, 26)], 25, &SLACK),
    p("xoxe.xox", &[OneOf(&["b-", "p-"]), run(DIGITS, 1), Lit("-"), Run(ALNUM, 163, 166)], 25, &SLACK),
    p("xoxe-", &[run(DIGITS, 1), Lit("-"), run(ALNUM, 146)], 25, &SLACK),
    p("xoxe-", &[SLACK_ID, SLACK_ID, SLACK_ID, Run(TOKEN, 28, 34)], 25, &SLACK),
    p("xoxo-", &[SLACK_ANY, SLACK_ANY, SLACK_ANY, Run(HEX_ANY, 8, 64)], 20, &SLACK),
    p("xoxp-", &[SLACK_ID, SLACK_ID, SLACK_ID, Run(TOKEN, 28, 34)], 25, &SLACK),
    p("xoxr-", &[Run(DIGITS, 1, 13), Lit("-"), Run(TOKEN, 8, 80)], 25, &SLACK),
    p("xoxr-", &[Run(ALNUM, 8, 48)], 30, &SLACK),
    p("xoxs-", &[SLACK_ANY, SLACK_ANY, SLACK_ANY, Run(HEX_ANY, 8, 64)], 20, &SLACK),
    p("ya29.", &[Run(TOKEN, 40, 400)], 40, &GCP),
];

/// Azure's client secrets have their mark in the fourth and fifth place: `abc8Q~...`.
pub(super) const AZURE_CLIENT: &[Part] = &[run(TILDES, 3), run(DIGITS, 1), Lit("Q~"), Run(TILDES, 31, 34)];
/// Terraform Cloud's in the middle.
pub(super) const TERRAFORM: &[Part] = &[run(ALNUM, 14), Lit(".atlasv1."), Run(TOKEN_EQ, 60, 70)];
/// MaxMind's at the end.
pub(super) const MAXMIND_KEY: &[Part] = &[run(ALNUM, 6), Lit("_"), run(ALNUM, 29), Lit("_mmk")];
/// Authress: an account, a key, its access and the key itself.
pub(super) const AUTHRESS_KEY: &[Part] = &[
    OneOf(&["scauth_", "authress_", "sc_", "ext_"]),
    Run(SMALL, 5, 30),
    Lit("."),
    Run(SMALL, 4, 6),
    Lit(".acc"),
    OneOf(&["_", "-"]),
    Run(LOWER | UPPER | TOKEN, 10, 32),
    Lit("."),
    Run(BASE64_ANY, 30, 120),
];
/// An app's token of Facebook: its number and a code.
pub(super) const FACEBOOK_APP: &[Part] = &[Run(DIGITS, 15, 16), Lit("|"), Run(TOKEN, 27, 40)];
/// A bot of Discord: its number in base64, a time, a code.
pub(super) const DISCORD_BOT: &[Part] =
    &[Run(TOKEN, 23, 28), Lit("."), run(TOKEN, 6), Lit("."), Run(TOKEN, 27, 40)];
/// A bot of Telegram: its number and a code.
pub(super) const TELEGRAM_BOT: &[Part] = &[Run(DIGITS, 8, 10), Lit(":A"), run(TOKEN, 34)];

/// Every kind.
#[cfg(test)]
pub(super) fn all() -> &'static [Prefixed] {
    TABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_first_byte_has_one_range() {
        for row in TABLE {
            let first = row.lead.as_bytes()[0];
            let of_byte = beginning(first);
            assert!(of_byte.iter().any(|other| other.lead == row.lead), "{}", row.lead);
            assert!(of_byte.iter().all(|other| other.lead.as_bytes()[0] == first), "{}", row.lead);
        }
        assert!(beginning(b'@').is_empty() && beginning(200).is_empty());
    }
}
