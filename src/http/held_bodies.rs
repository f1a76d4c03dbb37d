//! How much of requests that have not come to their end is held in memory: by client, and in all.
//! A client that sends large bodies slowly, on many connections, takes its own share and no more.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{Response, StatusCode},
    middleware::Next,
};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::{
    PublicUrl,
    admission::{not_now, peer_of},
};
use wayfare_application::client_network::ClientNetwork;

/// Bytes of one client's requests.
const CLIENT_MAX: usize = 64 * 1024 * 1024;
/// Bytes of all requests to a group of routes.
const TOTAL_MAX: usize = 256 * 1024 * 1024;

/// The bytes that are held. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct HeldBodies {
    site: Arc<PublicUrl>,
    counts: Arc<Counts>,
}

#[derive(Debug)]
struct Counts {
    client_max: usize,
    total_max: usize,
    held: Mutex<HeldBytes>,
}

/// Clients that hold nothing are not in it.
#[derive(Debug, Default)]
struct HeldBytes {
    total: usize,
    clients: HashMap<ClientNetwork, usize>,
}

impl HeldBodies {
    pub fn new(site: Arc<PublicUrl>) -> Self {
        Self { site, counts: Counts::new(CLIENT_MAX, TOTAL_MAX) }
    }
}

impl Counts {
    fn new(client_max: usize, total_max: usize) -> Arc<Self> {
        Arc::new(Self { client_max, total_max, held: Mutex::default() })
    }

    fn held(&self) -> MutexGuard<'_, HeldBytes> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False where it is more than may be held.
    fn take(&self, client: ClientNetwork, bytes: usize) -> bool {
        let mut held = self.held();
        let of_client = held.clients.get(&client).copied().unwrap_or_default() + bytes;
        if of_client > self.client_max || held.total + bytes > self.total_max {
            return false;
        }
        held.total += bytes;
        held.clients.insert(client, of_client);
        true
    }

    fn give_back(&self, client: ClientNetwork, bytes: usize) {
        let mut held = self.held();
        held.total = held.total.saturating_sub(bytes);
        if let Some(of_client) = held.clients.get_mut(&client) {
            *of_client = of_client.saturating_sub(bytes);
            if *of_client == 0 {
                held.clients.remove(&client);
            }
        }
    }
}

/// What one request holds, until its response is made.
struct Share {
    counts: Arc<Counts>,
    client: ClientNetwork,
    bytes: Mutex<usize>,
    refused: AtomicBool,
}

impl Share {
    fn new(counts: Arc<Counts>, client: ClientNetwork) -> Arc<Self> {
        let (bytes, refused) = (Mutex::default(), AtomicBool::new(false));
        Arc::new(Self { counts, client, bytes, refused })
    }

    fn take(&self, bytes: usize) -> bool {
        let taken = self.counts.take(self.client, bytes);
        if taken {
            *self.bytes.lock().unwrap_or_else(PoisonError::into_inner) += bytes;
        } else {
            self.refused.store(true, Ordering::Relaxed);
        }
        taken
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let bytes = *self.bytes.get_mut().unwrap_or_else(PoisonError::into_inner);
        if bytes > 0 {
            self.counts.give_back(self.client, bytes);
        }
    }
}

/// A request's body whose bytes are counted as they come in.
struct CountedBody {
    body: Body,
    share: Arc<Share>,
}

#[derive(Debug, thiserror::Error)]
#[error("more of requests is held in memory than may be")]
struct TooMuchHeld;

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        let bytes = match &polled {
            Poll::Ready(Some(Ok(frame))) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        if bytes > 0 && !self.share.take(bytes) {
            return Poll::Ready(Some(Err(axum::Error::new(TooMuchHeld))));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Around routes that read a request's body before they answer.
pub async fn limit(
    State(bodies): State<HeldBodies>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let client = bodies.site.proxies.client(peer_of(&request), request.headers()).address;
    let share = Share::new(bodies.counts, client.into());
    let of_body = Arc::clone(&share);
    let request = request.map(|body| Body::new(CountedBody { body, share: of_body }));
    let response = next.run(request).await;
    if share.refused.load(Ordering::Relaxed) {
        let text = "More large requests are under way than can be held. Try again soon.\n";
        return not_now(StatusCode::SERVICE_UNAVAILABLE, text);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use axum::body::to_bytes;

    use super::*;

    fn client(n: u8) -> ClientNetwork {
        IpAddr::from([192, 0, 2, n]).into()
    }

    fn body(share: &Arc<Share>, bytes: usize) -> Body {
        Body::new(CountedBody { body: Body::from(vec![0; bytes]), share: Arc::clone(share) })
    }

    #[tokio::test]
    async fn a_client_holds_its_share_until_its_requests_are_answered() {
        let counts = Counts::new(100, 150);
        let first = Share::new(Arc::clone(&counts), client(1));
        assert_eq!(to_bytes(body(&first, 80), usize::MAX).await.expect("read").len(), 80);
        let second = Share::new(Arc::clone(&counts), client(1));
        assert!(to_bytes(body(&second, 30), usize::MAX).await.is_err());
        assert!(second.refused.load(Ordering::Relaxed));
        drop(first);
        let third = Share::new(Arc::clone(&counts), client(1));
        assert!(to_bytes(body(&third, 30), usize::MAX).await.is_ok(), "there is room again");
    }

    #[tokio::test]
    async fn all_together_hold_no_more_than_the_total_and_nothing_stays_behind() {
        let counts = Counts::new(100, 150);
        let shares: Vec<_> = (1..=2).map(|n| Share::new(Arc::clone(&counts), client(n))).collect();
        assert!(to_bytes(body(&shares[0], 100), usize::MAX).await.is_ok());
        assert!(to_bytes(body(&shares[1], 60), usize::MAX).await.is_err());
        assert!(to_bytes(body(&shares[1], 50), usize::MAX).await.is_ok());
        drop(shares);
        let held = counts.held();
        assert_eq!((held.total, held.clients.len()), (0, 0));
    }
}
