//! Reading from a socket while somebody counts what comes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

/// Reads, and shows `count` what came. Where it says that this was too much, nothing was read: an
/// error comes with no bytes, which is what those who read rely on.
pub fn poll_read_counted(
    inner: &mut (impl AsyncRead + Unpin),
    context: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
    count: impl FnOnce(&[u8]) -> io::Result<()>,
) -> Poll<io::Result<()>> {
    let before = buffer.filled().len();
    ready!(Pin::new(inner).poll_read(context, buffer))?;
    let counted = count(&buffer.filled()[before..]);
    Poll::Ready(counted.inspect_err(|_| buffer.set_filled(before)))
}
