//! Takes everything as quickly as it comes.

use socket2::SockRef;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

pub async fn take(what: &str) {
    let mail = what == "mail";
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address").port());
    std::thread::spawn(|| {
        // Whoever started it is gone.
        let _ = std::io::stdin().lines().count();
        std::process::exit(0);
    });
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        tokio::spawn(
            async move { if mail { letters(stream).await } else { requests(stream).await } },
        );
    }
}

/// SMTP (RFC 5321) as mail servers speak it, which take several words at once (RFC 2920); lettre's
/// stock transport says one by one.
async fn letters(stream: TcpStream) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 sink\r\n").await.ok()?;
    let mut line = String::new();
    let mut answers: Vec<u8> = Vec::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => answers.extend_from_slice(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"),
            "DATA" => {
                answers.extend_from_slice(b"354 go on\r\n");
                say(&mut stream, &mut answers).await?;
                content(&mut stream, &mut line).await?;
                answers.extend_from_slice(b"250 taken\r\n");
            }
            "QUIT" => {
                answers.extend_from_slice(b"221 bye\r\n");
                return say(&mut stream, &mut answers).await;
            }
            _ => answers.extend_from_slice(b"250 fine\r\n"),
        }
        // Words that came together are answered together.
        if stream.buffer().is_empty() {
            say(&mut stream, &mut answers).await?;
        }
    }
}

async fn say(stream: &mut BufReader<TcpStream>, answers: &mut Vec<u8>) -> Option<()> {
    stream.write_all(answers).await.ok()?;
    answers.clear();
    Some(())
}

/// Up to the dot that stands alone.
async fn content(stream: &mut BufReader<TcpStream>, line: &mut String) -> Option<()> {
    loop {
        // lettre's stock transport writes the end apart and waits for a receipt of what was before
        // it; the system would delay that by 40 ms, and the bare loop would be a hundred times
        // slower than it has to be.
        let _ = SockRef::from(stream.get_ref()).set_tcp_quickack(true);
        line.clear();
        if stream.read_line(line).await.ok()? == 0 {
            return None;
        }
        if line == ".\r\n" {
            return Some(());
        }
    }
}

/// HTTP/1.1 requests with a length, one after the other on a connection.
async fn requests(stream: TcpStream) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.ok()?;
    }
}
