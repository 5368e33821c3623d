//! The far end of a line, for simulators: places where a simulated device can be reached, a plug
//! that can be pulled, a control port, and a log.

mod control;
mod far_end;
pub(crate) mod log;

pub use control::serve_control;
pub use far_end::{Place, Plug, Server, serve};
pub use log::Log;

use std::sync::Arc;

use tokio::io::DuplexStream;
use tokio::sync::{Mutex, mpsc};

use super::{Fault, Wire};

/// A line inside this process: the driver opens one end, a simulator serves the other.
#[derive(Clone, Debug)]
pub struct SimulatedLine {
    calls: mpsc::Sender<DuplexStream>,
    answers: Arc<Mutex<mpsc::Receiver<DuplexStream>>>,
    plug: Plug,
}

impl SimulatedLine {
    /// A new line with the simulator's plug.
    pub fn new(plug: Plug) -> Self {
        let (calls, answers) = mpsc::channel(1);
        Self { calls, answers: Arc::new(Mutex::new(answers)), plug }
    }

    pub(crate) fn open(&self) -> Result<Box<dyn Wire>, Fault> {
        if !self.plug.is_in() {
            return Err(Fault::Unplugged("simulated line".to_owned()));
        }
        let (near, far) = tokio::io::duplex(4096);
        match self.calls.try_send(far) {
            Ok(()) => Ok(Box::new(near)),
            Err(_) => Err(Fault::InUse("simulated line".to_owned())),
        }
    }
}
