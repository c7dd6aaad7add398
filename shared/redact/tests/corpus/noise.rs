//! What only looks like a value.

use crate::rng::Rng;

/// A label, a field name and what is written after it.
pub struct Noise {
    pub label: &'static str,
    pub key: &'static str,
    pub text: String,
}

/// Patterns as `Rng::fill` takes them.
const NOISE: &[(&str, &str, &str)] = &[
    ("Order", "order_id", "##########"),
    ("order no.", "orderNumber", "SO-########"),
    ("Order number", "order_number", "#########"),
    ("SKU", "sku", "^^^-####-^^"),
    ("SKU", "sku", "########"),
    ("Tracking", "tracking_number", "1Z!!!!!!##########"),
    ("tracking no.", "tracking", "############"),
    ("version", "version", "#.##.#"),
    ("build", "build", "20##.#.#.####"),
    ("request", "request_id", "%%%%%%%%-%%%%-4%%%-a%%%-%%%%%%%%%%%%"),
    ("UUID", "uuid", "%%%%%%%%-%%%%-4%%%-9%%%-%%%%%%%%%%%%"),
    ("commit", "commit", "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"),
    ("commit", "sha", "%%%%%%%"),
    ("created", "created_at", "2026-0#-1#T1#:2#:3#Z"),
    ("at", "timestamp", "2026-0#-2# 1#:4#:0#.###"),
    ("epoch", "epoch", "17########"),
    ("updated", "updated_ms", "17###########"),
    ("score", "score", "0.################"),
    ("rate", "rate", "1.#########"),
    ("ISBN", "isbn", "978-3-16-######-#"),
    ("ISBN", "isbn", "97#014######"),
    ("ticket", "ticket_id", "INC########"),
    ("Ticket", "ticket", "#######"),
    ("checksum", "md5", "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"),
    ("ETag", "etag", "W/\"%%%%%%%%%%%%%%%%\""),
    ("cursor", "next_cursor", "eyJvZmZzZXQiOj######0="),
    ("blob", "thumbnail", "iVBORw0KGgo$$$$$$$$$$$$$$$$$$$$$$$$$$"),
    ("price", "price", "###.##"),
    ("Total", "total_cents", "1######"),
    ("amount", "amount", "1,2##,###.##"),
    ("position", "location", "48.######, 11.######"),
    ("lat", "latitude", "52.######"),
    ("thread", "thread", "pool-#-thread-##"),
    ("trace", "trace_id", "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"),
    ("span", "span_id", "%%%%%%%%%%%%%%%%"),
    ("Part", "part_number", "^^####-##^"),
    ("part no", "partNo", "A###-###-###"),
    ("Invoice", "invoice_id", "INV-2026-#####"),
    ("invoice no", "invoiceNumber", "#########"),
    ("Serial", "serial_number", "^##^####^##"),
    ("batch", "batch", "############"),
    ("EAN", "ean", "40############"),
    ("customer", "customer_id", "cus_$$$$$$$$$$$$$$"),
    ("id", "id", "########"),
    ("size", "bytes", "########"),
    ("duration", "duration_ms", "####"),
    ("range", "range", "1000-2999"),
    ("ratio", "ratio", "##/##/##"),
    ("transaction", "transaction_id", "##########"),
    ("room", "room", "#-###"),
    ("color", "color", "0x%%%%%%"),
    ("port", "port", "localhost:#####"),
    ("PO", "po_number", "45########"),
    ("lot", "lot", "^#######"),
];

/// Lines that are themselves.
const LINES: &[&str] = &[
    "The meeting is moved to Thursday, room ##, at 1#:30.",
    "We shipped #### units in Q# 2026, up ##.# percent on the year.",
    "GET /v#/items/######?page=#&limit=### 200 ####ms",
    "Please see section #.#.# of the manual, pages ###-###.",
    "Deployed release v#.##.# to eu-central-1 in ## s.",
    "[worker-##] processed ##### rows, ### skipped",
    "WARN pool-#-thread-## queue depth ##### exceeds ####",
    "The sensor reported ##.#### at 2026-0#-1# 0#:1#.",
    "Model XR-#### replaces XR-#### from lot ###### on.",
    "node_modules/left-pad@1.#.# sha512-$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$",
    "See https://example.com/issues/#####?ref=%%%%%%%%",
    "at com.acme.Service.run(Service.java:###)",
    "Column A-###, shelf ##-##-##.",
    "Measured 1#.### +- 0.0## mm over ### samples",
];

pub fn noise(rng: &mut Rng) -> Noise {
    let (label, key, pattern) = *rng.pick(NOISE);
    Noise { label, key, text: rng.fill(pattern) }
}

pub fn line(rng: &mut Rng) -> String {
    let pattern = *rng.pick(LINES);
    rng.fill(pattern)
}
