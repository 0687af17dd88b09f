//! A PostgreSQL server of a test program's own, in a directory that goes with it. It has its own
//! port of the loopback, trusts everybody there, and runs as the user `postgres` for tests of root.

#![expect(clippy::expect_used, clippy::panic, reason = "a test cannot go on without it")]

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

const SCRIPT: &str = include_str!("postgres.sh");

/// For tests that only need rows: what a power cut would lose is not lost by the end of a program.
const FAST: &[&str] = &["-c", "fsync=off", "-c", "full_page_writes=off"];

/// The one that the tests of a program share, each in a database of its own.
static SHARED: LazyLock<Arc<PostgresServer>> =
    LazyLock::new(|| Arc::new(PostgresServer::start(FAST)));

/// A running server.
#[derive(Debug)]
pub struct PostgresServer {
    programs: PathBuf,
    port: u16,
    keeper: Mutex<Keeper>,
    databases: AtomicU32,
}

/// The script that obeys.
#[derive(Debug)]
struct Keeper {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl PostgresServer {
    /// One that flushes what it commits.
    pub fn durable() -> Arc<Self> {
        Arc::new(Self::start(&[]))
    }

    pub fn shared() -> Arc<Self> {
        SHARED.clone()
    }

    fn start(options: &[&str]) -> Self {
        let programs = programs();
        let port = free_port();
        let mut command = as_somebody();
        let mut process = command
            .args(["sh", "-c", SCRIPT, "postgres.sh"])
            .arg(&programs)
            .arg(port.to_string())
            .args(options)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("the shell's output"));
        let keeper = Mutex::new(Keeper { process, orders, answers });
        let server = Self { programs, port, keeper, databases: AtomicU32::new(0) };
        server.revive();
        server
    }

    /// Ends it at once, as a power cut would; what was committed is there when it is revived.
    pub fn kill(&self) {
        self.order("kill");
    }

    pub fn revive(&self) {
        self.order("start");
    }

    fn order(&self, order: &str) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let orders = keeper.orders.as_mut().expect("it is not dropped");
        writeln!(orders, "{order}").expect("a shell that reads");
        let mut answer = String::new();
        keeper.answers.read_line(&mut answer).expect("a shell that answers");
        assert_eq!(answer, "ok\n", "PostgreSQL could not {order}");
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// What `statements` answer in this database, a line for each row, columns separated by `|`.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let output = self
            .program("psql")
            .args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statements])
            .output()
            .expect("psql");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{statements}: {told}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// A program of PostgreSQL's that asks this server.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command
            .args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string()])
            .env_remove("PGPASSWORD")
            .stdin(Stdio::null());
        command
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let keeper = self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner);
        keeper.orders = None;
        let _ = keeper.process.wait();
    }
}

/// A database of its own, empty; dropped with this.
#[derive(Debug)]
pub struct PostgresDatabase {
    pub server: Arc<PostgresServer>,
    pub name: String,
}

impl PostgresDatabase {
    pub fn new(server: Arc<PostgresServer>) -> Self {
        let name = format!("test_{}", server.databases.fetch_add(1, Ordering::Relaxed));
        server.sql("postgres", &format!("CREATE DATABASE {name}"));
        Self { server, name }
    }

    pub fn url(&self) -> String {
        self.url_at(self.server.address())
    }

    /// The same by another address: of a proxy before it.
    pub fn url_at(&self, address: SocketAddr) -> String {
        format!("postgres://postgres@{address}/{}?sslmode=disable", self.name)
    }

    pub fn sql(&self, statements: &str) -> String {
        self.server.sql(&self.name, statements)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        // The server may have been killed by the test.
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let _ = self.server.program("psql").args(["-Xq", "-d", "postgres", "-c", &drop]).output();
    }
}

/// Debian keeps them apart from other programs, by version.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).max_by_key(|path| number(path));
    let found = newest.map(|path| path.join("bin")).filter(|path| path.join("initdb").is_file());
    found.unwrap_or_else(|| panic!("PostgreSQL is missing: apt-get install postgresql"))
}

/// PostgreSQL refuses to run as root.
fn as_somebody() -> Command {
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if !root {
        return Command::new("env");
    }
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid=postgres",
        "--regid=postgres",
        "--clear-groups",
        "--inh-caps=-all",
        "--",
    ]);
    command
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its number").port()
}
