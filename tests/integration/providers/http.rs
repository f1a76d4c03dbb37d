//! A receiver of HTTP: remembers what it is asked, and answers as it is told: by default as a
//! webhook's receiver, as Twilio and as Firebase do.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Response, StatusCode},
};
use futures::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::NEVER;

/// How it answers from now on.
#[derive(Debug, Clone)]
pub enum Answer {
    /// As the provider does when all is well.
    Well,
    Says {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Well, after so long.
    After(std::time::Duration),
    /// Not at all.
    Stuck,
    /// Half of it.
    Half,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Answer::Says { status, headers: Vec::new(), body: String::new() }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_string())];
        Answer::Says { status, headers, body: body.to_string() }
    }

    pub fn with(status: u16, name: &'static str, value: impl Into<String>) -> Self {
        Answer::Says { status, headers: vec![(name, value.into())], body: String::new() }
    }
}

/// What it was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A field of a form.
    pub fn field(&self, name: &str) -> Option<String> {
        let pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let receiver =
            Self { address, asked: Arc::default(), answer: Arc::new(Mutex::new(Answer::Well)) };
        let router = Router::new().fallback(answer).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on.
    pub fn answers(&self, answer: Answer) {
        *self.answer.lock().expect("no panic") = answer;
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }

    pub fn last(&self) -> Asked {
        self.asked().pop().expect("it was asked")
    }
}

async fn answer(State(receiver): State<Receiver>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let asked = Asked {
        method: head.method.to_string(),
        path: path.clone(),
        headers: head.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let count = {
        let mut all = receiver.asked.lock().expect("no panic");
        all.push(asked);
        all.len()
    };
    // Tokens come from another machine, which works.
    let how = if path.split('?').next() == Some("/token") {
        Answer::Well
    } else {
        receiver.answer.lock().expect("no panic").clone()
    };
    match how {
        Answer::Well => well(&path, count),
        Answer::After(wait) => {
            tokio::time::sleep(wait).await;
            well(&path, count)
        }
        Answer::Says { status, headers, body } => says(status, &headers, body),
        Answer::Stuck => {
            tokio::time::sleep(NEVER).await;
            says(200, &[], String::new())
        }
        Answer::Half => {
            let parts =
                [Ok(Bytes::from_static(b"{\"sid\":")), Err(std::io::Error::other("it breaks off"))];
            let mut half = Response::new(Body::from_stream(stream::iter(parts)));
            half.headers_mut().insert("content-length", "100".parse().expect("a value"));
            half
        }
    }
}

fn well(path: &str, count: usize) -> Response<Body> {
    let json = |status, body: Value| {
        says(status, &[("content-type", "application/json".to_string())], body.to_string())
    };
    if let Some(query) = path.strip_prefix("/token") {
        // What else it says of the token's end stands in its address, as JSON.
        let said = query.strip_prefix("?expires_in=").map(|said| {
            percent_encoding::percent_decode_str(said).decode_utf8_lossy().into_owned()
        });
        let said = said.unwrap_or_else(|| "3600".to_string());
        let token = format!(
            "{{\"access_token\": \"token-{count}\", \"expires_in\": {said}, \
                \"token_type\": \"Bearer\"}}"
        );
        return says(200, &[("content-type", "application/json".to_string())], token);
    }
    if path.starts_with("/2010-04-01/") {
        return json(201, json!({ "sid": format!("SM{count}"), "status": "queued" }));
    }
    if path.ends_with("/messages:send") {
        return json(200, json!({ "name": format!("projects/shop-1/messages/{count}") }));
    }
    says(204, &[], String::new())
}

fn says(status: u16, headers: &[(&'static str, String)], body: String) -> Response<Body> {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    for (name, value) in headers {
        answer.headers_mut().insert(*name, value.parse().expect("a value"));
    }
    answer
}
