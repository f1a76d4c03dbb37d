//! Email, against a real SMTP server.

use std::sync::Arc;

use mail_parser::MessageParser;
use wayfare_delivery::channels::{
    FailureScope, OutboundMessage, SendResult, Transport, open_transport,
};
use wayfare_domain::messages::channel::{ChannelSettings, EmailSettings, TlsMode};
use wayfare_templates::content::{Content, EmailContent};

use super::{End, assert_end, open, parcel, secret};
use crate::providers::{
    nobody, resetting,
    smtp::{Certificates, Sink},
};

fn settings(port: u16, security: TlsMode) -> EmailSettings {
    EmailSettings {
        host: "localhost".to_string(),
        port,
        security,
        user: None,
        from_name: "Shop".to_string(),
        from_address: "news@shop.example".to_string(),
        reply_to: None,
        authority: None,
    }
}

fn plain(port: u16) -> Arc<dyn Transport> {
    open(ChannelSettings::Email(settings(port, TlsMode::None)), None)
}

fn mail(key: &str, to: &str) -> OutboundMessage {
    let content = EmailContent {
        subject: "Ihre Bestellung für Käte".to_string(),
        text: "Guten Tag\n.\nbis bald".to_string(),
        html: Some("<p>Guten Tag</p>".to_string()),
        unsubscribe: Some("https://wayfare.example/u/1".to_string()),
    };
    parcel(key, to, Content::Email(content))
}

#[tokio::test]
async fn a_mail_arrives_whole_under_its_key() {
    let sink = Sink::start();
    let handed = plain(sink.port).send(&mail("k7.1", "ada@example.com")).await;
    let SendResult::Accepted { provider_id: Some(_) } = handed else { panic!("{handed:?}") };
    let messages = sink.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["from"], "news@shop.example");
    assert_eq!(messages[0]["to"][0], "ada@example.com");
    assert_eq!(messages[0]["messageId"], "<k7.1@shop.example>");
    let raw = messages[0]["raw"].as_str().expect("a message");
    let read = MessageParser::default().parse(raw.as_bytes()).expect("it can be read");
    assert_eq!(read.subject(), Some("Ihre Bestellung für Käte"));
    assert!(
        read.body_text(0)
            .is_some_and(|text| text.replace("\r\n", "\n").contains("Guten Tag\n.\nbis bald"))
    );
    assert!(read.body_html(0).is_some_and(|html| html.contains("<p>Guten Tag</p>")));
    assert!(raw.contains("List-Unsubscribe: <https://wayfare.example/u/1>"));
    assert!(raw.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
}

#[tokio::test]
async fn many_go_at_once_and_each_arrives_once() {
    let sink = Sink::start();
    let transport = plain(sink.port);
    let sending: Vec<_> = (0..200)
        .map(|number| {
            let transport = Arc::clone(&transport);
            tokio::spawn(async move {
                transport.send(&mail(&format!("k{number}"), "ada@example.com")).await
            })
        })
        .collect();
    for sent in sending {
        assert!(matches!(sent.await.expect("no panic"), SendResult::Accepted { .. }));
    }
    let mut keys: Vec<String> =
        sink.messages().iter().map(|message| message["messageId"].to_string()).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 200);
}

#[tokio::test]
async fn each_refusal_is_told_from_the_others() {
    tell_refusals(&Sink::start()).await;
}

#[tokio::test]
async fn a_server_that_listens_to_one_word_at_a_time_is_understood_as_well() {
    tell_refusals(&Sink::start_with(&["--one-by-one".to_string()])).await;
}

async fn tell_refusals(sink: &Sink) {
    let transport = plain(sink.port);
    let hand = async |to: &str| transport.send(&mail("k1", to)).await;
    assert_end(
        &hand("bounce@example.com").await,
        &End::Never(FailureScope::Address),
        "does not know the address (550 5.1.1 no such user)",
    );
    assert_end(&hand("policy@example.com").await, &End::Never(FailureScope::Message), "5.7.1");
    assert_end(&hand("full@example.com").await, &End::Never(FailureScope::Message), "mailbox full");
    assert_end(
        &hand("busy@example.com").await,
        &End::Again(FailureScope::Channel),
        "the mail server is busy (451",
    );
    assert_end(
        &hand("quota@example.com").await,
        &End::Again(FailureScope::Message),
        "the mailbox accepts nothing right now",
    );
    assert_end(
        &hand("spam@example.com").await,
        &End::Never(FailureScope::Message),
        "looks like spam",
    );
    assert_end(&hand("later@example.com").await, &End::Again(FailureScope::Channel), "421");
    assert_end(
        &hand("drop@example.com").await,
        &End::Again(FailureScope::Channel),
        "closed the connection",
    );
    assert_end(
        &hand("nobody").await,
        &End::Never(FailureScope::Address),
        "is not an email address",
    );
    // None of it spoils the next message.
    assert_end(&hand("ada@example.com").await, &End::Taken, "");
    assert_end(&hand("slow@example.com").await, &End::Taken, "");
    let arrived: Vec<_> = sink.messages().iter().map(|message| message["to"][0].clone()).collect();
    assert_eq!(arrived, ["ada@example.com", "slow@example.com"]);
}

