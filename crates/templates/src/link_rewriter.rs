//! The links of an email: they count, and someone who has enough finds the way out.

use std::{cell::Cell, rc::Rc};

use lol_html::{RewriteStrSettings, element, end, end_tag, html_content::ContentType, rewrite_str};

use super::{LinkBuilder, TemplateError, placeholders::is_marked, variable_scope::MessageUrls};

/// How links are written.
pub struct LinkRewriter<'a> {
    pub links: &'a dyn LinkBuilder,
    /// They do not count clicks.
    pub addresses: &'a MessageUrls<'a>,
    /// The author has put in how to unsubscribe.
    pub has_way_out: bool,
}

/// Does it say how to unsubscribe?
pub fn mentions(text: &str, addresses: &MessageUrls<'_>) -> bool {
    text.contains(addresses.unsubscribe()) || text.contains(&escaped(addresses.unsubscribe()))
}

/// Does it lead to the web?
pub fn is_web(target: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// Is a click on it counted?
pub fn is_tracked(target: &str, addresses: &MessageUrls<'_>) -> bool {
    is_web(target) && target != addresses.unsubscribe() && target != addresses.preferences()
}

/// Every link counts its clicks, a picture counts the view, and who has enough finds the way out.
pub fn with_links(html: &str, linking: &LinkRewriter<'_>) -> Result<String, TemplateError> {
    let LinkRewriter { links, addresses, has_way_out } = linking;
    let footer = if *has_way_out { String::new() } else { footer(addresses.unsubscribe()) };
    let pixel = escaped(&links.pixel());
    let ending = format!(
        "{footer}<img src=\"{pixel}\" width=\"1\" height=\"1\" alt=\"\" \
            style=\"display:block;border:0\">"
    );
    let is_written = Rc::new(Cell::new(false));
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!("a[href], area[href]", |link| {
            let target = link
                .get_attribute("href")
                .map(|target| unescaped(target.trim()))
                .unwrap_or_default();
            // Every address is written anew, so that a mail does not depend on which of them are
            // known only later.
            let leads = if is_marked(&target) || is_tracked(&target, addresses) {
                links.click(&target)
            } else {
                target
            };
            link.set_attribute("href", &escaped(&leads))?;
            Ok(())
        }))
        .append_element_content_handler(element!("body", |body| {
            let (ending, is_written) = (ending.clone(), Rc::clone(&is_written));
            body.on_end_tag(end_tag!(move |tag| {
                if !is_written.replace(true) {
                    tag.before(&ending, ContentType::Html);
                }
                Ok(())
            }))
        }))
        .append_document_content_handler(end!(|document| {
            if !is_written.get() {
                document.append(&ending, ContentType::Html);
            }
            Ok(())
        }));
    rewrite_str(html, settings).map_err(|_| TemplateError::Html)
}

fn footer(unsubscribe: &str) -> String {
    format!(
        "<p style=\"margin:24px 16px;font:12px/1.5 \
            sans-serif;text-align:center;color:#6b7280\">You do not want these emails? <a \
            href=\"{}\" style=\"color:#6b7280\">Unsubscribe</a></p>",
        escaped(unsubscribe)
    )
}

/// As it stands in an attribute.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The entities that stand in addresses and that values are escaped with; the last is undone last.
pub const ENTITIES: [(&str, &str); 6] = [
    ("&quot;", "\""),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&amp;", "&"),
];

/// Undoes them.
pub fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_string();
    }
    ENTITIES.iter().fold(text.to_string(), |text, (entity, sign)| text.replace(entity, sign))
}
