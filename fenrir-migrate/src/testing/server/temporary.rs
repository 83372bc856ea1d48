//! A server that is started for the tests, and is gone when they are.
//!
//! All test processes of one user share it. Each holds the writing end of a pipe, `alive`; a small
//! shell script reads the other end, and so sees when the last of them has ended, in whatever way. It
//! then stops the server and deletes its folder. Nothing waits for a process to tidy up after itself.
//!
//! For root, the server runs as another user, who is not trusted: only the server's own folder is that
//! user's, and what is opened in there is never a link. That user cannot delete the folder, only what is in
//! it; the empty one goes with the next server.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::{Owner, Software, cache};
use crate::testing::{Error, keep, place};

/// How long a server may take to start.
const START: Duration = Duration::from_secs(60);
/// How long another process that is starting the server is waited for.
const TURN: Duration = Duration::from_secs(120);
/// How long a script that runs may take to open the pipe again.
const MOMENT: Duration = Duration::from_secs(1);

/// Runs the server, its arguments, for as long as it is wanted. The process in between sees that it ends by
/// itself; no number of a process is read from the folder, which somebody may delete.
///
/// `sleep` holds the pipe for a while: tests that follow each other closely find the server still there.
/// Who comes writes a `+`, so an empty reading says that nobody came. Once `leaving` is there nobody stays,
/// and those who came just before are waited for once more.
const WATCH: &str = r#"
trap '' HUP INT
cd "$FENRIR_FOLDER" || exit
nobody() { test -z "$(sleep 3 >alive & cat alive)"; }
{
    "$@" >log 2>&1 </dev/null &
    server=$!
    trap 'kill -"$FENRIR_SIGNAL" $server' TERM
    echo $server >pid
    wait $server
    # What a signal cut short.
    wait $server
    touch ended
} &
guard=$!
until nobody; do :; done
while test -e keep; do
    cat alive >/dev/null
    until nobody; do :; done
done
touch leaving
sleep 1 >alive & cat alive >/dev/null
test -e ended || kill -TERM $guard
wait $guard
cd / && rm -rf "$FENRIR_FOLDER"
"#;

/// A running server, which stays for at least as long as this.
pub(in crate::testing) struct Temporary {
    pub(in crate::testing) url: String,
    /// To be touched for the server to stay after the tests.
    keep: PathBuf,
    _alive: File,
}

impl Temporary {
    /// The server that runs already, or a new one.
    pub(in crate::testing) fn start(software: &dyn Software) -> Result<Self, Error> {
        let place = Place::new(software)?;
        // Held until the server is there, so that one process starts it and the others find it.
        let _turn = place.take_turn(software)?;
        if let Some(running) = place.join(software) {
            return Ok(running);
        }
        place.sweep(software);
        place.found(software)
    }

    /// Has the server stay after the tests, until the next run that does not ask for that.
    pub(in crate::testing) fn keep(&self) {
        let _ = File::create_new(&self.keep);
    }
}

/// Where the servers of one kind and version are.
struct Place {
    folder: PathBuf,
    owner: Option<Owner>,
}

impl Place {
    fn new(software: &dyn Software) -> Result<Self, Error> {
        let owner = Owner::of(software)?;
        let folder = place::base()?.join(format!("{}{}", prefix(software), software.version()));
        // A socket's path has at most 107 bytes, on macOS 103 (sys/un.h).
        if folder.as_os_str().len() + "/run-0123456789abcdef/.s.PGSQL.5432".len() > 103 {
            return Err(Error::new(format!(
                "`{}` is too long a path for a server's socket: set TMPDIR to a shorter one",
                folder.display()
            )));
        }
        place::make_own(&folder)?;
        Ok(Self { folder, owner })
    }

