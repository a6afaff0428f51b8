//! What the build and the tests need of the machine, and how it gets there.
//!
//! A need is tried out, not looked up by package name; what is missing is installed through apt where that is allowed.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::{Outcome, run};

/// One thing that must be on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A C compiler with the C library's headers, for the libraries that are built from C.
    Compiler,
    /// libpcap, to compile against and to link with: the tests compare the reading of captures with it.
    Libpcap,
    /// tshark, which reads the generated captures for the tests, and dumpcap, which comes with it.
    Tshark,
    /// sngrep, which reads and writes frames of capture agents for the tests.
    Sngrep,
    /// SIPp, whose statistics the tests compare the report with.
    Sipp,
    /// What makes network namespaces, and a cable between them.
    Namespaces,
    /// ethtool, with which the tests switch on and off what network devices merge.
    Ethtool,
    /// Python, by which the tests send what takes options of sockets.
    Python,
    /// tcpdump, which speed is compared with.
    Tcpdump,
    /// Prometheus with promtool, its checker.
    Prometheus,
    /// PostgreSQL, which the tests start and write to.
    Postgres,
    /// MariaDB, likewise.
    MariaDb,
    /// Redis with its client, which the tests start and let nodes share media addresses through.
    Redis,
    /// Go with the libraries that Helm's templates are made of: the tests render the chart with them.
    Templates,
    /// systemd-analyze, which judges the unit.
    Systemd,
    /// A Rust compiler with the sources of its core library, and the LLVM it is built with, for programs in the kernel.
    RustWithSources,
}

/// What a build of the program needs.
pub(crate) const BUILD: &[Need] = &[Need::Compiler];
/// What a run of all tests needs.
pub(crate) const TESTS: &[Need] = &[
    Need::Compiler,
    Need::Libpcap,
    Need::Tshark,
    Need::Sipp,
    Need::Sngrep,
    Need::Namespaces,
    Need::Ethtool,
    Need::Python,
    Need::Prometheus,
    Need::Postgres,
    Need::MariaDb,
    Need::Redis,
    Need::Templates,
    Need::Systemd,
];

/// What a build of the filter in the kernel needs.
pub(crate) const EBPF: &[Need] = &[Need::Compiler, Need::RustWithSources];

/// What measuring needs.
pub(crate) const BENCH: &[Need] = &[Need::Compiler, Need::Tcpdump];

/// What the measuring of the store needs.
pub(crate) const STORE: &[Need] = &[Need::Compiler, Need::Postgres];

const APT_GET: [&str; 5] = [
    "apt-get",
    "-o",
    "Acquire::Retries=3",
    "-o",
    "DPkg::Lock::Timeout=300",
];

impl Need {
    /// Whether the machine has it.
    fn met(self) -> bool {
        match self {
            Need::Compiler => compiles(
                "#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n",
                &[],
            ),
            Need::Libpcap => compiles(
                "#include <pcap/pcap.h>\nint main(void) { return !pcap_lib_version(); }\n",
                &["-lpcap"],
            ),
            Need::Tshark => succeeds(Command::new("tshark").arg("--version")),
            // SIPp has shown its version when it ends, whatever its status says.
            Need::Sipp => Command::new("sipp").arg("-v").output().is_ok(),
            Need::Sngrep => succeeds(Command::new("sngrep").arg("-V")),
            Need::Ethtool => succeeds(Command::new("ethtool").arg("--version")),
            Need::Python => succeeds(Command::new("python3").arg("--version")),
            Need::Tcpdump => succeeds(Command::new("tcpdump").arg("--version")),
            Need::Namespaces => ["ip", "nsenter", "unshare"]
                .into_iter()
                .all(|tool| succeeds(Command::new(tool).arg("-V"))),
            Need::RustWithSources => ["/usr/bin/rustc", "/usr/lib/rustlib/src/rust/library/core"]
                .into_iter()
                .all(|path| Path::new(path).exists()),
            Need::Prometheus => succeeds(Command::new("promtool").arg("--version")),
            // Debian keeps the server's programs by version, and none of them on the path.
            Need::Postgres => {
                succeeds(Command::new("psql").arg("--version"))
                    && std::fs::read_dir("/usr/lib/postgresql")
                        .is_ok_and(|mut versions| versions.next().is_some())
            }
            Need::MariaDb => ["mariadb", "mariadbd"]
                .into_iter()
                .all(|program| succeeds(Command::new(program).arg("--version"))),
            Need::Redis => ["redis-server", "redis-cli"]
                .into_iter()
                .all(|program| succeeds(Command::new(program).arg("--version"))),
            Need::Templates => {
                succeeds(Command::new("go").arg("version"))
                    && ["github.com/Masterminds/sprig", "gopkg.in/yaml.v3"]
                        .into_iter()
                        .all(|library| Path::new("/usr/share/gocode/src").join(library).exists())
            }
            Need::Systemd => succeeds(Command::new("systemd-analyze").arg("--version")),
        }
    }

