//! Says which folder of site files is embedded: the one that `cargo xtask build` made, or none.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-env-changed=WAYFARE_SITE");
    // Changes with the files, so that a new site is embedded although its folder has the same name.
    println!("cargo:rerun-if-env-changed=WAYFARE_SITE_HASH");
    let folder = match env::var("WAYFARE_SITE") {
        Ok(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => PathBuf::from(env::var("OUT_DIR")?).join("no-site"),
    };
    fs::create_dir_all(&folder)?;
    println!("cargo:rustc-env=WAYFARE_EMBED={}", folder.display());
    Ok(())
}
