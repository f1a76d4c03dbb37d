use std::collections::BTreeMap;

use super::*;
use crate::messages::{
    channel_form::{ChannelForm, ChannelUpdate, SecretUpdate, caps_of_columns},
    send_rules::FrequencyCap,
};

const MAIL: [(&str, &str); 5] = [
    ("host", "smtp.example.com"),
    ("security", "starttls"),
    ("user", "wayfare"),
    ("from_name", "Shop"),
    ("from_address", "news@example.com"),
];
const FILE: &str = r#"{"type":"service_account","project_id":"shop-1","client_email":"push@shop-1.example.com",
    "private_key":"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n","token_uri":"https://oauth2.example.com/token"}"#;

fn form(fields: &[(&str, &str)]) -> ChannelForm {
    let fields: BTreeMap<String, String> =
        fields.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    ChannelForm { fields, ..ChannelForm::default() }
}

fn mail_with(field: &str, value: &str) -> ChannelForm {
    let mut form = form(&MAIL);
    form.fields.insert(field.to_string(), value.to_string());
    form.secret = "a password".to_string();
    form
}

fn saved(form: &ChannelForm, channel: Channel) -> ChannelUpdate {
    form.read(channel, None, false).expect("it makes sense")
}

fn complaints(
    form: &ChannelForm,
    channel: Channel,
    known: Option<&ChannelSettings>,
    has_secret: bool,
) -> Vec<String> {
    let errors = form.read(channel, known, has_secret).expect_err("it makes no sense");
    errors.into_iter().map(|error| error.path).collect()
}

#[test]
fn a_mail_server_is_read_with_the_usual_port_of_its_encryption() {
    let order = saved(&mail_with("user", "wayfare"), Channel::Email);
    let ChannelSettings::Email(email) = &order.settings else { panic!("an email channel") };
    assert_eq!((email.port, email.domain()), (587, "example.com"));
    assert!(matches!(order.secret, SecretUpdate::Set(_)));
    let ChannelSettings::Email(email) =
        saved(&mail_with("security", "tls"), Channel::Email).settings
    else {
        panic!("an email channel")
    };
    assert_eq!(email.port, 465);
}

#[test]
fn what_makes_no_sense_is_named_by_its_field() {
    for (field, value) in [
        ("host", "https://smtp.example.com"),
        ("host", ""),
        ("port", "0"),
        ("port", "many"),
        ("from_address", "nobody"),
        ("from_name", "two\nlines"),
        ("reply_to", "nobody"),
        ("authority", "a certificate"),
        ("security", "none"),
    ] {
        assert_eq!(
            complaints(&mail_with(field, value), Channel::Email, None, false),
            [field],
            "{field} {value}"
        );
    }
    let mut fast = mail_with("user", "wayfare");
    fast.per_second = "0".to_string();
    assert_eq!(complaints(&fast, Channel::Email, None, false), ["per_second"]);
    let sms = [
        ("account", "AC/../1"),
        ("from", "a name that is too long"),
        ("base_url", "http://api.example.com"),
    ];
    let mut sms = form(&sms);
    sms.secret = "token".to_string();
    assert_eq!(complaints(&sms, Channel::Sms, None, false), ["account", "from", "base_url"]);
    assert_eq!(
        complaints(&form(&[("timeout_seconds", "31")]), Channel::Webhook, None, false),
        ["timeout_seconds"]
    );
    assert_eq!(complaints(&form(&[]), Channel::InApp, None, false), ["channel"]);
}

#[test]
fn an_address_of_a_provider_is_encrypted_unless_it_is_on_ones_own_network() {
    for fine in [
        "https://api.example.com",
        "http://127.0.0.1:8080",
        "http://gateway:80/twilio",
        "http://sms.internal",
    ] {
        assert!(is_web_address(fine), "{fine}");
    }
    for wrong in [
        "http://api.example.com",
        "ftp://api.example.com",
        "https://",
        "https://a:b@c.example",
        "https://a.example/?x",
    ] {
        assert!(!is_web_address(wrong), "{wrong}");
    }
}

