//! A PostgreSQL server per test program, in a temporary directory. It listens on its own loopback port without
//! authentication, and runs as user `postgres` if the tests run as root.

#![expect(clippy::expect_used, clippy::panic, reason = "a test cannot go on without it")]

mod psql;

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use self::psql::Session;

const SCRIPT: &str = include_str!("postgres.sh");

/// Options for tests that need no durability across a power failure.
const FAST: &[&str] = &[
    "-c",
    "fsync=off",
    "-c",
    "full_page_writes=off",
    "-c",
    "wal_level=minimal",
    "-c",
    "max_wal_senders=0",
    "-c",
    "autovacuum=off",
    "-c",
    "max_wal_size=64MB",
];

/// First version with a choice of strategy for `CREATE DATABASE`: copying files, as older versions always do, is faster
/// than copying pages, the new default.
const COPIES_PAGES_SINCE: u32 = 15;

/// The server shared by the tests of a program, each with its own database.
static SHARED: LazyLock<Arc<PostgresServer>> =
    LazyLock::new(|| Arc::new(PostgresServer::start(FAST)));

/// A running server.
#[derive(Debug)]
pub struct PostgresServer {
    programs: PathBuf,
    version: u32,
    port: u16,
    keeper: Mutex<Keeper>,
    databases: AtomicU32,
    /// Number of times it was killed.
    lives: AtomicU32,
    /// Session to its database `postgres`.
    session: Mutex<Option<(u32, Session)>>,
    /// Unused databases. One is dropped when the next is created, because its sessions have ended by then.
    left: Mutex<Vec<String>>,
}

/// The script that controls the server.
#[derive(Debug)]
struct Keeper {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl PostgresServer {
    /// A server with durable commits.
    pub fn durable() -> Arc<Self> {
        Arc::new(Self::start(&[]))
    }

    pub fn shared() -> Arc<Self> {
        SHARED.clone()
    }

    fn start(options: &[&str]) -> Self {
        let (version, programs) = programs();
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
        let (databases, lives) = (AtomicU32::new(0), AtomicU32::new(0));
        let (session, left) = (Mutex::new(None), Mutex::default());
        let server = Self { programs, version, port, keeper, databases, lives, session, left };
        server.revive();
        server
    }

    /// Kills it, as a power failure would; committed data are there when it is revived.
    pub fn kill(&self) {
        self.lives.fetch_add(1, Ordering::Relaxed);
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

    /// Runs `statements` in this database, several as one transaction; returns a line per row, columns separated by
    /// `|`.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let output = self
            .program("psql")
            .args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statements])
            .output()
            .expect("psql");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{statements}: {error}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// The same for one statement, in a session that is kept open.
    fn ask(
        &self,
        session: &Mutex<Option<(u32, Session)>>,
        database: &str,
        statement: &str,
    ) -> Result<String, String> {
        let life = self.lives.load(Ordering::Relaxed);
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = session.take().filter(|(of, _)| *of == life);
        let begin = || (life, Session::start(self.program("psql"), database));
        let mut open = begun.unwrap_or_else(begin);
        let answer = open.1.ask(statement)?;
        *session = Some(open);
        Ok(answer)
    }

    fn drop_left(&self) {
        let left = std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner));
        for name in left {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            // The server may have been killed by the test.
            let _ = self.ask(&self.session, "postgres", &drop);
        }
    }

    /// A client program of PostgreSQL, set up for this server.
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

/// A separate database; it is dropped some time after this value.
#[derive(Debug)]
pub struct PostgresDatabase {
    pub server: Arc<PostgresServer>,
    pub name: String,
    session: Mutex<Option<(u32, Session)>>,
}

impl PostgresDatabase {
    pub fn new(server: Arc<PostgresServer>) -> Self {
        Self::made(server, "template1")
    }

    /// A copy of `template`, which must not change any more.
    pub fn copy_of(template: &Self) -> Self {
        Self::made(template.server.clone(), &template.name)
    }

    fn made(server: Arc<PostgresServer>, template: &str) -> Self {
        server.drop_left();
        let name = format!("test_{}", server.databases.fetch_add(1, Ordering::Relaxed));
        let by_files = if server.version < COPIES_PAGES_SINCE { "" } else { "STRATEGY file_copy" };
        let create = format!("CREATE DATABASE {name} TEMPLATE {template} {by_files}");
        let made = server.ask(&server.session, "postgres", &create);
        made.unwrap_or_else(|error| panic!("{create}: {error}"));
        Self { server, name, session: Mutex::new(None) }
    }

    /// Closes all connections and refuses new ones.
    pub fn close(&self) {
        self.server
            .sql("postgres", &format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name));
        let all = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = '{}'",
            self.name
        );
        self.server.sql("postgres", &all);
    }

    pub fn url(&self) -> String {
        self.url_at(self.server.address())
    }

    /// The same with another address, such as that of a proxy.
    pub fn url_at(&self, address: SocketAddr) -> String {
        format!("postgres://postgres@{address}/{}?sslmode=disable", self.name)
    }

    /// Runs `statements`, several as one transaction; returns a line per row, columns separated by `|`.
    pub fn sql(&self, statements: &str) -> String {
        if statements.contains(';') {
            return self.server.sql(&self.name, statements);
        }
        let answer = self.server.ask(&self.session, &self.name, statements);
        answer.unwrap_or_else(|error| panic!("{statements}: {error}"))
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let mut left = self.server.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.push(std::mem::take(&mut self.name));
    }
}

/// Directory of PostgreSQL's programs: Debian installs them by version.
fn programs() -> (u32, PathBuf) {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let numbered = versions.filter_map(|entry| Some((number(&entry.path())?, entry.path())));
    let newest = numbered.max_by_key(|(version, _)| *version);
    let found = newest.map(|(version, path)| (version, path.join("bin")));
    let found = found.filter(|(_, programs)| programs.join("initdb").is_file());
    found.unwrap_or_else(|| panic!("PostgreSQL is missing: apt-get install postgresql"))
}

/// A command as user `postgres` if we are root, which PostgreSQL refuses.
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
