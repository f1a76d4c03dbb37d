//! All open connections: who may have another one, who makes room for it, and who has kept the
//! server waiting for too long.

use std::{
    cmp::Reverse,
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior};

use super::{
    handle::{ConnectionHandle, EndOrder},
    limits::{ConnectionLimits, Overdue},
};
use crate::{
    http::TrustedProxies,
    server::concurrency_limit::{ConcurrencyLimit, Permit},
};
use wayfare_application::client_network::ClientNetwork;

/// All connections are looked over for room at most this often, however many come in.
const EVICTION_INTERVAL: Duration = Duration::from_millis(20);
/// How often refusals are told to the operator.
const REPORT_INTERVAL: Duration = Duration::from_secs(10);

/// Why there is no place for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionRefused {
    /// Its client has as many as one client may have.
    ClientAtLimit,
    /// All places are taken, the reserved ones too.
    Full,
}

pub struct Connections {
    limits: ConnectionLimits,
    proxies: TrustedProxies,
    epoch: Instant,
    per_client: Arc<ConcurrencyLimit<ClientNetwork>>,
    table: Mutex<Table>,
    refused: Refusals,
}

#[derive(Default)]
struct Table {
    open: HashMap<u64, Arc<ConnectionHandle>>,
    next_key: u64,
    room_made_at: Option<Instant>,
    room_of_client_made_at: Option<Instant>,
}

#[derive(Default)]
struct Refusals {
    clients_at_limit: AtomicUsize,
    full: AtomicUsize,
}

/// A place among the connections, until it is dropped.
pub struct ConnectionSlot {
    connections: Arc<Connections>,
    key: u64,
    handle: Arc<ConnectionHandle>,
    _of_client: Option<Permit<ClientNetwork>>,
}

impl ConnectionSlot {
    pub fn handle(&self) -> &Arc<ConnectionHandle> {
        &self.handle
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.connections.table().open.remove(&self.key);
    }
}

