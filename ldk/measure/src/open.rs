//! Many unpaid invoices: what they cost, and how soon a payment of one is noticed.
//!
//! A funding is settled as soon as it is noticed, so the time from the payment to the preimage is a little more than that
//! from the payment to *paid*.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::house::House;
use crate::{pay, show};

/// How long the processes are watched while nothing happens.
const IDLE: Duration = Duration::from_secs(30);

/// Invoices that are made at a time.
const MAKING: usize = 32;

pub(crate) async fn measure(
    house: &Arc<House>,
    open: u32,
    payments: u32,
    window: u32,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let invoices = make(house, open).await?;
    println!("{open} invoices in {:.1} s", begun.elapsed().as_secs_f64());
    let before = house.cpu()?;
    tokio::time::sleep(IDLE).await;
    for ((name, before), (_, after)) in before.iter().zip(house.cpu()?) {
        let share = (after - before) / IDLE.as_secs_f64() * 100.0;
        println!(
            "{name}: {share:.1} % of a core while they are open, {} MiB",
            house.memory_mib(name)?
        );
    }
    let count = payments as usize;
    let last: Vec<_> = invoices.iter().rev().take(count).cloned().collect();
    let first: Vec<_> = invoices.into_iter().take(count).collect();
    show("the last ones, from the payment to the preimage", pay_all(house, last, window).await?);
    show("the first ones, from the payment to the preimage", pay_all(house, first, window).await?);
    Ok(())
}

/// In the order of their creation, nearly.
async fn make(house: &Arc<House>, count: u32) -> anyhow::Result<Vec<String>> {
    let (room, mut making) = (Arc::new(Semaphore::new(MAKING)), JoinSet::new());
    for number in 0..count as usize {
        let (house, permit) = (Arc::clone(house), Arc::clone(&room).acquire_owned().await?);
        making.spawn(async move {
            let invoice = house.order(number).await;
            drop(permit);
            invoice.map(|invoice| (number, invoice))
        });
    }
    let mut invoices = Vec::new();
    while let Some(made) = making.join_next().await {
        invoices.push(made??);
    }
    invoices.sort_unstable();
    Ok(invoices.into_iter().map(|(_, invoice)| invoice).collect())
}

async fn pay_all(
    house: &Arc<House>,
    invoices: Vec<String>,
    window: u32,
) -> anyhow::Result<Vec<Duration>> {
    let (room, mut paying) = (Arc::new(Semaphore::new(window as usize)), JoinSet::new());
    for invoice in invoices {
        let (house, permit) = (Arc::clone(house), Arc::clone(&room).acquire_owned().await?);
        paying.spawn_blocking(move || {
            let begun = Instant::now();
            let paid = pay(&house.payer, &invoice);
            drop(permit);
            paid.map(|()| begun.elapsed())
        });
    }
    let mut times = Vec::new();
    while let Some(paid) = paying.join_next().await {
        times.push(paid??);
    }
    Ok(times)
}
