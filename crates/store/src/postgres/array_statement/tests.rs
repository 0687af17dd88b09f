//! Statements as they are generated, and those that stay as they are.

use super::*;

fn around(sql: &'static str) -> (String, String) {
    let many = ArrayStatement::of(sql).unwrap();
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    (flat(&many.parts.before), flat(&many.parts.after))
}

#[test]
fn looks_up_each_row_beside_the_others() {
    let (before, after) = around("SELECT a FROM t WHERE k = ?1 AND j = ?2 FOR UPDATE");
    assert_eq!(before, "SELECT v.nth, q.* FROM");
    let lookup = "SELECT a FROM t WHERE k = v.p1 AND j = v.p2 FOR NO KEY UPDATE";
    assert_eq!(after, format!("CROSS JOIN LATERAL ({lookup}) AS q"));
}

#[test]
fn joins_what_is_changed_with_the_rows() {
    let (before, after) = around(
        "UPDATE t SET a = coalesce(?3, a), b = b + 1\n WHERE k = ?1 AND b > 0 RETURNING c, b",
    );
    assert_eq!(before, "UPDATE t SET a = coalesce(v.p3, a), b = b + 1 FROM");
    assert_eq!(after, "WHERE k = v.p1 AND b > 0 RETURNING v.nth, c, b");
    let (before, after) = around("DELETE FROM t WHERE k = ?1 AND j = ?2");
    assert_eq!(before, "DELETE FROM t USING");
    assert_eq!(after, "WHERE k = v.p1 AND j = v.p2 RETURNING v.nth");
}

#[test]
fn rows_that_nobody_locked_are_locked_in_their_order() {
    let (before, after) = around("DELETE FROM chunks WHERE message = ?1 AND first_idx = ?2");
    assert_eq!(before, "WITH l AS MATERIALIZED (SELECT v.* FROM");
    let wanted = "message = v.p1 AND first_idx = v.p2";
    let locks = format!("SELECT FROM chunks WHERE {wanted} FOR UPDATE");
    let then = format!("DELETE FROM chunks USING l AS v WHERE {wanted} RETURNING v.nth");
    assert_eq!(after, format!("WHERE (SELECT count(*) FROM ({locks}) AS q) > 0) {then}"));
    let (_, after) = around("UPDATE events SET told = ?2 WHERE id = ?1");
    assert!(after.contains("v.p1 FOR NO KEY UPDATE) AS q"), "{after}");
    assert!(
        after
            .ends_with("UPDATE events SET told = v.p2 FROM l AS v WHERE id = v.p1 RETURNING v.nth"),
        "{after}"
    );
    assert_eq!(ArrayStatement::of("UPDATE ledger_accounts SET balance = ?2 WHERE name = ?1"), None);
}

#[test]
fn inserts_the_rows_in_their_order() {
    let of = |sql| ArrayStatement::of(sql).unwrap().answer;
    let (before, after) = around("INSERT INTO t (k, a) VALUES (?1, 'x')\n RETURNING id");
    assert_eq!(before, "INSERT INTO t (k, a) SELECT v.p1, 'x' FROM");
    assert_eq!(after, "ORDER BY v.nth RETURNING id");
    assert_eq!(of("INSERT INTO t (k) VALUES (?1) RETURNING id"), Answer::InTurn);
    assert_eq!(of("INSERT INTO t (k) VALUES (?1)"), Answer::Nothing);
    let once = "INSERT INTO t (a, k) VALUES (?1, ?2) ON CONFLICT (k) DO NOTHING";
    assert_eq!(of(once), Answer::Stored(1));
    assert_eq!(around(once).1, "ORDER BY v.nth ON CONFLICT (k) DO NOTHING RETURNING k");
}

#[test]
fn leaves_what_may_depend_on_the_row_before_it() {
    for sql in [
        "UPDATE t SET a = ?1",
        "UPDATE t SET a = ?1 WHERE a > ?2",
        "UPDATE t SET a = ?2 WHERE a = ?1",
        "UPDATE t SET a = ?2 WHERE k = ?1 OR j = ?1",
        "UPDATE t SET a = ?3 WHERE k BETWEEN ?1 AND ?2",
        "UPDATE t SET a = u.a FROM u WHERE k = ?1",
        "DELETE FROM t WHERE k IN (SELECT k FROM u WHERE j = ?1)",
        "INSERT INTO t (a, k) SELECT max(a), ?1 FROM t WHERE k = ?1",
        "INSERT INTO t (k) VALUES (?1) ON CONFLICT (k) DO UPDATE SET a = 1",
        "INSERT INTO t (k) VALUES (?1 + 1) ON CONFLICT (k) DO NOTHING",
    ] {
        assert_eq!(ArrayStatement::of(sql), None, "{sql}");
    }
}

#[test]
fn rows_of_one_key_go_after_one_another() {
    let many = ArrayStatement::of("UPDATE t SET a = ?3 WHERE k = ?1 AND j = ?2 AND b = 0").unwrap();
    let row = |k, j| [Value::Int(k), Value::Text(j), Value::Null];
    let rows = [row(1, "a"), row(1, "b"), row(2, "a"), row(1, "b"), row(1, "a"), row(1, "b")];
    let lengths = |rows| many.runs::<3>(rows).map(|runs| runs.iter().map(|r| r.len()).collect());
    assert_eq!(lengths(&rows), Some(vec![3, 2, 1]));
    assert_eq!(lengths(&rows[..3]), Some(vec![3]));
    assert_eq!(lengths(&[row(1, "a\0"), row(1, "a\u{fffd}")]), None);
    let select = ArrayStatement::of("SELECT a FROM t WHERE k = ?1").unwrap();
    assert_eq!(select.runs(&rows).unwrap().len(), 1);
}

#[test]
fn takes_an_array_for_each_parameter() {
    let many = ArrayStatement::of("DELETE FROM t WHERE k = ?1 AND j = ?2").unwrap();
    let sql = many.sql(&[Type::BYTEA, Type::INT8]).unwrap();
    assert!(sql.contains("unnest($1::bytea[], $2::int8[])"), "{sql}");
    assert!(sql.contains("AS u(p1, p2, nth)"), "{sql}");
    assert_eq!(many.sql(&[Type::BYTEA, Type::JSON]), None);
}
