//! A server that is started for the tests, and is gone when they are.
//!
//! All test processes of one user share it. Each holds the writing end of a pipe, `alive`; a small
//! shell script reads the other end, and so sees when the last of them has ended, in whatever way. It
//! then stops the server and deletes its folder. Nothing waits for a process to tidy up after itself.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::{Owner, Software, cache};
use crate::testing::{Error, keep, place};

/// How long a server may take to start.
const START: Duration = Duration::from_secs(60);
/// How long another process that is starting the server is waited for.
const TURN: Duration = Duration::from_secs(120);

/// Runs the server, its arguments, for as long as it is wanted. The process in between sees that it ends by
/// itself; no number of a process is read from the folder, which somebody may delete.
///
/// `sleep` holds the pipe for a while: tests that follow each other closely find the server still there.
/// Who comes writes a `+`, so an empty reading says that nobody came. After the server's name is gone
/// nobody can find it any more, and those who found it just before are waited for once more.
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
if test "$(cat ../current)" = "$FENRIR_NAME"; then rm -f ../current; fi
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
        let _turn = place.take_turn()?;
        if let Some(running) = place.join(software) {
            return Ok(running);
        }
        place.sweep(software);
        place.found(software)
    }

    /// Has the server stay after the tests, until the next run that does not ask for that.
    pub(in crate::testing) fn keep(&self) {
        let _ = File::create(&self.keep);
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
        let folder = place::base()?.join(format!("{}-{}", software.name(), software.version()));
        // A socket's path has at most 107 bytes, on macOS 103 (sys/un.h).
        if folder.as_os_str().len() + "/run-0123456789abcdef/.s.PGSQL.5432".len() > 103 {
            return Err(Error::new(format!(
                "`{}` is too long a path for a server's socket: set TMPDIR to a shorter one",
                folder.display()
            )));
        }
        let made = fs::DirBuilder::new().mode(0o700).create(&folder);
        match made {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(Error::io("making", &folder, &error));
            }
            _ => {}
        }
        if let Some(owner) = owner {
            owner.give(&folder).map_err(|error| Error::io("giving away", &folder, &error))?;
        }
        Ok(Self { folder, owner })
    }

    /// The lock on the file is gone with the process that holds it.
    fn take_turn(&self) -> Result<File, Error> {
        let path = self.folder.join("lock");
        let file = File::create(&path).map_err(|error| Error::io("opening", &path, &error))?;
        let start = Instant::now();
        loop {
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(file),
                Err(Errno::WOULDBLOCK | Errno::INTR) if start.elapsed() < TURN => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(error) => return Err(Error::io("locking", &path, &error.into())),
            }
        }
    }

    /// The file that names the folder of the server that runs.
    fn current(&self) -> PathBuf {
        self.folder.join("current")
    }

    /// The server that runs, if there is one.
    fn join(&self, software: &dyn Software) -> Option<Temporary> {
        let name = fs::read_to_string(self.current()).ok()?;
        let folder = self.folder.join(&name);
        let alive = hold(&folder)?;
        let url = software.url(&folder);
        // The script may have given up just before this process came; then the name is gone.
        let still = fs::read_to_string(self.current()).is_ok_and(|now| now == name);
        if !still || software.ping(&url).is_err() {
            return None;
        }
        let keep = folder.join("keep");
        if !keep::asked() {
            let _ = fs::remove_file(&keep);
        }
        Some(Temporary { url, keep, _alive: alive })
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
            let _ = fs::remove_file(self.current());
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
        if let Some(owner) = self.owner {
            owner.give(folder).map_err(io("giving away"))?;
        }
        let data = folder.join("data");
        cache::data_folder(software, self.owner, &data, from)?;

        let mut mkfifo = Command::new("mkfifo");
        mkfifo.arg(folder.join("alive"));
        super::run(self.as_owner(&mut mkfifo), "mkfifo")?;

        let serve = software.serve(folder);
        let mut watch = Command::new("/bin/sh");
        watch.args(["-c", WATCH, "fenrir-test-server"]).arg(serve.get_program()).args(serve.get_args());
        watch.env("FENRIR_FOLDER", folder).env("FENRIR_NAME", name);
        watch.env("FENRIR_SIGNAL", software.stop_signal().as_raw().to_string());
        watch.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Its own: another user could not write into ours.
        watch.env("TMPDIR", folder);
        // Not in the group of processes that a terminal's Ctrl-C goes to.
        watch.current_dir("/").process_group(0);
        self.as_owner(&mut watch).spawn().map_err(io("starting a server in"))?;

        let alive =
            hold(folder).ok_or_else(|| Error::new("the script that watches the test server ended"))?;
        let url = software.url(folder);
        self.wait_until_up(software, folder, &url)?;
        fs::write(self.current(), name).map_err(io("writing beside"))?;
        Ok(Temporary { url, keep: folder.join("keep"), _alive: alive })
    }

    fn as_owner<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Some(owner) = self.owner {
            owner.run(command);
        }
        command
    }

    fn wait_until_up(&self, software: &dyn Software, folder: &Path, url: &str) -> Result<(), Error> {
        let start = Instant::now();
        loop {
            let Err(error) = software.ping(url) else { return Ok(()) };
            if folder.join("ended").exists() || !software.may_come_up(&error) || start.elapsed() > START {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
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

    /// Deletes what servers left whose script was killed with them, and stops those that outlived it.
    fn sweep(&self, software: &dyn Software) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let folder = entry.path();
            let is_run = entry.file_name().to_string_lossy().starts_with("run-");
            if !is_run || is_watched(&folder) {
                continue;
            }
            // A process of that number is the server only if the server answers.
            if software.ping(&software.url(&folder)).is_ok() {
                if let Some(pid) = server_process(&folder) {
                    let _ = rustix::process::kill_process(pid, software.stop_signal());
                    // It writes into its folder until its end.
                    let start = Instant::now();
                    while !folder.join("ended").exists() && start.elapsed() < Duration::from_secs(5) {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                }
            }
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

/// Has the servers that were kept for somebody to look into end, now that tests run that do not ask for it.
pub(in crate::testing) fn release_kept(base: &Path) {
    let folders =
        |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for run in folders(base).flat_map(|place| folders(&place).collect::<Vec<_>>()) {
        if fs::remove_file(run.join("keep")).is_ok() {
            // The script looks again when somebody has come and gone.
            drop(hold(&run));
        }
    }
}

/// Whether a script reads the pipe.
fn is_watched(folder: &Path) -> bool {
    hold(folder).is_some()
}

fn server_process(folder: &Path) -> Option<rustix::process::Pid> {
    let pid = fs::read_to_string(folder.join("pid")).ok()?;
    // What is not above 1 would be a group of processes, or all of them.
    rustix::process::Pid::from_raw(pid.trim().parse().ok().filter(|pid| *pid > 1)?)
}

/// Opens the pipe for writing, and says so; fails where nobody reads it. The script opens it anew
/// from time to time, so that there may be no reader for a moment.
fn hold(folder: &Path) -> Option<File> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let start = Instant::now();
    loop {
        match rustix::fs::open(folder.join("alive"), flags, Mode::empty()) {
            Ok(pipe) => {
                let mut pipe = File::from(pipe);
                pipe.write_all(b"+").ok()?;
                return Some(pipe);
            }
            Err(Errno::NXIO | Errno::INTR) if start.elapsed() < Duration::from_secs(1) => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(_) => return None,
        }
    }
}
