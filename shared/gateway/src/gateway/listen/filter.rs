//! What a client wants to hear (MCP 2026-07-28, `subscriptions/listen`), and whose it is.

use crate::error::{Error, Refusal};
use crate::gateway::forward::internal;
use crate::gateway::scene::Scene;
use crate::gateway::target::Target;
use crate::gateway::tasks::Task;
use crate::limits;
use crate::mcp::envelope::{Message, Request};
use crate::mcp::json::{Json, Kind, Raw, quote};
use crate::mcp::method::Method;
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::authorize::{allows_upstream, may_use};
use crate::stage::redact::{Plan, quoted};
use crate::upstream::{Link, Wish};
use std::rc::Rc;

/// The `notifications` of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub tools: bool,
    pub prompts: bool,
    pub resources: bool,
    /// As the client knows them, each once.
    pub uris: Vec<String>,
    /// The ids of tasks, likewise; none if the request says nothing of tasks.
    pub tasks: Option<Vec<String>>,
}

/// What is listened for at one upstream.
pub(crate) struct Share {
    pub link: Rc<Link>,
    pub wish: Wish,
    /// The URIs of the wish, each with the one that the client is told.
    pub uris: Vec<(String, String)>,
    /// The tasks of the wish, each with the id that the client is told.
    pub tasks: Vec<Task>,
    /// What is inspected of what it says.
    pub plan: Option<Rc<Plan>>,
}

impl Filter {
    /// That of a request. Members that nobody knows are of no account.
    pub fn read(json: &Json<'_>, request: &Request) -> Result<Self, Refusal> {
        let bad = |why: &str| Refusal::InvalidParams(why.to_owned());
        let filter = request.params.and_then(|params| json.value(params).get("notifications"));
        let filter = filter.filter(|filter| filter.kind() == Kind::Object);
        let filter = filter.ok_or_else(|| bad("notifications is missing or no object"))?;
        let says = |key: &str| match filter.get(key) {
            None => Ok(false),
            Some(value) => value
                .bool()
                .ok_or_else(|| Refusal::InvalidParams(format!("notifications.{key} is no boolean"))),
        };
        let (tools, prompts) = (says("toolsListChanged")?, says("promptsListChanged")?);
        let resources = says("resourcesListChanged")?;
        let uris = named(filter, "resourceSubscriptions", limits::LISTEN_URIS, "URIs")?.unwrap_or_default();
        let tasks = named(filter, "taskIds", limits::LISTEN_TASKS, "ids")?;
        Ok(Self { tools, prompts, resources, uris, tasks })
    }

    /// Who of the caller's upstreams can tell what of it. A resource that no upstream has, or that the caller may not read,
    /// is nobody's. `tasks`: those of the caller's that it names.
    ///
    /// # Errors
    /// A URI may not leave.
    pub async fn shares<P: Platform>(
        &self,
        scene: &Scene<P>,
        tasks: Vec<Task>,
        trail: &mut Trail<P>,
    ) -> Result<Vec<Share>, Error> {
        let Scene { gateway, caller, .. } = scene;
        let agent = caller.agent();
        let mut shares: Vec<Share> = Vec::new();
        for link in gateway.links.all(caller.tenant()) {
            let alias = &link.upstream().alias;
            let (any, readable) = (may_use(agent, alias), allows_upstream(agent, alias));
            let wish = Wish {
                tools: self.tools && any,
                prompts: self.prompts && any,
                resources: self.resources && readable,
                ..Wish::default()
            };
            let plan = if any { Plan::of(caller, link.upstream(), None, None)?.map(Rc::new) } else { None };
            shares.push(Share { link: Rc::clone(link), wish, uris: Vec::new(), tasks: Vec::new(), plan });
        }
        for uri in &self.uris {
            subscribe(scene, uri, &mut shares, trail).await?;
        }
        for task in tasks {
            let share = shares.iter_mut().find(|share| share.link.upstream().alias == task.alias);
            let Some(share) = share else { continue };
            if !share.wish.tasks.contains(&task.own) {
                share.wish.tasks.push(task.own.clone());
            }
            share.tasks.push(task);
        }
        shares.retain(|share| !share.wish.is_empty());
        Ok(shares)
    }
}

/// What the stream of a session listens for at an upstream of which the client has no session: its lists.
pub(super) fn lists<P: Platform>(scene: &Scene<P>, link: &Rc<Link>) -> Result<Share, Error> {
    let resources = allows_upstream(scene.caller.agent(), &link.upstream().alias);
    let wish = Wish { tools: true, prompts: true, resources, ..Wish::default() };
    let plan = Plan::of(&scene.caller, link.upstream(), None, None)?.map(Rc::new);
    Ok(Share { link: Rc::clone(link), wish, uris: Vec::new(), tasks: Vec::new(), plan })
}

/// The same, with what the session is subscribed to. A URI that may not leave is nobody's.
pub(super) async fn subscribed<P: Platform>(
    scene: &Scene<P>,
    links: Vec<Rc<Link>>,
    uris: &[String],
    trail: &mut Trail<P>,
) -> Vec<Share> {
    let mut shares: Vec<Share> = links.iter().filter_map(|link| lists(scene, link).ok()).collect();
    for uri in uris.iter().take(limits::LISTEN_URIS) {
        // Who subscribed was told why it may not.
        let _ = subscribe(scene, uri, &mut shares, trail).await;
    }
    shares
}

