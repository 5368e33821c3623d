//! A center's own sign above its name on each ticket: a PNG file, cut at half brightness like type.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use image::{ImageFormat, ImageReader, Limits};

use crate::class::ticket_printer::Bitmap;

/// A larger file is not read: a sign of a few hundred dots has some thousand. Bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// A higher one would push the number off the first hand's breadth of paper. Dots.
const HEIGHT_MAX: u32 = 300;
/// What decoding may take. Bytes.
const MEMORY_MAX: u64 = 16 * 1024 * 1024;

/// Why a file is no sign for this paper.
#[derive(Debug, thiserror::Error)]
pub(super) enum LogoError {
    #[error("there is no file that can be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("it is larger than {max} bytes", max = FILE_BYTES_MAX)]
    TooLarge,
    #[error("it is no PNG picture of at most {width} x {max} dots: {reason}", max = HEIGHT_MAX)]
    NotAPicture { width: usize, reason: String },
}

/// Reads the sign for a paper of so many dots.
///
/// # Errors
/// The file cannot be read, is too large, no PNG, or wider or higher than there is room for.
pub(super) fn read(path: &Path, width: usize) -> Result<Bitmap, LogoError> {
    let mut bytes = Vec::new();
    BufReader::new(File::open(path)?).take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(LogoError::TooLarge);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(u32::try_from(width).unwrap_or(u32::MAX));
    limits.max_image_height = Some(HEIGHT_MAX);
    limits.max_alloc = Some(MEMORY_MAX);
    let mut reader = ImageReader::with_format(std::io::Cursor::new(bytes), ImageFormat::Png);
    reader.limits(limits);
    let picture = reader
        .decode()
        .map_err(|error| LogoError::NotAPicture { width, reason: error.to_string() })?
        .to_luma_alpha8();
    let mut dots = Bitmap::new(picture.width() as usize, picture.height() as usize);
    for (x, y, pixel) in picture.enumerate_pixels() {
        let [light, opaque] = pixel.0;
        // What is transparent is paper.
        if opaque >= 128 && light < 128 {
            dots.blacken(x as usize, y as usize);
        }
    }
    Ok(dots)
}
