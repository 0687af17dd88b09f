//! Files of contacts as spreadsheets and broken connections leave them.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Operator, house};

const PATH: &str = "/accounts/1/groups/1/contacts";

/// A group of two contacts.
async fn group(ida: &Operator) {
    ida.done("POST", "/accounts", json!({"name": "acme"})).await;
    ida.done("POST", "/accounts/1/groups", json!({"name": "all"})).await;
    let file = "phone,name\n0812345678,Ida\n0812345679,Bo\n".to_owned();
    let (status, told) = ida.send("PUT", PATH, "text/csv", file).await;
    assert_eq!((status, &told["group"]["contacts"]), (200, &json!(2)), "{told}");
}

async fn numbers(ida: &Operator) -> Vec<Value> {
    let page = ida.get(&format!("{PATH}?limit=500")).await;
    page["data"].as_array().unwrap().iter().map(|one| one["number"].clone()).collect()
}

/// A thousand rows, of which the twelfth is `row`.
fn with_twelfth(row: &str) -> String {
    let rows = (1..=1_000).map(|line| match line {
        12 => format!("{row}\n"),
        900 => "0813000900,\"Bo, jr.\"\n".to_owned(),
        _ => format!("0813{line:06},Somebody\n"),
    });
    rows.collect()
}

#[tokio::test]
async fn a_broken_file_names_its_line_and_changes_nothing() {
    let (_home, _server, ida) = house();
    group(&ida).await;
    let before = numbers(&ida).await;
    for (file, line) in [
        (with_twelfth("0813000012,\"Ida"), "line 12"),
        (with_twelfth("0813000012,\"Ida") + "0819999999,\"cut", "line 12"),
        (with_twelfth("0813000012,Ida") + "0819999999,\"cut in a ce", "line 1001"),
        (with_twelfth("0813000012,Ida") + "081999", "line 1001"),
    ] {
        for method in ["PUT", "POST"] {
            let (status, told) = ida.send(method, PATH, "text/csv", file.clone()).await;
            assert_eq!((status, &told["code"]), (400, &json!("INVALID_PARAMS")), "{told}");
            assert!(told["error"].as_str().unwrap().contains(line), "{method} {line}: {told}");
            assert_eq!(numbers(&ida).await, before, "{method} {line}");
        }
    }
    let (status, told) = ida.send("PUT", PATH, "text/csv", with_twelfth("0813000012,x")).await;
    assert_eq!((status, &told["added"]), (200, &json!(1_000)), "{told}");
}

#[tokio::test]
async fn a_connection_that_is_cut_changes_nothing() {
    let (_home, server, ida) = house();
    group(&ida).await;
    let before = numbers(&ida).await;
    let rows: String = (0..5_000).map(|row| format!("08140{row:05},Somebody\n")).collect();
    for method in ["PUT", "POST"] {
        let address = server.url("").trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "{method} /admin/v1{PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
             Content-Type: text/csv\r\nContent-Length: {}\r\n\r\n",
            ida.key,
            rows.len() + 1
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(rows.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        // The server has noticed it when it closes its side.
        let _ = stream.read_to_end(&mut Vec::new()).await;
        assert_eq!(numbers(&ida).await, before, "{method}");
    }
}

#[tokio::test]
async fn charsets_separators_and_columns_are_read_as_they_come() {
    let (_home, _server, ida) = house();
    group(&ida).await;
    let upload = async |query: &str, kind: &str, file: &[u8]| {
        let request = ida.http.put(format!("{}{PATH}{query}", ida.base)).bearer_auth(&ida.key);
        let request = request.header("content-type", kind).body(file.to_vec());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let latin = b"sep=;\r\nname;phone\r\nS\xf8ren;0812345670\r\n";
    let (status, told) = upload("", "text/csv", latin).await;
    assert_eq!((status, &told["code"]), (400, &json!("INVALID_PARAMS")), "{told}");
    assert!(told["error"].as_str().unwrap().contains("line 3"), "{told}");
    let (status, told) = upload("", "text/csv; charset=windows-1252", latin).await;
    assert_eq!((status, &told["added"]), (200, &json!(1)), "{told}");
    assert_eq!(ida.get(PATH).await["data"][0]["name"], "S\u{f8}ren");

    let unclear = b"ref\tcontact\n0812345671\t0812345672\nx-9\t0812345673\n0812345674\tnone\n";
    let (status, told) = upload("", "text/csv", unclear).await;
    assert_eq!(status, 400, "{told}");
    assert!(told["error"].as_str().unwrap().contains("?number=1"), "{told}");
    let (status, told) = upload("?separator=tab&number=contact", "text/csv", unclear).await;
    assert_eq!((status, &told["added"], &told["invalid"]), (200, &json!(2), &json!(1)), "{told}");
    let why = "the number has a character that does not belong at position 0";
    let expected = json!([{"line": 4, "value": "aaaa", "reason": why}]);
    assert_eq!((&told["invalidLines"], &told["firstInvalid"]), (&expected, &json!([4])));
    for (query, kind) in [
        ("?separator=ab", "text/csv"),
        ("?separator=x", "text/csv"),
        ("?number=9", "text/csv"),
        ("", "text/csv; charset=nonsense"),
        ("", "text/plain"),
    ] {
        let (status, told) = upload(query, kind, unclear).await;
        assert_eq!((status, &told["code"]), (400, &json!("INVALID_PARAMS")), "{query} {told}");
    }
    assert_eq!(numbers(&ida).await.len(), 2);
}
