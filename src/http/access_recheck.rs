//! Asks once more who sends a request when its body has come: it may have been held back until a
//! session was ended, an account suspended, a role changed or a key revoked. The body ends only
//! where nothing of that happened, so that no handler works on one that came too late.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::Response,
    middleware::Next,
};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::api::AppError;
use wayfare_application::{AccessSince, AuthContext, AuthRequest, Services};
use wayfare_secrets::secret::SecretHash;

/// A key that was found so short ago is not asked for again: most requests of programs have come
/// whole by then, and one that is being stored while its key is revoked is no later.
const KEY_HOLDS: Duration = Duration::from_millis(50);
const CHANGED: &str = "Your role changed while this was being sent. Nothing was changed. Reload \
    the page and try again.";

/// What a request showed of its sender, and what was found by it.
enum Found {
    Person { visit: Box<AuthRequest>, auth: Box<AuthContext> },
    Key { secret: SecretHash, at: Instant },
}

/// The sender of one request. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct AccessRecheck(Arc<Inner>);

struct Inner {
    services: Services,
    found: Found,
    refusal: OnceLock<AppError>,
}

impl AccessRecheck {
    pub fn of_person(services: &Services, visit: AuthRequest, auth: &AuthContext) -> Self {
        let visit = AuthRequest { wanted: Some(auth.actor.project), needed: None, ..visit };
        let (visit, auth) = (Box::new(visit), Box::new(auth.clone()));
        Self::new(services, Found::Person { visit, auth })
    }

    /// `at`: when the key was looked for.
    pub fn of_key(services: &Services, secret: SecretHash, at: Instant) -> Self {
        Self::new(services, Found::Key { secret, at })
    }

    fn new(services: &Services, found: Found) -> Self {
        let (services, refusal) = (services.clone(), OnceLock::new());
        Self(Arc::new(Inner { services, found, refusal }))
    }

    /// # Errors
    /// Where they may not do any more what they might do when the request began. It is then the
    /// answer to the request, whatever its handler says.
    pub async fn require_unchanged(&self) -> Result<(), AppError> {
        let Inner { services, found, refusal: told } = &*self.0;
        let since = match found {
            Found::Person { visit, auth } => services.access_since(visit, auth).await,
            Found::Key { at, .. } if at.elapsed() < KEY_HOLDS => Ok(AccessSince::Same),
            Found::Key { secret, .. } => services.key_since(secret).await,
        };
        let refusal = match since {
            Ok(AccessSince::Same) => return Ok(()),
            Ok(AccessSince::Changed) => AppError::Conflict(CHANGED.to_string()),
            Ok(AccessSince::Ended) => AppError::SignedOut,
            Err(error) => error.into(),
        };
        Err(told.get_or_init(|| refusal).clone())
    }

    /// Answers the request, which finds this among its extensions.
    ///
    /// # Errors
    /// As [`AccessRecheck::require_unchanged`].
    pub async fn run(self, mut request: Request, next: Next) -> Result<Response<Body>, AppError> {
        request.extensions_mut().insert(self.clone());
        if !request.body().is_end_stream() {
            let recheck = self.clone();
            request = request.map(|body| Body::new(RecheckedBody::new(body, recheck)));
        }
        let response = next.run(request).await;
        self.0.refusal.get().map_or(Ok(response), |refusal| Err(refusal.clone()))
    }
}

type Check = Pin<Box<dyn Future<Output = Result<(), AppError>> + Send>>;

enum Stage {
    Receiving,
    Checking(Check),
    Ended,
}

/// A request's body that fails at its end where its sender may not send it any more.
struct RecheckedBody {
    body: Body,
    recheck: AccessRecheck,
    stage: Stage,
}

#[derive(Debug, thiserror::Error)]
#[error("who sent the request may do so no more")]
struct SentTooLate;

impl RecheckedBody {
    fn new(body: Body, recheck: AccessRecheck) -> Self {
        Self { body, recheck, stage: Stage::Receiving }
    }
}

impl HttpBody for RecheckedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        loop {
            match &mut this.stage {
                Stage::Receiving => {
                    let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
                    if frame.is_some() {
                        return Poll::Ready(frame);
                    }
                    let recheck = this.recheck.clone();
                    let check = async move { recheck.require_unchanged().await };
                    this.stage = Stage::Checking(Box::pin(check));
                }
                Stage::Checking(check) => {
                    let checked = ready!(check.as_mut().poll(cx));
                    this.stage = Stage::Ended;
                    let refused = checked.err().map(|_| Err(axum::Error::new(SentTooLate)));
                    return Poll::Ready(refused);
                }
                Stage::Ended => return Poll::Ready(None),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.stage, Stage::Ended)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