    /// The lock on the file is gone with the process that holds it.
    fn take_turn(&self, software: &dyn Software) -> Result<File, Error> {
        let (path, file) = self.lock()?;
        let start = Instant::now();
        loop {
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(file),
                Err(Errno::WOULDBLOCK | Errno::INTR) if start.elapsed() < TURN => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(Errno::WOULDBLOCK) => {
                    return Err(Error::new(format!(
                        "another process has been starting {} for its tests for {} seconds: it has locked `{}`, and \
                         `fuser` tells which it is",
                        software.title(),
                        TURN.as_secs(),
                        path.display()
                    )));
                }
                Err(error) => return Err(Error::io("locking", &path, &error.into())),
            }
        }
    }

    fn lock(&self) -> Result<(PathBuf, File), Error> {
        let path = self.folder.join("lock");
        let file = File::create(&path).map_err(|error| Error::io("opening", &path, &error))?;
        Ok((path, file))
    }

    /// The file that names the folder of the server that runs.
    fn current(&self) -> PathBuf {
        self.folder.join("current")
    }

    /// The server that runs, if there is one.
    fn join(&self, software: &dyn Software) -> Option<Temporary> {
        let name = fs::read_to_string(self.current()).ok()?;
        let folder = self.folder.join(&name);
        let alive = hold(&folder, MOMENT)?;
        // The script may have given up just before this process came.
        if folder.join("leaving").exists() || software.ping(&folder).is_err() {
            return None;
        }
        let keep = folder.join("keep");
        if !keep::asked() {
            let _ = fs::remove_file(&keep);
        }
        Some(Temporary { url: software.url(&folder), keep, _alive: alive })
    }

    fn found(&self, software: &dyn Software) -> Result<Temporary, Error> {
        match self.try_found(software, cache::Use::IfThere) {
            // What is in the cache may be broken, by a full disk say.
            Err(_) if cache::forget(software) => self.try_found(software, cache::Use::Anew),
            other => other,
        }
    }

    fn try_found(&self, software: &dyn Software, from: cache::Use) -> Result<Temporary, Error> {
        let name = format!("run-{}", place::token());
        let folder = self.folder.join(&name);
        let result = self.start_in(software, &folder, &name, from);
        if result.is_err() {
            // The script ends by itself when nobody holds the pipe.
            let _ = fs::remove_dir_all(&folder);
        }
        result
    }

    fn start_in(
        &self,
        software: &dyn Software,
        folder: &Path,
        name: &str,
        from: cache::Use,
    ) -> Result<Temporary, Error> {
        let io = |doing| move |error: io::Error| Error::io(doing, folder, &error);
        fs::DirBuilder::new().mode(0o700).create(folder).map_err(io("making"))?;
        let data = folder.join("data");
        // Before the folder is another user's, who could put a link in the way.
        let copied = from == cache::Use::IfThere && cache::copy_kept(software, self.owner, &data);
        if let Some(owner) = self.owner {
            owner.give(folder).map_err(io("giving away"))?;
        }
        if !copied {
            cache::initialise(software, self.owner, &data)?;
        }

        let mut mkfifo = Command::new("mkfifo");
        mkfifo.arg(folder.join("alive"));
        super::run(self.as_owner(&mut mkfifo), "mkfifo")?;

        let serve = software.serve(folder);
        let mut watch = Command::new("/bin/sh");
        watch.args(["-c", WATCH, "fenrir-test-server"]).arg(serve.get_program()).args(serve.get_args());
        watch.env("FENRIR_FOLDER", folder);
        watch.env("FENRIR_SIGNAL", software.stop_signal().as_raw().to_string());
        watch.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Its own: another user could not write into ours.
        watch.env("TMPDIR", folder);
        // Not in the group of processes that a terminal's Ctrl-C goes to.
        watch.current_dir("/").process_group(0);
        self.as_owner(&mut watch).spawn().map_err(io("starting a server in"))?;

        // A machine that is busy may take its time to start a shell.
        let alive = hold(folder, START)
            .ok_or_else(|| Error::new("the script that watches the test server did not start"))?;
        wait_until_up(software, folder)?;
        fs::write(self.current(), name).map_err(io("writing beside"))?;
        Ok(Temporary { url: software.url(folder), keep: folder.join("keep"), _alive: alive })
    }

    fn as_owner<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Some(owner) = self.owner {
            owner.run(command);
        }
        command
    }

    /// Deletes what servers left whose script was killed with them, and stops those that outlived it: also
    /// of other versions, and where temporary files were before.
    fn sweep(&self, software: &dyn Software) {
        self.sweep_runs(software);
        for folder in place::bases().iter().flat_map(|base| entries(base)) {
            let is_of_this_kind =
                folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix(software)));
            if folder == self.folder || !is_of_this_kind || !place::is_own(&folder) {
                continue;
            }
            let other = Self { folder, owner: self.owner };
            // Whoever has the turn there is just starting one.
            let Ok((_, lock)) = other.lock() else { continue };
            if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
                other.sweep_runs(software);
            }
        }
    }

    fn sweep_runs(&self, software: &dyn Software) {
        let is_run = |folder: &PathBuf| {
            folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("run-"))
        };
        for folder in entries(&self.folder).filter(is_run) {
            // Who watches it reads the pipe.
            if hold(&folder, MOMENT).is_some() {
                continue;
            }
            // A process of that number is the server only if the server answers.
            if software.ping(&folder).is_ok() && self.stop(software, &folder).is_some() {
                // It writes into its folder until its end.
                let start = Instant::now();
                while !folder.join("ended").exists() && start.elapsed() < Duration::from_secs(5) {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
            let _ = fs::remove_dir_all(&folder);
        }
    }

    /// As the user that it runs as, who wrote the number, and can end no process of others.
    fn stop(&self, software: &dyn Software, folder: &Path) -> Option<()> {
        // What is not above 1 would be a group of processes, or all of them.
        let process = read(&folder.join("pid"))?.trim().parse().ok().filter(|process: &i32| *process > 1)?;
        let mut kill = Command::new("/bin/sh");
        kill.args(["-c", r#"kill -"$0" "$1""#, &software.stop_signal().as_raw().to_string()]);
        kill.arg(process.to_string()).current_dir("/");
        super::run(self.as_owner(&mut kill), "stopping a server of earlier tests").ok().map(drop)
    }
}

/// What the names of the places of one kind of server begin with.
fn prefix(software: &dyn Software) -> String {
    format!("{}_", software.name())
}

fn wait_until_up(software: &dyn Software, folder: &Path) -> Result<(), Error> {
    let start = Instant::now();
    loop {
        let Err(error) = software.ping(folder) else { return Ok(()) };
        if folder.join("ended").exists() || !software.may_come_up(&error) || start.elapsed() > START {
            let log = read(&folder.join("log")).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(5)..].join("\n");
            return Err(Error::new(format!(
                "{} did not start for the tests ({error}); the end of its log:\n{last}",
                software.title()
            )));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Has the servers that were kept for somebody to look into end, now that tests run that do not ask for it.
pub(in crate::testing) fn release_kept(base: &Path) {
    for run in entries(base).filter(|place| place::is_own(place)).flat_map(|place| entries(&place)) {
        if fs::remove_file(run.join("keep")).is_ok() {
            // The script looks again when somebody has come and gone.
            drop(hold(&run, MOMENT));
        }
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// What is in a file of a server's folder.
fn read(path: &Path) -> Option<String> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    io::read_to_string(File::from(rustix::fs::open(path, flags, Mode::empty()).ok()?)).ok()
}

/// Opens the pipe for writing, and says so; fails where nobody reads it for a while. The script opens it
/// anew from time to time, so that there may be no reader for a moment.
fn hold(folder: &Path, patience: Duration) -> Option<File> {
    let start = Instant::now();
    loop {
        match greet(&folder.join("alive")) {
            Ok(pipe) => return Some(pipe),
            Err(Errno::NXIO | Errno::PIPE | Errno::INTR) if start.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(_) => return None,
        }
    }
}

fn greet(path: &Path) -> Result<File, Errno> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let pipe = rustix::fs::open(path, flags, Mode::empty())?;
    if FileType::from_raw_mode(rustix::fs::fstat(&pipe)?.st_mode) != FileType::Fifo {
        return Err(Errno::INVAL);
    }
    rustix::io::write(&pipe, b"+")?;
    Ok(File::from(pipe))
}
