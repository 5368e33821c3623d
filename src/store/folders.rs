//! Folders that last. The name of a new file or folder is safe from a power cut only once the folder
//! that holds it was synced; a file's own sync does not do that.

use std::fs::{self, File};
use std::path::Path;

use crate::StoreError;

/// Makes a folder with everything above it that is missing, so that a power cut takes none of them.
/// One that is there already may be what a killed daemon made and did not come to sync: its name is
/// synced all the same.
pub(crate) fn make_lasting(folder: &Path) -> Result<(), StoreError> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|one| !is_there(one)).collect();
    fs::create_dir_all(folder)?;
    sync_name(folder)?;
    // Those above the lowest, from the bottom up: none has a name before all in it are safe.
    missing.into_iter().skip(1).try_for_each(sync_name)
}

/// Makes the names in a folder safe.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    Ok(File::open(folder)?.sync_all()?)
}

/// Makes the names in a folder and in all folders below it safe.
pub(crate) fn sync_folders_below(folder: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders_below(&entry.path())?;
        }
    }
    sync_folder(folder)
}

fn is_there(folder: &Path) -> bool {
    folder.as_os_str().is_empty() || folder.exists()
}

/// Makes a folder's own name safe, in the folder above it.
fn sync_name(folder: &Path) -> Result<(), StoreError> {
    match folder.parent() {
        Some(above) if above.as_os_str().is_empty() => sync_folder(Path::new(".")),
        Some(above) => sync_folder(above),
        None => Ok(()),
    }
}