/// The strings of the array `key`, each once; at most so many. `what` they are, in words.
fn named(filter: Raw<'_>, key: &str, most: usize, what: &str) -> Result<Option<Vec<String>>, Refusal> {
    let bad = |why: &str| Refusal::InvalidParams(format!("notifications.{key} {why}"));
    let Some(list) = filter.get(key) else { return Ok(None) };
    if list.kind() != Kind::Array {
        return Err(bad("is no array"));
    }
    let mut all: Vec<String> = Vec::new();
    for (at, name) in list.elements().enumerate() {
        if at >= most {
            return Err(bad(&format!("has more than {most} {what}")));
        }
        let name = name.string().ok_or_else(|| bad("has something that is no string"))?.into_owned();
        if !all.contains(&name) {
            all.push(name);
        }
    }
    Ok(Some(all))
}

/// Adds a resource to the share of the upstream that has it, under its URI there as it may leave: a subscription is inspected
/// here.
async fn subscribe<P: Platform>(
    scene: &Scene<P>,
    uri: &str,
    shares: &mut [Share],
    trail: &mut Trail<P>,
) -> Result<(), Error> {
    let method = Method::ResourcesSubscribe.name();
    let mut text = format!(r#"{{"jsonrpc":"2.0","id":0,"method":"{method}","params":{{"uri":"#);
    quote(&mut text, uri);
    text.push_str("}}");
    let json = Json::parse(text.as_bytes(), &limits::REQUEST).map_err(|_| internal("a subscription"))?;
    let Ok(Message::Request(request)) = Message::read(&json, json.root()) else {
        return Err(internal("a subscription"));
    };
    let target = Target::read(&json, &request, Method::ResourcesRead)?;
    // Unknown, not allowed, or its upstream cannot be asked: the client is told of the subset that is honoured.
    let Ok(route) = target.route(scene).await else { return Ok(()) };
    let share = shares.iter_mut().find(|share| Rc::ptr_eq(&share.link, &route.link));
    let Some(share) = share else { return Ok(()) };
    let plan = share.plan.as_deref();
    let (_, changed) = target.outbound(scene, &json, &request, &route, plan, trail).await?;
    let left = changed.is_none();
    let original = changed.unwrap_or(route.original);
    if !share.wish.uris.contains(&original) {
        share.wish.uris.push(original.clone());
    }
    // The gateway says it in its own name: what may not leave is not said either.
    let shown = if left { uri.into() } else { quoted(scene.caller.tenant(), uri) };
    share.uris.push((original, shown.into_owned()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(notifications: &str) -> Result<Filter, Refusal> {
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{{{notifications}}}}}"#
        );
        let json = Json::parse(text.as_bytes(), &limits::REQUEST).unwrap();
        let Ok(Message::Request(request)) = Message::read(&json, json.root()) else { panic!("{text}") };
        Filter::read(&json, &request)
    }

    #[test]
    fn what_is_wanted() {
        let all = r#""notifications":{"toolsListChanged":true,"promptsListChanged":false,"resourcesListChanged":true,
            "resourceSubscriptions":["a:1","a:2","a:1"],"taskIds":["t","u","t"],"later":{"x":1}}"#;
        let uris = vec!["a:1".to_owned(), "a:2".to_owned()];
        let tasks = Some(vec!["t".to_owned(), "u".to_owned()]);
        assert_eq!(read(all), Ok(Filter { tools: true, prompts: false, resources: true, uris, tasks }));
        assert_eq!(read(r#""notifications":{}"#), Ok(Filter::default()));
    }

    #[test]
    fn what_is_of_another_type_is_refused() {
        for bad in [
            "",
            r#""notifications":[]"#,
            r#""notifications":true"#,
            r#""notifications":{"toolsListChanged":1}"#,
            r#""notifications":{"promptsListChanged":null}"#,
            r#""notifications":{"resourcesListChanged":"true"}"#,
            r#""notifications":{"resourceSubscriptions":"a:1"}"#,
            r#""notifications":{"resourceSubscriptions":{}}"#,
            r#""notifications":{"resourceSubscriptions":["a:1",2]}"#,
            r#""notifications":{"taskIds":"t"}"#,
            r#""notifications":{"taskIds":null}"#,
            r#""notifications":{"taskIds":{"t":true}}"#,
            r#""notifications":{"taskIds":["t",2]}"#,
        ] {
            assert!(matches!(read(bad), Err(Refusal::InvalidParams(_))), "{bad}");
        }
    }

    #[test]
    fn is_bounded() {
        let of = |key: &str, count: usize| {
            let names: Vec<String> = (0..count).map(|n| format!(r#""a:{n}""#)).collect();
            read(&format!(r#""notifications":{{"{key}":[{}]}}"#, names.join(",")))
        };
        let uris = of("resourceSubscriptions", limits::LISTEN_URIS).unwrap().uris;
        assert_eq!(uris.len(), limits::LISTEN_URIS);
        assert!(of("resourceSubscriptions", limits::LISTEN_URIS + 1).is_err());
        let tasks = of("taskIds", limits::LISTEN_TASKS).unwrap().tasks;
        assert_eq!(tasks.map(|tasks| tasks.len()), Some(limits::LISTEN_TASKS));
        assert!(of("taskIds", limits::LISTEN_TASKS + 1).is_err());
    }
}
