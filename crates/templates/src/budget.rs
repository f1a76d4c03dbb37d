//! What filling in one text may cost. Liquid itself has no limits: every renderable and filter of
//! ours asks here first, so that no template, whatever its author meant, keeps a worker busy or
//! fills the memory.

use std::io;

use liquid_core::{Error, Result, Runtime};

/// Longest text of an email's body, as it is written and as it goes out, in bytes.
pub const EMAIL_MAX: usize = 1024 * 1024;
/// Longest HTML that is made of MJML, in bytes.
pub const HTML_MAX: usize = 4 * 1024 * 1024;
/// Longest text of anything else.
pub const TEXT_MAX: usize = 64 * 1024;
/// Deepest nesting of `{% if %}`, `{% for %}` and the like.
pub const DEPTH_MAX: usize = 32;
/// Longest `{{ … }}` or `{% … %}`, in bytes.
pub const CODE_MAX: usize = 4 * 1024;
/// Rounds of all loops together.
pub const ROUNDS_MAX: u32 = 10_000;
/// Things done: a text written, a value shown, a filter, a comparison.
pub const STEPS_MAX: u32 = 100_000;
/// Bytes read and made on the way, besides what goes out.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;

/// Which limit a template ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderLimit {
    Rounds,
    Steps,
    Bytes,
    /// What goes out is longer than so many bytes.
    Output(usize),
    /// What is made of MJML is too long.
    Html,
}

impl RenderLimit {
    /// The limit, and what to do.
    pub fn sentence(self) -> String {
        match self {
            RenderLimit::Rounds => format!(
                "Its loops take more than {ROUNDS_MAX} rounds. Loop over fewer items, or use \
                    “limit:”."
            ),
            RenderLimit::Steps => {
                format!(
                    "Rendering takes more than {STEPS_MAX} steps. Simplify it, or loop over fewer \
                        items."
                )
            }
            RenderLimit::Bytes => {
                format!(
                    "Rendering processes more than {} MB of text. Simplify it.",
                    BYTES_MAX / 1024 / 1024
                )
            }
            RenderLimit::Html => {
                format!(
                    "The HTML made from it is longer than {} MB. Shorten it.",
                    HTML_MAX / 1024 / 1024
                )
            }
            RenderLimit::Output(most) => {
                format!("The rendered text is longer than {} KB. Shorten it.", most / 1024)
            }
        }
    }
}

/// What is left of the budget. It lies in the registers of the rendering.
#[derive(Debug, Clone, Copy)]
pub struct RenderBudget {
    rounds: u32,
    steps: u32,
    bytes: usize,
    /// The first limit that was hit.
    pub hit: Option<RenderLimit>,
}

impl Default for RenderBudget {
    fn default() -> Self {
        Self { rounds: ROUNDS_MAX, steps: STEPS_MAX, bytes: BYTES_MAX, hit: None }
    }
}

impl RenderBudget {
    /// Steps taken so far.
    #[cfg(test)]
    pub fn steps_taken(&self) -> u32 {
        STEPS_MAX - self.steps
    }

    fn stop(&mut self, limit: RenderLimit) -> Error {
        let limit = *self.hit.get_or_insert(limit);
        Error::with_msg(limit.sentence())
    }
}

/// One step that reads or makes so many bytes.
pub fn spend(runtime: &dyn Runtime, bytes: usize) -> Result<()> {
    let mut meter = runtime.registers().get_mut::<RenderBudget>();
    if let Some(limit) = meter.hit {
        return Err(meter.stop(limit));
    }
    let Some(steps) = meter.steps.checked_sub(1) else {
        return Err(meter.stop(RenderLimit::Steps));
    };
    let Some(left) = meter.bytes.checked_sub(bytes) else {
        return Err(meter.stop(RenderLimit::Bytes));
    };
    (meter.steps, meter.bytes) = (steps, left);
    Ok(())
}

/// The same where no error can be told: the next step tells it.
pub fn note(runtime: &dyn Runtime, bytes: usize) {
    let mut meter = runtime.registers().get_mut::<RenderBudget>();
    match meter.bytes.checked_sub(bytes) {
        Some(left) => meter.bytes = left,
        None => {
            meter.hit.get_or_insert(RenderLimit::Bytes);
        }
    }
}

/// A loop is about to take so many rounds: refused before the first where they are too many.
pub fn enter_loop(runtime: &dyn Runtime, rounds: u64) -> Result<()> {
    let mut meter = runtime.registers().get_mut::<RenderBudget>();
    let left = u32::try_from(rounds).ok().and_then(|rounds| meter.rounds.checked_sub(rounds));
    match left {
        Some(left) => {
            meter.rounds = left;
            Ok(())
        }
        None => Err(meter.stop(RenderLimit::Rounds)),
    }
}

/// Where rendered text goes, as far as there is room.
pub struct BoundedWriter {
    text: Vec<u8>,
    most: usize,
    pub is_over: bool,
}

impl BoundedWriter {
    pub fn new(most: usize, guess: usize) -> Self {
        Self { text: Vec::with_capacity(guess.min(most)), most, is_over: false }
    }

    /// For what is kept and not sent: as much as may be moved around.
    pub fn within(runtime: &dyn Runtime) -> Self {
        Self::new(runtime.registers().get_mut::<RenderBudget>().bytes, 256)
    }

    pub fn into_text(self) -> String {
        // Only texts are written, each of them whole.
        String::from_utf8(self.text).unwrap_or_default()
    }
}

impl io::Write for BoundedWriter {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.text.len() + piece.len() > self.most {
            self.is_over = true;
            return Err(io::Error::other("the limit is reached"));
        }
        self.text.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