#[tokio::test]
async fn an_address_in_other_letters_goes_to_a_server_that_takes_them() {
    let sink = Sink::start();
    let transport = plain(sink.port);
    assert_end(&transport.send(&mail("k1", "ada@bücher.example")).await, &End::Taken, "");
    assert_end(&transport.send(&mail("k2", "jörg@example.com")).await, &End::Taken, "");
    assert_eq!(sink.messages()[1]["to"][0], "jörg@example.com");
    // A domain has a spelling in the letters of DNS, what stands before it has none.
    let narrow = Sink::start_with(&["--narrow".to_string()]);
    assert_end(&plain(narrow.port).send(&mail("k1", "ada@bücher.example")).await, &End::Taken, "");
    let handed = plain(narrow.port).send(&mail("k3", "jörg@example.com")).await;
    assert_end(&handed, &End::Never(FailureScope::Message), "accepts only the letters a to z");
}

#[tokio::test]
async fn a_sender_who_may_not_send_is_the_settings_fault() {
    let sink = Sink::start();
    let email = EmailSettings {
        from_address: "refused@shop.example".to_string(),
        ..settings(sink.port, TlsMode::None)
    };
    let handed =
        open(ChannelSettings::Email(email), None).send(&mail("k1", "ada@example.com")).await;
    assert_end(
        &handed,
        &End::Again(FailureScope::Channel),
        "does not allow sending from this address (550 5.7.1 not your address)",
    );
}

