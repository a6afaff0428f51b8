//! Files as written, and what is said of those that cannot be used.

use crate::capture::{FilterKind, Timestamps};
use std::io::Write;

use super::*;
use crate::export::masking::Way;
use crate::export::otel::Environment;
use crate::export::store::Keep;
use crate::time::Span;
use crate::track::Thresholds;

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
        ["X-Account", "X-Trunk"].map(Box::<str>::from)
    );
}

#[test]
fn the_media_is_judged_as_configured() {
    let config = read("[quality]\ninterval_s = 10\npdv_edges_ms = [20, 40]\ndelay_ms = 150")
        .expect("it is right");
    let quality = config.settings.quality;
    assert_eq!(quality.interval, Span::from_secs(10));
    assert_eq!(quality.pdv_edges.in_ms().collect::<Vec<_>>(), [20, 40]);
    assert_eq!(quality.delay_ms, Some(150));
    check(
        "[quality]\ninterval_s = 0",
        "quality.interval_s: 0 s is no interval; accepted: 1 to 3600",
    );
    check(
        "[quality]\npdv_edges_ms = [40, 20]",
        "quality.pdv_edges_ms: [40, 20] are no edges of bins; accepted: one to seven numbers from 1 to 65534, ascending",
    );
    check(
        "[quality]\ndelay_ms = 501",
        "quality.delay_ms: 501 ms is beyond the E-model; accepted: 0 to 500 (ITU-T G.107, table 2)",
    );
}

#[test]
fn silence_closes_calls_as_configured() {
    let config = read("[calls]\nmedia_silence_s = 90").expect("it is right");
    assert_eq!(config.settings.media_silence, Span::from_secs(90));
    check(
        "[calls]\nmedia_silence_s = 59",
        "calls.media_silence_s: 59 s is too short or too long a silence; accepted: 60 to 43200",
    );
}

#[test]
fn every_threshold_of_findings_is_read() {
    let config = read(
        "[findings]\nlong_pdd_s = 1.5\nshort_call_s = 2\nlate_ack_s = 3\nno_media_s = 4\nfell_silent_s = 5\nearly_media_s = 6\n\
         unanswered_requests = 7\nptime_tolerance_ms = 8\nslow_sender_percent = 9\nbunched_media_s = 10",
    )
    .expect("it is right");
    let expected = Thresholds {
        long_pdd: Span::from_millis(1500),
        short_call: Span::from_secs(2),
        late_ack: Span::from_secs(3),
        no_media: Span::from_secs(4),
        fell_silent: Span::from_secs(5),
        early_media: Span::from_secs(6),
        unanswered: 7,
        ptime_ms: 8,
        slow_percent: 9,
        bunched: Span::from_secs(10),
    };
    assert_eq!(config.settings.thresholds, expected);
}

#[test]
fn wrong_words_about_findings_are_told() {
    check(
        "[findings]\nlate_ack_s = -1",
        "findings.late_ack_s: -1 is no time to wait; accepted: seconds from 0 to 86400, such as 2.5",
    );
    check(
        "[findings]\nlong_pdd_s = 86401",
        "findings.long_pdd_s: 86401 is no time to wait; accepted: seconds from 0 to 86400, such as 2.5",
    );
    check(
        "[findings]\nlong_pdd = 1",
        "findings.long_pdd: no such key; did you mean long_pdd_s?",
    );
}