impl Connections {
    pub fn new(limits: ConnectionLimits, proxies: TrustedProxies) -> Arc<Self> {
        Arc::new(Self {
            per_client: ConcurrencyLimit::new(limits.per_client),
            limits,
            proxies,
            epoch: Instant::now(),
            table: Mutex::default(),
            refused: Refusals::default(),
        })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection. Where few are left, those without a request make room for the next
    /// ones.
    ///
    /// # Errors
    /// Where its client has enough of them, or all places are taken.
    pub fn admit(self: &Arc<Self>, peer: SocketAddr) -> Result<ConnectionSlot, ConnectionRefused> {
        let client = (!self.proxies.trusts(peer.ip())).then(|| ClientNetwork::from(peer.ip()));
        let of_client = match client {
            Some(client) => Some(self.admit_client(client)?),
            None => None,
        };
        let mut table = self.table();
        let count = table.open.len();
        if count + self.limits.headroom >= self.limits.unreserved() {
            self.evict_idle(&mut table, None);
        }
        if count >= self.limits.max {
            self.refused.full.fetch_add(1, Relaxed);
            return Err(ConnectionRefused::Full);
        }
        let handle = ConnectionHandle::new(self.epoch, client, count >= self.limits.unreserved());
        let key = table.next_key;
        table.next_key += 1;
        table.open.insert(key, Arc::clone(&handle));
        drop(table);
        Ok(ConnectionSlot { connections: Arc::clone(self), key, handle, _of_client: of_client })
    }

    fn admit_client(
        &self,
        client: ClientNetwork,
    ) -> Result<Permit<ClientNetwork>, ConnectionRefused> {
        let permit = self.per_client.try_acquire(client);
        // Neighbours behind one address do not lock each other out by connections that no one uses.
        if self.per_client.count(&client) + self.limits.headroom / 4 >= self.limits.per_client {
            self.evict_idle(&mut self.table(), Some(client));
        }
        permit.ok_or_else(|| {
            self.refused.clients_at_limit.fetch_add(1, Relaxed);
            ConnectionRefused::ClientAtLimit
        })
    }

    /// Closes some connections without a request, of one client or of all: first those that never
    /// asked for anything, of anyone who has most of them, the oldest first. A newcomer thus has
    /// the longest time to say what it wants.
    fn evict_idle(&self, table: &mut Table, client: Option<ClientNetwork>) {
        let made_at = if client.is_some() {
            &mut table.room_of_client_made_at
        } else {
            &mut table.room_made_at
        };
        if made_at.is_some_and(|made_at| made_at.elapsed() < EVICTION_INTERVAL) {
            return;
        }
        *made_at = Some(Instant::now());
        let now = self.epoch.elapsed();
        let mut unused: Vec<_> = table
            .open
            .values()
            .filter(|connection| client.is_none() || connection.client == client)
            .filter(|connection| connection.activity.is_waiting() && connection.order().is_none())
            .map(|connection| {
                let seen = connection.activity.snapshot(now);
                let of_client =
                    connection.client.map_or(0, |client| self.per_client.count(&client));
                (
                    seen.has_asked,
                    Reverse(of_client),
                    Reverse(seen.waiting.unwrap_or_default()),
                    connection,
                )
            })
            .filter(|(.., Reverse(waiting), _)| *waiting >= self.limits.deadlines.undisturbed)
            .collect();
        unused.sort_unstable_by_key(|(has_asked, of_client, waiting, _)| {
            (*has_asked, *of_client, *waiting)
        });
        for (.., connection) in unused.into_iter().take(self.limits.headroom.max(1)) {
            connection.end(EndOrder::GiveWay);
        }
    }

    /// There are no more descriptors to be had: connections without a request give theirs back.
    pub fn free_descriptors(&self) {
        self.evict_idle(&mut self.table(), None);
    }

    /// Tells every connection to end after the request that it has in hand.
    pub fn finish(&self) {
        self.table().open.values().for_each(|connection| connection.end(EndOrder::Finish));
    }

    /// Enforces the deadlines, for ever.
    pub async fn look_after(&self) {
        let mut ticks = tokio::time::interval(self.limits.deadlines.check_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut reported_at: Option<Instant> = None;
        loop {
            ticks.tick().await;
            self.enforce_deadlines();
            if reported_at.is_none_or(|reported_at| reported_at.elapsed() >= REPORT_INTERVAL)
                && self.report_refusals()
            {
                reported_at = Some(Instant::now());
            }
        }
    }

    fn enforce_deadlines(&self) {
        let now = self.epoch.elapsed();
        let deadlines = &self.limits.deadlines;
        let mut slow_readers: HashMap<ClientNetwork, Vec<(Duration, Arc<ConnectionHandle>)>> =
            HashMap::new();
        for connection in self.table().open.values() {
            let seen = connection.activity.snapshot(now);
            match deadlines.overdue(&seen, connection.in_reserve) {
                Some(Overdue::Request | Overdue::Idle) => connection.end(EndOrder::GiveWay),
                Some(Overdue::Body { answered: false }) => connection.body_is_overdue(),
                Some(Overdue::Reader | Overdue::Body { answered: true }) => {
                    connection.end(EndOrder::Reset)
                }
                None => {
                    let slow = seen.blocked.filter(|blocked| *blocked >= deadlines.slow_reader);
                    if let (Some(client), Some(blocked)) = (connection.client, slow) {
                        slow_readers
                            .entry(client)
                            .or_default()
                            .push((blocked, Arc::clone(connection)));
                    }
                }
            }
        }
        slow_readers.into_values().for_each(|of_client| self.thin_out(of_client));
    }

    /// What a client has not taken of its responses stays in memory: few of its connections may
    /// take their time.
    fn thin_out(&self, mut slow_readers: Vec<(Duration, Arc<ConnectionHandle>)>) {
        let too_many = slow_readers.len().saturating_sub(self.limits.slow_readers_per_client);
        slow_readers.sort_unstable_by_key(|(blocked, _)| Reverse(*blocked));
        slow_readers
            .iter()
            .take(too_many)
            .for_each(|(_, connection)| connection.end(EndOrder::Reset));
    }

    /// Answers whether there was something to report.
    fn report_refusals(&self) -> bool {
        let clients_at_limit = self.refused.clients_at_limit.swap(0, Relaxed);
        let full = self.refused.full.swap(0, Relaxed);
        if clients_at_limit + full > 0 {
            tracing::warn!(clients_at_limit, full, "connections.refused");
        }
        clients_at_limit + full > 0
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{super::limits::Deadlines, *};

    /// Sixteen places, four of a client, two reserved.
    fn connections() -> Arc<Connections> {
        connections_with(Deadlines { undisturbed: Duration::ZERO, ..Deadlines::default() })
    }

    fn connections_with(deadlines: Deadlines) -> Arc<Connections> {
        let limits =
            ConnectionLimits { reserved: 2, headroom: 1, deadlines, ..ConnectionLimits::new(16) };
        Connections::new(
            limits,
            TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")]),
        )
    }

    fn peer(address: &str) -> SocketAddr {
        SocketAddr::new(address.parse::<IpAddr>().expect("an address"), 4000)
    }

    fn admit(connections: &Arc<Connections>, address: &str, count: usize) -> Vec<ConnectionSlot> {
        (0..count).filter_map(|_| connections.admit(peer(address)).ok()).collect()
    }

    /// Moments are told apart by milliseconds.
    async fn a_moment() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    fn busy(slots: &[ConnectionSlot]) {
        slots.iter().for_each(|slot| slot.handle.activity.request_begun());
    }

    fn giving_way(slots: &[ConnectionSlot]) -> Vec<usize> {
        (0..slots.len())
            .filter(|index| slots[*index].handle.order() == Some(EndOrder::GiveWay))
            .collect()
    }

    #[tokio::test]
    async fn a_client_has_a_quarter_of_the_places_and_gets_them_back() {
        let connections = connections();
        let mut held = admit(&connections, "192.0.2.1", 10);
        assert_eq!(held.len(), 4);
        assert_eq!(
            connections.admit(peer("192.0.2.1")).err(),
            Some(ConnectionRefused::ClientAtLimit)
        );
        assert_eq!(admit(&connections, "192.0.2.2", 1).len(), 1, "others are not its business");
        held.pop();
        assert!(connections.admit(peer("192.0.2.1")).is_ok());
    }

    #[tokio::test]
    async fn the_addresses_of_an_ipv6_network_are_one_client() {
        let connections = connections();
        let held: Vec<_> = (0..10)
            .filter_map(|host| connections.admit(peer(&format!("2001:db8:0:1::{host:x}"))).ok())
            .collect();
        assert_eq!(held.len(), 4);
    }

    #[tokio::test]
    async fn a_trusted_proxy_is_not_limited_by_its_own_address() {
        assert_eq!(admit(&connections(), "10.1.2.3", 10).len(), 10);
    }

    #[tokio::test]
    async fn the_oldest_silent_connection_of_whoever_has_most_makes_room_first() {
        let connections = connections();
        let few = admit(&connections, "192.0.2.1", 1);
        a_moment().await;
        let mut many = Vec::new();
        for _ in 0..3 {
            many.extend(admit(&connections, "192.0.2.2", 1));
            a_moment().await;
        }
        let working = admit(&connections, "192.0.2.3", 3);
        busy(&working);
        let also_working = admit(&connections, "192.0.2.4", 3);
        busy(&also_working);
        let last = admit(&connections, "10.0.0.1", 4);
        assert_eq!(giving_way(&many), [0], "the first of the client with most");
        assert!(
            giving_way(&few).is_empty()
                && giving_way(&working).is_empty()
                && giving_way(&also_working).is_empty()
        );
        assert_eq!(last.len(), 4);
    }

    #[tokio::test]
    async fn who_asked_before_keeps_the_connection_longer_than_who_never_did() {
        let connections = connections();
        let asked = admit(&connections, "192.0.2.1", 3);
        busy(&asked);
        asked.iter().for_each(|slot| slot.handle.activity.request_ended());
        let silent = admit(&connections, "192.0.2.2", 1);
        let proxied = admit(&connections, "10.0.0.1", 9);
        busy(&proxied);
        a_moment().await;
        let _one_more = admit(&connections, "10.0.0.1", 1);
        assert_eq!(giving_way(&silent), [0]);
        assert!(giving_way(&asked).is_empty());
    }

    #[tokio::test]
    async fn who_has_only_just_come_is_not_sent_away() {
        let connections = connections_with(Deadlines::default());
        let newcomers = admit(&connections, "10.0.0.1", 16);
        assert!(newcomers.len() == 16 && giving_way(&newcomers).is_empty());
    }

    #[tokio::test]
    async fn the_last_places_are_reserved_and_then_there_are_none() {
        let connections = connections();
        let ordinary = admit(&connections, "10.0.0.1", 14);
        busy(&ordinary);
        assert!(ordinary.iter().all(|slot| !slot.handle.in_reserve));
        let reserved = admit(&connections, "10.0.0.1", 2);
        assert!(reserved.len() == 2 && reserved.iter().all(|slot| slot.handle.in_reserve));
        assert_eq!(connections.admit(peer("192.0.2.9")).err(), Some(ConnectionRefused::Full));
        drop(ordinary);
        assert!(connections.admit(peer("192.0.2.9")).is_ok_and(|slot| !slot.handle.in_reserve));
    }

    #[tokio::test]
    async fn few_connections_of_one_client_may_be_slow_to_read() {
        let deadlines = Deadlines { slow_reader: Duration::ZERO, ..Deadlines::default() };
        let limits =
            ConnectionLimits { slow_readers_per_client: 2, deadlines, ..ConnectionLimits::new(64) };
        let connections = Connections::new(limits, TrustedProxies::default());
        let readers = admit(&connections, "192.0.2.1", 4);
        let other = admit(&connections, "192.0.2.2", 1);
        busy(&readers);
        for reader in readers.iter().chain(&other) {
            reader.handle.activity.write_blocked();
            a_moment().await;
        }
        connections.enforce_deadlines();
        let cut: Vec<bool> =
            readers.iter().map(|slot| slot.handle.order() == Some(EndOrder::Reset)).collect();
        assert_eq!(cut, [true, true, false, false], "the slowest two of four");
        assert_eq!(other[0].handle.order(), None);
    }
}
