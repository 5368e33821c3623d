//! `motcua-forms`: renders the official forms to PDF/A-2b.
//!
//! An executable of its own, because its layout engine is large: the daemon starts it when a form
//! is wanted and stops it when none was wanted for a minute. It keeps no state, opens no socket and
//! writes no file; a bad request is answered and the next one is taken.
//!
//! Reading order: [`protocol`] (what goes over the pipe, and its bounds) -> [`data`] (what a page
//! may hold) -> [`fonts`] -> [`render`]. Templates are `config/forms/<name>/<name>.typ`; their
//! fields are listed in `config/forms/README.md`.

mod data;
mod fonts;
mod protocol;
mod render;

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::protocol::{Answer, Refusal, Request};
use crate::render::Renderer;

/// Renders forms: requests on standard input, answers on standard output, each a length of four
/// bytes (big-endian) and JSON.
#[derive(Parser)]
#[command(name = "motcua-forms", version)]
struct Arguments {
    /// The folder of the templates.
    #[arg(long, default_value = "config/forms")]
    templates: PathBuf,
    /// A folder with the Noto fonts; may be given more than once.
    #[arg(long = "fonts", default_value = "/usr/share/fonts/truetype/noto")]
    fonts: Vec<PathBuf>,
    /// One request as plain JSON on standard input; the PDF itself on standard output.
    #[arg(long)]
    once: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let fonts = match fonts::load(&arguments.fonts) {
        Ok(fonts) => fonts,
        Err(reason) => {
            eprintln!("motcua-forms: {reason}");
            return ExitCode::from(2);
        }
    };
    let renderer = match Renderer::new(&arguments.templates, fonts) {
        Ok(renderer) => renderer,
        Err(reason) => {
            eprintln!("motcua-forms: {reason}");
            return ExitCode::from(2);
        }
    };
    let done = if arguments.once { once(&renderer) } else { serve(&renderer) };
    match done {
        Ok(code) => code,
        Err(err) => {
            eprintln!("motcua-forms: {err}");
            ExitCode::FAILURE
        }
    }
}

/// Answers requests until standard input ends.
fn serve(renderer: &Renderer) -> io::Result<ExitCode> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    while let Some(frame) = protocol::read_frame(&mut input)? {
        let answer = match frame.and_then(|bytes| Request::parse(&bytes)) {
            Ok(request) => answer(renderer, &request),
            Err(refusal) => Answer::refused(refusal),
        };
        protocol::write_frame(&mut output, &answer)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn once(renderer: &Renderer) -> io::Result<ExitCode> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(protocol::REQUEST_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    match Request::parse(&bytes).and_then(|request| render_safely(renderer, &request)) {
        Ok(rendered) => {
            for warning in rendered.warnings {
                eprintln!("motcua-forms: {warning}");
            }
            io::stdout().lock().write_all(&rendered.pdf)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) => {
            eprintln!("motcua-forms: {refusal}");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn answer(renderer: &Renderer, request: &Request) -> Answer {
    match render_safely(renderer, request) {
        Ok(rendered) => Answer::rendered(&rendered),
        Err(refusal) => Answer::refused(refusal),
    }
}

/// A panic in the layout engine is one form's failure. Nothing of ours is left half-changed by it:
/// every rendering starts from the templates and the request.
fn render_safely(renderer: &Renderer, request: &Request) -> Result<render::Rendered, Refusal> {
    let attempt = std::panic::AssertUnwindSafe(|| renderer.render(request));
    std::panic::catch_unwind(attempt).unwrap_or_else(|_| {
        Err(Refusal::new("forms.engine_failed", "the layout engine failed on this request"))
    })
}
