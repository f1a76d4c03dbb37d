//! The page on which people choose what they get. It belongs to the project, not to us: plain,
//! calm, without a script.

use axum::{
    body::Body,
    http::{Response, StatusCode},
};

use crate::{
    api::AppError,
    http::{
        assets::Assets,
        error_page::{document, escape},
    },
};
use wayfare_domain::{
    messages::preferences::{PreferenceLine, Recipient},
    profiles::profile::Channel,
};

/// The channel in the words of anyone who gets messages.
fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "Email",
        Channel::Sms => "Text messages",
        Channel::Push => "App notifications",
        Channel::Whatsapp => "WhatsApp",
        Channel::WebPush => "Browser notifications",
        Channel::Webhook | Channel::InApp => "Messages",
    }
}

pub fn choices(recipient: &Recipient, token: &str, saved: bool, assets: &Assets) -> Response<Body> {
    let project = escape(&recipient.project);
    let choices = recipient.lines();
    let notice =
        if saved { "<p class=\"notice\" role=\"status\">Your choice is saved.</p>" } else { "" };
    let body = if choices.is_empty() {
        format!(
            "<p class=\"lead\">{project} has no address for you, so there is nothing to choose.</p>"
        )
    } else {
        forms(recipient, &choices, token)
    };
    let content = format!(
        "<div class=\"choices-page\"><p class=\"choices-project\">{project}</p><h1>Your \
            messages</h1>{notice}{body}</div>"
    );
    document(&format!("Your messages from {}", recipient.project), &content, assets)
}

fn forms(recipient: &Recipient, choices: &[PreferenceLine], token: &str) -> String {
    let action = format!("/u/{}", escape(token));
    let present =
        choices.iter().find(|choice| choice.channel == recipient.channel && choice.wanted);
    let quick = present.map(|choice| {
        format!(
            "<form method=\"post\" action=\"{action}\" class=\"card\" \
                aria-label=\"Unsubscribe\"><p>{} to {}</p>\
             <p><button class=\"button button-primary\" type=\"submit\" name=\"do\" \
             value=\"unsubscribe\">Unsubscribe from this</button></p></form>",
            name(choice.channel),
            escape(&choice.address),
        )
    });
    let lines: String = choices.iter().map(line).collect();
    format!(
        "{quick}<form method=\"post\" action=\"{action}\" class=\"card form\" aria-label=\"What \
            you receive\"><fieldset class=\"choices choices-long\"><legend>What you want to \
            receive</legend>{lines}</fieldset><div class=\"form-actions\"><button class=\"button\" \
            type=\"submit\" name=\"do\" value=\"save\">Save</button><button class=\"button\" \
            type=\"submit\" name=\"do\" value=\"everything\">Unsubscribe from \
            everything</button></div></form>",
        quick = quick.unwrap_or_default(),
    )
}

fn line(choice: &PreferenceLine) -> String {
    let key = choice.channel.key();
    let checked = if choice.wanted { " checked" } else { "" };
    let (disabled, described, note) = match choice.closed {
        Some(why) => (
            " disabled",
            format!(" aria-describedby=\"why-{key}\""),
            format!("<p class=\"hint\" id=\"why-{key}\">{}</p>", escape(why)),
        ),
        None => ("", String::new(), String::new()),
    };
    format!(
        "<label class=\"choice\"><input type=\"checkbox\" name=\"want\" \
            value=\"{key}\"{checked}{disabled}{described}>\
         <span>{} <span class=\"hint\">{}</span></span></label>{note}",
        name(choice.channel),
        escape(&choice.address),
    )
}

fn told(status: StatusCode, title: &str, sentence: &str, assets: &Assets) -> Response<Body> {
    let content = format!(
        "<div class=\"state\" role=\"alert\"><h1 class=\"state-title\">{}</h1><p \
            class=\"state-text\">{}</p></div>",
        escape(title),
        escape(sentence),
    );
    let mut response = document(title, &content, assets);
    *response.status_mut() = status;
    response
}

pub fn dead_link(assets: &Assets) -> Response<Body> {
    let sentence = "The link is incomplete or has expired. Open the message again and use its \
        link, or contact the sender.";
    told(StatusCode::NOT_FOUND, "This link does not work", sentence, assets)
}

pub fn not_understood(assets: &Assets) -> Response<Body> {
    let sentence = "Nothing was changed. Open the link in your message and choose again.";
    told(StatusCode::BAD_REQUEST, "The request was not understood", sentence, assets)
}

pub fn too_large(assets: &Assets) -> Response<Body> {
    let sentence = "The request was too large, and nothing was changed. Open the link in your \
        message and choose again.";
    told(StatusCode::PAYLOAD_TOO_LARGE, "The request was too large", sentence, assets)
}

pub fn failed(error: &AppError, assets: &Assets) -> Response<Body> {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    told(status, "Your choice was not saved", "Nothing was changed. Try again in a moment.", assets)
}
