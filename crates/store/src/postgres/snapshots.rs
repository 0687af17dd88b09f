//! Snapshots of the derived statements, as the server gets them.

use std::fmt::Write as _;

use tokio_postgres::types::Type;

use super::sql_tokens::tokens;
use super::statement::translate;

const STATEMENTS: [(&str, &[Type]); 11] = [
    ("SELECT state, price FROM orders WHERE id = ?1 FOR UPDATE", &[Type::BYTEA]),
    (
        "SELECT message, first_idx FROM chunks
         WHERE lease_node IS NULL AND lane = ?1 AND account = ?2 AND due_at <= ?3
         ORDER BY due_at LIMIT ?4 FOR UPDATE SKIP LOCKED",
        &[Type::INT4, Type::INT8, Type::INT8, Type::INT8],
    ),
    (
        "UPDATE recipients SET state = ?3, updated_at = ?4 WHERE message = ?1 AND idx = ?2",
        &[Type::BYTEA, Type::INT8, Type::TEXT, Type::INT8],
    ),
    (
        "UPDATE chunks SET due_at = ?3 WHERE message = ?1 AND first_idx = ?2 RETURNING last_idx",
        &[Type::BYTEA, Type::INT8, Type::INT8],
    ),
    ("DELETE FROM events WHERE id = ?1", &[Type::INT8]),
    ("DELETE FROM missed_runs WHERE message = ?1 AND run = ?2", &[Type::BYTEA, Type::INT8]),
    ("INSERT INTO events (at, kind) VALUES (?1, 'a, (b)') RETURNING id", &[Type::INT8]),
    (
        "INSERT INTO messages (id, state) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING",
        &[Type::BYTEA, Type::TEXT],
    ),
    ("INSERT INTO parts (message, idx) VALUES (?1, ?2)", &[Type::BYTEA, Type::INT8]),
    (
        "UPDATE ledger_accounts SET balance = balance + ?2 WHERE name = ?1",
        &[Type::TEXT, Type::INT8],
    ),
    (
        "INSERT INTO prices (prefix, price) VALUES (?1, ?2)
         ON CONFLICT (prefix) DO UPDATE SET price = excluded.price",
        &[Type::TEXT, Type::INT8],
    ),
];

fn flat(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn generated_statements() {
    let mut told = String::new();
    for (sql, types) in STATEMENTS {
        let translated = translate(sql);
        let arrays = translated.many.as_ref().and_then(|many| many.sql(types));
        let ranges = translated.many.as_ref().and_then(|many| many.sql_of_spans(types));
        writeln!(told, "{}", flat(sql)).unwrap();
        writeln!(told, "  one row:  {}", flat(&translated.sql)).unwrap();
        for (how, generated) in [
            ("arrays:   ", arrays),
            ("ranges:   ", ranges),
            ("COPY:     ", translated.copy.map(|copy| copy.sql)),
        ] {
            if let Some(generated) = generated {
                writeln!(told, "  {how}{}", flat(&generated)).unwrap();
            }
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn tokens_of_statements() {
    let mut told = String::new();
    for (sql, _) in STATEMENTS {
        let tokens: Vec<_> = tokens(sql).into_iter().map(|token| token.text).collect();
        writeln!(told, "{}", tokens.join(" · ")).unwrap();
    }
    insta::assert_snapshot!(told);
}
