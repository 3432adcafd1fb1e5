//! Bodies that are not what a route takes. Rule 9: each is a 4xx that says what is wrong, and nothing has changed.

use crate::support::{Answer, NAMED, Save, Service, progress_path};

on_both_databases![
    every_bad_value_in_a_body_is_pointed_at,
    every_bad_email_is_refused,
    all_that_is_wrong_is_said_at_once,
    a_body_that_is_not_a_json_object_is_refused_on_every_route,
    a_body_that_is_not_declared_as_json_is_refused_on_every_route,
    a_body_that_is_not_unicode_is_refused,
    a_body_may_be_one_mebibyte_and_not_a_byte_more,
    a_body_may_not_be_nested_too_deeply,
    a_refused_save_leaves_the_draft_as_it_is,
];

/// A word that no problem may repeat.
const SECRET: &str = "sesame";

const ROUTES_WITH_A_BODY: [&str; 5] =
    ["/api/progress", "/api/submissions", "/api/response", "/api/participant/has-answer", "/api/invitation-code"];

/// The members of a save, each with values that it cannot have. None: it must not be missing either.
const BAD_MEMBERS: [(&str, &[&str]); 5] = [
    (
        "email",
        &["", "null", "\"\"", "\"  \"", "7", "true", "[\"sesame@example.com\"]", "{\"sesame\":1}", "\"\\ud800\""],
    ),
    (
        "survey_id",
        &[
            "",
            "null",
            "\"\"",
            "\"sesame\"",
            "0",
            "-1",
            "\"-1\"",
            "1.0",
            "1.5",
            "1e0",
            "\"+1\"",
            "\" 1\"",
            "\"1 \"",
            "\"0x1\"",
            "9223372036854775808",
            "-9223372036854775809",
            "1e400",
            "\"99999999999999999999999\"",
            "true",
            "[1]",
            "{}",
            "\"١\"",
        ],
    ),
    (
        "current_screen",
        &["-1", "\"-1\"", "2147483648", "9223372036854775808", "1.5", "1e1", "\"sesame\"", "\"\"", "true", "[]", "{}"],
    ),
    ("data", &["null", "[]", "[{\"sesame\":1}]", "\"sesame\"", "\"{}\"", "7", "true", "false"]),
    ("fingerprint", &["7", "true", "[]", "{\"sesame\":1}", "\"a\\u0000b\"", "\"\\ud800\"", "\"a\\nb\""]),
];

const BAD_EMAILS: [&str; 22] = [
    "sesame",
    "@sesame.org",
    "sesame@",
    "@",
    "sesame@@x.org",
    "sesame@x@y.org",
    "sesame@x..org",
    "sesame@-x.org",
    "sesame@x.org.",
    "sesame @x.org",
    "sesame@x .org",
    "sesame@x.org\u{0}",
    "se\u{0}same@x.org",
    "sesame@x.org\u{1}",
    "se\nsame@x.org",
    "sesame@x.org\r\nBcc: all@x.org",
    "sesäme@x.org",
    "\u{202e}sesame@x.org",
    "\"sesame\"@x.org",
    "<sesame@x.org>",
    "mailto:sesame",
    "sesame@x.org,ben@x.org",
];

#[track_caller]
fn says_nothing_back(answer: &Answer) {
    assert!(!answer.body.contains(SECRET), "the problem repeats what was sent: {}", answer.body);
}

async fn every_bad_value_in_a_body_is_pointed_at(service: &Service<'_>) {
    let before = service.database.everything();
    for (member, values) in BAD_MEMBERS {
        for value in values {
            let save = match *value {
                "" => Save::of(NAMED.0).without(member),
                value => Save::of(NAMED.0).with(member, value),
            };
            let answer = service.save(save).await;
            println!("{member}: {value:?}");
            let answer = answer.expect_problem(400, "INVALID_REQUEST");
            assert_eq!(answer.pointers(), [format!("#/{member}")], "{value:?}");
            says_nothing_back(&answer);
        }
    }
    let too_long = Save::of(NAMED.0).with("fingerprint", format!("\"{}\"", "x".repeat(201)));
    service.save(too_long).await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(service.database.everything(), before);
}

async fn every_bad_email_is_refused(service: &Service<'_>) {
    let before = service.database.everything();
    let long = [format!("{}@x.org", "sesame".repeat(42)), format!("sesame@{}org", "x.".repeat(124))];
    for email in BAD_EMAILS.into_iter().chain(long.iter().map(String::as_str)) {
        println!("{email:?}");
        let by_save = service.save(email).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(by_save.pointers(), ["#/email"]);
        let by_submission = service.submit(email).await.expect_problem(400, "INVALID_REQUEST");
        let by_query = service.read(email).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(by_query.pointers(), ["email"]);
        let by_discard = service.discard(email).await.expect_problem(400, "INVALID_REQUEST");
        for answer in [by_save, by_submission, by_query, by_discard] {
            says_nothing_back(&answer);
        }
    }
    assert_eq!(service.database.everything(), before);
}

async fn all_that_is_wrong_is_said_at_once(service: &Service<'_>) {
    let save = Save::of("sesame").with("survey_id", "0").with("current_screen", "-1").data("[]");

    let answer = service.save(save).await.expect_problem(400, "INVALID_REQUEST");

    let mut pointers = answer.pointers();
    pointers.sort();
    assert_eq!(pointers, ["#/current_screen", "#/data", "#/email", "#/survey_id"]);
}

