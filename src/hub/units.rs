//! The province's units and their reception points, as the files of the settings name them. Points are
//! read whenever a page is made: a new address needs no restart.

use std::io::ErrorKind;

use domain::points::Points;
use domain::units::Units;

use crate::error::{HubError, Result};
use crate::settings::Settings;

/// The units of `centers_file`.
///
/// # Errors
/// The file cannot be read, or holds mistakes.
pub fn units(settings: &Settings) -> Result<Units> {
    let file = &settings.centers_file;
    let text = std::fs::read_to_string(file).map_err(|cause| HubError::file(file, cause))?;
    Ok(Units::parse(&file.display().to_string(), &text)?)
}

/// The reception points of `points_file`; none where there is no such file, as in an older release's folder.
///
/// # Errors
/// One of both files cannot be read, or holds mistakes.
pub fn points(settings: &Settings) -> Result<Points> {
    let units = units(settings)?;
    let file = &settings.points_file;
    let text = match std::fs::read_to_string(file) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Points::default()),
        read => read.map_err(|cause| HubError::file(file, cause))?,
    };
    Ok(Points::parse(&file.display().to_string(), &text, &units)?)
}

/// The same for a page. Where the files do not read there are none: the page then calls the boxes by
/// their numbers, and a technician finds the cause in the log.
pub async fn points_for_page(settings: &Settings) -> Points {
    let settings = settings.clone();
    let read = tokio::task::spawn_blocking(move || points(&settings)).await;
    match read {
        Ok(Ok(points)) => points,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the reception points do not read");
            Points::default()
        }
        Err(error) => {
            tracing::error!(%error, "the reading of the reception points ended");
            Points::default()
        }
    }
}
