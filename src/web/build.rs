//! Makes sure that the folder of the built browser side exists, so that the package compiles before
//! it was built; the pages then say how to build it.

fn main() {
    let dist = std::path::Path::new("ui/dist");
    if let Err(err) = std::fs::create_dir_all(dist) {
        println!("cargo::error=src/web/ui/dist cannot be made: {err}");
    }
    println!("cargo::rerun-if-changed=ui/dist");
    println!("cargo::rerun-if-changed=guide");
}
