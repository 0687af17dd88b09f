//! What nodes report of their links, and the operator's requests to open them anew.

use domain::ports::{LinkReport, LinkStatus, NodeLinks};
use domain::routing::CarrierName;
use domain::time::Timestamp;

use crate::tx::{Result, Tx, params};

pub(crate) async fn report(
    tx: &mut impl Tx,
    node: &str,
    reports: &[LinkReport],
    now: Timestamp,
) -> Result<()> {
    tx.execute("DELETE FROM link_states WHERE node = ?1", params![node]).await?;
    let rows: Vec<_> = reports
        .iter()
        .map(|LinkReport { carrier, status }| {
            params![node, carrier.as_str(), i64::from(status.up), status.detail.as_str(), now]
        })
        .collect();
    let add = "INSERT INTO link_states (node, carrier, up, detail, reported_at)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    tx.execute_many(add, &rows).await.map(drop)
}

pub(crate) async fn reports(tx: &mut impl Tx) -> Result<Vec<NodeLinks>> {
    let rows = tx
        .query(
            "SELECT node, carrier, up, detail, reported_at FROM link_states ORDER BY carrier, node",
            [],
        )
        .await?;
    rows.into_iter()
        .map(|mut row| {
            let node = row.get()?;
            let carrier = CarrierName::new(&row.get::<String>()?);
            let status = LinkStatus { up: row.get::<i64>()? != 0, detail: row.get()? };
            Ok(NodeLinks { node, report: LinkReport { carrier, status }, at: row.get()? })
        })
        .collect()
}

pub(crate) async fn request_reconnect(tx: &mut impl Tx, carrier: &str) -> Result<()> {
    tx.execute(
        "INSERT INTO link_requests (carrier, requests) VALUES (?1, 1)
         ON CONFLICT (carrier) DO UPDATE SET requests = link_requests.requests + 1",
        params![carrier],
    )
    .await
    .map(drop)
}

pub(crate) async fn reconnect_requests(tx: &mut impl Tx) -> Result<Vec<(CarrierName, u64)>> {
    let rows = tx.query("SELECT carrier, requests FROM link_requests", []).await?;
    rows.into_iter()
        .map(|mut row| {
            let carrier = CarrierName::new(&row.get::<String>()?);
            Ok((carrier, u64::try_from(row.get::<i64>()?).unwrap_or(0)))
        })
        .collect()
}
