//! What the editor asks the browser for: the keyboard, storage, the clipboard, and time.

use std::cell::RefCell;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{
    Element, EventTarget, FocusOptions, HtmlElement, HtmlInputElement, HtmlTextAreaElement,
};

use wayfare_domain::time::Timestamp;
use wayfare_editor_model::geometry::Rect;

/// The element that the editor is mounted into, with the journey and the version that it names.
pub struct MountPoint {
    pub element: HtmlElement,
    pub journey: String,
    pub version: Option<i64>,
}

pub fn find_mount_point() -> Option<MountPoint> {
    let element = document().get_element_by_id("editor")?.dyn_into::<HtmlElement>().ok()?;
    let journey = element.get_attribute("data-journey")?;
    let version = element.get_attribute("data-version").and_then(|version| version.parse().ok());
    Some(MountPoint { element, journey, version })
}

pub fn now() -> Timestamp {
    Timestamp(js_sys::Date::now() as i64)
}

/// Place and size of an element in the window.
pub fn rect_of(element: &Element) -> Rect {
    let rect = element.get_bounding_client_rect();
    Rect { x: rect.x(), y: rect.y(), width: rect.width(), height: rect.height() }
}

/// The nearest element at or above the target that matches.
pub fn closest(target: Option<EventTarget>, selector: &str) -> Option<Element> {
    target?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}

/// Whether the target is typed into.
pub fn is_in_field(target: Option<EventTarget>) -> bool {
    closest(
        target,
        "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], dialog",
    )
    .is_some()
}

/// Moves the keyboard to an element, without scrolling to it; false where it is not there.
pub fn focus_quietly(id: &str) -> bool {
    let element =
        document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    element.is_some_and(|element| {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        element.focus_with_options(&options).is_ok()
    })
}

pub fn focus(id: &str) {
    try_focus(id);
}

/// The same; false where the element is missing.
pub fn try_focus(id: &str) -> bool {
    let element =
        document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    element.is_some_and(|element| element.focus().is_ok())
}

/// The first field of a form, or the form itself.
pub fn focus_first_field(id: &str) {
    let selector = "input:not([disabled]), select:not([disabled]), textarea:not([disabled]), \
        button:not([disabled])";
    let form = document().get_element_by_id(id);
    let field = form.as_ref().and_then(|form| form.query_selector(selector).ok().flatten());
    if let Some(element) = field.or(form).and_then(|element| element.dyn_into::<HtmlElement>().ok())
    {
        let _ = element.focus();
    }
}

/// Where the element that has the keyboard is about to be removed: gives it to the last button of
/// the list that it is in.
pub fn keep_focus_in(list: Option<Element>) {
    after_paint(move || {
        let lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
        let Some(list) = list.filter(|_| lost) else { return };
        let Ok(buttons) = list.query_selector_all("button:not([disabled])") else { return };
        let last = buttons.length().checked_sub(1).and_then(|last| buttons.item(last));
        if let Some(button) = last.and_then(|last| last.dyn_into::<HtmlElement>().ok()) {
            let _ = button.focus();
        }
    });
}

thread_local! {
    /// The element that had the keyboard last, outside of the panel.
    static LAST_FOCUS: RefCell<Option<HtmlElement>> = const { RefCell::new(None) };
}

/// Remembers where the keyboard is, unless that is the panel, a dialog or the step picker, from
/// which people return.
pub fn remember_focus(target: Option<EventTarget>) {
    let Some(element) = target.and_then(|target| target.dyn_into::<HtmlElement>().ok()) else {
        return;
    };
    if element.closest(".side-panel, dialog, .picker").ok().flatten().is_none() {
        LAST_FOCUS.with_borrow_mut(|last| *last = Some(element));
    }
}

/// Gives the keyboard back to there; false where that is gone.
pub fn restore_focus() -> bool {
    let last = LAST_FOCUS.with_borrow(Clone::clone).filter(|element| element.is_connected());
    last.is_some_and(|element| {
        let _ = element.focus();
        document().active_element().as_ref() == Some(element.as_ref())
    })
}

