//! 2025-03-26 batches: several messages in one body, charged and answered together.

use super::admission;
use super::legacy;
use super::scene::Scene;
use super::serve::{Due, fail, one};
use crate::arrival::Head;
use crate::error::Refusal;
use crate::limits;
use crate::mcp::envelope::{Message, Request};
use crate::mcp::era::{self, Invalid};
use crate::mcp::json::{Json, Node};
use crate::mcp::revisions::{Era, Revision};
use crate::platform::Platform;
use crate::reply::{Answer, Item, Reply};
use crate::stage::audit::Trail;
use futures_util::StreamExt;
use futures_util::future::join_all;

/// A 2025-03-26 batch: several messages, answered together. Later revisions refuse arrays.
pub(crate) async fn answer<P: Platform>(
    scene: &Scene<P>,
    head: &Head,
    json: &Json<'_>,
    trail: Trail<P>,
) -> Reply {
    if let Err(refusal) = legacy::may_batch(scene, head).await {
        return Reply::of(fail(scene, trail, None, Revision::V2026_07_28, &refusal.into()));
    }
    let nodes: Vec<Node> = json.elements(json.root()).take(limits::BATCH_MESSAGES + 1).collect();
    if nodes.is_empty() || nodes.len() > limits::BATCH_MESSAGES {
        let why = Refusal::InvalidRequest("a batch has 1 to 32 messages");
        return Reply::of(fail(scene, trail, None, Revision::V2025_03_26, &why.into()));
    }
    // What cannot be read is answered in its place; the others decide whether they may stand together.
    let messages: Vec<Message> = nodes.iter().filter_map(|node| Message::read(json, *node).ok()).collect();
    if !messages.is_empty()
        && let Err(Invalid::Request(why)) = era::classify_batch(&head.headers, &messages, json)
    {
        let why = Refusal::InvalidRequest(why).into();
        return Reply::of(fail(scene, trail, None, Revision::V2025_03_26, &why));
    }
    // An array of N counts N, and is charged as a whole.
    let requests = messages.iter().filter_map(|message| match message {
        Message::Request(request) if !admission::is_free(request.method, Era::Legacy) => Some(*request),
        _ => None,
    });
    let requests: Vec<Request> = requests.collect();
    let mut charged = match admission::admit_all(scene, head, json, &requests).await {
        Ok(admitted) => requests.iter().zip(admitted).map(|(request, one)| (request.id, Ok(one))).collect(),
        Err(error) => requests.iter().map(|request| (request.id, Err(error.clone()))).collect::<Vec<_>>(),
    };
    let mut due = |node: Node| {
        let Ok(Message::Request(request)) = Message::read(json, node) else { return Due::Now };
        let at = charged.iter().position(|(id, _)| *id == request.id);
        at.map_or(Due::Now, |at| Due::Paid(Box::new(charged.swap_remove(at).1)))
    };
    let answers =
        nodes.into_iter().map(|node| Box::pin(one(scene, head, json, node, due(node), trail.fork())));
    let answers = join_all(answers.collect::<Vec<_>>()).await;
    trail.skip();
    let mut messages = Vec::new();
    let mut streamed = false;
    for answer in answers {
        match answer {
            Answer::Accepted => {}
            Answer::Message(_, text) | Answer::Failed(_, text, _) | Answer::Opened(text, _) => {
                messages.push(text);
            }
            Answer::Stream(mut stream) => {
                streamed = true;
                while let Some(item) = stream.next().await {
                    if let Item::Message(text) = item {
                        messages.push(text);
                    }
                }
            }
        }
    }
    if messages.is_empty() {
        Reply::empty(202)
    } else if streamed {
        // Notifications have no place in an array of responses.
        Reply::events(Box::pin(futures_util::stream::iter(messages.into_iter().map(Item::Message))))
    } else {
        Reply::json(200, format!("[{}]", messages.join(",")))
    }
}
