//! ESC/POS, our side: jobs to bytes, status bytes to a status.

use crate::class::ticket_printer::{Bitmap, Paper, PrinterStatus};

/// Forget what was set before.
const INITIALISE: &[u8] = &[0x1B, 0x40];
/// No automatic status: answers come only to questions.
const NO_AUTOMATIC_STATUS: &[u8] = &[0x1D, 0x61, 0x00];
/// Feed to the cutter and cut, leaving a point.
const CUT: &[u8] = &[0x1D, 0x56, 0x42, 0x00];
/// Feed far enough to tear off.
const FEED: &[u8] = &[0x1B, 0x64, 0x06];
/// Answered in order, after everything before it.
const PROOF: &[u8] = &[0x1D, 0x72, 0x01];
/// At once: throw away what waits in the receive buffer and the print buffer.
pub(super) const CLEAR: [u8; 10] = [0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08];

/// The question for status byte `n`, 1 to 4.
pub(super) fn ask_status(n: u8) -> [u8; 3] {
    [0x10, 0x04, n]
}

/// Whether a byte can be an answer to [`ask_status`].
pub(super) fn is_status(byte: u8) -> bool {
    byte & 0x93 == 0x12
}

/// Whether a byte can be the answer to the proof at a job's end: the paper sensors' two pairs of
/// bits, near end and end, everything else zero. Nothing wider: a line end or a letter of some
/// print server's banner must not pass for a printer's word.
pub(super) fn is_proof(byte: u8) -> bool {
    matches!(byte, 0x00 | 0x03 | 0x0C | 0x0F)
}

/// The status that four valid bytes tell.
pub(super) fn status(bytes: [u8; 4]) -> PrinterStatus {
    let [printer, offline, error, paper] = bytes;
    PrinterStatus {
        ready: printer & 0x08 == 0,
        cover_open: offline & 0x04 != 0,
        paper: if paper & 0x60 != 0 || offline & 0x20 != 0 {
            Paper::Out
        } else if paper & 0x0C != 0 {
            Paper::NearEnd
        } else {
            Paper::Present
        },
        cutter_error: error & 0x08 != 0,
        unrecoverable: error & 0x20 != 0,
        recoverable: error & 0x40 != 0,
        feeding: offline & 0x08 != 0,
    }
}

/// Dots as raster blocks of at most `block_rows` rows.
pub(super) fn raster(bitmap: &Bitmap, block_rows: usize) -> Vec<u8> {
    let row_bytes = bitmap.row_bytes();
    let mut bytes = Vec::with_capacity(bitmap.rows.len() + 64);
    if row_bytes == 0 {
        return bytes;
    }
    for block in bitmap.rows.chunks(row_bytes * block_rows.max(1)) {
        let rows = block.len() / row_bytes;
        bytes.extend_from_slice(&[0x1D, 0x76, 0x30, 0x00]);
        for size in [row_bytes, rows] {
            // Both are far below 65,536: the width by the settings, the rows by block_rows.
            bytes.extend_from_slice(&u16::try_from(size).unwrap_or(u16::MAX).to_le_bytes());
        }
        bytes.extend_from_slice(block);
    }
    bytes
}

/// A whole job, ending in the question that proves it.
pub(super) fn job(bitmap: &Bitmap, block_rows: usize, cut: bool) -> Vec<u8> {
    let mut bytes = [INITIALISE, NO_AUTOMATIC_STATUS].concat();
    bytes.extend(raster(bitmap, block_rows));
    bytes.extend_from_slice(if cut { CUT } else { FEED });
    bytes.extend_from_slice(PROOF);
    bytes
}
