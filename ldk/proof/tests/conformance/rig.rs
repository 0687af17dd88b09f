//! boltgram-node in this process, behind its REST interface; a payer with a channel to it; and the chain of both.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use boltgram_node::chain::ChainSource;
use boltgram_node::data_dir::{DATABASE, DataDir};
use boltgram_node::node::{Node, Options};
use boltgram_node::{Clock, rest};
use domain::id::PaymentHash;
use domain::money::Msat;
use domain::ports::{Clock as _, HoldState, Lightning, NewHold};
use domain::secret::Preimage;
use domain::time::Timestamp;
use ldk_node::bitcoin::Network;
use lightning::lnd::{Lnd, LndOptions};
use regtest::{Outcome, Peer, World};
use tempfile::TempDir;
use testkit::clock::TestClock;
use testkit::lightning_conformance::{Rig, Route};
use tokio::net::TcpListener;
use tokio::task::block_in_place;

use super::interceptor::Interceptor;
use super::others::{FEE_MSAT, Others};

/// LDK lets a tenth of a channel that was opened to us be under way: enough for 50 payments of 1,000 sats.
const CHANNEL_SATS: u64 = 4_000_000;

const WAIT: Duration = Duration::from_secs(30);

pub(crate) struct NodeRig {
    world: World,
    data: TempDir,
    clock: Arc<TestClock>,
    listen: String,
    interceptor: Interceptor,
    running: Running,
    client: Arc<Lnd>,
    payer: Peer,
    paid: Mutex<Vec<(PaymentHash, Msat)>>,
    others: Arc<OnceLock<Mutex<Others>>>,
    over: Arc<AtomicBool>,
}

/// One life of the node.
struct Running {
    node: Arc<Node>,
    serving: tokio::task::JoinHandle<anyhow::Result<()>>,
    rest: std::net::SocketAddr,
}

impl NodeRig {
    pub(crate) async fn start() -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let clock = TestClock::new(Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap()));
        let world = block_in_place(World::new);
        let data = tempfile::tempdir().unwrap();
        std::fs::set_permissions(data.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let listen = format!("127.0.0.1:{}", free_port());
        let interceptor = Interceptor::default();
        let rest = format!("127.0.0.1:{}", free_port()).parse().unwrap();
        let running = run(data.path(), &world, &clock, &listen, &interceptor, rest).await;
        let node = &running.node;
        let address = node.new_address().await.unwrap();
        block_in_place(|| {
            for _ in 0..2 {
                world.fund_text(&address, 1_000_000);
            }
        });
        mine(&world, &clock, 1);
        node.read_chain().await;
        let id = node.node_id().to_string();
        let payer = block_in_place(|| {
            let payer = world.peer("payer");
            world.wait_seen(&payer.open(&id, &listen, CHANNEL_SATS, 0));
            payer
        });
        mine(&world, &clock, 6);
        node.read_chain().await;
        block_in_place(|| {
            payer.sync();
            payer.wait_usable(1);
        });
        let options = LndOptions {
            timeout: Duration::from_secs(15),
            poll: Duration::from_millis(50),
            held_per_channel: 50,
            ..LndOptions::new(
                format!("https://{rest}").parse().unwrap(),
                data.path().join("boltgram.macaroon"),
                data.path().join("tls.cert"),
            )
        };
        let client = Arc::new(Lnd::new(options).unwrap());
        // Learns how many channels there are.
        client.tip().await.unwrap();
        let (others, over) = (Arc::<OnceLock<Mutex<Others>>>::default(), Arc::default());
        drive(&others, &over);
        Self {
            world,
            data,
            clock,
            listen,
            interceptor,
            running,
            client,
            payer,
            paid: Mutex::default(),
            others,
            over,
        }
    }

    /// The other nodes; they start when they are first needed.
    fn others(&self) -> std::sync::MutexGuard<'_, Others> {
        let others = self.others.get_or_init(|| {
            let node = &self.running.node;
            let handle = tokio::runtime::Handle::current();
            let read_chain = || handle.block_on(node.read_chain());
            let id = node.node_id().to_string();
            Mutex::new(Others::start(&self.world, &id, &self.listen, &read_chain))
        });
        others.lock().unwrap()
    }

    async fn has_slots(&self) -> bool {
        let pending = self.client.pending().await.unwrap();
        (pending.iter().filter(|invoice| invoice.held).count() as u64) < self.client.held_max()
    }

    async fn is_held(&self, hash: PaymentHash) -> bool {
        matches!(self.client.lookup(hash).await, Ok(HoldState::Held(_)))
    }
}

