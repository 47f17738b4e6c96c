//! A real HTTP/1.1 server on loopback that answers from a script and records what it was asked.
//!
//! Replies go out byte for byte, so it can also misbehave: cut a body short, never end one, hang
//! up, reset, stay silent. It runs on threads of its own and serves tests with and without a
//! runtime. Dropping it fails the test when a scripted reply was never asked for, or when a
//! request came that the script does not know.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Which connection it came on, from 0.
    pub(crate) connection: usize,
}

impl Request {
    /// The value of a header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

/// One reply of the script.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    ending: Ending,
}

#[derive(Debug, Clone)]
enum Ending {
    /// Sends all of the body; the connection stays open.
    Whole,
    /// Announces the whole body, sends this many bytes of it, and closes.
    Cut(usize),
    /// Sends the body again and again with this pause between, for ever.
    Endless(Duration),
    /// Sends the body as it is, without status or headers, and closes.
    Raw,
    /// Reads the request and closes without a word.
    Hangup,
    /// Closes without reading, which resets the connection.
    Reset,
    /// Never answers.
    Silent,
}

impl Reply {
    /// A JSON body.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", &body.to_string())
    }

    /// A chat completion with `content`, 10 tokens in and 5 out.
    pub(crate) fn completion(content: &str) -> Self {
        Self::message(&json!({ "role": "assistant", "content": content }), "stop")
    }

    /// A chat completion with this message and `finish_reason`, 10 tokens in and 5 out.
    pub(crate) fn message(message: &Value, finish_reason: &str) -> Self {
        let choice = json!({ "index": 0, "message": message, "finish_reason": finish_reason });
        let usage = json!({ "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 });
        let body = json!({ "model": "test-model-0", "choices": [choice], "usage": usage });
        Self::json(200, &body)
    }

    /// The same completion with these tokens in and out.
    pub(crate) fn usage(mut self, input: u64, output: u64) -> Self {
        let mut body: Value = serde_json::from_slice(&self.body).expect("a completion");
        body["usage"] = json!({ "prompt_tokens": input, "completion_tokens": output });
        self.body = body.to_string().into();
        self
    }

    /// An error in the commonest shape.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "error": { "message": message } }))
    }

    /// A body of any type.
    pub(crate) fn text(status: u16, content_type: &str, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: body.into(), ending: Ending::Whole }
    }

    /// Exactly these bytes, then the end of the connection.
    pub(crate) fn raw(bytes: &[u8]) -> Self {
        Self { body: bytes.to_vec(), ..Self::ending(Ending::Raw) }
    }

    /// The request is read, then the connection closed.
    pub(crate) fn hangup() -> Self {
        Self::ending(Ending::Hangup)
    }

    /// The connection is reset as soon as the request begins; such a request is not recorded.
    pub(crate) fn reset() -> Self {
        Self::ending(Ending::Reset)
    }

    /// Nothing ever comes.
    pub(crate) fn silent() -> Self {
        Self::ending(Ending::Silent)
    }

    fn ending(ending: Ending) -> Self {
        Self { status: 200, headers: Vec::new(), body: Vec::new(), ending }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends only the first `bytes` of the body, then closes.
    pub(crate) fn cut_after(mut self, bytes: usize) -> Self {
        self.ending = Ending::Cut(bytes);
        self
    }

    /// Sends the body over and over, with `pause` between.
    pub(crate) fn endless(mut self, pause: Duration) -> Self {
        self.ending = Ending::Endless(pause);
        self
    }

    fn head(&self) -> Vec<u8> {
        let mut lines = vec![format!("HTTP/1.1 {} Scripted", self.status)];
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        // Without a length the body ends with the connection.
        lines.push(match self.ending {
            Ending::Endless(_) => "connection: close".to_owned(),
            _ => format!("content-length: {}", self.body.len()),
        });
        (lines.join("\r\n") + "\r\n\r\n").into_bytes()
    }
}

type Answer = dyn Fn(&Request) -> Reply + Send + Sync;

/// What the threads of one server share.
struct Shared {
    script: Mutex<VecDeque<Reply>>,
    answer: Option<Box<Answer>>,
    requests: Mutex<Vec<Request>>,
    unscripted: AtomicUsize,
    stopped: AtomicBool,
}