#[test]
fn what_runs_for_long_is_configured() {
    let config = read(
        "[live]\ninterfaces = ['eth0', 'any']\n[http]\nlisten = '[::1]:9460'\n[log]\nlevel = 'warn'\nformat = 'json'",
    )
    .expect("it is right");
    assert_eq!(config.interfaces, ["eth0", "any"]);
    assert_eq!(config.listen, "[::1]:9460".parse().ok());
    let log = LogSettings {
        level: LogLevel::Warn,
        format: LogFormat::Json,
    };
    assert_eq!(config.log, log);
    let filter = read(
        "[live]\nuser = 'voip'\nprefilter = 'auto'\nsip_ports = [5070]\nrtp_ports = '10000-20000'",
    );
    let expected = FilterSettings {
        kind: FilterKind::Auto,
        sip_ports: vec![5070],
        rtp_ports: Some(10_000..=20_000),
    };
    let config = filter.expect("it is right");
    assert_eq!(config.user.as_deref(), Some("voip"));
    assert_eq!(config.filter, expected);
    let taking = read("[live]\ncapture_threads = 4\nsplit_merged = false\ntimestamps = 'hardware'");
    let expected = Taking {
        threads: 4,
        split_merged: false,
        timestamps: Timestamps::Hardware,
    };
    assert_eq!(taking.expect("it is right").taking, expected);
    check(
        "[live]\ncapture_threads = 17",
        "live.capture_threads: 17 threads cannot share an interface; accepted: 1 to 16",
    );
    check(
        "[live]\nrtp_ports = '20000-10000'",
        "live.rtp_ports: \"20000-10000\" is no range of ports; accepted: first and last port, such as 10000-20000",
    );
    check(
        "[http]\nlisten = '9460'",
        "http.listen: \"9460\" is no address; accepted: an IP address and a port, such as 127.0.0.1:9460 or [::]:9460",
    );
    check(
        "[log]\nlevel = 'loud'",
        "log.level: no such choice as \"loud\"; known are: error, warn, info, debug",
    );
    check(
        "[http]\nlisten_on = ''",
        "http.listen_on: no such key; did you mean listen?",
    );
}

#[test]
fn the_store_is_configured_with_defaults_for_the_rest() {
    let store = read(
        "[store]\nurl = 'postgres://a:b@h/d'\nspool_mib = 1\n[store.keep.calls]\ndays = 0\nrows = 7",
    )
    .expect("it is right")
    .store;
    assert!(matches!(&store.place, Some(Place::At(at)) if at.to_string() == "postgres://a@h/d"));
    assert_eq!(store.spool_bytes, 1 << 20);
    let keep = |days, rows| Keep { days, rows };
    assert_eq!(store.keep[0], ("calls", keep(None, Some(7))));
    assert_eq!(store.keep[1], ("acc", keep(Some(35), Some(10_000_000))));
    assert_eq!(read("").expect("it is right").store, Store::default());
    check(
        "[store]\nurl = 'calls.db'",
        "store.url: it names no database; accepted: sqlite:FILE, postgres://USER:PASSWORD@HOST/DATABASE, \
         mysql://USER:PASSWORD@HOST/DATABASE or none",
    );
    check(
        "[store.keep.call]\ndays = 1",
        "store.keep.call: no such key; did you mean calls?",
    );
}

