//! Parses the command line and starts what it names; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Refused, it runs as well and grows more: no reason not to start.
    let _ = motcua::allocator::give_back();
    // rustls would guess its provider only while exactly one is compiled in; we say which.
    let _ = rustls::crypto::ring::default_provider().install_default();
    motcua::cli::main()
}