#[tokio::test]
async fn a_message_that_is_given_up_half_way_leaves_nothing_behind() {
    let sink = Sink::start();
    let transport = plain(sink.port);
    // The connection is open and quiet, and then in the middle of a message.
    assert_end(&transport.send(&mail("k1", "ada@example.com")).await, &End::Taken, "");
    {
        let stuck = mail("k2", "stuck@example.com");
        let giving_up = transport.send(&stuck);
        let _ = tokio::time::timeout(std::time::Duration::from_millis(300), giving_up).await;
    }
    assert_end(&transport.send(&mail("k3", "ada@example.com")).await, &End::Taken, "");
    let keys: Vec<_> = sink.messages().iter().map(|message| message["messageId"].clone()).collect();
    assert_eq!(keys, ["<k1@shop.example>", "<k3@shop.example>"]);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_meanwhile_costs_no_message() {
    let certificates = Certificates::new();
    let sink = Sink::start_with(&certificates.flags());
    let transport = plain(sink.port);
    assert_end(&transport.send(&mail("k1", "ada@example.com")).await, &End::Taken, "");
    let port = sink.port.to_string();
    drop(sink);
    let again = Sink::start_with(&["--port".to_string(), port]);
    assert_end(&transport.send(&mail("k2", "ada@example.com")).await, &End::Taken, "");
    assert_eq!(again.messages().len(), 1);
}

#[tokio::test]
async fn nobody_there_is_told_as_such() {
    let port = nobody().await.port();
    assert_end(
        &plain(port).send(&mail("k1", "ada@example.com")).await,
        &End::Again(FailureScope::Channel),
        "cannot be reached",
    );
    let port = resetting().await.port();
    let handed = open(ChannelSettings::Email(settings(port, TlsMode::Tls)), None)
        .send(&mail("k1", "ada@example.com"))
        .await;
    assert_end(&handed, &End::Again(FailureScope::Channel), "cannot be reached");
    let email = EmailSettings { host: "nobody.invalid".to_string(), ..settings(25, TlsMode::None) };
    let handed =
        open(ChannelSettings::Email(email), None).send(&mail("k1", "ada@example.com")).await;
    assert_end(
        &handed,
        &End::Again(FailureScope::Channel),
        "The server name “nobody.invalid” does not exist",
    );
}

#[tokio::test]
async fn a_certificate_is_trusted_by_the_word_of_an_authority_that_is_known() {
    let certificates = Certificates::new();
    for (flags, security) in
        [(Vec::new(), TlsMode::Starttls), (vec!["--tls".to_string()], TlsMode::Tls)]
    {
        let sink = Sink::start_with(&[certificates.flags(), flags].concat());
        let unknown = settings(sink.port, security);
        let handed = open(ChannelSettings::Email(unknown.clone()), None)
            .send(&mail("k1", "ada@example.com"))
            .await;
        let sentence = "the mail server cannot be trusted: its certificate is from an unknown \
            authority";
        assert_end(&handed, &End::Again(FailureScope::Channel), sentence);
        let known = EmailSettings { authority: Some(certificates.authority.clone()), ..unknown };
        let handed = open(ChannelSettings::Email(known.clone()), None)
            .send(&mail("k2", "ada@example.com"))
            .await;
        assert_end(&handed, &End::Taken, "");
        let elsewhere = EmailSettings { host: "127.0.0.1".to_string(), ..known };
        let handed = open(ChannelSettings::Email(elsewhere), None)
            .send(&mail("k3", "ada@example.com"))
            .await;
        assert_end(
            &handed,
            &End::Again(FailureScope::Channel),
            "its certificate is for another name",
        );
        assert_eq!(sink.messages().len(), 1, "{security:?}");
    }
}

#[tokio::test]
async fn without_encryption_nothing_is_sent_where_it_is_asked_for() {
    let sink = Sink::start();
    let handed = open(ChannelSettings::Email(settings(sink.port, TlsMode::Starttls)), None);
    let handed = handed.send(&mail("k1", "ada@example.com")).await;
    assert_end(&handed, &End::Again(FailureScope::Channel), "offers no encryption (STARTTLS)");
    assert!(sink.messages().is_empty());
}

#[tokio::test]
async fn a_password_lets_us_in_and_a_wrong_one_is_not_repeated() {
    let certificates = Certificates::new();
    let user = ["--user", "wayfare", "--password", "opens sesame"].map(str::to_string).to_vec();
    let sink = Sink::start_with(&[certificates.flags(), user].concat());
    let email = EmailSettings {
        user: Some("wayfare".to_string()),
        authority: Some(certificates.authority.clone()),
        ..settings(sink.port, TlsMode::Starttls)
    };
    let right = open(ChannelSettings::Email(email.clone()), Some(&secret("opens sesame")));
    assert_end(&right.send(&mail("k1", "ada@example.com")).await, &End::Taken, "");
    let wrong = open(ChannelSettings::Email(email), Some(&secret("wrong horse battery")));
    let handed = wrong.send(&mail("k2", "ada@example.com")).await;
    // This server repeats what it was told; we do not.
    assert_end(
        &handed,
        &End::Again(FailureScope::Channel),
        "refuses the user name or password (535 5.7.8 wrong password: …): check",
    );
    assert!(!format!("{handed:?}").contains("horse"));
}

#[tokio::test]
async fn a_server_that_wants_no_password_says_so() {
    let certificates = Certificates::new();
    let sink = Sink::start_with(&certificates.flags());
    let email = EmailSettings {
        user: Some("wayfare".to_string()),
        authority: Some(certificates.authority.clone()),
        ..settings(sink.port, TlsMode::Starttls)
    };
    let handed = open(ChannelSettings::Email(email), Some(&secret("opens sesame")))
        .send(&mail("k1", "a@example.com"))
        .await;
    assert_end(&handed, &End::Again(FailureScope::Channel), "offers no password sign-in");
}

#[tokio::test]
async fn a_mail_server_inside_is_reached_only_where_the_operator_allows_it() {
    let sink = Sink::start();
    let closed = wayfare_delivery::channels::EgressClient::new(Vec::new()).expect("a client");
    for host in
        ["localhost", "127.0.0.1", "2130706433", "::1", "169.254.169.254", "::ffff:10.0.0.1"]
    {
        let email = EmailSettings { host: host.to_string(), ..settings(sink.port, TlsMode::None) };
        let transport = open_transport(&ChannelSettings::Email(email), None, None, &closed)
            .expect("a transport");
        let handed = transport.send(&mail("k1", "ada@example.com")).await;
        assert_end(&handed, &End::Again(FailureScope::Channel), "is in a private network");
    }
    assert!(sink.messages().is_empty());
    assert_end(&plain(sink.port).send(&mail("k1", "ada@example.com")).await, &End::Taken, "");
}
