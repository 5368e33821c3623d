//! Control of a simulator that runs as a process: a TCP port that takes one-line commands.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Longest command; a longer one ends the connection.
const COMMAND_LENGTH_MAX: u64 = 64 * 1024;

/// Answers each line with `ok ...` or `error ...`. Returns the address and starts the task, which
/// lives as long as the runtime.
pub async fn serve_control<C, F>(address: SocketAddr, command: C) -> io::Result<SocketAddr>
where
    C: Fn(String) -> F + Send + Sync + 'static,
    F: Future<Output = Result<String, String>> + Send,
{
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let command = Arc::new(command);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let command = Arc::clone(&command);
            tokio::spawn(async move {
                if let Err(error) = converse(stream, &*command).await {
                    tracing::debug!(%error, "control connection");
                }
            });
        }
    });
    Ok(address)
}

async fn converse<C, F>(stream: TcpStream, command: &C) -> io::Result<()>
where
    C: Fn(String) -> F,
    F: Future<Output = Result<String, String>>,
{
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    loop {
        let mut line = String::new();
        if (&mut read).take(COMMAND_LENGTH_MAX).read_line(&mut line).await? == 0
            || !line.ends_with('\n')
        {
            return Ok(());
        }
        let answer = match command(line.trim_end_matches(['\r', '\n']).to_owned()).await {
            Ok(answer) if answer.is_empty() => "ok\n".to_owned(),
            Ok(answer) => format!("ok {answer}\n"),
            Err(error) => format!("error {error}\n"),
        };
        write.write_all(answer.as_bytes()).await?;
    }
}
