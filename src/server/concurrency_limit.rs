//! A bound on how much of something each client or person has at the same time.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Permits of each key, at most `max` at once.
#[derive(Debug)]
pub struct ConcurrencyLimit<K> {
    max: usize,
    /// Keys without a permit are not in it: it is as large as what is in use.
    in_use: Mutex<HashMap<K, usize>>,
}

/// Counts until it is dropped.
#[derive(Debug)]
pub struct Permit<K: Eq + Hash> {
    limit: Arc<ConcurrencyLimit<K>>,
    key: K,
}

impl<K: Eq + Hash + Clone> ConcurrencyLimit<K> {
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, in_use: Mutex::default() })
    }

    /// Another one for `key`; `None` where it has as many as it may have.
    pub fn try_acquire(self: &Arc<Self>, key: K) -> Option<Permit<K>> {
        let mut in_use = self.in_use();
        let count = in_use.entry(key.clone()).or_default();
        if *count >= self.max {
            return None;
        }
        *count += 1;
        Some(Permit { limit: Arc::clone(self), key })
    }

    /// How many `key` has now.
    pub fn count(&self, key: &K) -> usize {
        self.in_use().get(key).copied().unwrap_or_default()
    }
}

impl<K> ConcurrencyLimit<K> {
    fn in_use(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Drop for Permit<K> {
    fn drop(&mut self) {
        let mut in_use = self.limit.in_use();
        if let Some(count) = in_use.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                in_use.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_as_many_permits_as_the_limit_says_and_others_have_theirs() {
        let limit = ConcurrencyLimit::new(2);
        let first = limit.try_acquire("a").expect("one");
        let _second = limit.try_acquire("a").expect("another");
        assert!(limit.try_acquire("a").is_none());
        assert!(limit.try_acquire("b").is_some());
        drop(first);
        assert!(limit.try_acquire("a").is_some(), "what was given back is there again");
    }

    #[test]
    fn keys_without_a_permit_take_no_memory() {
        let limit = ConcurrencyLimit::new(2);
        drop(limit.try_acquire("a"));
        assert!(limit.in_use().is_empty());
    }
}
