//! The folder of files that browsers load: each named after its contents, so that it may be kept for ever, and for a
//! release compressed beforehand as hard as can be.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{
    Profile,
    shell::{root, step},
    style,
    wasm::BrowserHalf,
};

/// A finished site.
pub struct Site {
    pub folder: PathBuf,
    /// Changes with any of its contents.
    pub hash: String,
}

/// The start of a SHA-256, in hex.
pub fn hash_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

pub fn make(half: &BrowserHalf, profile: Profile) -> Result<Site> {
    let folder = root().join(if profile == Profile::Release { "target/site-release" } else { "target/site-dev" });
    step("putting the site's files together", || {
        let _ = fs::remove_dir_all(&folder);
        let mut files = Files { pkg: folder.join("pkg"), names: BTreeMap::new(), compress: profile == Profile::Release };
        fs::create_dir_all(&files.pkg)?;
        let wasm = files.add("wayfare.wasm", &fs::read(&half.module)?)?;
        let glue = files.add("wayfare.js", &fs::read(&half.script)?)?;
        let start = format!(
            "import init,{{hydrate}}from\"./{glue}\";await init({{module_or_path:new URL(\"./{wasm}\",import.meta.url)}});hydrate();\n"
        );
        files.add("start.js", start.as_bytes())?;
        files.add("wayfare.css", style::bundle(profile)?.as_bytes())?;
        for file in fs::read_dir(root().join("public")).context("the folder public is missing")?.flatten() {
            files.add(&file.file_name().to_string_lossy(), &fs::read(file.path())?)?;
        }
        let manifest = serde_json::to_string_pretty(&files.names)?;
        fs::write(folder.join("manifest.json"), &manifest)?;
        Ok(Site { folder: folder.clone(), hash: hash_of(manifest.as_bytes()) })
    })
}

struct Files {
    pkg: PathBuf,
    names: BTreeMap<String, String>,
    compress: bool,
}

impl Files {
    /// Writes a file under its hashed name, which it answers.
    fn add(&mut self, logical: &str, bytes: &[u8]) -> Result<String> {
        let (stem, extension) = logical.rsplit_once('.').unwrap_or((logical, "bin"));
        let name = format!("{stem}.{}.{extension}", hash_of(bytes));
        let path = self.pkg.join(&name);
        fs::write(&path, bytes)?;
        if self.compress {
            compress(&path, bytes)?;
        }
        self.names.insert(logical.to_string(), name.clone());
        Ok(name)
    }
}

fn compress(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = |extension: &str| PathBuf::from(format!("{}.{extension}", path.display()));
    let mut small = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut small, &parameters)?;
    fs::write(beside("br"), small)?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes)?;
    fs::write(beside("gz"), gzip.finish()?)?;
    Ok(())
}
