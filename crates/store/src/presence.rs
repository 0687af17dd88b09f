//! Whether the files that this process has open are still the ones under their names. After `rm -rf` of
//! the data directory, or a copy over the database, writes would succeed and be lost with the process.
//!
//! It is checked before and after each flush, where sixteen path lookups cost a tenth of the speed of single
//! messages. So the kernel reports changes of the directories (inotify), and the files are looked at after a
//! report, while one is missing, and once a second: the kernel says nothing of a directory above, of the file
//! that a link leads to, or of what another machine does on a shared disk.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::ports::PortError;
use rusqlite::Connection;

/// Time between looks without a report.
const LOOK_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Presence {
    /// The database, its log and its index of the log, with device and inode.
    opened: Vec<(PathBuf, (u64, u64))>,
    /// Files that are read at the next start; they may be replaced.
    kept: Vec<PathBuf>,
    /// Held while it looks: a report is read once, but concerns every caller.
    watch: Mutex<Watch>,
}

#[derive(Debug)]
struct Watch {
    /// `None`: the kernel reports nothing, and every check looks.
    reports: Option<File>,
    /// When everything was last found in place. `None`: something is missing.
    whole_at: Option<Instant>,
}

impl Presence {
    /// Of files that only have to exist.
    pub(crate) fn of_kept(kept: &[PathBuf]) -> Self {
        Self::new(Vec::new(), kept)
    }

    /// Also of a connection that has read or written before, so that its log exists.
    pub(crate) fn of(connection: &Connection, kept: &[PathBuf]) -> io::Result<Self> {
        // As SQLite names it: with links resolved.
        let path = connection.path().ok_or(ErrorKind::NotFound)?;
        let opened = ["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{path}{end}")));
        let opened = opened.into_iter().map(|path| Ok((identity(&path)?, path)));
        let opened =
            opened.map(|found: io::Result<_>| found.map(|(identity, path)| (path, identity)));
        Ok(Self::new(opened.collect::<io::Result<_>>()?, kept))
    }

    fn new(opened: Vec<(PathBuf, (u64, u64))>, kept: &[PathBuf]) -> Self {
        let paths = opened.iter().map(|(path, _)| path).chain(kept);
        let reports = reports_of(paths.map(PathBuf::as_path));
        Self { opened, kept: kept.to_vec(), watch: Mutex::new(Watch { reports, whole_at: None }) }
    }

    /// *Unavailable* while one is missing or another file.
    pub(crate) fn check(&self) -> Result<(), PortError> {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        if watch.is_still_whole() {
            return Ok(());
        }
        watch.whole_at = None;
        self.look()?;
        watch.whole_at = Some(Instant::now());
        Ok(())
    }

    fn look(&self) -> Result<(), PortError> {
        let is_ours = |(path, identity): &&(PathBuf, _)| {
            self::identity(path).is_ok_and(|now| now == *identity)
        };
        let lost = self.opened.iter().find(|opened| !is_ours(opened)).map(|(path, _)| path);
        match lost.or_else(|| self.kept.iter().find(|path| fs::metadata(path).is_err())) {
            None => Ok(()),
            Some(path) => Err(gone(path)),
        }
    }
}

impl Watch {
    /// Reads what the kernel reports. The reports need not be understood: the files are looked at.
    fn is_still_whole(&self) -> bool {
        let (Some(mut reports), Some(whole_at)) = (self.reports.as_ref(), self.whole_at) else {
            return false;
        };
        let mut buffer = [0; 4096];
        let unread = reports.read(&mut buffer);
        unread.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
            && whole_at.elapsed() < LOOK_EVERY
    }
}

/// What happens to names in the directories of `paths`, and to the directories. `None` where the kernel
/// cannot say.
#[cfg(target_os = "linux")]
fn reports_of<'a>(paths: impl Iterator<Item = &'a Path>) -> Option<File> {
    use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};

    let reports = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
    let names = WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVE;
    let what = names | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
    for path in paths {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        add_watch(&reports, folder.unwrap_or(Path::new(".")), what).ok()?;
    }
    Some(File::from(reports))
}

#[cfg(not(target_os = "linux"))]
fn reports_of<'a>(_: impl Iterator<Item = &'a Path>) -> Option<File> {
    None
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

/// Names the file only: the text is shown to everyone.
fn gone(path: &Path) -> PortError {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    PortError::Unavailable(format!("{name} was removed or replaced while the program runs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_at_once_what_is_missing_and_what_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("secrets.key");
        fs::write(&key, "k").unwrap();
        let presence = Presence::of_kept(std::slice::from_ref(&key));
        for _ in 0..3 {
            assert!(presence.check().is_ok());
        }
        let away = folder.path().join("away");
        fs::rename(&key, &away).unwrap();
        for _ in 0..3 {
            assert!(presence.check().is_err());
        }
        fs::rename(&away, &key).unwrap();
        assert!(presence.check().is_ok());
        fs::remove_dir_all(folder.path()).unwrap();
        assert!(presence.check().is_err());
    }

    #[test]
    fn sees_a_database_replaced_by_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "journal_mode", "wal").unwrap();
        connection.execute_batch("create table t (a)").unwrap();
        let presence = Presence::of(&connection, &[]).unwrap();
        assert!(presence.check().is_ok());
        let other = folder.path().join("other");
        fs::copy(&path, &other).unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(presence.check().is_err());
    }

    #[test]
    fn sees_within_a_second_that_a_directory_above_was_renamed() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let key = inner.join("secrets.key");
        fs::write(&key, "k").unwrap();
        let presence = Presence::of_kept(&[key]);
        assert!(presence.check().is_ok());
        fs::rename(folder.path().join("a"), folder.path().join("c")).unwrap();
        std::thread::sleep(LOOK_EVERY);
        assert!(presence.check().is_err());
    }
}
