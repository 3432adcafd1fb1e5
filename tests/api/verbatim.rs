//! Rule 3: `data` comes back byte for byte as it was sent, and so does `meta`.

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::support::{NAMED, Save, Service};

on_both_databases![data_comes_back_as_it_was_sent, any_json_comes_back_as_it_was_sent];

const ANA: &str = NAMED.0;

const TELLING: [&str; 14] = [
    r#"{}"#,
    "{ \t\r\n}",
    r#"{"z":1,"a":2,"m":3}"#,
    r#"{"big":12345678901234567890,"exponent":1e2,"Exponent":1E+02,"zeros":1.000,"negative":-0}"#,
    r#"{"tiny":1e-400,"huge":1e400,"long":0.1234567890123456789012345678901234567890}"#,
    r#"{"nul":"\u0000","escapes":"\"\\\/\b\f\n\r\t","letter":"\u0041"}"#,
    r#"{"lone":"\ud800","backwards":"\udc00\ud800","key \ud800":1}"#,
    r#"{"emoji":"😀","escaped":"\ud83d\ude00","flag":"🇩🇪"}"#,
    r#"{"same":1,"same":2,"same":[]}"#,
    "{\"spaces\" :\t[ 1 ,2,\n3 ] , \"empty\":{ } }",
    r#"{"":"","\u0000":null,"__proto__":{"a":true}}"#,
    "{\"delete\":\"\u{7f}\",\"separator\":\"\u{2028}\u{2029}\",\"bom\":\"\u{feff}\",\"last\":\"\u{10ffff}\"}",
    r#"{"sql":"'; DROP TABLE form_progress; --","like":"%_","array":"{1,2}","null":"NULL","copy":"\\N"}"#,
    r#"{"html":"<script>alert(1)</script>&amp;"}"#,
];

async fn data_comes_back_as_it_was_sent(service: &Service<'_>) {
    for (number, json) in TELLING.into_iter().enumerate() {
        comes_back(service, &format!("p{number}@example.com"), json).await;
    }
    let long = format!(r#"{{"long":"{}"}}"#, "äö😀\\u0000".repeat(20_000));
    comes_back(service, "long@example.com", &long).await;

    service.restart().await;

    for (number, json) in TELLING.into_iter().enumerate() {
        let read = service.read(&format!("p{number}@example.com")).await.expect(200);
        assert_eq!((read.raw("data"), read.raw("meta")), (json.into(), json.into()), "after a restart");
    }
    assert_eq!(service.read("long@example.com").await.expect(200).raw("data"), long);
}

async fn any_json_comes_back_as_it_was_sent(service: &Service<'_>) {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for _ in 0..60 {
        let json = object().new_tree(&mut runner).expect("an object").current();
        comes_back(service, ANA, &json).await;
    }
}

async fn comes_back(service: &Service<'_>, email: &str, json: &str) {
    let saved = service.save(Save::of(email).data(json).with("meta", json)).await;
    assert!(saved.status < 300, "{json}: {}", saved.body);
    let read = service.read(email).await.expect(200);
    for (whence, answer) in [("saved", saved), ("read", read)] {
        assert_eq!((answer.raw("data"), answer.raw("meta")), (json.into(), json.into()), "{whence}");
    }
}

fn space() -> impl Strategy<Value = String> {
    "[ \t\r\n]{0,2}"
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[^\"\\\\\u{0}-\u{1f}]{0,6}",
        r#"\\["\\/bfnrt]"#,
        r"\\u[0-9a-fA-F]{4}",
        Just(r"\ud800".to_owned()),
        Just(r"\u0000".to_owned()),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn number() -> impl Strategy<Value = String> {
    r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,4})?"
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![text(), number(), "null|true|false"];
    leaf.prop_recursive(6, 40, 5, |inner| {
        let list = prop::collection::vec((space(), inner.clone(), space()), 0..5).prop_map(|elements| {
            let elements: Vec<_> =
                elements.iter().map(|(before, value, after)| format!("{before}{value}{after}")).collect();
            format!("[{}]", elements.join(","))
        });
        prop_oneof![list, members(inner)]
    })
}

fn members(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec((space(), text(), space(), value, space()), 0..5).prop_map(|members| {
        let members: Vec<_> = members
            .iter()
            .map(|(before, name, colon, value, after)| format!("{before}{name}{colon}:{value}{after}"))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

fn object() -> impl Strategy<Value = String> {
    members(value())
}
