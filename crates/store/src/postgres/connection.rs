//! One connection: its prepared statements, and a deadline for each answer.
//!
//! Many rows of parameters go as arrays into one derived statement (`array_statement.rs`), or are
//! pipelined. The server cancels a slow statement a little before our deadline, so missing the
//! deadline means that the server or the network is down.

use std::collections::HashMap;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use domain::ports::PortError;
use futures_util::stream::FuturesOrdered;
use futures_util::{SinkExt, StreamExt, TryStreamExt};
use tokio_postgres::types::{BorrowToSql, ToSql, Type};
use tokio_postgres::{Client, CopyInSink, Error, Statement};

use super::array_statement::of_each;
use super::error::{Fault, fault, port_error, silent};
use super::statement::{Copy, Translated, translate};
use super::value::{Array, Bound, Cell, fits, put_field, type_of};
use crate::tx::{Column, Row, Value};

/// Pipelined rows before the first answer is awaited.
const PIPELINE_MAX: usize = 512;

/// Fewer rows are not worth a derived statement.
const ARRAY_ROWS_MIN: usize = 3;

/// Fewer rows are not worth the three round trips of a COPY.
const COPY_ROWS_MIN: usize = 32;

/// Bytes of a COPY per write.
const COPY_BYTES: usize = 64 * 1_024;

/// `PGCOPY\n\377\r\n\0`, no flags, no extension.
const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// Plans are discarded after this time: they were made for the tables as they were, and the best
/// plan for a few rows may be the worst for the thousands that follow. A new connection starts with
/// the minimum and doubles the time.
const PLANS_KEPT_MIN: Duration = Duration::from_millis(100);
const PLANS_KEPT_MAX: Duration = Duration::from_secs(2);

pub(super) struct Connection {
    client: Client,
    plans: Plans,
    /// By the address of the text, which is static.
    statements: HashMap<(usize, usize), Known>,
    deadline: Duration,
}

struct Plans {
    since: Instant,
    kept: Duration,
}

struct Known {
    text: Translated,
    statement: Option<Statement>,
    /// The derived statement that takes arrays.
    many: Option<Statement>,
    spans: Option<Statement>,
    copy: Option<Statement>,
}

/// Why a statement failed, and what that means for its change.
pub(super) type Failure = (Fault, PortError);

type Result<T> = std::result::Result<T, Failure>;

