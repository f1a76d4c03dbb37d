//! Names of machines are looked up here: within a time, a few at once, each once however many ask.
//!
//! The system's own way of looking up blocks a thread, for as long as its servers please. A name
//! that no one answers for holds one place and one thread; anyone who asks for it again hears so at
//! once for a while, longer each time, and other names go on: names that were found before, new
//! ones and those that were not found have places of their own. What no name server could tell is
//! not what there is not: it is soon asked for again.

use std::{
    collections::{HashMap, HashSet},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use dns_lookup::{AddrInfo, AddrInfoHints, LookupErrorKind, SockType, getaddrinfo};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::sync::Semaphore;

use wayfare_runtime::supervisor::{task_with_answer, thread_with_answer};

/// Longest time until a name is answered for.
const WITHIN: Duration = Duration::from_secs(4);
/// Names that are looked up at the same time: 32 in all.
const TOGETHER: Places<usize> = Places { found: 12, new: 12, not_found: 8 };
/// How long a name that was not found is not looked up again: short at first, because names come
/// and go, and twice as long each time.
const REMEMBERED: Duration = Duration::from_secs(5);
const REMEMBERED_MAX: Duration = Duration::from_secs(320);
/// Names that are remembered at most, of each kind.
const NAMES_MAX: usize = 4_096;

/// Why there are no addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFound {
    /// There is no such name.
    Unknown,
    /// There is such a name, without an address.
    NoAddress,
    /// No name server could tell: it failed, or none was reached.
    Failed,
    /// No one answered in time.
    Late,
}

type Found = Result<Arc<[SocketAddr]>, NotFound>;
type LookUp = Arc<dyn Fn(String) -> BoxFuture<'static, Found> + Send + Sync>;

/// The names that are being looked up, and those that were not found. Cheap to clone.
#[derive(Clone)]
pub struct DnsCache(Arc<Inner>);

struct Inner {
    look_up: LookUp,
    within: Duration,
    places: Places<Arc<Semaphore>>,
    known_names: Mutex<KnownNames>,
}

/// Of each kind of name, by what its last lookup found.
#[derive(Clone)]
struct Places<T> {
    found: T,
    new: T,
    not_found: T,
}

#[derive(Default)]
struct KnownNames {
    /// Names that are being looked up, and those that were not found.
    asked: HashMap<String, Asked>,
    /// Names that were found last time.
    found: HashSet<String>,
}

struct Asked {
    answer: Shared<BoxFuture<'static, Found>>,
    /// Since when it is known not to be found, and why.
    failed: Option<(Instant, NotFound)>,
    /// How often in a row that was so before.
    failures: u32,
}

impl Asked {
    fn is_over(&self) -> bool {
        let Some((since, why)) = self.failed else { return false };
        let remembered = match why {
            // Nothing is known of the name, and to hear so again takes no one's time.
            NotFound::Failed => REMEMBERED,
            NotFound::Unknown | NotFound::NoAddress | NotFound::Late => {
                (REMEMBERED * 2_u32.saturating_pow(self.failures)).min(REMEMBERED_MAX)
            }
        };
        since.elapsed() > remembered
    }
}

impl Default for DnsCache {
    fn default() -> Self {
        Self::new(Arc::new(|name: String| ask_system(name).boxed()), WITHIN, TOGETHER)
    }
}

