//! An identity provider of the test's own, over HTTP: discovery, keys, tokens for codes with PKCE,
//! UserInfo. What it says of a user in the signed ID token and in UserInfo is up to the test,
//! however little it fits together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use url::Url;

const CLIENT: &str = "wayfare";

/// What it says of a user.
#[derive(Debug, Clone)]
pub struct Said {
    pub subject: &'static str,
    /// In the ID token, beside the usual.
    pub token: Value,
    /// In UserInfo, beside the subject.
    pub info: Value,
}

struct Code {
    nonce: String,
    challenge: String,
    said: Said,
}

struct Inner {
    issuer: String,
    key: EcdsaKeyPair,
    codes: Mutex<HashMap<String, Code>>,
    /// By access token.
    told: Mutex<HashMap<String, Said>>,
}

pub struct Idp(Arc<Inner>);

impl Idp {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let random = SystemRandom::new();
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random)
                .expect("a key");
        let inner =
            Arc::new(Inner { issuer, key, codes: Mutex::default(), told: Mutex::default() });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/info", get(info))
            .with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self(inner)
    }

    /// With which a server is started that uses it.
    pub fn flags(&self) -> Vec<String> {
        let rules = "admins=admin; marketing=publisher@My project";
        [
            "--oidc-issuer",
            &self.0.issuer,
            "--oidc-client-id",
            CLIENT,
            "--oidc-name",
            "Company sign-in",
            "--oidc-roles",
            rules,
        ]
        .map(str::to_string)
        .to_vec()
    }

    /// A user comes with the address that they were sent to, signs in there, and is sent back to
    /// this one.
    pub fn consent(&self, address: &str, said: Said) -> String {
        let address = Url::parse(address).expect("an address");
        let asked: HashMap<String, String> = address.query_pairs().into_owned().collect();
        assert_eq!(
            (asked["client_id"].as_str(), asked["code_challenge_method"].as_str()),
            (CLIENT, "S256")
        );
        let mut codes = self.0.codes.lock().expect("a lock");
        let code = format!("authorization-code-{}", codes.len());
        let begun = Code {
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            said,
        };
        codes.insert(code.clone(), begun);
        let back = [("code", code.as_str()), ("state", asked["state"].as_str())];
        Url::parse_with_params(&asked["redirect_uri"], back).expect("an address").to_string()
    }
}

async fn discovery(State(idp): State<Arc<Inner>>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", idp.issuer);
    Json(json!({
        "issuer": idp.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/info"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

async fn keys(State(idp): State<Arc<Inner>>) -> Json<Value> {
    let point = idp.key.public_key().as_ref();
    let [x, y] = [&point[1..33], &point[33..]].map(|part| URL_SAFE_NO_PAD.encode(part));
    Json(
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "one", "x": x, "y": y }] }),
    )
}

async fn token(
    State(idp): State<Arc<Inner>>,
    Form(form): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let code =
        idp.codes.lock().expect("a lock").remove(form.get("code").map_or("", String::as_str));
    let verifier = form.get("code_verifier").cloned().unwrap_or_default();
    let Some(code) =
        code.filter(|code| code.challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)))
    else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
    };
    let access = format!("access-to-{}", form["code"]);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    let claims = json!({
        "iss": idp.issuer, "aud": CLIENT, "sub": code.said.subject, "nonce": code.nonce, "iat": now, "exp": now + 300
    });
    let id_token = sign(&idp.key, &with(claims, &code.said.token));
    idp.told.lock().expect("a lock").insert(access.clone(), code.said);
    (
        StatusCode::OK,
        Json(json!({ "access_token": access, "token_type": "Bearer", "id_token": id_token })),
    )
}

async fn info(State(idp): State<Arc<Inner>>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let bearer =
        headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let told = idp.told.lock().expect("a lock");
    match told.get(bearer.trim_start_matches("Bearer ")) {
        Some(said) => (StatusCode::OK, Json(with(json!({ "sub": said.subject }), &said.info))),
        None => (StatusCode::UNAUTHORIZED, Json(Value::Null)),
    }
}

fn with(mut claims: Value, further: &Value) -> Value {
    for (name, value) in further.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    claims
}

/// A JSON web token (RFC 7515) with ES256.
fn sign(key: &EcdsaKeyPair, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!(
        "{}.{}",
        part(&json!({ "alg": "ES256", "kid": "one", "typ": "JWT" })),
        part(claims)
    );
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
