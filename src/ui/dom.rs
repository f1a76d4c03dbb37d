//! What only a browser can do, in functions that do nothing on the server. No other file of the
//! pages needs to know which side it is on.

#[cfg(feature = "hydrate")]
use leptos::prelude::*;

use wayfare_domain::ids::JourneyId;

/// The element that the browser's half takes over. What surrounds it stays as the server sent it.
pub const APP: &str = "app";

/// Takes over what the server rendered.
#[cfg(feature = "hydrate")]
pub fn hydrate<F, N>(app: F)
where
    F: FnOnce() -> N + 'static,
    N: IntoView,
{
    use wasm_bindgen::JsCast;
    let place = document()
        .get_element_by_id(APP)
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(place) = place {
        leptos::mount::hydrate_from(place, app).forget();
    }
}

/// The id of the project that this page shows; None where nobody is signed in or has a role.
pub fn shown_project() -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        document().body().and_then(|body| body.get_attribute("data-project"))
    }
    #[cfg(all(feature = "ssr", not(feature = "hydrate")))]
    {
        use crate::api::request::RequestAuth;
        let caller = leptos::prelude::use_context::<RequestAuth>()?;
        caller.project().map(|project| project.to_string())
    }
    #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
    None
}

/// Sets `data-hydrated` on the document once the first page listens; styles and tests wait for it.
pub fn mark_hydrated() {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| {
        request_animation_frame(|| {
            if let Some(root) = document().document_element() {
                let _ = root.set_attribute("data-hydrated", "true");
            }
        });
    });
}

/// The journeys whose boxes were ticked before the page came alive.
pub fn ticked_journeys() -> Vec<JourneyId> {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let Ok(boxes) = document().query_selector_all("input[name='ids[]']:checked") else {
            return Vec::new();
        };
        (0..boxes.length())
            .filter_map(|index| {
                boxes.get(index)?.dyn_into::<web_sys::HtmlInputElement>().ok()?.value().parse().ok()
            })
            .collect()
    }
    #[cfg(not(feature = "hydrate"))]
    Vec::new()
}

/// Runs `on_change` whenever the server says that something changed, until the owner is gone.
pub fn on_server_change(on_change: impl Fn() + 'static) {
    #[cfg(feature = "hydrate")]
    Effect::new({
        let on_change = std::rc::Rc::new(on_change);
        move |_| {
            use send_wrapper::SendWrapper;
            use wasm_bindgen::{JsCast, closure::Closure};
            let Ok(source) = web_sys::EventSource::new("/api/ui/changes") else { return };
            // A hidden page asks for nothing. It is brought up to date when it is shown again.
            let missed = std::rc::Rc::new(std::cell::Cell::new(false));
            let on_change = {
                let (on_change, missed) = (on_change.clone(), missed.clone());
                std::rc::Rc::new(
                    move || if document().hidden() { missed.set(true) } else { on_change() },
                )
            };
            let seen = {
                let on_change = on_change.clone();
                Closure::<dyn Fn()>::new(move || {
                    if !document().hidden() && missed.replace(false) {
                        on_change();
                    }
                })
            };
            let _ = document().add_event_listener_with_callback(
                "visibilitychange",
                seen.as_ref().unchecked_ref(),
            );
            let changed = {
                let on_change = on_change.clone();
                Closure::<dyn Fn()>::new(move || on_change())
            };
            let _ = source
                .add_event_listener_with_callback("changed", changed.as_ref().unchecked_ref());
            // A second greeting means that the connection was lost meanwhile, and changes with it.
            let greeted = std::cell::Cell::new(false);
            let hello = {
                let on_change = on_change.clone();
                Closure::<dyn Fn()>::new(move || {
                    if greeted.replace(true) {
                        on_change();
                    }
                })
            };
            let _ =
                source.add_event_listener_with_callback("hello", hello.as_ref().unchecked_ref());
            let held = SendWrapper::new((source, changed, hello, seen));
            on_cleanup(move || {
                held.0.close();
                let seen = held.3.as_ref().unchecked_ref();
                let _ = document().remove_event_listener_with_callback("visibilitychange", seen);
            });
        }
    });
    #[cfg(not(feature = "hydrate"))]
    drop(on_change);
}