impl Drop for NodeRig {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let node = Arc::clone(&self.running.node);
        let handle = tokio::runtime::Handle::current();
        block_in_place(|| handle.block_on(async { drop(node.stop().await) }));
    }
}

/// Other nodes act on their payments until the rig is dropped.
fn drive(others: &Arc<OnceLock<Mutex<Others>>>, over: &Arc<AtomicBool>) {
    let (others, over) = (Arc::clone(others), Arc::clone(over));
    let handle = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        let _context = handle.enter();
        while !over.load(Ordering::SeqCst) {
            if let Some(others) = others.get() {
                others.lock().unwrap().act();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    });
}

async fn run(
    data: &std::path::Path,
    world: &World,
    clock: &Arc<TestClock>,
    listen: &str,
    interceptor: &Interceptor,
    rest: std::net::SocketAddr,
) -> Running {
    let data = DataDir::open(data).unwrap();
    let options = Options {
        network: Network::Regtest,
        chain: ChainSource::Esplora(world.esplora.url().parse().unwrap()),
        // The rig reads the chain.
        sync: Duration::from_secs(3_600),
        listen: vec![listen.parse().unwrap()],
        alias: Some("conformance".into()),
        rapid_gossip: None,
        trust_0conf: Vec::new(),
        database: data.file(DATABASE),
    };
    let clock = Arc::clone(clock);
    let seconds: Clock = Arc::new(move || u64::try_from(clock.now().as_secs()).unwrap());
    let node = Node::start(options, &data.seed().unwrap(), seconds).await.unwrap();
    let (tls, macaroons) = (data.tls("127.0.0.1").unwrap(), data.macaroons().unwrap());
    let router = interceptor.wrap(rest::router(Arc::clone(&node), &macaroons));
    let tcp = TcpListener::bind(rest).await.unwrap();
    let serving = tokio::spawn(rest::serve(tcp, tls, router, node.stopped().clone()));
    Running { node, serving, rest }
}

