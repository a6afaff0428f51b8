//! Two network namespaces joined by a cable: what is tested on it reaches nothing else, and ends with the test.
//!
//! Namespaces take the rights of root. A test that has none runs itself again as root of a user namespace.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::script::Cue;
use crate::sipp::pause;

/// The interface at either end, and its address.
pub(crate) const ENDS: [(&str, &str); 2] = [("a0", "10.77.0.1"), ("b0", "10.77.0.2")];

/// Set in the environment of a test that is run again.
const AGAIN: &str = "TEST_IN_USER_NAMESPACE";

/// A cable between two namespaces.
pub(crate) struct Wire {
    /// Processes that hold the namespaces open.
    holders: Vec<Child>,
}

/// Says whether the test may go on here. Where it lacks the rights, it has been run with them when this returns.
pub(crate) fn may_go_on(test: &str) -> bool {
    if rustix::process::geteuid().is_root() || std::env::var_os(AGAIN).is_some() {
        return true;
    }
    let this = std::env::current_exe().expect("the test is a program");
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--"])
        .arg(this)
        .args(["--exact", test])
        .env(AGAIN, "1")
        .status()
        .expect("unshare is installed: cargo xtask test does it");
    assert!(status.success(), "{test} failed in a user namespace");
    false
}

impl Wire {
    /// Lays the cable.
    pub(crate) fn lay() -> Wire {
        let hold = |_| {
            let mut holder = Command::new("unshare");
            holder.args(["--net", "sleep", "600"]);
            holder.spawn().expect("namespaces can be had")
        };
        let wire = Wire {
            holders: (0..2).map(hold).collect(),
        };
        wire.wait_for_namespaces();
        wire.plug_in();
        wire
    }

    /// Joins the two ends: also after [`Wire::unplug`], with new interfaces of the same names.
    pub(crate) fn plug_in(&self) {
        let other = self.holders[1].id().to_string();
        let link = ["link", "add", "a0", "type", "veth", "peer", "name", "b0"];
        self.ip(0, &[&link[..], &["netns", &other]].concat());
        for (end, (name, address)) in ENDS.iter().enumerate() {
            self.ip(end, &["addr", "add", &format!("{address}/24"), "dev", name]);
            self.ip(end, &["link", "set", name, "up"]);
            self.ip(end, &["link", "set", "lo", "up"]);
        }
    }

    /// Removes the interfaces.
    pub(crate) fn unplug(&self) {
        self.ip(0, &["link", "del", "a0"]);
    }