#[test]
fn what_is_set_is_shown_with_its_place() {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    let text = "[[trunk]]\nname = 'a'\nnetworks = ['192.0.2.0/24']\n[quality]\ninterval_s = 10";
    file.write_all(text.as_bytes()).expect("it can be written");
    let name = file.path().display().to_string();
    let found = settings(Some(file.path())).expect("it is right");
    let found: Vec<_> = found
        .iter()
        .map(|setting| (&*setting.key, &*setting.value, setting.origin == name))
        .collect();
    assert_eq!(
        found,
        [
            ("quality.interval_s", "10", true),
            ("trunk[0].name", "\"a\"", true),
            ("trunk[0].networks", "[\"192.0.2.0/24\"]", true),
        ]
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
fn trunks_domains_and_networks_are_read() {
    let config = read(
        "[kpi]\ndomains = ['Example.com']\n\n[[trunk]]\nname = 'carrier'\nnetworks = ['198.51.100.0/24', \
         '2001:db8::1']\n\n[direction]\nnetworks = ['10.0.0.0/8']",
    )
    .expect("it is right");
    let scopes = config.settings.scopes;
    assert_eq!(scopes.domains, [Box::<str>::from("example.com")]);
    assert_eq!(&*scopes.trunks[0].name, "carrier");
    let shown: Vec<String> = scopes.trunks[0]
        .networks
        .iter()
        .chain(&scopes.inside)
        .map(ToString::to_string)
        .collect();
    assert_eq!(shown, ["198.51.100.0/24", "2001:db8::1/128", "10.0.0.0/8"]);
}

#[test]
fn trunks_that_cannot_be_told_apart_are_refused() {
    check(
        "[[trunk]]\nname = 'other'\nnetworks = []",
        "trunk.name: \"other\" cannot be used; accepted: names of letters, digits and -._, all different, and none of them \
         \"other\"",
    );
    check(
        "[[trunk]]\nname = 'a'\nnetworks = ['10.0.0.0/33']",
        "trunk.networks: \"10.0.0.0/33\" is no network; accepted: addresses with a prefix length, such as 192.0.2.0/24 or \
         2001:db8::/32, or without one",
    );
    let many: String = (0..65)
        .map(|n| format!("[[trunk]]\nname = 't{n}'\nnetworks = []\n"))
        .collect();
    check(
        &many,
        "trunk: 65 are too many; accepted: 64 trunks, 64 domains, 1024 networks of trunks, 1024 networks inside",
    );
}

#[test]
fn attacks_are_configured_with_defaults_for_the_rest() {
    let config = read("[security]\ntrusted = ['192.0.2.7', '198.51.100.0/24']\ntoll_fraud_prefixes = ['+88213']\nguesses = 9")
        .expect("it is right");
    let security = config.settings.security;
    assert_eq!(security.trusted.len(), 2);
    assert_eq!(security.toll_fraud_prefixes, [Box::<str>::from("88213")]);
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

#[test]
fn user_agents_are_told_apart_as_configured() {
    let text = "[metrics]\nexemplars = true\n[[metrics.user_agent]]\nname = 'phones'\npattern = '(?i)^yea'";
    let metrics = read(text).expect("it is right").metrics;
    assert!(metrics.exemplars);
    let [class] = &metrics.user_agents[..] else {
        panic!("{metrics:?}");
    };
    assert_eq!(&*class.name, "phones");
    assert!(class.pattern.is_match("Yealink") && !class.pattern.is_match("a Yealink"));
    check(
        "[[metrics.user_agent]]\nname = 'phones'\npattern = '('",
        "metrics.user_agent.pattern: \"(\" is no pattern that can be used; accepted: a regular expression as the regex \
         crate has it, such as (?i)^yealink",
    );
    check(
        "[[metrics.user_agent]]\nname = 'other'\npattern = 'x'",
        "metrics.user_agent.name: \"other\" cannot be used; accepted: names of letters, digits and -._, all different, \
         and none of them \"other\"",
    );
}

#[test]
fn changed_keys_are_named() {
    let settings_of = |text: &str| {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(text.as_bytes()).expect("it can be written");
        settings(Some(file.path())).expect("it is right")
    };
    let before = settings_of("[log]\nlevel = 'info'\n[quality]\ninterval_s = 5");
    let after =
        settings_of("[log]\nlevel = 'debug'\n[quality]\ninterval_s = 5\n[kpi]\ndomains = ['a']");
    let changed: Vec<String> = changed_keys(&before, &after).into_iter().collect();
    assert_eq!(changed, ["kpi.domains", "log.level"]);
    assert!(changed_keys(&after, &after).is_empty());
}

#[test]
fn masking_takes_a_key_where_it_needs_one() {
    let config = read("[masking.store]\nnumbers = 'mask'").expect("it takes no key");
    assert_eq!(config.masking.store.numbers, Way::Mask);
    assert_eq!(config.masking.otel.numbers, Way::Keep);
    check(
        "[masking.otel]\nnames = 'hash'",
        "masking.key_file: there is none, and masking.otel hashes or encrypts; accepted: a file of at least 32 bytes",
    );
    let config = read("[masking]\nkey_file = 'k'\n[masking.hep]\naddresses = 'encrypt'");
    let config = config.expect("it has a key");
    assert_eq!(config.masking.hep.addresses, Way::Encrypt);
}

#[test]
fn a_collector_of_the_environment_is_weaker() {
    let named = |name: &str| {
        let variable = "OTEL_EXPORTER_OTLP_ENDPOINT";
        (name == variable).then(|| "http://there:4318".to_owned())
    };
    let environment = Environment::read(named).expect("it is a collector");
    for (text, expected) in [
        ("", Some("http://there:4318")),
        ("[otel]\nendpoint = 'none'", None),
        ("[otel]\nendpoint = 'grpc://here'", Some("grpc://here:4317")),
    ] {
        let otel = read(text).expect("it is right").otel;
        let endpoint = otel.endpoint_or(&environment).map(ToString::to_string);
        assert_eq!(endpoint.as_deref(), expected, "{text}");
    }
    check(
        "[otel]\nendpoint = 'here'",
        "otel.endpoint: \"here\" is no collector; accepted: grpc://HOST:PORT, grpcs://, http:// or https://HOST:PORT[/PATH], or none",
    );
}

#[test]
fn nodes_have_names_and_share_what_they_are_told_to() {
    check(
        "[shared]\nredis = 'redis://u:secret@a,b:7000'",
        "shared.redis: it names no Redis; accepted: redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], rediss:// with TLS, \
         redis+cluster:// or rediss+cluster:// with HOST[:PORT],HOST[:PORT]",
    );
    let config = read(
        "[node]\nname = 'edge'\n[shared]\nredis = 'redis://u:secret@a,b:7000'\ncluster = true\nprefix = 'one'",
    );
    let config = config.expect("it is right");
    let redis = config.shared.redis.expect("it is named");
    assert_eq!(config.node.as_deref(), Some("edge"));
    assert_eq!(
        (redis.to_string(), redis.is_cluster()),
        ("redis+cluster://u@a,b:7000".to_owned(), true)
    );
    assert_eq!(config.shared.prefix, "one");
    check(
        "[node]\nname = ''",
        "node.name: \"\" is no name of a sensor; accepted: 1 to 64 characters",
    );
    check(
        "[shared]\nprefix = 'a{b}'",
        "shared.prefix: \"a{b}\" is no beginning of keys; accepted: 1 to 64 letters, digits and -_.:",
    );
}

#[test]
fn a_token_is_one_and_is_never_shown() {
    let token = "0123456789abcdef";
    let config = read(&format!("[http]\ntoken = '{token}'")).expect("it is right");
    let source = config.http_token.clone().expect("there is one");
    assert_eq!(source.read().expect("it is there").reveal(), token);
    assert!(!format!("{config:?}").contains(token));
    check(
        "[http]\ntoken = 'tooshort'",
        "http.token: it is no token; accepted: at least 16 letters, digits and -._~+/=, such as `openssl rand -hex 32` writes",
    );
    check(
        "[http]\ntoken = 1234567890123456",
        "http.token: it is no text; accepted: text within quotes",
    );
    check(
        &format!("[http]\ntoken = '{token}'\ntoken_file = 'token'"),
        "http.token, http.token_file: both are set; accepted: one of them",
    );
}

#[test]
fn what_is_secret_is_not_shown() {
    for text in ["token = 0123456789abcdef", "token = 'abcdef"] {
        let error = read(&format!("[http]\n{text}")).expect_err("it is no TOML");
        assert!(
            error.contains("line 2") && !error.contains("abcdef"),
            "{error}"
        );
    }
    let shown = |key: &str, value: &str| {
        let setting = Setting {
            key: key.to_owned(),
            value: value.to_owned(),
            origin: String::new(),
        };
        setting.shown()
    };
    for key in ["http.token", "hep.password", "otel.headers.authorization"] {
        assert_eq!(shown(key, "\"abc\""), "\"***\"");
    }
    for (value, expected) in [
        ("\"postgres://u:p@ss@h:1/d\"", "\"postgres://u:***@h:1/d\""),
        (
            "\"rediss+cluster://u:p@a,b:7\"",
            "\"rediss+cluster://u:***@a,b:7\"",
        ),
        ("\"postgres://u@h/d\"", "\"postgres://u@h/d\""),
        ("\"sqlite:calls.db\"", "\"sqlite:calls.db\""),
        ("5", "5"),
    ] {
        assert_eq!(shown("store.url", value), expected);
    }
}
