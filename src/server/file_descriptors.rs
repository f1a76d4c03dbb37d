//! Each connection takes a descriptor of the process. How many there may be is raised as far as the
//! system allows.

use crate::server::listener::CONNECTIONS_MAX;

/// For the database, messages on their way, files that come in and logs.
const BESIDE_CONNECTIONS: usize = 256;
/// Where the system gives next to nothing, descriptors run out before this many.
const CONNECTIONS_MIN: usize = 64;

/// Raises the limit of this process to what it is allowed, and answers how many connections that
/// carries.
pub fn connections_allowed() -> usize {
    let descriptors = raised_limit();
    let allowed = connections_of(descriptors);
    if allowed < CONNECTIONS_MAX {
        tracing::warn!(
            ?descriptors,
            connections = allowed,
            wanted = CONNECTIONS_MAX,
            "connections.few_descriptors"
        );
    }
    allowed
}

/// `None`: as many as wanted.
fn connections_of(descriptors: Option<u64>) -> usize {
    let descriptors =
        descriptors.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
    descriptors.saturating_sub(BESIDE_CONNECTIONS).clamp(CONNECTIONS_MIN, CONNECTIONS_MAX)
}

#[cfg(unix)]
fn raised_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if limit.current == limit.maximum {
        return limit.current;
    }
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "connections.limit_not_raised");
            limit.current
        }
    }
}

#[cfg(not(unix))]
fn raised_limit() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_rest_of_the_server() {
        assert_eq!(connections_of(None), CONNECTIONS_MAX);
        assert_eq!(connections_of(Some(20_000)), CONNECTIONS_MAX);
        assert_eq!(connections_of(Some(1024)), 768);
        assert_eq!(connections_of(Some(100)), CONNECTIONS_MIN);
    }
}
