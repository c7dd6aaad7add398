//! A legacy upstream that cannot go on before the user has visited a page (MCP 2025-11-25, URL mode elicitation: error
//! -32042), in front of a modern client: it is asked to open the page, and calls again. Nothing has to be kept for that: the
//! upstream knows the user by the page's own means.

use super::SERVER_INFO;
use crate::error::Refusal;
use crate::limits;
use crate::mcp::envelope::Request;
use crate::mcp::json::{Json, Node, Raw, quote};
use crate::mcp::revisions::meta;

/// The code of the error.
pub(crate) const URL_ELICITATION_REQUIRED: i64 = -32042;
/// Pages that a client is asked to open at once.
const PAGES: usize = 8;

/// What a request says of questions that it was answered with before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replies {
    /// It is no part of a dialogue.
    None,
    /// It is one.
    Given,
    /// The user declined, or went away.
    Declined,
}

impl Replies {
    /// Those of `request`.
    pub fn of(json: &Json<'_>, request: &Request) -> Self {
        let member = |key| request.params.and_then(|params| json.get(params, key));
        let Some(responses) = member("inputResponses") else {
            return if member("requestState").is_some() { Self::Given } else { Self::None };
        };
        let declined = |answer: Raw<'_>| {
            let action = answer.get("action").and_then(Raw::string);
            matches!(action.as_deref(), Some("decline" | "cancel"))
        };
        if json.value(responses).members().any(|(_, answer)| declined(answer)) {
            Self::Declined
        } else {
            Self::Given
        }
    }
}

/// The `input_required` result that `error` is for a modern client with the capabilities `declared` (raw JSON). `None` when
/// it says nothing that could be asked: then it is an error like any other. Its pages are such as may be opened.
///
/// # Errors
/// [`Refusal::MissingCapability`] when the client did not declare that it opens pages.
pub(crate) fn asked(json: &Json<'_>, error: Node, declared: &str) -> Result<Option<String>, Refusal> {
    let Some(data) = json.get(error, "data").map(|data| json.value(data)) else { return Ok(None) };
    let mut requests = String::new();
    for page in data.get("elicitations").into_iter().flat_map(Raw::elements).take(PAGES) {
        let member = |key| page.get(key).and_then(Raw::string);
        let (Some(id), Some(_)) = (member("elicitationId"), member("url")) else { continue };
        if member("mode").as_deref() != Some("url") {
            continue;
        }
        if !requests.is_empty() {
            requests.push(',');
        }
        quote(&mut requests, &id);
        requests.push_str(r#":{"method":"elicitation/create","params":"#);
        requests.push_str(page.text());
        requests.push('}');
    }
    if requests.is_empty() {
        return Ok(None);
    }
    if !opens_pages(declared) {
        return Err(Refusal::MissingCapability(r#"{"elicitation":{"url":{}}}"#.to_owned()));
    }
    Ok(Some(format!(
        r#"{{"resultType":"input_required","inputRequests":{{{requests}}},"_meta":{{"{}":{SERVER_INFO}}}}}"#,
        meta::SERVER_INFO
    )))
}

fn opens_pages(declared: &str) -> bool {
    Json::parse(declared.as_bytes(), &limits::REQUEST).is_ok_and(|declared| {
        let elicitation = declared.value(declared.root()).get("elicitation");
        elicitation.is_some_and(|elicitation| elicitation.get("url").is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = r#"{"elicitation":{"url":{}}}"#;

    fn turned(data: &str, declared: &str) -> Result<Option<String>, Refusal> {
        let text = format!(r#"{{"code":-32042,"message":"m"{data}}}"#);
        let json = Json::parse(text.as_bytes(), &limits::RESPONSE).unwrap();
        asked(&json, json.root(), declared)
    }

    #[test]
    fn pages_become_questions() {
        let page = |id: &str, url: &str| {
            format!(r#"{{"mode":"url","elicitationId":"{id}","url":"{url}","message":"Open"}}"#)
        };
        let (one, two) = (page("e-1", "https://a.example/1"), page("e-2", "https://a.example/2"));
        let data = format!(r#","data":{{"elicitations":[{one},{two},{{"mode":"form"}},7]}}"#);
        let result = turned(&data, URL).unwrap().unwrap();
        let wanted = format!(
            r#""inputRequests":{{"e-1":{{"method":"elicitation/create","params":{one}}},"e-2":{{"method":"elicitation/create","params":{two}}}}}"#
        );
        assert!(result.contains(&wanted), "{result}");
        assert!(Json::parse(result.as_bytes(), &limits::RESPONSE).is_ok());
        for declared in ["{}", r#"{"elicitation":{}}"#, r#"{"elicitation":{"form":{}}}"#, "7"] {
            assert_eq!(
                turned(&data, declared),
                Err(Refusal::MissingCapability(URL.to_owned())),
                "{declared}"
            );
        }
    }

    #[test]
    fn what_says_nothing_stays_an_error() {
        for data in [
            "",
            r#","data":7"#,
            r#","data":{"elicitations":[]}"#,
            r#","data":{"elicitations":[{"mode":"url","url":"https://a.example"}]}"#,
        ] {
            assert_eq!(turned(data, URL), Ok(None), "{data}");
        }
    }

    #[test]
    fn is_bounded() {
        let page = |n: usize| format!(r#"{{"mode":"url","elicitationId":"{n}","url":"https://a.example"}}"#);
        let pages: Vec<String> = (0..100).map(page).collect();
        let data = format!(r#","data":{{"elicitations":[{}]}}"#, pages.join(","));
        assert_eq!(turned(&data, URL).unwrap().unwrap().matches("elicitation/create").count(), PAGES);
    }
}
