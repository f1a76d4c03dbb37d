//! Journeys in and out through the command line.

use std::fs;

use crate::support::{Place, run_on, text};

const EXAMPLE: &str = include_str!("../../docs/examples/abandoned-cart.json");

#[test]
fn what_is_exported_can_be_imported_and_is_the_same() {
    let place = Place::demo();
    let exported = text(&place.run(&["export"]).stdout);
    let file = place.file("out.json");
    fs::write(&file, &exported).expect("written");
    let other = place.file("other.db");
    assert!(run_on(&other, &["migrate"]).status.success());
    let output = run_on(&other, &["import", file.to_str().expect("a name")]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let back = text(&run_on(&other, &["export"]).stdout);
    let read = |text: &str| -> serde_json::Value {
        let mut file: serde_json::Value = serde_json::from_str(text).expect("JSON");
        for journey in file["journeys"].as_array_mut().expect("journeys") {
            journey.as_object_mut().expect("an object").remove("status");
        }
        file
    };
    assert_eq!(read(&back), read(&exported));
}

#[test]
fn the_documented_example_is_imported_as_a_draft() {
    let place = Place::empty();
    assert!(place.run(&["migrate"]).status.success());
    let file = place.file("in.json");
    fs::write(&file, EXAMPLE).expect("written");
    let output = place.run(&["import", file.to_str().expect("a name")]);
    assert_eq!(
        text(&output.stdout).trim(),
        "1 journey imported as a draft.",
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_file_with_one_mistake_is_refused_whole_with_the_line() {
    let place = Place::empty();
    let mut file: serde_json::Value = serde_json::from_str(EXAMPLE).expect("JSON");
    let good = file["journeys"][0].clone();
    file["journeys"].as_array_mut().expect("journeys").push(good);
    let written = serde_json::to_string_pretty(&file).expect("JSON");
    let wanted = "\"to\": \"mail\"";
    let at = written.rfind(wanted).expect("the last connector");
    let broken = format!("{}\"to\": \"nobody\"{}", &written[..at], &written[at + wanted.len()..]);
    let line = written[..at].matches('\n').count() + 1;
    let path = place.file("in.json");
    fs::write(&path, broken).expect("written");
    let output = place.run(&["import", path.to_str().expect("a name")]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(
        told.contains(&format!("line {line}: journeys[1].graph.connectors")),
        "expected line {line}: {told}"
    );
    assert!(told.contains("Nothing was imported"));
    assert!(text(&place.run(&["export"]).stderr).contains("does not exist"));
}

#[test]
fn the_demo_is_loaded_only_where_there_is_nothing_and_as_large_as_wanted() {
    let place = Place::demo();
    assert!(text(&place.run(&["demo", "--if-empty"]).stdout).contains("has journeys already"));
    let many = Place::journeys(1_234);
    let exported: serde_json::Value =
        serde_json::from_slice(&many.run(&["export"]).stdout).expect("JSON");
    assert_eq!(exported["journeys"].as_array().map(Vec::len), Some(1_234));
}
