//! PostgreSQL and MariaDB, each started by the test on a free port with an empty database, and ended with it.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::sipp::pause;

/// A server with its data in a folder of its own.
pub(super) struct Server {
    kind: Kind,
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Postgres,
    MariaDb,
}

/// Neither server runs as root; both packages make users for them.
fn command(user: &str, program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", user, "--"]).arg(program);
    command
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("it has an address").port()
}

/// Debian keeps PostgreSQL's programs by version.
fn of_postgres(program: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed: cargo xtask test does it");
    let version = versions.flatten().map(|entry| entry.path()).max();
    version.expect("it has a version").join("bin").join(program)
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.expect("the servers are installed: cargo xtask test does it");
    assert!(output.status.success(), "{command:?}: {output:?}");
}

impl Server {
    /// Starts a server with a database `sipvane`.
    pub(super) fn start(kind: Kind) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut server = Server {
            kind,
            folder,
            port: free_port(),
            process: None,
        };
        server.initialise();
        server.resume();
        server.query("postgres", "CREATE DATABASE sipvane");
        if kind == Kind::MariaDb {
            let user = "CREATE USER 'sipvane'@'%' IDENTIFIED BY 'secret'; GRANT ALL ON sipvane.* TO 'sipvane'@'%'";
            server.query("postgres", user);
        }
        server
    }

    fn user(&self) -> &'static str {
        match self.kind {
            Kind::Postgres => "postgres",
            Kind::MariaDb => "mysql",
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn initialise(&self) {
        if rustix::process::geteuid().is_root() {
            run(Command::new("chown")
                .arg(self.user())
                .arg(self.folder.path()));
        }
        let data = self.data();
        match self.kind {
            Kind::Postgres => {
                let password = self.folder.path().join("password");
                fs::write(&password, "secret").expect("the folder is ours");
                run(Command::new("chmod").arg("a+r").arg(&password));
                run(command("postgres", &of_postgres("initdb"))
                    .args([
                        "-U",
                        "sipvane",
                        "-A",
                        "scram-sha-256",
                        "-E",
                        "UTF8",
                        "--locale=C",
                        "-N",
                    ])
                    .arg("--pwfile")
                    .arg(&password)
                    .arg("-D")
                    .arg(&data));
            }
            Kind::MariaDb => run(command("mysql", Path::new("mariadb-install-db"))
                .args([
                    "--no-defaults",
                    "--auth-root-authentication-method=normal",
                    "--skip-test-db",
                ])
                .arg(format!("--datadir={}", data.display()))),
        }
    }

    /// Starts it, again if need be, and waits until it answers.
    pub(super) fn resume(&mut self) {
        let (data, socket) = (self.data(), self.folder.path());
        let mut command = match self.kind {
            Kind::Postgres => {
                let mut command = command("postgres", &of_postgres("postgres"));
                command.arg("-D").arg(data).arg("-k").arg(socket);
                command
                    .args(["-h", "127.0.0.1", "-p"])
                    .arg(self.port.to_string());
                command
            }
            Kind::MariaDb => {
                let mut command = command("mysql", Path::new("/usr/sbin/mariadbd"));
                command
                    .args([
                        "--no-defaults",
                        "--bind-address=127.0.0.1",
                        "--skip-name-resolve",
                    ])
                    .arg(format!("--datadir={}", data.display()))
                    .arg(format!("--socket={}", socket.join("socket").display()))
                    .arg(format!("--pid-file={}", socket.join("pid").display()))
                    .arg(format!("--port={}", self.port));
                command
            }
        };
        let log = File::create(self.folder.path().join("log")).expect("the folder is ours");
        let process = command.stdout(Stdio::null()).stderr(log).spawn();
        self.process = Some(process.expect("the servers are installed: cargo xtask test does it"));
        self.wait();
    }

    fn wait(&self) {
        for _ in 0..600 {
            if self
                .client("postgres", "SELECT 1")
                .output()
                .is_ok_and(|it| it.status.success())
            {
                return;
            }
            pause(Duration::from_millis(100));
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        panic!("the server does not come up: {log}");
    }

    /// Ends it at once, as a crash would, or on good terms.
    pub(super) fn stop(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        // Behind runuser, which passes the signal on: for PostgreSQL a fast shutdown.
        let signal = match self.kind {
            Kind::Postgres => "-INT",
            Kind::MariaDb => "-TERM",
        };
        let id = self.server_id().unwrap_or_else(|| process.id().to_string());
        run(Command::new("kill").args([signal, &id]));
        process.wait().expect("it ends");
    }

    /// The server's own identifier, as it wrote it down.
    fn server_id(&self) -> Option<String> {
        let file = match self.kind {
            Kind::Postgres => self.data().join("postmaster.pid"),
            Kind::MariaDb => self.folder.path().join("pid"),
        };
        let text = fs::read_to_string(file).ok()?;
        text.lines().next().map(|id| id.trim().to_owned())
    }

    /// The URL of its database.
    pub(super) fn url(&self) -> String {
        self.url_with("secret")
    }

    pub(super) fn url_with(&self, password: &str) -> String {
        let port = self.port;
        match self.kind {
            Kind::Postgres => format!("postgres://sipvane:{password}@127.0.0.1:{port}/sipvane"),
            Kind::MariaDb => format!("mysql://sipvane:{password}@127.0.0.1:{port}/sipvane"),
        }
    }

    fn client(&self, database: &str, sql: &str) -> Command {
        let port = self.port.to_string();
        match self.kind {
            Kind::Postgres => {
                let mut command = Command::new("psql");
                command
                    .args([
                        "-h",
                        "127.0.0.1",
                        "-U",
                        "sipvane",
                        "-d",
                        database,
                        "-p",
                        &port,
                    ])
                    .args(["-v", "ON_ERROR_STOP=1", "-AtF", "\t", "-c", sql])
                    .env("PGPASSWORD", "secret");
                command
            }
            Kind::MariaDb => {
                let mut command = Command::new("mariadb");
                command
                    .args([
                        "--no-defaults",
                        "-h",
                        "127.0.0.1",
                        "-u",
                        "root",
                        "-P",
                        &port,
                    ])
                    .args(["-N", "-B", "-e", sql]);
                if database != "postgres" {
                    command.arg(database);
                }
                command
            }
        }
    }

    /// What its own client says to a query.
    pub(super) fn query(&self, database: &str, sql: &str) -> String {
        let output = self
            .client(database, sql)
            .output()
            .expect("it is installed");
        assert!(output.status.success(), "{sql}: {}", crate::stderr(&output));
        crate::stdout(&output)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        // The files may be another user's, which root can remove and nobody else has.
    }
}