    /// Runs `ip` at an end.
    pub(crate) fn ip(&self, end: usize, arguments: &[&str]) {
        let status = self.at(end, "ip").args(arguments).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "ip {arguments:?}"
        );
    }

    /// A program at an end.
    pub(crate) fn at(&self, end: usize, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net={}", self.namespace(end)))
            .arg("--")
            .arg(program.as_ref());
        command
    }

    /// Asks for a page at an end: its status and its body.
    pub(crate) fn page(&self, end: usize, port: u16, path: &str) -> (u16, String) {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(("127.0.0.1", port))?;
            write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        let answer = self.inside(end, ask).unwrap_or_default();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        (status.unwrap_or(0), body.to_owned())
    }

    /// Sends a request without a body at an end, such as `POST /path`: gives the status, the headers as text, and the body of the answer.
    pub(super) fn ask(
        &self,
        end: usize,
        port: u16,
        request: &str,
        token: Option<&str>,
    ) -> (u16, String, Vec<u8>) {
        let ask = || -> std::io::Result<Vec<u8>> {
            let mut stream = TcpStream::connect(("127.0.0.1", port))?;
            let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
            let token = token.unwrap_or_default();
            write!(
                stream,
                "{request} HTTP/1.0\r\nHost: localhost\r\n{token}\r\n"
            )?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            Ok(answer)
        };
        let answer = self.inside(end, ask).expect("it answers");
        let parted = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let (head, body) = answer.split_at(parted.expect("there is a head") + 4);
        let head = String::from_utf8_lossy(head).into_owned();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        (status.expect("there is a status"), head, body.to_owned())
    }

    /// Serves pages at an end until the test ends: each question gets the next one, and the last one from then on.
    pub(crate) fn serve(&self, end: usize, port: u16, pages: Vec<String>) {
        let listener = self.inside(end, || {
            std::net::TcpListener::bind(("127.0.0.1", port)).expect("the namespace is ours")
        });
        let serve = move || {
            let mut pages = pages.iter().peekable();
            for stream in listener.incoming() {
                let Some(page) = pages.peek() else { return };
                let answered = stream.and_then(|stream| answer(stream, page));
                if answered.is_ok() && pages.len() > 1 {
                    pages.next();
                }
            }
        };
        std::thread::spawn(serve);
    }

    /// Does something in the namespace of an end.
    fn inside<T: Send>(&self, end: usize, act: impl FnOnce() -> T + Send) -> T {
        use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
        let namespace = std::fs::File::open(self.namespace(end)).expect("it is held open");
        let act = move || {
            let network = Some(LinkNameSpaceType::Network);
            move_into_link_name_space(std::os::fd::AsFd::as_fd(&namespace), network)
                .expect("we are root in it");
            act()
        };
        std::thread::scope(|scope| scope.spawn(act).join().expect("it does not panic"))
    }

    /// Sends the frames of a capture from an end, as they are and as fast as they go.
    pub(crate) fn send(&self, end: usize, capture: &Path) {
        self.inside(end, || {
            let mut frames = pcap::Capture::from_file(capture).expect("a capture");
            let mut wire = pcap::Capture::from_device(ENDS[end].0)
                .and_then(pcap::Capture::open)
                .expect("the interface is there");
            while let Ok(frame) = frames.next_packet() {
                wire.sendpacket(frame.data).expect("it fits");
            }
        });
    }

    /// Sends frames from an end, each at its time.
    pub(super) fn play(&self, end: usize, cues: &[Cue]) {
        self.play_at(end, ENDS[end].0, cues);
    }

    /// Sends frames from an interface of an end, each at its time.
    #[expect(clippy::disallowed_methods, reason = "packets are sent at their times")]
    pub(super) fn play_at(&self, end: usize, interface: &str, cues: &[Cue]) {
        self.inside(end, || {
            let mut wire = pcap::Capture::from_device(interface)
                .and_then(pcap::Capture::open)
                .expect("the interface is there");
            let begun = Instant::now();
            for (at, frame) in cues {
                pause(at.saturating_sub(begun.elapsed()));
                wire.sendpacket(frame.as_slice()).expect("it fits");
            }
        });
    }

    fn namespace(&self, end: usize) -> String {
        format!("/proc/{}/ns/net", self.holders[end].id())
    }

    fn wait_for_namespaces(&self) {
        let ours = std::fs::read_link("/proc/self/ns/net").expect("we have one");
        for end in 0..self.holders.len() {
            let left = || std::fs::read_link(self.namespace(end)).is_ok_and(|link| link != ours);
            for _ in 0..100 {
                if left() {
                    break;
                }
                pause(Duration::from_millis(20));
            }
            assert!(left(), "unshare made no namespace");
        }
    }
}

/// Answers one request with a page of metrics.
fn answer(mut stream: TcpStream, page: &str) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let length = page.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}");
    write!(stream, "{head}\r\nConnection: close\r\n\r\n{page}")
}

impl Drop for Wire {
    fn drop(&mut self) {
        for holder in &mut self.holders {
            let _ = holder.kill();
            let _ = holder.wait();
        }
    }
}

/// A program that runs beside the test, and what it says on standard error.
pub(crate) struct Beside {
    child: Child,
    said: Arc<Mutex<String>>,
    listener: Option<JoinHandle<()>>,
}

impl Beside {
    pub(crate) fn start(command: &mut Command) -> Beside {
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("it is installed: cargo xtask test does it");
        let said = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().expect("it is piped"));
        let heard = Arc::clone(&said);
        let listen = move || {
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                let text = String::from_utf8_lossy(&line).into_owned();
                heard.lock().expect("nobody panics with it").push_str(&text);
                line.clear();
            }
        };
        Beside {
            child,
            said,
            listener: Some(std::thread::spawn(listen)),
        }
    }

    /// The number of its process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().expect("nobody panics with it").clone()
    }

    /// Waits until it has said this.
    pub(crate) fn wait_for(&self, words: &str) {
        super::wait_for(|| self.said().contains(words).then_some(()));
    }

    /// Sends it a signal, such as `-HUP`.
    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "it has ended");
    }

    /// Ends it by a signal, such as `-INT`, if it has not ended by itself. Gives its last words, too.
    pub(crate) fn end(mut self, signal: &str) -> (ExitStatus, String) {
        let _ = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .stderr(Stdio::null())
            .status();
        let status = self.child.wait().expect("it was started");
        let listener = self.listener.take().expect("it is ended once");
        listener.join().expect("it does not panic");
        (status, self.said())
    }

    /// Waits until it has ended by itself.
    pub(crate) fn finish(mut self) {
        let status = self.child.wait();
        assert!(
            status.is_ok_and(|status| status.success()),
            "{}",
            self.said()
        );
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