async fn a_body_that_is_not_a_json_object_is_refused_on_every_route(service: &Service<'_>) {
    let before = service.database.everything();
    let broken = [
        "",
        " ",
        "sesame",
        "{",
        "}",
        "[",
        "null",
        "true",
        "7",
        "\"sesame\"",
        "[]",
        "[{\"email\":\"sesame\"}]",
        "{}{}",
        "{\"a\":sesame}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\u{1}\"}",
        "{\"a\":NaN}",
        "{\"\\ud800\":1}",
        "\u{feff}{}",
        "{\"a\":1} sesame",
        "email=sesame@x.org",
        "// sesame\n{}",
    ];
    for path in ROUTES_WITH_A_BODY {
        for body in broken {
            println!("{path}: {body:?}");
            let answer = service.post(path, body).await.expect_problem(400, "INVALID_JSON");
            says_nothing_back(&answer);
        }
    }
    assert_eq!(service.database.everything(), before);
}

async fn a_body_that_is_not_declared_as_json_is_refused_on_every_route(service: &Service<'_>) {
    for path in ROUTES_WITH_A_BODY {
        for declared in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"] {
            let request = service.request("POST", path).header("Content-Type", declared);
            request.body(Save::of(NAMED.0).body()).send().await.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
        }
        let undeclared = service.request("POST", path).body(Save::of(NAMED.0).body());
        undeclared.send().await.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    assert_eq!(service.database.count("form_progress"), 0);
    for declared in ["application/json; charset=utf-8", "APPLICATION/JSON", "application/merge-patch+json"] {
        let request = service.request("POST", "/api/progress").header("Content-Type", declared);
        let answer = request.body(Save::of(NAMED.0).body()).send().await;
        assert!(answer.status < 300, "{declared}: {}", answer.body);
    }
}

async fn a_body_that_is_not_unicode_is_refused(service: &Service<'_>) {
    for path in ROUTES_WITH_A_BODY {
        for bytes in
            [&b"{\"email\":\"\xff\xfe\"}"[..], b"{\"a\":\"\xc3\x28\"}", b"{\"a\":\"\xed\xa0\x80\"}", b"\xff\xfe{"]
        {
            let request = service.request("POST", path).header("Content-Type", "application/json");
            request.body(bytes.to_vec()).send().await.expect_problem(400, "INVALID_JSON");
        }
    }
    assert_eq!(service.database.count("form_progress"), 0);
}

async fn a_body_may_be_one_mebibyte_and_not_a_byte_more(service: &Service<'_>) {
    const LIMIT: usize = 1024 * 1024;
    let of_size = |size: usize| {
        let rest = Save::of(NAMED.0).data(r#"{"a":""}"#).body().len();
        Save::of(NAMED.0).data(format!(r#"{{"a":"{}"}}"#, "x".repeat(size - rest)))
    };
    assert_eq!(of_size(LIMIT).body().len(), LIMIT);

    let larger = service.save(of_size(LIMIT + 1)).await.expect_problem(413, "BODY_TOO_LARGE");
    assert!(larger.json()["detail"].as_str().is_some_and(|detail| detail.contains("1048576")), "{}", larger.body);
    assert_eq!(service.database.count("form_progress"), 0);

    let saved = service.save(of_size(LIMIT)).await.expect(201);
    assert_eq!(service.read(NAMED.0).await.expect(200).body, saved.body);
    for path in ROUTES_WITH_A_BODY {
        service.post(path, " ".repeat(LIMIT + 1)).await.expect_problem(413, "BODY_TOO_LARGE");
    }
}

async fn a_body_may_not_be_nested_too_deeply(service: &Service<'_>) {
    let nested = |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    for levels in [128, 10_000] {
        service.save(Save::of(NAMED.0).data(nested(levels))).await.expect_problem(400, "NESTING_TOO_DEEP");
        service.save(Save::of(NAMED.0).with("meta", nested(levels))).await.expect_problem(400, "NESTING_TOO_DEEP");
    }
    for path in ROUTES_WITH_A_BODY {
        service.post(path, "[".repeat(10_000)).await.expect_problem(400, "NESTING_TOO_DEEP");
        service.post(path, "{\"a\":".repeat(10_000)).await.expect_problem(400, "NESTING_TOO_DEEP");
    }
    assert_eq!(service.database.count("form_progress"), 0);
    service.save(Save::of(NAMED.0).data(nested(100))).await.expect(201);
}

async fn a_refused_save_leaves_the_draft_as_it_is(service: &Service<'_>) {
    let saved = service.save(Save::of(NAMED.0).screen(2)).await.expect(201);
    let before = service.database.everything();

    for save in [
        Save::of(NAMED.0).with("data", "null"),
        Save::of(NAMED.0).data("[]"),
        Save::of(NAMED.0).with("current_screen", "-1"),
        Save::of(NAMED.0).with("email", "\"ana@example.com\",\"email\":\"ana@example.com\""),
        Save::of(NAMED.0).with("data", "{},\"data\":{}"),
        Save::of(NAMED.0).with("current_screen", "1,\"current_screen\":1"),
    ] {
        service.save(save).await.expect_problem(400, "INVALID_REQUEST");
    }

    assert_eq!(service.database.everything(), before);
    assert_eq!(service.get(&progress_path(NAMED.0, 1)).await.expect(200).body, saved.body);
}