impl Connection {
    pub(super) fn new(client: Client, deadline: Duration) -> Self {
        let plans = Plans { since: Instant::now(), kept: PLANS_KEPT_MIN };
        Self { client, plans, statements: HashMap::new(), deadline }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Begins a change, or a read.
    pub(super) async fn begin(&mut self, sql: &str) -> Result<()> {
        if self.plans.since.elapsed() >= self.plans.kept {
            self.send("DISCARD PLANS");
            let kept = (2 * self.plans.kept).min(PLANS_KEPT_MAX);
            self.plans = Plans { since: Instant::now(), kept };
        }
        answer(self.deadline, self.client.batch_execute(sql)).await
    }

    /// Commits, with `notify` as a statement before it. `None` when there was no answer; the caller
    /// examines other errors.
    pub(super) async fn commit(
        &self,
        notify: Option<String>,
    ) -> std::result::Result<(), Option<Error>> {
        let commit =
            notify.map_or_else(|| "COMMIT".to_owned(), |notify| format!("{notify}; COMMIT"));
        match tokio::time::timeout(self.deadline, self.client.batch_execute(&commit)).await {
            Ok(done) => done.map_err(Some),
            Err(_) => Err(None),
        }
    }

    /// Sends without waiting: later users of the connection are served after it.
    pub(super) fn send(&self, sql: &str) {
        let sending = pin!(self.client.batch_execute(sql));
        let _ = sending.poll(&mut Context::from_waker(Waker::noop()));
    }

    pub(super) async fn execute<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<u64>> {
        if params.len() >= COPY_ROWS_MIN && self.known(sql).text.copy.is_some() {
            self.copy(sql, params).await?;
            return Ok(vec![1; params.len()]);
        }
        if let Some(changed) = self.spans(sql, params).await? {
            return Ok(changed);
        }
        if let Some(answered) = self.many(sql, params).await? {
            return Ok(answered.iter().map(|rows| rows.len() as u64).collect());
        }
        let statement = self.prepare(sql, params).await?;
        let mut changed = Vec::with_capacity(params.len());
        let mut sent = FuturesOrdered::new();
        for row in params {
            sent.push_back(execute(&self.client, &statement, row));
            if sent.len() >= PIPELINE_MAX {
                changed.extend(next(self.deadline, &mut sent).await?);
            }
        }
        while let Some(count) = next(self.deadline, &mut sent).await? {
            changed.push(count);
        }
        Ok(changed)
    }

    pub(super) async fn query<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<Vec<Row>>> {
        if let Some(answered) = self.many(sql, params).await? {
            return Ok(answered);
        }
        let statement = self.prepare(sql, params).await?;
        let mut found = Vec::with_capacity(params.len());
        let mut sent = FuturesOrdered::new();
        for row in params {
            sent.push_back(query(&self.client, &statement, row));
            if sent.len() >= PIPELINE_MAX {
                found.extend(next(self.deadline, &mut sent).await?);
            }
        }
        while let Some(rows) = next(self.deadline, &mut sent).await? {
            found.push(rows);
        }
        Ok(found)
    }

    /// Runs the derived array statement; returns what each row changed or found. `None` when these
    /// rows must be sent one by one.
    async fn many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Option<Vec<Vec<Row>>>> {
        if params.len() < ARRAY_ROWS_MIN {
            return Ok(None);
        }
        let Some(many) = &self.known(sql).text.many else { return Ok(None) };
        let Some(runs) = many.runs(params) else { return Ok(None) };
        if runs.len() > 1 && runs.len() * ARRAY_ROWS_MIN > params.len() {
            return Ok(None);
        }
        let answers = many.answer;
        let Some(statement) = self.prepare_many(sql, params).await? else { return Ok(None) };
        let mut answered = Vec::with_capacity(params.len());
        for rows in runs {
            let arrays = (0..N).map(|at| Array { rows, at });
            let asked = query_arrays(&self.client, &statement, arrays);
            let found = answer(self.deadline, asked).await?;
            answered.extend(of_each(answers, rows, found).ok_or_else(misnumbered)?);
        }
        Ok(Some(answered))
    }

    /// Runs the derived range statement; returns how many rows each row changed. `None` when the
    /// rows form no ranges.
    async fn spans<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Option<Vec<u64>>> {
        let Some(many) = &self.known(sql).text.many else { return Ok(None) };
        let Some(span) = &many.span else { return Ok(None) };
        let Some([_]) = many.runs(params).as_deref() else { return Ok(None) };
        let Some(spans) = span.divide(params) else { return Ok(None) };
        let Some(statement) = self.prepare_spans(sql, params).await? else { return Ok(None) };
        let arrays: Vec<_> = (0..N).map(|at| Array { rows: &spans.first, at }).collect();
        let last = Array { rows: &spans.last, at: 0 };
        let sent = arrays.iter().map(|array| array as &(dyn ToSql + Sync));
        let sent: Vec<_> = sent.chain([&last as &(dyn ToSql + Sync)]).collect();
        let answered = answer(self.deadline, query_arrays(&self.client, &statement, sent)).await?;
        spans.changed(answered).map(Some).ok_or_else(misnumbered)
    }

    fn known(&mut self, sql: &'static str) -> &mut Known {
        let make =
            || Known { text: translate(sql), statement: None, many: None, spans: None, copy: None };
        self.statements.entry((sql.as_ptr().addr(), sql.len())).or_insert_with(make)
    }

    /// The statement, prepared with types that fit all these rows.
    async fn prepare<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Statement> {
        let deadline = self.deadline;
        if let Some(statement) = &self.known(sql).statement
            && params.iter().all(|row| fit(row, statement.params()))
        {
            return Ok(statement.clone());
        }
        let mut types = vec![Type::UNKNOWN; N];
        for (at, kind) in types.iter_mut().enumerate() {
            let given = params.iter().map(|row| &row[at]);
            let known = given.map(type_of).find(|found| *found != Type::UNKNOWN);
            *kind = known.unwrap_or(Type::UNKNOWN);
        }
        let text = self.known(sql).text.sql.clone();
        let statement = answer(deadline, self.client.prepare_typed(&text, &types)).await?;
        let known = self.known(sql);
        (known.statement, known.many, known.spans) = (Some(statement.clone()), None, None);
        Ok(statement)
    }

    /// The derived array statement, with the types that the server inferred for one row.
    async fn prepare_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Option<Statement>> {
        let one = self.prepare(sql, params).await?;
        let known = self.known(sql);
        if known.many.is_some() {
            return Ok(known.many.clone());
        }
        let text = known.text.many.as_ref().and_then(|many| many.sql(one.params()));
        let Some(text) = text else { return Ok(None) };
        let statement = answer(self.deadline, self.client.prepare(&text)).await?;
        self.known(sql).many = Some(statement.clone());
        Ok(Some(statement))
    }

    /// The derived range statement.
    async fn prepare_spans<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Option<Statement>> {
        let one = self.prepare(sql, params).await?;
        let known = self.known(sql);
        if known.spans.is_some() {
            return Ok(known.spans.clone());
        }
        let text = known.text.many.as_ref().and_then(|many| many.sql_of_spans(one.params()));
        let Some(text) = text else { return Ok(None) };
        let statement = answer(self.deadline, self.client.prepare(&text)).await?;
        self.known(sql).spans = Some(statement.clone());
        Ok(Some(statement))
    }

    async fn copy<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<()> {
        let deadline = self.deadline;
        let statement = if let Some(statement) = &self.known(sql).copy {
            statement.clone()
        } else {
            let text = self.known(sql).text.copy.as_ref().map_or("", |copy| &copy.sql).to_owned();
            let statement = answer(deadline, self.client.prepare(&text)).await?;
            self.known(sql).copy = Some(statement.clone());
            statement
        };
        let sink = answer(deadline, self.client.copy_in::<_, Bytes>(&statement)).await?;
        let mut sink = Box::pin(sink);
        let Some(copy) = &self.known(sql).text.copy else { return Ok(()) };
        let mut out = BytesMut::with_capacity(2 * COPY_BYTES);
        out.put_slice(COPY_HEADER);
        for row in params {
            put_row(copy, row, &mut out).map_err(|error| unfit(&*error))?;
            if out.len() >= COPY_BYTES {
                answer(deadline, sink.send(out.split().freeze())).await?;
            }
        }
        out.put_i16(-1);
        answer(deadline, sink.send(out.freeze())).await?;
        answer(deadline, CopyInSink::finish(sink.as_mut())).await.map(drop)
    }
}

fn fit(row: &[Value<'_>], types: &[Type]) -> bool {
    row.len() == types.len() && row.iter().zip(types).all(|(value, kind)| fits(value, kind))
}

type Unfit = Box<dyn std::error::Error + Send + Sync>;

fn put_row(copy: &Copy, row: &[Value<'_>], out: &mut BytesMut) -> std::result::Result<(), Unfit> {
    let fields = copy.row(row);
    out.put_i16(fields.len().try_into()?);
    for field in fields {
        put_field(&field.ok_or("a parameter is missing")?, out)?;
    }
    Ok(())
}

fn misnumbered() -> Failure {
    (Fault::Told, PortError::Refused("PostgreSQL's answer does not match the rows".to_owned()))
}

fn unfit(error: &dyn std::error::Error) -> Failure {
    (Fault::Told, PortError::Refused(format!("a row for PostgreSQL: {error}")))
}

async fn execute(
    client: &Client,
    statement: &Statement,
    row: &[Value<'_>],
) -> std::result::Result<u64, Error> {
    client.execute_raw(statement, row.iter().map(|value| Bound(*value))).await
}

async fn query(
    client: &Client,
    statement: &Statement,
    row: &[Value<'_>],
) -> std::result::Result<Vec<Row>, Error> {
    let rows = client.query_raw(statement, row.iter().map(|value| Bound(*value))).await?;
    let mut rows = pin!(rows);
    let mut found = Vec::new();
    while let Some(row) = rows.try_next().await? {
        found.push(Row::new(columns(&row)?));
    }
    Ok(found)
}

/// The rows of the result.
async fn query_arrays<P, I>(
    client: &Client,
    statement: &Statement,
    arrays: I,
) -> std::result::Result<Vec<Vec<Column>>, Error>
where
    P: BorrowToSql,
    I: IntoIterator<Item = P, IntoIter: ExactSizeIterator>,
{
    let found = client.query_raw(statement, arrays).await?;
    let mut found = pin!(found);
    let mut answered = Vec::new();
    while let Some(row) = found.try_next().await? {
        answered.push(columns(&row)?);
    }
    Ok(answered)
}

fn columns(row: &tokio_postgres::Row) -> std::result::Result<Vec<Column>, Error> {
    (0..row.len()).map(|at| row.try_get::<_, Cell>(at).map(|cell| cell.0)).collect()
}

async fn next<F, T>(deadline: Duration, sent: &mut FuturesOrdered<F>) -> Result<Option<T>>
where
    F: Future<Output = std::result::Result<T, Error>>,
{
    answer(deadline, async { sent.next().await.transpose() }).await
}

async fn answer<T>(
    deadline: Duration,
    asked: impl Future<Output = std::result::Result<T, Error>>,
) -> Result<T> {
    match tokio::time::timeout(deadline, asked).await {
        Ok(answer) => answer.map_err(|error| (fault(&error), port_error(&error))),
        Err(_) => Err((Fault::Silent, silent())),
    }
}

#[cfg(test)]
mod tests;
