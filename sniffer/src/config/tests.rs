//! Files as written, and what is said of those that cannot be used.

use std::io::Write;

use super::*;

/// What a file with this text gives: the configuration, or the sentence about it without the file's name.
fn read(text: &str) -> Result<Config, String> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("it can be written");
    let name = format!("{}: ", file.path().display());
    Config::load(Some(file.path())).map_err(|error| error.to_string().replace(&name, ""))
}

fn check(text: &str, expected: &str) {
    assert_eq!(read(text).expect_err("it is wrong"), expected);
}

#[test]
fn an_empty_file_configures_nothing() {
    assert_eq!(read("").expect("nothing is wrong"), Config::default());
}

#[test]
fn headers_are_named() {
    let config = read("[calls]\ncopy_headers = ['X-Account', 'X-Trunk']").expect("it is right");
    assert_eq!(
        config.settings.copied_headers,
        ["X-Account".into(), "X-Trunk".into()]
    );
}

#[test]
fn unknown_keys_name_the_nearest_known() {
    check(
        "[calls]\ncopy_header = []",
        "calls.copy_header: no such key; did you mean copy_headers?",
    );
    check("[call]", "call: no such key; did you mean calls?");
}

#[test]
fn wrong_values_are_told_with_what_is_accepted() {
    check(
        "[calls]\ncopy_headers = 'X-Account'",
        "calls.copy_headers: found string \"X-Account\"; accepted: a sequence",
    );
    check(
        "[calls]\ncopy_headers = ['X Account']",
        "calls.copy_headers: \"X Account\" is no name of a header field; accepted: letters, digits and -.!%*_+`'~ (RFC \
         3261), such as X-Account",
    );
}

#[test]
fn attacks_are_configured_with_defaults_for_the_rest() {
    let config = read("[security]\ntrusted = ['192.0.2.7', '198.51.100.0/24']\ntoll_fraud_prefixes = ['+88213']\nguesses = 9")
        .expect("it is right");
    let security = config.settings.security;
    assert_eq!(security.trusted.len(), 2);
    assert_eq!(security.toll_fraud_prefixes, ["88213".into()]);
    assert_eq!((security.guesses, security.password_failures), (9, 20));
    assert!(
        security
            .scanner_user_agents
            .contains(&"friendly-scanner".into())
    );
}

#[test]
fn wrong_words_about_attacks_are_told() {
    check(
        "[security]\ntrusted = ['here']",
        "security.trusted: \"here\" is no address and no network; accepted: 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32",
    );
    check(
        "[security]\ntoll_fraud_prefixes = ['900-x']",
        "security.toll_fraud_prefixes: \"900-x\" is no beginning of a number; accepted: digits with the country code, \
         such as +88213",
    );
    check(
        "[security]\nguesses = 0",
        "security.guesses: 0 would suspect everybody; accepted: a number from 1 on",
    );
    check(
        "[security]\nguess = 1",
        "security.guess: no such key; did you mean guesses?",
    );
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    let sentence = read("[calls\n").expect_err("it is no TOML");
    assert!(sentence.contains("line 1"), "{sentence}");
}

#[test]
fn a_missing_file_is_named() {
    let error = Config::load(Some(Path::new("no/such.toml"))).expect_err("there is none");
    assert!(
        error
            .to_string()
            .starts_with("no/such.toml: cannot read the configuration: ")
    );
}
