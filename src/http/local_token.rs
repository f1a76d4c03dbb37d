//! `--local-token`: in local mode only someone who has the address that was printed at the start
//! comes in. Its token becomes a cookie at once, so that it stands in no history of addresses for
//! longer than one step.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, Response, header},
    response::{IntoResponse, Redirect},
};
use subtle::ConstantTimeEq;

use super::{assets::Assets, authenticate, error_page};
use crate::api::{
    AppError,
    request::{accepts_html, cookie, local, new_cookie},
};
use wayfare_domain::{
    query_string::{pairs, write_query},
    time::DAY_MS,
};
use wayfare_secrets::secret::{self, SecretHash};

const COOKIE: &str = "wayfare_local";
const PARAMETER: &str = "token";
const SENTENCE: &str = "This Wayfare needs a token. Open the address that it printed in the \
    terminal when it started.";

/// The hash of the token of this start.
#[derive(Debug, Clone)]
pub struct LocalToken(pub SecretHash);

impl LocalToken {
    fn is(&self, text: &str) -> bool {
        secret::hash(text).ct_eq(&self.0).into()
    }

    /// What stands before anyone who would be a local admin: `None` where they have shown the
    /// token.
    pub fn gate(&self, request: &Request, assets: &Assets, secure: bool) -> Option<Response<Body>> {
        let query = request.uri().query().unwrap_or_default();
        let shown = pairs(query).find(|(key, _)| key == PARAMETER).map(|(_, value)| value);
        let looks = matches!(*request.method(), Method::GET | Method::HEAD);
        if let Some(shown) = shown.filter(|shown| looks && self.is(shown)) {
            let rest: Vec<(String, String)> =
                pairs(query).filter(|(key, _)| key != PARAMETER).collect();
            let rest: Vec<(&str, String)> =
                rest.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
            let query =
                if rest.is_empty() { String::new() } else { format!("?{}", write_query(&rest)) };
            let mut response =
                Redirect::to(&local(&format!("{}{query}", request.uri().path()))).into_response();
            let kept = new_cookie(COOKIE, shown, 30 * DAY_MS, secure).to_string();
            if let Ok(value) = HeaderValue::from_str(&kept) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
            authenticate::protect(response.headers_mut(), secure);
            return Some(response);
        }
        if cookie(request.headers(), COOKIE).is_some_and(|kept| self.is(&kept)) {
            return None;
        }
        let error = AppError::Forbidden(SENTENCE.to_string());
        Some(if accepts_html(request.headers()) {
            error_page::of(&error, assets, "/")
        } else {
            authenticate::json(&error)
        })
    }
}
