//! Files that are read, and files that are refused with a line.

use super::*;

const GOOD: &str = r#"{
  "format": "wayfare.journeys",
  "version": 1,
  "journeys": [
    {
      "name": "Welcome <b>“friends”</b> 🎉",
      "labels": ["Onboarding"],
      "settings": { "entry": { "event": { "name": "Signed Up" } } },
      "graph": {
        "nodes": [
          { "id": "entry", "step": { "entry": {} } },
          { "id": "hello", "position": { "x": 0, "y": 120 }, "step": { "email": { "subject": "Hello", "body": "Hi" } } }
        ],
        "connectors": [{ "from": "entry", "outlet": "next", "to": "hello" }]
      }
    }
  ]
}"#;

fn errors(text: &str) -> Vec<DocumentError> {
    JourneyFile::parse(text).expect_err("refused")
}

#[test]
fn a_file_comes_back_from_what_was_written() {
    let file = JourneyFile::parse(GOOD).expect("valid");
    assert_eq!(file.journeys[0].name.as_str(), "Welcome <b>“friends”</b> 🎉");
    let written = serde_json::to_string_pretty(&file).expect("writable");
    assert_eq!(JourneyFile::parse(&written).expect("valid"), file);
}

#[test]
fn a_complaint_names_the_line() {
    let text = GOOD.replace("\"to\": \"hello\"", "\"to\": \"nobody\"");
    let errors = errors(&text);
    assert_eq!(
        (errors[0].line, errors[0].path.as_str()),
        (14, "journeys[0].graph.connectors[0].to")
    );
    assert!(errors[0].to_string().starts_with("line 14: "), "{}", errors[0]);
}

#[test]
fn all_complaints_come_at_once() {
    let text =
        GOOD.replace("\"to\": \"hello\"", "\"to\": \"nobody\"").replace("\"Signed Up\"", "\" \"");
    assert_eq!(errors(&text).len(), 2);
}

#[test]
fn broken_json_names_the_line_where_it_breaks() {
    assert_eq!(errors("{\n  \"format\": \"wayfare.journeys\",\n  oops\n}")[0].line, 3);
    assert_eq!(errors("")[0].line, 1);
}

#[test]
fn an_unknown_step_names_its_line_and_what_is_known() {
    let errors = errors(&GOOD.replace("\"email\"", "\"telepathy\""));
    assert_eq!(errors[0].line, 12);
    assert!(
        errors[0].sentence.contains("telepathy") && errors[0].sentence.contains("email"),
        "{}",
        errors[0].sentence
    );
}

#[test]
fn a_foreign_file_and_a_newer_form_are_told_apart() {
    assert_eq!(errors("{\"format\": \"other\"}")[0].path, "format");
    assert_eq!(errors(&GOOD.replace("\"version\": 1", "\"version\": 2"))[0].path, "version");
}

#[test]
fn an_over_long_name_is_refused() {
    let text = GOOD.replace("Welcome", &"x".repeat(300));
    assert!(errors(&text)[0].sentence.contains("limit is 200"), "{}", errors(&text)[0].sentence);
}