/// Blocks of the time that the test's clock shows.
fn mine(world: &World, clock: &TestClock, blocks: u32) {
    for _ in 0..blocks {
        let time = u32::try_from(clock.now().as_secs()).unwrap();
        world.chain.lock().set_time(time - 1);
        world.mine(1);
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn msat(amount: Msat) -> u64 {
    u64::try_from(amount.get()).unwrap()
}

#[async_trait]
impl Rig for NodeRig {
    fn node(&self) -> Arc<dyn Lightning> {
        self.client.clone()
    }

    fn clock(&self) -> Arc<TestClock> {
        Arc::clone(&self.clock)
    }

    async fn pay(&self, invoice: &str, amount: Option<Msat>) -> Result<(), String> {
        let send = || match amount {
            Some(amount) => self.payer.pay_amount(invoice, msat(amount)),
            None => self.payer.pay(invoice),
        };
        let mut sent = block_in_place(send);
        // A slot that was freed just now is free at the payer a little later.
        let until = tokio::time::Instant::now() + WAIT;
        while sent.as_ref().is_err_and(|error| error == "Failed to send the given payment.")
            && tokio::time::Instant::now() < until
            && self.has_slots().await
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
            sent = block_in_place(send);
        }
        let hash = sent.map_err(|error| {
            let channel = &self.payer.channels()[0];
            let (usable, limit) = (channel.is_usable, channel.next_outbound_htlc_limit_msat);
            format!("{error} (channel usable: {usable}, limit {limit} msat)")
        })?;
        let until = tokio::time::Instant::now() + WAIT;
        while tokio::time::Instant::now() < until {
            if self.is_held(PaymentHash::new(hash)).await {
                let amount = match self.client.lookup(PaymentHash::new(hash)).await {
                    Ok(HoldState::Held(held)) => held.amount,
                    _ => continue,
                };
                self.paid.lock().unwrap().push((PaymentHash::new(hash), amount));
                return Ok(());
            }
            if let Some(outcome) = self.payer.outcome(&hash) {
                return Err(format!("{outcome:?}"));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Err("neither held nor failed".into())
    }

    async fn mine(&self, blocks: u32) {
        mine(&self.world, &self.clock, blocks);
        self.running.node.read_chain().await;
        block_in_place(|| self.payer.sync());
    }

    /// Waits until the payer has seen what became of each payment.
    async fn debits(&self) -> (Msat, Msat) {
        let payments = self.paid.lock().unwrap().clone();
        let (mut locked, mut spent) = (Msat::ZERO, Msat::ZERO);
        for (hash, amount) in payments {
            let held = self.is_held(hash).await;
            let outcome = if held {
                self.payer.outcome(hash.as_bytes())
            } else {
                Some(block_in_place(|| self.payer.wait_outcome(hash.as_bytes())))
            };
            match outcome {
                None => locked = locked.checked_add(amount).unwrap(),
                Some(Outcome::Paid { .. }) => spent = spent.checked_add(amount).unwrap(),
                Some(Outcome::Failed { .. }) => {}
            }
        }
        (locked, spent)
    }

    async fn proof(&self, hash: PaymentHash) -> Option<Preimage> {
        match block_in_place(|| self.payer.wait_outcome(hash.as_bytes())) {
            Outcome::Paid { preimage, .. } => Some(Preimage::new(preimage)),
            Outcome::Failed { .. } => None,
        }
    }

    async fn invoice_of_another(&self, hold: NewHold) -> String {
        // The suite's preimages: 0x5a, after the number.
        let preimage = (0..u16::MAX).map(|number| {
            let mut bytes = [0x5a; 32];
            bytes[..2].copy_from_slice(&number.to_be_bytes());
            bytes
        });
        let ours = |bytes: &[u8; 32]| Preimage::new(*bytes).payment_hash() == hold.hash;
        let preimage = preimage.into_iter().find(ours).unwrap();
        let expiry = u32::try_from(hold.expiry.as_secs()).unwrap();
        block_in_place(|| self.others().invoice(preimage, msat(hold.amount), expiry))
    }

    /// The hub's fee is fixed: a dearer route is one whose limit is lower.
    async fn set_route(&self, route: Route, fee: Msat) {
        self.interceptor.set_dearer(fee.get() - FEE_MSAT);
        block_in_place(|| self.others().set_route(route));
    }

    async fn delay_payment(&self) {
        self.interceptor.delay_next();
    }

    async fn deliver_delayed(&self) {
        let macaroon = std::fs::read(self.data.path().join("boltgram.macaroon")).unwrap();
        let pem = std::fs::read(self.data.path().join("tls.cert")).unwrap();
        let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
        let http = reqwest::Client::builder().tls_certs_only([certificate]).build().unwrap();
        for body in self.interceptor.take_delayed() {
            let url = format!("https://{}/v2/router/send", self.running.rest);
            let request = http.post(url).header("grpc-metadata-macaroon", hex::encode(&macaroon));
            let response = request.json(&body).send().await.unwrap();
            response.text().await.unwrap();
        }
    }

    async fn end_payment(&self, hash: PaymentHash, arrived: bool) {
        block_in_place(|| self.others().end(hash.as_bytes(), arrived));
        let until = tokio::time::Instant::now() + WAIT;
        let state = async || self.client.pay_status(hash).await;
        while state().await == Ok(domain::ports::PayState::InFlight) {
            assert!(tokio::time::Instant::now() < until, "the payment's end was not reported");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn paid_out(&self) -> (u64, Msat) {
        let (count, sum) = block_in_place(|| self.others().arrived());
        (count, Msat::new(i64::try_from(sum).unwrap()))
    }

    async fn restart(&mut self) {
        self.running.node.stop().await.unwrap();
        (&mut self.running.serving).await.unwrap().unwrap();
        let rest = self.running.rest;
        let data = self.data.path();
        self.running =
            run(data, &self.world, &self.clock, &self.listen, &self.interceptor, rest).await;
        self.running.node.read_chain().await;
        let id = self.running.node.node_id().to_string();
        block_in_place(|| {
            self.payer.reconnect(&id, &self.listen);
            if let Some(others) = self.others.get() {
                others.lock().unwrap().reconnect(&id, &self.listen);
            }
        });
        while self.client.tip().await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn races(&self) -> u16 {
        20
    }
}
