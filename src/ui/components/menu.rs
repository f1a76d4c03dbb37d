//! A menu button (WAI-ARIA APG). The menu is a native popover: it opens, closes on Escape and on a
//! click elsewhere without any script; hydration adds the arrow keys.

use leptos::{ev::KeyboardEvent, prelude::*};

use super::icon::{Icon, Symbol};
use crate::ui::dom;

#[component]
pub fn MenuButton(
    /// Unique in the page.
    id: String,
    /// What screen readers call the button.
    #[prop(into)]
    label: Signal<String>,
    children: Children,
) -> impl IntoView {
    let menu = format!("{id}-menu");
    let on_button_key = {
        let menu = menu.clone();
        move |event: KeyboardEvent| {
            let to = match event.key().as_str() {
                "ArrowDown" => i32::MIN,
                "ArrowUp" => i32::MAX,
                _ => return,
            };
            event.prevent_default();
            dom::open_menu(&menu, to);
        }
    };
    let on_toggle = {
        let menu = menu.clone();
        move |_| dom::focus_opened_menu(&menu)
    };
    let on_menu_key = {
        let menu = menu.clone();
        move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                "Home" => i32::MIN,
                "End" => i32::MAX,
                "Tab" => return dom::hide_popover(&menu),
                key => return dom::type_ahead(&menu, key),
            };
            event.prevent_default();
            dom::move_in_menu(&menu, step);
        }
    };
    view! {
        <button
            id=id
            class="icon-button"
            r#type="button"
            aria-haspopup="menu"
            aria-label=label
            popovertarget=menu.clone()
            on:keydown=on_button_key
        >
            <Icon symbol=Symbol::More />
        </button>
        <div id=menu.clone() class="menu" role="menu" aria-label=label popover="auto" on:keydown=on_menu_key on:toggle=on_toggle>
            {children()}
        </div>
    }
}
