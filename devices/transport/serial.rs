//! Serial lines, by tokio-serial.

use std::path::Path;

use tokio_serial::{
    DataBits, ErrorKind, Parity, SerialPort, SerialPortBuilderExt, SerialStream, StopBits,
};

use super::{Fault, Wire};

/// Whether a line format such as `7E1` is known.
pub fn knows(format: &str) -> bool {
    parse(format).is_some()
}

fn parse(format: &str) -> Option<(DataBits, Parity, StopBits)> {
    let mut letters = format.chars();
    let data = match letters.next()? {
        '7' => DataBits::Seven,
        '8' => DataBits::Eight,
        _ => return None,
    };
    let parity = match letters.next()? {
        'N' => Parity::None,
        'E' => Parity::Even,
        'O' => Parity::Odd,
        _ => return None,
    };
    let stop = match letters.next()? {
        '1' => StopBits::One,
        '2' => StopBits::Two,
        _ => return None,
    };
    letters.next().is_none().then_some((data, parity, stop))
}

/// Opens a line for us alone.
pub fn open(path: &Path, baud: u32, format: &str) -> Result<Box<dyn Wire>, Fault> {
    let place = path.display().to_string();
    // The path is looked at first: a line held by someone else and a missing one have the same
    // error kind in serialport, and must not have the same reason here.
    if !path.exists() {
        return Err(Fault::Unplugged(place));
    }
    let (data, parity, stop) =
        parse(format).unwrap_or((DataBits::Eight, Parity::None, StopBits::One));
    let opened = tokio_serial::new(path.to_string_lossy(), baud)
        .data_bits(data)
        .parity(parity)
        .stop_bits(stop)
        .open_native_async();
    match opened {
        Ok(mut line) => {
            // Some readers send only while DTR stands. A pseudo-terminal has no such pin: optional.
            if let Err(error) = SerialStream::write_data_terminal_ready(&mut line, true) {
                tracing::debug!(path = %place, %error, "the line has no DTR");
            }
            Ok(Box::new(line))
        }
        Err(error) => Err(fault(&error, place)),
    }
}

fn fault(error: &tokio_serial::Error, place: String) -> Fault {
    let busy = error.description.contains("exclusive lock")
        || error.description.contains("busy")
        || error.kind == ErrorKind::Io(std::io::ErrorKind::ResourceBusy);
    match error.kind {
        _ if busy => Fault::InUse(place),
        ErrorKind::Io(std::io::ErrorKind::PermissionDenied) => {
            Fault::Unreachable(format!("{place}: no permission (see the driver's udev.rules)"))
        }
        _ => Fault::Unplugged(format!("{place}: {error}")),
    }
}
