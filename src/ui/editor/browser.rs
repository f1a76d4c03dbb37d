//! What the editor asks the browser for. No other file of it needs to know the document.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, FocusOptions, HtmlElement};

use crate::domain::{editor::geometry::Frame, time::Timestamp};

/// The element that the editor is mounted into, with the journey and the version that it names.
pub struct Place {
    pub element: HtmlElement,
    pub journey: String,
    pub version: Option<i64>,
}

pub fn place() -> Option<Place> {
    let element = document().get_element_by_id("editor")?.dyn_into::<HtmlElement>().ok()?;
    let journey = element.get_attribute("data-journey")?;
    let version = element.get_attribute("data-version").and_then(|version| version.parse().ok());
    Some(Place { element, journey, version })
}

pub fn now() -> Timestamp {
    Timestamp(js_sys::Date::now() as i64)
}

/// Where an element lies in the window.
pub fn frame_of(element: &Element) -> Frame {
    let rect = element.get_bounding_client_rect();
    Frame { x: rect.x(), y: rect.y(), width: rect.width(), height: rect.height() }
}

/// The nearest element at or above the target that matches.
pub fn closest(target: Option<EventTarget>, selector: &str) -> Option<Element> {
    target?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}

/// Is something typed into the target?
pub fn in_field(target: Option<EventTarget>) -> bool {
    closest(target, "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], dialog").is_some()
}

/// Moves the keyboard to an element, without scrolling to it.
pub fn focus_quietly(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
    }
}

pub fn focus(id: &str) {
    try_focus(id);
}

/// Answers whether the element is there.
pub fn try_focus(id: &str) -> bool {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    element.is_some_and(|element| element.focus().is_ok())
}

/// The first field of a form, or the form itself.
pub fn focus_first_field(id: &str) {
    let selector = "input:not([disabled]), select:not([disabled]), textarea:not([disabled]), button:not([disabled])";
    let form = document().get_element_by_id(id);
    let field = form.as_ref().and_then(|form| form.query_selector(selector).ok().flatten());
    if let Some(element) = field.or(form).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Is the keyboard inside of an element that matches?
pub fn closest_active(selector: &str) -> bool {
    document().active_element().is_some_and(|active| active.closest(selector).ok().flatten().is_some())
}

/// Is the keyboard inside of the editor, or nowhere at all?
pub fn has_keyboard() -> bool {
    match document().active_element() {
        None => true,
        Some(active) if active.tag_name() == "BODY" => true,
        Some(active) => active.closest("#editor").ok().flatten().is_some(),
    }
}

/// After the page has been drawn anew.
pub fn later(work: impl FnOnce() + 'static) {
    request_animation_frame(move || request_animation_frame(work));
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

pub fn recall(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

pub fn remember(key: &str, text: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(key, text).is_ok())
}

pub fn forget(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

pub fn go_to(address: &str) {
    let _ = window().location().assign(address);
}

/// "Mon, 23 Nov 2026, 18:30" in a time zone, as the browser writes it; UTC where it does not know the zone.
pub fn local_time(at: Timestamp, zone: &str) -> String {
    let options = js_sys::Object::new();
    let set = |key: &str, value: &str| {
        let _ = js_sys::Reflect::set(&options, &key.into(), &value.into());
    };
    set("weekday", "short");
    set("day", "numeric");
    set("month", "short");
    set("year", "numeric");
    set("hour", "2-digit");
    set("minute", "2-digit");
    set("hour12", "");
    set("timeZone", zone);
    let _ = js_sys::Reflect::set(&options, &"hour12".into(), &false.into());
    let date = js_sys::Date::new(&(at.0 as f64).into());
    // An unknown zone throws; the bindings hand that on as an error.
    let write =
        js_sys::Reflect::get(&date, &"toLocaleString".into()).ok().and_then(|write| write.dyn_into::<js_sys::Function>().ok());
    let arguments = js_sys::Array::of2(&"en-GB".into(), &options);
    let written = write.and_then(|write| write.apply(&date, &arguments).ok()).and_then(|text| text.as_string());
    written.unwrap_or_else(|| at.long_date())
}

/// What `<input type="datetime-local">` shows of a moment, in UTC.
pub fn field_of_time(at: Timestamp) -> String {
    at.to_string().chars().take(16).collect()
}

/// And what it means.
pub fn time_of_field(text: &str) -> Option<Timestamp> {
    let seconds = if text.len() == 16 { ":00" } else { "" };
    format!("{text}{seconds}Z").parse().ok()
}
