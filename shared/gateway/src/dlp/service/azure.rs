//! Azure AI Language (2024-11-01, `POST /language/:analyze-text`, kind `PiiEntityRecognition`). Asked to count code
//! points, and not to log texts.

use super::{Adapter, Asked, Reading, hundredths, parse};
use crate::dlp::Why;
use crate::dlp::cut::Size;
use crate::dlp::span::{Found, Unit};
use crate::dlp::wire::Question;
use serde::Deserialize;
use serde_json::{Value, json};

/// The version of the interface.
const VERSION: &str = "2024-11-01";
/// Largest document and most documents of a synchronous request ("Service limits"). The service counts text elements,
/// of which there are never more than code points.
const DOCUMENT_POINTS: usize = 5_120;
const DOCUMENTS: usize = 5;

pub(super) struct Azure<'a> {
    pub language: &'a str,
    pub score: u8,
}

#[derive(Deserialize)]
struct Answer {
    results: Results,
}

#[derive(Deserialize)]
struct Results {
    documents: Vec<Document>,
    #[serde(default)]
    errors: Vec<Value>,
}

#[derive(Deserialize)]
struct Document {
    id: String,
    entities: Vec<Entity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entity {
    category: String,
    offset: usize,
    length: usize,
    confidence_score: Option<f64>,
}

impl Adapter for Azure<'_> {
    fn size(&self) -> Size {
        Size::Points(DOCUMENT_POINTS)
    }

    fn texts(&self) -> usize {
        DOCUMENTS
    }

    fn question(&self, asked: &Asked<'_>, texts: &[&str]) -> Question {
        let document = |(id, text): (usize, &&str)| json!({ "id": id.to_string(), "language": self.language, "text": text });
        let documents: Vec<Value> = texts.iter().enumerate().map(document).collect();
        let mut parameters =
            json!({ "modelVersion": "latest", "stringIndexType": "UnicodeCodePoint", "loggingOptOut": true });
        if !asked.dlp.types.is_empty()
            && let Some(parameters) = parameters.as_object_mut()
        {
            parameters.insert("piiCategories".to_owned(), asked.dlp.types.clone().into());
        }
        let body = json!({
            "kind": "PiiEntityRecognition",
            "parameters": parameters,
            "analysisInput": { "documents": documents },
        });
        let url = format!("{}/language/:analyze-text?api-version={VERSION}", asked.dlp.url);
        Question { url, headers: Vec::new(), body: body.to_string() }
    }

    /// Documents come back by their ids, in any order.
    fn read(&self, body: &[u8], texts: &[&str]) -> Result<(Reading, Unit), Why> {
        let mut results = parse::<Answer>(body)?.results;
        if !results.errors.is_empty() {
            return Err(Why::Incomplete);
        }
        let mut found = Vec::new();
        for id in 0..texts.len() {
            let wanted = id.to_string();
            let at = results.documents.iter().position(|document| document.id == wanted);
            let document = results.documents.swap_remove(at.ok_or(Why::Malformed)?);
            found.push(document.entities.into_iter().filter_map(|entity| self.found(entity)).collect());
        }
        Ok((Reading::Found(found), Unit::Point))
    }
}

impl Azure<'_> {
    fn found(&self, entity: Entity) -> Option<Found> {
        let score = hundredths(entity.confidence_score);
        let end = entity.offset.saturating_add(entity.length);
        (score >= self.score).then_some(Found { start: entity.offset, end, kind: entity.category, score })
    }
}