async fn ask_system(name: String) -> Found {
    // Known not to exist, also where no name server is reached (RFC 6761, 6.4).
    if name.trim_end_matches('.').rsplit('.').next() == Some("invalid") {
        return Err(NotFound::Unknown);
    }
    let hints = AddrInfoHints { socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
    let asked = move || getaddrinfo(Some(&name), None, Some(hints)).map(Iterator::collect);
    let found: Result<Vec<_>, _> =
        thread_with_answer("channels.ask_system", asked).await.map_err(|_| NotFound::Failed)?;
    let found = found.map_err(|error| why_not(error.kind()))?;
    let found: Vec<SocketAddr> = found
        .into_iter()
        .filter_map(|found: io::Result<AddrInfo>| Some(found.ok()?.sockaddr))
        .collect();
    if found.is_empty() { Err(NotFound::NoAddress) } else { Ok(found.into()) }
}

/// What the system says about a name, or about looking for it.
fn why_not(kind: LookupErrorKind) -> NotFound {
    match kind {
        LookupErrorKind::NoName => NotFound::Unknown,
        LookupErrorKind::NoData => NotFound::NoAddress,
        // A server that failed and one that was not reached are both told so; all others are about
        // the system itself.
        LookupErrorKind::Again
        | LookupErrorKind::Fail
        | LookupErrorKind::Badflags
        | LookupErrorKind::Family
        | LookupErrorKind::Socktype
        | LookupErrorKind::Service
        | LookupErrorKind::Memory
        | LookupErrorKind::System
        | LookupErrorKind::Unknown
        | LookupErrorKind::IO => NotFound::Failed,
    }
}

impl DnsCache {
    fn new(look_up: LookUp, within: Duration, together: Places<usize>) -> Self {
        let place = |count| Arc::new(Semaphore::new(count));
        let Places { found, new, not_found } = together;
        let places = Places { found: place(found), new: place(new), not_found: place(not_found) };
        Self(Arc::new(Inner { look_up, within, places, known_names: Mutex::default() }))
    }

    fn known_names(&self) -> MutexGuard<'_, KnownNames> {
        self.0.known_names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The addresses of a name, with port 0.
    ///
    /// # Errors
    /// Where there are none, or no one says so in time.
    pub async fn look_up(&self, name: &str) -> Found {
        let name = name.to_lowercase();
        let answer = self.answer(&name);
        let found = answer.clone().await;
        let mut known_names = self.known_names();
        // Someone else may have asked anew meanwhile.
        let Some(known) =
            known_names.asked.get_mut(&name).filter(|known| known.answer.ptr_eq(&answer))
        else {
            return found;
        };
        match &found {
            Ok(_) => {
                known_names.asked.remove(&name);
                if known_names.found.len() >= NAMES_MAX {
                    known_names.found.clear();
                }
                known_names.found.insert(name);
            }
            Err(why) => {
                known.failed.get_or_insert_with(|| (Instant::now(), *why));
                known_names.found.remove(&name);
            }
        }
        found
    }

    fn answer(&self, name: &str) -> Shared<BoxFuture<'static, Found>> {
        let mut known_names = self.known_names();
        let before = known_names.asked.get(name);
        if let Some(known) = before.filter(|known| !known.is_over()) {
            return known.answer.clone();
        }
        let failures = before.map_or(0, |known| known.failures + 1);
        if known_names.asked.len() >= NAMES_MAX {
            known_names.asked.retain(|_, known| known.failed.is_none());
        }
        let places = match failures {
            0 if known_names.found.contains(name) => &self.0.places.found,
            0 => &self.0.places.new,
            _ => &self.0.places.not_found,
        };
        let answer = self.ask(name.to_string(), Arc::clone(places));
        known_names
            .asked
            .insert(name.to_string(), Asked { answer: answer.clone(), failed: None, failures });
        answer
    }

    /// The place is kept until the system answers, also where no one waits for it any more: its
    /// thread is. Where it was waited for in vain, the system is not asked.
    fn ask(&self, name: String, places: Arc<Semaphore>) -> Shared<BoxFuture<'static, Found>> {
        let (look_up, within) = (Arc::clone(&self.0.look_up), self.0.within);
        let until = Instant::now() + within;
        let asking = task_with_answer("channels.look_up", async move {
            let _place = places.acquire_owned().await;
            if Instant::now() >= until {
                return Err(NotFound::Late);
            }
            look_up(name).await
        });
        let answer = async move {
            match tokio::time::timeout(within, asking).await {
                Ok(Ok(found)) => found,
                Ok(Err(_)) => Err(NotFound::Failed),
                Err(_) => Err(NotFound::Late),
            }
        };
        answer.boxed().shared()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Counts how often the system is asked; never answers for names that begin with "stuck", and
    /// does not know "unknown".
    fn dns_cache(within: Duration) -> (DnsCache, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        let look_up = move |name: String| {
            counter.fetch_add(1, Ordering::SeqCst);
            async move {
                match name.as_str() {
                    stuck if stuck.starts_with("stuck") => std::future::pending().await,
                    "unknown" => Err(NotFound::Unknown),
                    _ => Ok([SocketAddr::from(([192, 0, 2, 1], 0))].into()),
                }
            }
            .boxed()
        };
        let together = Places { found: 2, new: 2, not_found: 2 };
        (DnsCache::new(Arc::new(look_up), within, together), count)
    }

    #[tokio::test]
    async fn a_name_that_nobody_answers_for_is_asked_for_once_and_keeps_no_other_waiting() {
        let (dns_cache, count) = dns_cache(Duration::from_millis(50));
        let many = (0..64).map(|_| dns_cache.look_up("stuck.example.com"));
        let answers = futures::future::join_all(many).await;
        assert!(answers.iter().all(|answer| *answer == Err(NotFound::Late)));
        assert_eq!(count.load(Ordering::SeqCst), 1);
        assert!(dns_cache.look_up("shop.example.com").await.is_ok());
    }

    #[tokio::test]
    async fn names_that_nobody_answers_for_take_no_place_of_one_that_was_found_before() {
        let (dns_cache, _) = dns_cache(Duration::from_millis(50));
        assert!(dns_cache.look_up("shop.example.com").await.is_ok());
        let stuck: Vec<String> = (0..20).map(|number| format!("stuck-{number}")).collect();
        futures::future::join_all(stuck.iter().map(|name| dns_cache.look_up(name))).await;
        assert!(dns_cache.look_up("shop.example.com").await.is_ok());
        assert_eq!(dns_cache.look_up("new.example.com").await, Err(NotFound::Late));
    }

    #[test]
    fn a_name_that_is_never_found_is_asked_for_less_and_less_often() {
        let asked = |why, failures, ago| {
            let since = Instant::now().checked_sub(Duration::from_secs(ago));
            let answer = async move { Err(why) }.boxed().shared();
            Asked { answer, failed: since.map(|since| (since, why)), failures }.is_over()
        };
        let failed = |failures, ago| asked(NotFound::Unknown, failures, ago);
        assert!(!failed(0, 4) && failed(0, 6));
        assert!(!failed(1, 9) && failed(1, 11));
        assert!(!failed(60, 300) && failed(60, 330));
        assert!(asked(NotFound::Failed, 60, 6), "it may be found as soon as a server answers");
    }

    #[test]
    fn a_name_that_is_not_there_is_another_fact_than_a_server_that_cannot_tell() {
        assert_eq!(why_not(LookupErrorKind::NoName), NotFound::Unknown);
        assert_eq!(why_not(LookupErrorKind::NoData), NotFound::NoAddress);
        for kind in [LookupErrorKind::Again, LookupErrorKind::Fail, LookupErrorKind::System] {
            assert_eq!(why_not(kind), NotFound::Failed, "{kind:?}");
        }
    }

    #[tokio::test]
    async fn a_name_that_was_not_found_is_remembered_and_one_that_was_is_asked_for_anew() {
        let (dns_cache, count) = dns_cache(WITHIN);
        for _ in 0..3 {
            assert_eq!(dns_cache.look_up("unknown").await, Err(NotFound::Unknown));
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
        for _ in 0..2 {
            assert!(dns_cache.look_up("Shop.example.com").await.is_ok());
        }
        assert_eq!(count.load(Ordering::SeqCst), 3);
    }
}