/// Gives the keyboard to the first element in an area of the page that matches.
pub fn focus_in(area: &str, target: &str) -> bool {
    let Some(area) = document().query_selector(area).ok().flatten() else { return false };
    let Some(element) = area
        .query_selector(target)
        .ok()
        .flatten()
        .and_then(|element| element.dyn_into::<HtmlElement>().ok())
    else {
        return false;
    };
    let _ = element.focus();
    document().active_element().as_ref() == Some(element.as_ref())
}

/// Whether the keyboard is in an element that matches.
pub fn is_focus_in(selector: &str) -> bool {
    document()
        .active_element()
        .is_some_and(|active| active.closest(selector).ok().flatten().is_some())
}

/// Whether the keyboard is in the editor, or nowhere.
pub fn has_focus() -> bool {
    match document().active_element() {
        None => true,
        Some(active) if active.tag_name() == "BODY" => true,
        Some(active) => active.closest("#editor").ok().flatten().is_some(),
    }
}

/// Does some work after the page has been drawn.
pub fn after_paint(work: impl FnOnce() + 'static) {
    request_animation_frame(move || request_animation_frame(work));
}

/// What is selected in a field, counted in UTF-16; the cursor alone is an empty selection.
pub fn selection(id: &str) -> Option<(usize, usize)> {
    let element = document().get_element_by_id(id)?;
    let (from, to) = match element.dyn_ref::<HtmlTextAreaElement>() {
        Some(area) => (area.selection_start().ok()??, area.selection_end().ok()??),
        None => {
            let input = element.dyn_ref::<HtmlInputElement>()?;
            (input.selection_start().ok()??, input.selection_end().ok()??)
        }
    };
    Some((from as usize, to as usize))
}

/// Gives a field the keyboard, with the cursor at an index.
pub fn set_cursor(id: &str, at: usize) {
    focus(id);
    let (element, at) = (document().get_element_by_id(id), u32::try_from(at).unwrap_or(u32::MAX));
    if let Some(area) =
        element.as_ref().and_then(|element| element.dyn_ref::<HtmlTextAreaElement>())
    {
        let _ = area.set_selection_range(at, at);
    } else if let Some(input) =
        element.as_ref().and_then(|element| element.dyn_ref::<HtmlInputElement>())
    {
        let _ = input.set_selection_range(at, at);
    }
}

/// Puts a text on the clipboard and says whether that worked: browsers give it to safe pages only,
/// after a press.
pub fn copy(text: &str, done: impl Fn(bool) + Clone + 'static) {
    let promise = js_sys::Reflect::get(&window(), &"navigator".into()).ok().and_then(|navigator| {
        let clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into()).ok()?;
        let write = js_sys::Reflect::get(&clipboard, &"writeText".into())
            .ok()?
            .dyn_into::<js_sys::Function>()
            .ok()?;
        write.call1(&clipboard, &text.into()).ok()?.dyn_into::<js_sys::Promise>().ok()
    });
    let Some(promise) = promise else { return done(false) };
    leptos::task::spawn_local(async move {
        done(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok())
    });
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

pub fn read_storage(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

pub fn write_storage(key: &str, text: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(key, text).is_ok())
}

pub fn remove_from_storage(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

pub fn open_address(address: &str) {
    let _ = window().location().assign(address);
}

/// "Mon, 23 Nov 2026, 18:30" in a time zone, as the browser writes it; UTC where it does not know
/// the zone.
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
    // An unknown zone throws, which the bindings return as an error.
    let write = js_sys::Reflect::get(&date, &"toLocaleString".into())
        .ok()
        .and_then(|write| write.dyn_into::<js_sys::Function>().ok());
    let arguments = js_sys::Array::of2(&"en-GB".into(), &options);
    let written = write
        .and_then(|write| write.apply(&date, &arguments).ok())
        .and_then(|text| text.as_string());
    written.unwrap_or_else(|| at.long_date())
}

/// A time as `<input type="datetime-local">` shows it, in UTC.
pub fn format_datetime_field(at: Timestamp) -> String {
    at.to_string().chars().take(16).collect()
}

/// The time that such a field shows.
pub fn parse_datetime_field(text: &str) -> Option<Timestamp> {
    let seconds = if text.len() == 16 { ":00" } else { "" };
    format!("{text}{seconds}Z").parse().ok()
}
