//! The analyzer of Presidio (2.2, `POST /analyze`). Its findings are in code points, as Python counts; what is done with
//! them is ours, so that its anonymizer is not needed.

use super::{Adapter, Asked, Reading, hundredths, parse};
use crate::dlp::Why;
use crate::dlp::cut::Size;
use crate::dlp::span::{Found, Unit};
use crate::dlp::wire::Question;
use serde::Deserialize;
use serde_json::json;

/// Largest text of one request, in code points: spaCy takes a million, which would take it minutes.
const TEXT_POINTS: usize = 100_000;

pub(super) struct Presidio<'a> {
    pub language: &'a str,
    pub score: u8,
}

#[derive(Deserialize)]
struct Item {
    entity_type: String,
    start: usize,
    end: usize,
    score: Option<f64>,
}

impl Adapter for Presidio<'_> {
    fn size(&self) -> Size {
        Size::Points(TEXT_POINTS)
    }

    fn question(&self, asked: &Asked<'_>, texts: &[&str]) -> Question {
        let mut body = json!({
            "text": texts.first().copied().unwrap_or_default(),
            "language": self.language,
            "score_threshold": f64::from(self.score) / 100.0,
            "correlation_id": asked.about.request,
        });
        if !asked.dlp.types.is_empty()
            && let Some(body) = body.as_object_mut()
        {
            body.insert("entities".to_owned(), asked.dlp.types.clone().into());
        }
        let url = format!("{}/analyze", asked.dlp.url);
        Question { url, headers: Vec::new(), body: body.to_string() }
    }

    fn read(&self, body: &[u8], _texts: &[&str]) -> Result<(Reading, Unit), Why> {
        let items: Vec<Item> = parse(body)?;
        let found = |item: Item| {
            let score = hundredths(item.score);
            (score >= self.score).then_some(Found {
                start: item.start,
                end: item.end,
                kind: item.entity_type,
                score,
            })
        };
        Ok((Reading::Found(vec![items.into_iter().filter_map(found).collect()]), Unit::Point))
    }
}