#[test]
fn a_secret_is_kept_until_another_is_typed_and_asked_for_again_where_it_would_go_elsewhere() {
    let known = saved(&mail_with("user", "wayfare"), Channel::Email).settings;
    let kept = form(&MAIL).read(Channel::Email, Some(&known), true).expect("it makes sense");
    assert_eq!(kept.secret, SecretUpdate::Keep);
    for (field, value) in [("host", "evil.example.com"), ("user", "somebody"), ("security", "tls")]
    {
        let mut elsewhere = form(&MAIL);
        elsewhere.fields.insert(field.to_string(), value.to_string());
        assert_eq!(
            complaints(&elsewhere, Channel::Email, Some(&known), true),
            ["secret"],
            "{field}"
        );
    }
    assert_eq!(complaints(&form(&MAIL), Channel::Email, None, false), ["secret"]);
    let mut anonymous = form(&MAIL);
    anonymous.fields.remove("user");
    let order = anonymous.read(Channel::Email, Some(&known), true).expect("it makes sense");
    assert_eq!(order.secret, SecretUpdate::Forget);
}

#[test]
fn a_service_accounts_file_brings_project_account_and_key() {
    let file = ChannelForm { secret: FILE.to_string(), ..ChannelForm::default() };
    let order = saved(&file, Channel::Push);
    let ChannelSettings::Push(push) = &order.settings else { panic!("a push channel") };
    assert_eq!(
        (push.project.as_str(), push.token_url.as_str()),
        ("shop-1", "https://oauth2.example.com/token")
    );
    assert!(
        matches!(&order.secret, SecretUpdate::Set(key) if key.expose().starts_with("-----BEGIN PRIVATE KEY"))
    );
    // Without a new file everything stays, the address of its tokens as it stands in the form.
    let again = form(&[("token_url", "https://oauth2.example.com/token")]);
    assert_eq!(
        again.read(Channel::Push, Some(&order.settings), true).expect("it makes sense").settings,
        order.settings
    );
    let wrong = ChannelForm {
        secret: "{\"private_key\":\"very secret\"}".to_string(),
        ..ChannelForm::default()
    };
    let errors = wrong.read(Channel::Push, None, false).expect_err("it makes no sense");
    assert!(!errors[0].sentence.contains("very secret"));
}

#[test]
fn a_signing_secret_is_optional_and_long() {
    assert_eq!(saved(&form(&[]), Channel::Webhook).secret, SecretUpdate::Keep);
    let short = ChannelForm { secret: "short".to_string(), ..ChannelForm::default() };
    assert_eq!(complaints(&short, Channel::Webhook, None, false), ["secret"]);
    let forgotten = ChannelForm { forget_secret: true, ..ChannelForm::default() };
    assert_eq!(saved(&forgotten, Channel::Webhook).secret, SecretUpdate::Forget);
}

#[test]
fn a_secret_is_never_printed() {
    let secret = ChannelSecret::parse("hunter2\r\n").expect("a secret");
    assert_eq!(secret.expose(), "hunter2");
    assert!(!format!("{:?}", SecretUpdate::Set(secret)).contains("hunter2"));
}

#[test]
fn settings_come_back_from_the_store() {
    let settings = saved(&mail_with("reply_to", "help@example.com"), Channel::Email).settings;
    let text = serde_json::to_string(&settings).expect("JSON");
    assert_eq!(serde_json::from_str::<ChannelSettings>(&text).expect("settings"), settings);
}

#[test]
fn caps_are_read_row_by_row_and_empty_rows_are_none() {
    let column = |texts: [&str; 3]| texts.map(str::to_string).to_vec();
    let channels = column(["", "email", "sms"]);
    let caps = caps_of_columns(&channels, &column(["3", "1", ""]), &column(["24", "12", ""]))
        .expect("caps");
    let expected = [
        FrequencyCap { channel: None, most: 3, hours: 24 },
        FrequencyCap { channel: Some(Channel::Email), most: 1, hours: 12 },
    ];
    assert_eq!(caps, expected);
    let paths = |most, hours| {
        let errors =
            caps_of_columns(&channels, &column(most), &column(hours)).expect_err("refused");
        errors.into_iter().map(|error| error.path).collect::<Vec<_>>()
    };
    assert_eq!(paths(["0", "", "x"], ["24", "", "1"]), ["caps[0].most", "caps[2]"]);
    assert_eq!(paths(["1", "1", ""], ["745", "", ""]), ["caps[0].hours", "caps[1]"]);
}