    /// The packages of Debian that bring it.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Need::Compiler => &["gcc", "libc6-dev"],
            Need::Libpcap => &["libpcap-dev"],
            Need::Tshark => &["tshark"],
            Need::Sipp => &["sip-tester"],
            Need::Sngrep => &["sngrep"],
            Need::Ethtool => &["ethtool"],
            Need::Python => &["python3"],
            Need::Tcpdump => &["tcpdump"],
            Need::Namespaces => &["iproute2", "util-linux"],
            Need::Prometheus => &["prometheus"],
            Need::Postgres => &["postgresql"],
            Need::MariaDb => &["mariadb-server"],
            Need::Redis => &["redis-server"],
            Need::Templates => &[
                "golang-go",
                "golang-github-masterminds-sprig-dev",
                "golang-gopkg-yaml.v3-dev",
            ],
            Need::Systemd => &["systemd"],
            Need::RustWithSources => &["rustc-web", "rust-web-src", "libllvm22"],
        }
    }
}

/// Installs what is missing. Where that is not allowed, the error is the command that does it.
pub(crate) fn provide(needs: &[Need]) -> Outcome {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|need| need.packages())
        .copied()
        .collect();
    let Some(prefix) = privilege() else {
        return Err(advice(&packages));
    };
    println!("Installing {}", packages.join(" "));
    run(&mut apt(prefix, &["update"]))?;
    run(&mut apt(
        prefix,
        &[
            &["install", "-y", "--no-install-recommends"],
            packages.as_slice(),
        ]
        .concat(),
    ))?;
    match self::missing(needs).as_slice() {
        [] => Ok(()),
        still => Err(format!(
            "{} installed, and yet not usable: {still:?}",
            packages.join(" ")
        )),
    }
}

fn missing(needs: &[Need]) -> Vec<Need> {
    needs.iter().copied().filter(|need| !need.met()).collect()
}

/// How apt may be run here: as it is, through sudo without a password, or not at all.
fn privilege() -> Option<&'static [&'static str]> {
    if !Path::new("/usr/bin/apt-get").exists() {
        return None;
    }
    let id = Command::new("id").arg("-u").output().ok()?;
    if id.stdout.trim_ascii() == b"0" {
        return Some(&[]);
    }
    succeeds(Command::new("sudo").args(["-n", "true"])).then_some(&["sudo", "-n"])
}

/// The environment is set behind sudo, which would not let it through.
fn apt(prefix: &[&str], arguments: &[&str]) -> Command {
    let words = [
        prefix,
        &["env", "DEBIAN_FRONTEND=noninteractive"],
        &APT_GET,
        arguments,
    ]
    .concat();
    let mut words = words.into_iter();
    let mut command = Command::new(words.next().unwrap_or("env"));
    command.args(words).stdin(Stdio::null());
    command
}

fn advice(packages: &[&str]) -> String {
    let packages = packages.join(" ");
    format!(
        "this needs {packages}, and may not install it; run\n  \
         sudo apt-get update && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {packages}\n\
         and start again"
    )
}

/// Whether a C program compiles and links.
fn compiles(source: &str, libraries: &[&str]) -> bool {
    let output = std::env::temp_dir().join(format!("sipvane-probe-{}", std::process::id()));
    let mut command = Command::new("cc");
    command
        .args(["-x", "c", "-", "-o"])
        .arg(&output)
        .args(libraries);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    // A compiler that ends early closes the pipe; its exit status tells.
    let written = child
        .stdin
        .take()
        .map(|mut stdin| stdin.write_all(source.as_bytes()));
    let compiled = child.wait().is_ok_and(|status| status.success());
    let _ = std::fs::remove_file(output);
    compiled && matches!(written, Some(Ok(())))
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_cannot_link_is_told_from_one_that_can() {
        assert!(compiles("int main(void) { return 0; }\n", &[]));
        assert!(!compiles(
            "int main(void) { return 0; }\n",
            &["-lno_such_library"]
        ));
        assert!(!compiles("int main(void) { return no_such_name; }\n", &[]));
    }

    #[test]
    fn what_is_there_is_not_missing() {
        assert_eq!(missing(TESTS), []);
    }

    #[test]
    fn apt_asks_no_questions() {
        let command = crate::command::shown(&apt(&["sudo", "-n"], &["install", "-y", "tshark"]));
        assert!(
            command.starts_with("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get "),
            "{command}"
        );
        assert!(command.ends_with(" install -y tshark"), "{command}");
    }

    #[test]
    fn advice_is_a_command_to_copy() {
        let text = advice(&["libpcap-dev", "tshark"]);
        assert!(
            text.contains("apt-get install -y --no-install-recommends libpcap-dev tshark\n"),
            "{text}"
        );
    }
}
