//! Fields of plain forms. After an error they show again what was typed, except passwords.

use leptos::prelude::*;

use crate::api::request::submitted_value;
use wayfare_domain::access::{
    account::{PASSWORD_MAX, PASSWORD_MIN},
    permissions::Role,
};

#[component]
pub fn TextField(
    label: &'static str,
    name: &'static str,
    max: usize,
    #[prop(optional)] value: String,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional)] autofocus: bool,
    #[prop(optional)] hint: &'static str,
) -> impl IntoView {
    let value = submitted_value(name).unwrap_or(value);
    let (id, hint_id) = (format!("field-{name}"), format!("field-{name}-hint"));
    let described_by = (!hint.is_empty()).then(|| hint_id.clone());
    view! {
        <div class="field">
            <label class="field-label" for=id.clone()>
                {label}
            </label>
            <input
                id=id
                r#type=kind
                name=name
                value=value
                required
                autocomplete=autocomplete
                autofocus=autofocus
                maxlength=max.to_string()
                aria-describedby=described_by
            />
            {(!hint.is_empty()).then(|| view! { <span class="hint" id=hint_id>{hint}</span> })}
        </div>
    }
}

/// An existing password.
#[component]
pub fn PasswordField(
    #[prop(default = "Password")] label: &'static str,
    #[prop(default = "password")] name: &'static str,
) -> impl IntoView {
    view! {
        <label class="field">
            <span class="field-label">{label}</span>
            <input r#type="password" name=name required autocomplete="current-password" maxlength=PASSWORD_MAX.to_string() />
        </label>
    }
}

/// A new password. Password managers read the rules from the attributes.
#[component]
pub fn NewPasswordField(#[prop(default = "Password")] label: &'static str) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field-label" for="field-new-password">
                {label}
            </label>
            <input
                id="field-new-password"
                r#type="password"
                name="password"
                required
                autocomplete="new-password"
                aria-describedby="field-new-password-hint"
                minlength=PASSWORD_MIN.to_string()
                maxlength=PASSWORD_MAX.to_string()
            />
            <span class="hint" id="field-new-password-hint">
                {format!("At least {PASSWORD_MIN} characters. Several unrelated words work well.")}
            </span>
        </div>
    }
}

/// A role, with what each one allows.
#[component]
pub fn RoleField(
    #[prop(into)] label: String,
    #[prop(default = Role::Viewer)] chosen: Role,
    #[prop(optional)] quiet: bool,
) -> impl IntoView {
    let chosen = submitted_value("role").and_then(|role| role.parse().ok()).unwrap_or(chosen);
    view! {
        <label class="field">
            <span class="field-label" class:visually-hidden=quiet>{label}</span>
            <select name="role">
                {Role::ALL
                    .into_iter()
                    .map(|role| {
                        let text = if quiet { role.title().to_string() } else { format!("{}: {}", role.title(), role.meaning()) };
                        view! {
                            <option value=role.key() selected=role == chosen>
                                {text}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </label>
    }
}
