//! What asks whether it is really meant: the page that asks holds a proof, signed for exactly what
//! it asks about and for whom, and nothing is done without it. A button that someone has smuggled
//! into a page has none.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use wayfare_domain::{
    access::links::is_unexpired,
    time::{DAY_MS, Timestamp},
};
use wayfare_secrets::server_key::{ServerKey, SigningPurpose};

/// How long a page may lie open before it has to ask again, in milliseconds.
const LIFETIME: i64 = DAY_MS / 24;
/// Bytes of the moment at which it ends, in front of the signature.
const MOMENT: usize = 8;

/// A proof for one thing. `about` names the person who is asked and everything that will be done.
pub fn prove(server_key: &ServerKey, about: &str, now: Timestamp) -> String {
    let until = (now.0 + LIFETIME).to_be_bytes();
    let mut proof = until.to_vec();
    proof.extend_from_slice(&server_key.sign(SigningPurpose::Confirmation, &signed(until, about)));
    URL_SAFE_NO_PAD.encode(proof)
}

/// Was exactly this asked about, within the hour?
pub fn is_proven(server_key: &ServerKey, about: &str, proof: &str, now: Timestamp) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(proof) else { return false };
    let Some((until, signature)) = bytes.split_first_chunk::<MOMENT>() else { return false };
    is_unexpired(Timestamp(i64::from_be_bytes(*until)), LIFETIME, now)
        && server_key.verify(SigningPurpose::Confirmation, &signed(*until, about), signature)
}

fn signed(until: [u8; MOMENT], about: &str) -> Vec<u8> {
    [&until[..], about.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_for_one_thing_and_for_an_hour() {
        let folder = tempfile::tempdir().expect("a folder");
        let server_key = ServerKey::open(None, &folder.path().join("key")).expect("a key");
        let other = ServerKey::open(None, &folder.path().join("other")).expect("a key");
        let now = Timestamp(1_790_000_000_000);
        let proof = prove(&server_key, "bob admin", now);
        assert!(is_proven(&server_key, "bob admin", &proof, now));
        assert!(is_proven(&server_key, "bob admin", &proof, Timestamp(now.0 + LIFETIME - 1)));
        assert!(
            !is_proven(&server_key, "bob admin", &proof, Timestamp(now.0 + LIFETIME)),
            "it is too old"
        );
        assert!(!is_proven(&server_key, "eve admin", &proof, now), "it is about someone else");
        assert!(!is_proven(&other, "bob admin", &proof, now), "it was made by another server");
        for made_up in ["", "yes", "true", &proof[1..], "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(!is_proven(&server_key, "bob admin", made_up, now), "{made_up}");
        }
    }
}