/// Opens or closes a `<dialog>` over the page.
pub fn show_modal(id: &str, open: bool) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let element = document().get_element_by_id(id);
        let Some(dialog) =
            element.and_then(|element| element.dyn_into::<web_sys::HtmlDialogElement>().ok())
        else {
            return;
        };
        match (open, dialog.open()) {
            (true, false) => {
                let _ = dialog.show_modal();
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (id, open);
}

/// Closes an element that was opened with `popovertarget`.
pub fn hide_popover(id: &str) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        if let Some(element) = document()
            .get_element_by_id(id)
            .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
        {
            let _ = element.hide_popover();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// Moves the keyboard to an element.
pub fn focus(id: &str) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        if let Some(element) = document()
            .get_element_by_id(id)
            .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
        {
            let _ = element.focus();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// The fields of a form as a query string.
pub fn form_query(event: &leptos::ev::SubmitEvent) -> String {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let form =
            event.target().and_then(|target| target.dyn_into::<web_sys::HtmlFormElement>().ok());
        let data = form.and_then(|form| web_sys::FormData::new_with_form(&form).ok());
        data.map(|data| {
            let pairs = js_sys::Array::from(&js_sys::Array::from(&data.entries()));
            let pairs: Vec<(String, String)> = pairs
                .iter()
                .filter_map(|pair| {
                    let pair = js_sys::Array::from(&pair);
                    Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
                })
                .filter(|(_, value)| !value.is_empty())
                .collect();
            let borrowed: Vec<(&str, String)> =
                pairs.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
            wayfare_domain::query_string::write_query(&borrowed)
        })
        .unwrap_or_default()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        String::new()
    }
}

/// The name of the button that submitted a form.
pub fn submitter_value(event: &leptos::ev::SubmitEvent) -> String {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let button = event
            .submitter()
            .and_then(|button| button.dyn_into::<web_sys::HtmlButtonElement>().ok());
        button.map(|button| button.value()).unwrap_or_default()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        String::new()
    }
}

/// The items of a menu that are shown, and which of them has the keyboard.
#[cfg(feature = "hydrate")]
fn menu_items(menu: &str) -> (Vec<web_sys::HtmlElement>, Option<usize>) {
    use wasm_bindgen::JsCast;
    let Ok(items) = document().query_selector_all(&format!("#{menu} [role=menuitem]")) else {
        return (Vec::new(), None);
    };
    let items: Vec<web_sys::HtmlElement> = (0..items.length())
        .filter_map(|index| items.get(index)?.dyn_into().ok())
        .filter(|item: &web_sys::HtmlElement| item.offset_parent().is_some())
        .collect();
    let active = document().active_element();
    let at = items.iter().position(|item| active.as_ref() == Some(item.as_ref()));
    (items, at)
}

/// Moves the keyboard among the items of a menu: `step` of −1 or 1, or to the first (`i32::MIN`) or
/// last (`i32::MAX`).
pub fn move_in_menu(menu: &str, step: i32) {
    #[cfg(feature = "hydrate")]
    {
        let (items, at) = menu_items(menu);
        let Some(last) = items.len().checked_sub(1) else { return };
        let next = match (step, at) {
            (i32::MIN, _) | (1, None) => 0,
            (i32::MAX, _) | (_, None) => last,
            (step, Some(at)) => (at as i32 + step).rem_euclid(items.len() as i32) as usize,
        };
        let _ = items[next].focus();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (menu, step);
}

/// Opens a menu with the keyboard on its first (`i32::MIN`) or last (`i32::MAX`) item.
pub fn open_menu(menu: &str, to: i32) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        if let Some(element) = document()
            .get_element_by_id(menu)
            .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
        {
            let _ = element.show_popover();
        }
        move_in_menu(menu, to);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (menu, to);
}

/// After a menu was opened the keyboard is inside it.
pub fn focus_opened_menu(menu: &str) {
    #[cfg(feature = "hydrate")]
    {
        let open = document().query_selector(&format!("#{menu}:popover-open")).ok().flatten();
        let inside = document().query_selector(&format!("#{menu} :focus")).ok().flatten();
        if open.is_some() && inside.is_none() {
            move_in_menu(menu, i32::MIN);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = menu;
}

/// A letter moves to the next item that begins with it.
pub fn type_ahead(menu: &str, key: &str) {
    #[cfg(feature = "hydrate")]
    {
        if key.chars().count() != 1 {
            return;
        }
        let (items, at) = menu_items(menu);
        let at = at.map_or(0, |at| at + 1);
        let begins = |item: &&web_sys::HtmlElement| {
            item.text_content()
                .unwrap_or_default()
                .trim()
                .to_lowercase()
                .starts_with(&key.to_lowercase())
        };
        if let Some(item) = items[at..].iter().chain(&items[..at]).find(begins) {
            let _ = item.focus();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (menu, key);
}

/// Moves the keyboard to an element where it would otherwise stand on nothing.
pub fn focus_if_lost(id: &'static str) {
    #[cfg(feature = "hydrate")]
    request_animation_frame(move || {
        use wasm_bindgen::JsCast;
        let lost = document().active_element().is_none_or(|element| {
            element.tag_name() == "BODY"
                || element
                    .dyn_into::<web_sys::HtmlButtonElement>()
                    .is_ok_and(|button| button.disabled())
        });
        if lost {
            focus(id);
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// Loads the page anew.
pub fn reload() {
    #[cfg(feature = "hydrate")]
    {
        let _ = window().location().reload();
    }
}

/// Leaves for another page.
pub fn go_to(address: &str) {
    #[cfg(feature = "hydrate")]
    {
        let _ = window().location().assign(address);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = address;
}
