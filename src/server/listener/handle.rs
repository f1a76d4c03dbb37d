//! What is shared of a connection: its own task says what it is doing, and is told when to end.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering::Relaxed},
};

use tokio::{sync::Notify, time::Instant};

use super::activity::Activity;
use wayfare_application::client_network::ClientNetwork;

/// How a connection is to end. The later ones overrule the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndOrder {
    /// After the response to the request that is in hand or on its way.
    Finish = 1,
    /// The same, and now where no request is in hand.
    GiveWay = 2,
    /// Now, and what the client has not taken is thrown away.
    Reset = 3,
}

#[derive(Debug)]
pub struct ConnectionHandle {
    pub activity: Activity,
    /// Who is at the other end; `None` for a trusted proxy, which speaks for many.
    pub client: Option<ClientNetwork>,
    /// On one of the last places.
    pub in_reserve: bool,
    /// As a number; 0: none.
    order: AtomicU8,
    ordered: Notify,
    body_overdue: Notify,
}

impl ConnectionHandle {
    pub fn new(epoch: Instant, client: Option<ClientNetwork>, in_reserve: bool) -> Arc<Self> {
        Arc::new(Self {
            activity: Activity::new(epoch),
            client,
            in_reserve,
            order: AtomicU8::new(0),
            ordered: Notify::new(),
            body_overdue: Notify::new(),
        })
    }

    pub fn end(&self, order: EndOrder) {
        if self.order.fetch_max(order as u8, Relaxed) < order as u8 {
            self.ordered.notify_one();
        }
    }

    /// The order that it has been given, if any.
    pub fn order(&self) -> Option<EndOrder> {
        match self.order.load(Relaxed) {
            0 => None,
            1 => Some(EndOrder::Finish),
            2 => Some(EndOrder::GiveWay),
            _ => Some(EndOrder::Reset),
        }
    }

    /// Waits for an order that overrules the one that was obeyed last.
    pub async fn next_order(&self, obeyed: Option<EndOrder>) -> EndOrder {
        loop {
            match self.order() {
                Some(order) if Some(order) > obeyed => return order,
                _ => self.ordered.notified().await,
            }
        }
    }

    /// The request whose body is waited for now is answered for the client's lateness.
    pub fn body_is_overdue(&self) {
        // Anyone who does not wait at this moment has received something and is asked again later.
        self.body_overdue.notify_waiters();
    }

    pub async fn until_body_is_overdue(&self) {
        self.body_overdue.notified().await;
    }
}

/// A request is in hand until this is dropped: with the last part of its response, or when the
/// client hung up.
#[derive(Debug)]
pub struct RequestInHand(Arc<ConnectionHandle>);

impl RequestInHand {
    pub fn begin(connection: &Arc<ConnectionHandle>) -> Self {
        connection.activity.request_begun();
        Self(Arc::clone(connection))
    }
}

impl Drop for RequestInHand {
    fn drop(&mut self) {
        self.0.activity.request_ended();
    }
}