/// A running server.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Answers with these replies, in this order, over all connections.
    pub(crate) fn scripted(script: impl IntoIterator<Item = Reply>) -> Self {
        Self::start(script.into_iter().collect(), None)
    }

    /// Answers each request with what `answer` makes of it.
    pub(crate) fn answering(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(VecDeque::new(), Some(Box::new(answer)))
    }

    fn start(script: VecDeque<Reply>, answer: Option<Box<Answer>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            script: Mutex::new(script),
            answer,
            requests: Mutex::default(),
            unscripted: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &of_thread));
        Self { address, shared }
    }

    /// What a profile calls `base_url`.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Waits until so many requests have been read.
    pub(crate) fn waits_for(&self, requests: usize) {
        while self.requests().len() < requests {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// All requests that have been read so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().expect("no panic while locked").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if thread::panicking() {
            return;
        }
        let left = self.shared.script.lock().expect("no panic while locked").len();
        assert_eq!(left, 0, "scripted replies that nobody asked for");
        let unscripted = self.shared.unscripted.load(Ordering::SeqCst);
        assert_eq!(unscripted, 0, "requests that the script does not know");
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for (connection, stream) in listener.incoming().enumerate() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let (Ok(stream), shared) = (stream, Arc::clone(shared)) else { continue };
        // A client that goes away is no failure of the test.
        thread::spawn(move || drop(serve(&stream, &shared, connection)));
    }
}

fn serve(mut stream: &TcpStream, shared: &Shared, connection: usize) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        // Looks before it reads: a reset must leave the request in the kernel's buffer.
        if reader.buffer().is_empty() && stream.peek(&mut [0])? == 0 {
            return Ok(());
        }
        if shared.take_reset() {
            return Ok(());
        }
        let Some(request) = read_request(&mut reader, connection)? else { return Ok(()) };
        let reply = shared.reply_to(&request);
        shared.requests.lock().expect("no panic while locked").push(request);
        if !send(&mut stream, &reply)? {
            return Ok(());
        }
    }
}

impl Shared {
    fn take_reset(&self) -> bool {
        let mut script = self.script.lock().expect("no panic while locked");
        let reset = matches!(script.front(), Some(Reply { ending: Ending::Reset, .. }));
        if reset {
            script.pop_front();
        }
        reset
    }

    fn reply_to(&self, request: &Request) -> Reply {
        if let Some(answer) = &self.answer {
            return answer(request);
        }
        let next = self.script.lock().expect("no panic while locked").pop_front();
        next.unwrap_or_else(|| {
            self.unscripted.fetch_add(1, Ordering::SeqCst);
            Reply::error(500, "the script has ended")
        })
    }
}

fn read_request(
    reader: &mut BufReader<&TcpStream>,
    connection: usize,
) -> std::io::Result<Option<Request>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut first = lines.first().map(String::as_str).unwrap_or_default().split(' ');
    let mut word = || first.next().unwrap_or_default().to_owned();
    let (method, target) = (word(), word());
    let pairs = lines.iter().skip(1).filter_map(|line| line.split_once(": "));
    let headers = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut request = Request { method, target, headers, body: Vec::new(), connection };
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    request.body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}

/// Sends a reply; `false` when the connection is to be closed.
fn send(stream: &mut &TcpStream, reply: &Reply) -> std::io::Result<bool> {
    match reply.ending {
        Ending::Whole => {
            // One write: a client that already has the status must not wait for the rest.
            stream.write_all(&[reply.head(), reply.body.clone()].concat())?;
            return Ok(true);
        }
        Ending::Cut(bytes) => {
            let body = &reply.body[..bytes.min(reply.body.len())];
            stream.write_all(&[&reply.head(), body].concat())?;
        }
        Ending::Endless(pause) => {
            stream.write_all(&reply.head())?;
            loop {
                stream.write_all(&reply.body)?;
                thread::sleep(pause);
            }
        }
        Ending::Raw => stream.write_all(&reply.body)?,
        // Waits until the client has had enough.
        Ending::Silent => drop(stream.read(&mut [0])?),
        Ending::Hangup | Ending::Reset => {}
    }
    Ok(false)
}
