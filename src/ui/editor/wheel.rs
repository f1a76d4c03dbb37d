//! The wheel on the canvas: it pans, and with Ctrl it zooms.

use leptos::{ev, prelude::*};

use super::pointer::PointerTool;

/// How far a wheel turned since the last frame.
#[derive(Clone, Copy, Default)]
pub(super) struct WheelDelta {
    dx: f64,
    dy: f64,
    factor: f64,
    at: (f64, f64),
}

impl PointerTool {
    /// A wheel reports more often than there are frames: its turns are added up, and shown once a
    /// frame.
    pub fn wheel(self, event: &ev::WheelEvent) {
        event.prevent_default();
        let begins = self.wheel.with_value(Option::is_none);
        if begins {
            self.measure();
        }
        // Lines and pages in pixels.
        let unit = [1.0, 16.0, 400.0][event.delta_mode().min(2) as usize];
        let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
        let at = self.position_in_canvas(event.client_x(), event.client_y());
        self.wheel.update_value(|delta| {
            let delta = delta.get_or_insert(WheelDelta { factor: 1.0, ..WheelDelta::default() });
            delta.at = at;
            if event.ctrl_key() || event.meta_key() {
                delta.factor *= (-dy / 300.0).exp();
            } else if event.shift_key() && dx == 0.0 {
                delta.dx -= dy;
            } else {
                delta.dx -= dx;
                delta.dy -= dy;
            }
        });
        if begins {
            request_animation_frame(move || {
                if let Some(Some(delta)) = self.wheel.try_update_value(Option::take) {
                    let (x, y) = delta.at;
                    self.canvas.viewport.update(|view| {
                        *view = view.zoomed(delta.factor, x, y).panned(delta.dx, delta.dy)
                    });
                }
            });
        }
    }
}
