//! How many connections there may be, and how long each may keep the server waiting.

use std::time::Duration;

use super::activity::Snapshot;

/// Connections at once, where the system gives as many descriptors.
pub const CONNECTIONS_MAX: usize = 4096;

/// The bounds of a listener.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    pub max: usize,
    /// Most connections of one client: an IPv4 address or an IPv6 /64. Trusted proxies are not
    /// limited by their own address; for each client behind them so many requests are in hand at
    /// once.
    pub per_client: usize,
    /// The last places: only for requests of people who are signed in and for signs of life.
    pub reserved: usize,
    /// Connections without a request make room when fewer places than this are left.
    pub headroom: usize,
    /// Connections of one client that may be behind with taking a response for longer than
    /// [`Deadlines::slow_reader`].
    pub slow_readers_per_client: usize,
    pub deadlines: Deadlines,
}

impl ConnectionLimits {
    /// Bounds in proportion to the number of places.
    pub fn new(max: usize) -> Self {
        Self {
            max,
            per_client: (max / 4).max(1),
            reserved: max / 16,
            headroom: max / 32,
            slow_readers_per_client: (max / 64).max(1),
            deadlines: Deadlines::default(),
        }
    }

    /// Places that are for everybody.
    pub fn unreserved(&self) -> usize {
        self.max - self.reserved
    }
}

/// How long a connection may stand still. Anyone who moves on, however slowly, is not cut.
#[derive(Debug, Clone)]
pub struct Deadlines {
    /// From the connection to the end of the first request's head.
    pub first_request: Duration,
    /// The same for a connection on a reserved place.
    pub first_request_in_reserve: Duration,
    /// From the first byte of a later request to the end of its head.
    pub head: Duration,
    /// Without any part of a body that the server waits for.
    pub body: Duration,
    /// Without any part of a response being taken that waits to be sent.
    pub response: Duration,
    /// The same for a client of whom many connections do so.
    pub slow_reader: Duration,
    /// Between a response and the first byte of the next request.
    pub idle: Duration,
    /// For so long a connection without a request makes no room for others: its request may be on
    /// its way.
    pub undisturbed: Duration,
    /// How often the deadlines are looked at.
    pub check_interval: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            first_request: seconds(15),
            first_request_in_reserve: seconds(5),
            head: seconds(15),
            body: seconds(20),
            response: seconds(30),
            slow_reader: seconds(5),
            idle: seconds(60),
            undisturbed: seconds(1),
            check_interval: seconds(1),
        }
    }
}

/// What a connection did not do in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// It sent no request, or not the whole head of one.
    Request,
    /// It stopped sending the body that it announced. `answered`: it was told so before and stayed.
    Body { answered: bool },
    /// It takes no more of the response.
    Reader,
    /// It had its response and asked for nothing more.
    Idle,
}

impl Deadlines {
    /// What is overdue on a connection, if anything is.
    pub fn overdue(&self, seen: &Snapshot, in_reserve: bool) -> Option<Overdue> {
        let past =
            |since: Option<Duration>, most: Duration| since.is_some_and(|since| since >= most);
        let first = if in_reserve { self.first_request_in_reserve } else { self.first_request };
        if past(seen.blocked, self.response) {
            Some(Overdue::Reader)
        } else if past(seen.body, self.body) {
            // The answer takes a moment, also where it is not taken.
            Some(Overdue::Body { answered: past(seen.body, self.body + self.slow_reader) })
        } else if seen.has_asked {
            let head = past(seen.head, self.head).then_some(Overdue::Request);
            head.or_else(|| {
                (seen.head.is_none() && past(seen.waiting, self.idle)).then_some(Overdue::Idle)
            })
        } else {
            past(seen.waiting, first).then_some(Overdue::Request)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    fn overdue(seen: Snapshot) -> Option<Overdue> {
        Deadlines::default().overdue(&seen, false)
    }

    #[test]
    fn one_client_has_a_quarter_of_the_places() {
        let limits = ConnectionLimits::new(CONNECTIONS_MAX);
        assert_eq!((limits.per_client, limits.unreserved()), (1024, 3840));
        assert_eq!(ConnectionLimits::new(1).per_client, 1, "also where there are hardly any");
    }

    #[test]
    fn a_socket_that_sends_no_request_is_overdue_after_fifteen_seconds_and_in_the_reserve_after_five()
     {
        let silent =
            |seconds_ago| Snapshot { waiting: seconds(seconds_ago), ..Snapshot::default() };
        assert_eq!(overdue(silent(14)), None);
        assert_eq!(overdue(silent(15)), Some(Overdue::Request));
        assert_eq!(Deadlines::default().overdue(&silent(5), true), Some(Overdue::Request));
        let trickles = Snapshot { head: seconds(1), ..silent(15) };
        assert_eq!(
            overdue(trickles),
            Some(Overdue::Request),
            "a head that comes byte by byte gains nothing"
        );
    }

    #[test]
    fn a_connection_that_had_its_response_is_idle_for_a_minute_at_most() {
        let idle = |seconds_ago| Snapshot {
            waiting: seconds(seconds_ago),
            has_asked: true,
            ..Snapshot::default()
        };
        assert_eq!(overdue(idle(59)), None);
        assert_eq!(overdue(idle(60)), Some(Overdue::Idle));
        let begun = |seconds_ago| Snapshot { head: seconds(seconds_ago), ..idle(70) };
        assert_eq!(overdue(begun(2)), None, "the next request is on its way");
        assert_eq!(overdue(begun(15)), Some(Overdue::Request));
    }

    #[test]
    fn a_body_that_stands_still_is_answered_and_then_cut() {
        let stands = |seconds_ago| Snapshot {
            body: seconds(seconds_ago),
            has_asked: true,
            ..Snapshot::default()
        };
        assert_eq!(overdue(stands(19)), None);
        assert_eq!(overdue(stands(20)), Some(Overdue::Body { answered: false }));
        assert_eq!(overdue(stands(25)), Some(Overdue::Body { answered: true }));
    }

    #[test]
    fn a_response_that_nobody_takes_is_overdue_and_one_that_has_nothing_to_send_never_is() {
        let reads = |blocked| Snapshot { blocked, has_asked: true, ..Snapshot::default() };
        assert_eq!(overdue(reads(seconds(29))), None);
        assert_eq!(overdue(reads(seconds(30))), Some(Overdue::Reader));
        assert_eq!(overdue(reads(None)), None, "a stream of changes may be quiet for hours");
    }
}
