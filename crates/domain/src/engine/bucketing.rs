//! Chance that is always the same for the same person: splits and control groups do not depend on
//! when someone is looked at.

/// A number from 0 to 99 that belongs to this person and this purpose ("control of journey 7",
/// "split of node b").
pub fn hash_bucket(purpose: &str, person: i64) -> u8 {
    (mix(fnv(purpose) ^ mix(person.cast_unsigned())) % 100) as u8
}

/// FNV-1a, 64 bits.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The finaliser of SplitMix64.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_come_out_as_they_were_asked_for() {
        for purpose in ["control 1", "split a", "split b"] {
            let below = (0..100_000).filter(|person| hash_bucket(purpose, *person) < 30).count();
            assert!((29_000..31_000).contains(&below), "{purpose}: {below}");
        }
    }

    #[test]
    fn two_purposes_do_not_choose_the_same_people() {
        let both = (0..100_000)
            .filter(|person| hash_bucket("a", *person) < 50 && hash_bucket("b", *person) < 50)
            .count();
        assert!((24_000..26_000).contains(&both), "{both}");
    }
}
