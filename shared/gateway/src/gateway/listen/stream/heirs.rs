//! What happens when an upstream is reached; and upstreams that are listened to anew because a session has subscribed to
//! something else there. The new stream (the heir) is opened beside the old one, which is read on until then and a moment longer, so
//! that nothing is missed; within that moment something may be told twice. What was not listened for before may have changed
//! since it was subscribed to: that is told once.

use super::{Listening, Voice};
use crate::gateway::listen::feed::{Feed, Place, State};
use crate::gateway::listen::filter::{self, Share};
use crate::gateway::listen::record::count;
use crate::gateway::listen::subscribed::{self, Subscriptions};
use crate::gateway::listen::{turn, view};
use crate::gateway::view::View;
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::upstream::{Link, Tuned};
use std::rc::Rc;

impl<P: Platform> Listening<P> {
    /// The upstream of a feed is listened to, or has nothing to tell (`None`).
    pub(super) async fn reached(&mut self, at: usize, tuned: Option<Tuned>) {
        let Some(feed) = self.feeds.get(at) else { return };
        if feed.place == Place::Leaving {
            return self.left(at).await;
        }
        let link = Rc::clone(&feed.share.link);
        let (known, at) = match feed.place {
            Place::Heir => {
                (self.retire(&link), self.feeds.iter().position(|feed| is(feed, &link, Place::Heir)))
            }
            Place::Holder | Place::Leaving => (None, Some(at)),
        };
        // Whoever was here before may have missed what happened since.
        let begun = self.is_open() || matches!(self.voice, Voice::Session { again: true, .. });
        let Some(feed) = at.and_then(|at| self.feeds.get_mut(at)) else { return };
        feed.place = Place::Holder;
        let (sealed, mut notices) = (feed.sealed, Vec::new());
        match tuned {
            None => feed.state = State::Mute,
            Some(tuned) => {
                let again = std::mem::replace(&mut feed.state, State::Open(tuned.honours)) != State::Opening;
                count(&self.counts.reopened, usize::from(again));
                if begun && !tuned.resumed && known.is_none() {
                    notices = turn::missed(&self.scene, feed).await;
                } else if matches!(self.voice, Voice::Session { .. }) && !sealed {
                    notices = turn::updated(feed, &known.unwrap_or_default());
                }
            }
        }
        self.notify(notices);
        self.feeds.retain(|feed| feed.place != Place::Leaving || feed.state != State::Mute);
        if self.subscriptions.is_none()
            && let Voice::Session { key, .. } = &self.voice
            && !sealed
            && subscribed::is_told(&self.scene, &link).await
        {
            self.subscriptions = Some(Subscriptions::new(&self.scene, key));
        }
    }

    fn notify(&mut self, notices: Vec<String>) {
        count(&self.counts.passed, notices.len());
        self.queue.extend(notices);
    }

    /// The heir of this upstream's stream is open: the stream is read for a moment more. What of subscriptions was heard on it
    /// until now; `None` if nothing was.
    fn retire(&mut self, link: &Rc<Link>) -> Option<Vec<String>> {
        let platform = &self.scene.platform;
        self.feeds.retain(|feed| feed.place != Place::Leaving || !Rc::ptr_eq(&feed.share.link, link));
        let holder = self.feeds.iter_mut().find(|feed| is(feed, link, Place::Holder))?;
        holder.leave(platform);
        let State::Open(honours) = &holder.state else { return None };
        let heard = holder.share.uris.iter().map(|(original, _)| original);
        let heard = heard.filter(|original| honours.uris.contains(original)).cloned().collect();
        holder.is_up().then_some(heard)
    }

    /// The moment is over, or the stream has broken within it: then nobody knows what was under way.
    async fn left(&mut self, at: usize) {
        let feed = self.feeds.remove(at);
        if feed.is_up() {
            return;
        }
        let holder = self.feeds.iter().find(|other| is(other, &feed.share.link, Place::Holder));
        let Some(holder) = holder else { return };
        let notices = turn::missed(&self.scene, holder).await;
        self.notify(notices);
    }

    /// The session is subscribed to these now, of all upstreams together.
    pub(super) async fn subscribed(&mut self, uris: &[String], trail: &mut Trail<P>) {
        let holders = self.feeds.iter().filter(|feed| feed.place == Place::Holder && !feed.sealed);
        let links = holders.map(|feed| Rc::clone(&feed.share.link)).collect();
        for share in filter::subscribed(&self.scene, links, uris, trail).await {
            self.renew(share);
        }
    }

    /// Has an upstream listened to by another share than until now.
    fn renew(&mut self, share: Share) {
        let &Voice::Session { revision, apps, .. } = &self.voice else { return };
        let link = Rc::clone(&share.link);
        // What was unsubscribed from is not told any more.
        for feed in self.feeds.iter_mut().filter(|feed| Rc::ptr_eq(&feed.share.link, &link)) {
            feed.share.uris.retain(|(original, _)| share.wish.uris.contains(original));
        }
        let heir = self.feeds.iter().position(|feed| is(feed, &link, Place::Heir));
        let newest = heir.or_else(|| self.feeds.iter().position(|feed| is(feed, &link, Place::Holder)));
        let Some(newest) = newest.and_then(|at| self.feeds.get_mut(at)) else { return };
        if newest.share.wish == share.wish {
            newest.share.uris = share.uris;
            return;
        }
        let view = View { apps, ..view(&share, "0", revision) };
        let mut feed = Feed::new(&self.scene.platform, share, view, None, None);
        if newest.state == State::Opening {
            feed.place = newest.place;
            *newest = feed;
        } else {
            feed.place = Place::Heir;
            self.feeds.push(feed);
        }
    }
}

fn is<P: Platform>(feed: &Feed<P>, link: &Rc<Link>, place: Place) -> bool {
    feed.place == place && Rc::ptr_eq(&feed.share.link, link)
}
