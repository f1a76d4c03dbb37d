//! The folder of files that browsers load: each named after its contents, so that it may be kept
//! for ever, and for a release compressed beforehand as hard as can be.

use std::{
    collections::{BTreeMap, BTreeSet},
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
    wasm::Modules,
};

/// What gets smaller. Fonts and pictures are compressed already.
const COMPRESSIBLE: [&str; 10] =
    ["css", "html", "ico", "js", "json", "map", "svg", "txt", "wasm", "webmanifest"];

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

pub fn make(modules: &Modules, profile: Profile) -> Result<Site> {
    let folder = root().join(if profile == Profile::Release {
        "target/site-release"
    } else {
        "target/site-dev"
    });
    step("putting the site's files together", || {
        let mut files = Files::default();
        let wasm = files.add("wayfare.wasm", fs::read(&modules.list.module)?);
        let glue = files.add("wayfare.js", fs::read(&modules.list.script)?);
        files.add("start.js", start_script(&glue, &wasm).into_bytes());
        let wasm = files.add("editor.wasm", fs::read(&modules.editor.module)?);
        let glue = files.add("editor.js", fs::read(&modules.editor.script)?);
        files.add("start-editor.js", start_editor_script(&glue, &wasm).into_bytes());
        files.add("wayfare.css", style::bundle("main.css", profile)?.into_bytes());
        files.add("editor.css", style::bundle("editor.css", profile)?.into_bytes());
        files.add_folder(&root().join("public"), "")?;
        let hash = files.write(&folder, profile == Profile::Release)?;
        Ok(Site { folder: folder.clone(), hash })
    })
}

/// The one script that pages name: it knows the others by their hashes.
fn start_script(glue: &str, wasm: &str) -> String {
    format!(
        "import init,{{hydrate}}from\"./{glue}\";await init({{module_or_path:new \
            URL(\"./{wasm}\",import.meta.url)}});hydrate();\n"
    )
}

/// The same for the editor, whose module is a program: it starts by itself.
fn start_editor_script(glue: &str, wasm: &str) -> String {
    format!(
        "import init from\"./{glue}\";await init({{module_or_path:new \
            URL(\"./{wasm}\",import.meta.url)}});\n"
    )
}

/// All files, before anything is written: a fault in one leaves the folder as it was.
#[derive(Default)]
struct Files {
    /// Logical name ("wayfare.css") → name with the hash.
    names: BTreeMap<String, String>,
    /// Name with the hash → contents.
    contents: BTreeMap<String, Vec<u8>>,
}

impl Files {
    /// Answers the file's name with the hash of its contents.
    fn add(&mut self, logical: &str, bytes: Vec<u8>) -> String {
        let hash = hash_of(&bytes);
        let name = match logical.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem}.{hash}.{extension}"),
            None => format!("{logical}.{hash}"),
        };
        self.names.insert(logical.to_string(), name.clone());
        self.contents.insert(name.clone(), bytes);
        name
    }

    /// Folders are flattened: `public/fonts/sans.woff2` is "fonts-sans.woff2", since the server has
    /// one folder of files.
    fn add_folder(&mut self, folder: &Path, before: &str) -> Result<()> {
        let entries =
            fs::read_dir(folder).with_context(|| format!("{} is missing", folder.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            } else if path.is_dir() {
                self.add_folder(&path, &format!("{before}{name}-"))?;
            } else {
                self.add(&format!("{before}{name}"), fs::read(&path)?);
            }
        }
        Ok(())
    }

    /// Makes the folder hold exactly these files and the manifest. A file that is there already is
    /// the same one: its name says so. Answers a hash of it all.
    fn write(&self, folder: &Path, compressed: bool) -> Result<String> {
        let pkg = folder.join("pkg");
        fs::create_dir_all(&pkg).with_context(|| format!("{} cannot be made", pkg.display()))?;
        let mut wanted = BTreeSet::new();
        let mut keep = |name: String, make: &dyn Fn() -> Result<Vec<u8>>| -> Result<()> {
            let path = pkg.join(&name);
            if !path.exists() {
                // A file that was written by half must not be taken for a whole one the next time.
                let part = pkg.join(".part");
                fs::write(&part, make()?)?;
                fs::rename(part, path)?;
            }
            wanted.insert(name);
            Ok(())
        };
        for (name, bytes) in &self.contents {
            keep(name.clone(), &|| Ok(bytes.clone()))?;
            let extension = name.rsplit('.').next().unwrap_or_default();
            if compressed && COMPRESSIBLE.contains(&extension) {
                keep(format!("{name}.br"), &|| brotli(bytes))?;
                keep(format!("{name}.gz"), &|| gzip(bytes))?;
            }
        }
        for entry in fs::read_dir(&pkg)?.flatten() {
            if !wanted.contains(entry.file_name().to_string_lossy().as_ref()) {
                fs::remove_file(entry.path())?;
            }
        }
        let manifest = serde_json::to_string_pretty(&self.names)? + "\n";
        // The server is compiled afresh when a file that it embeds was written, even with the same
        // contents.
        let path = folder.join("manifest.json");
        if fs::read_to_string(&path).ok().as_ref() != Some(&manifest) {
            fs::write(path, &manifest)?;
        }
        Ok(hash_of(manifest.as_bytes()))
    }
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut small = Vec::new();
    // A window of 4 MB is the largest that every browser reads.
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: bytes.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &bytes[..], &mut small, &parameters)?;
    Ok(small)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use super::{Files, hash_of};

    fn folder(test: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("wayfare-site-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn listed(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn names_carry_the_hash_and_the_manifest_knows_them() {
        let folder = folder("names");
        let mut files = Files::default();
        let name = files.add("wayfare.css", b"a{}".to_vec());
        assert_eq!(name, format!("wayfare.{}.css", hash_of(b"a{}")));
        files.write(&folder, false).unwrap();
        let manifest: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["wayfare.css"], name.as_str());
        assert_eq!(listed(&folder.join("pkg")), [name]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn old_files_go_and_only_what_shrinks_is_compressed() {
        let folder = folder("old");
        let mut first = Files::default();
        first.add("wayfare.css", b"a{}".to_vec());
        let before = first.write(&folder, true).unwrap();
        let mut second = Files::default();
        let style = second.add("wayfare.css", b"b{}".to_vec());
        let font = second.add("sans.woff2", b"font".to_vec());
        assert_ne!(second.write(&folder, true).unwrap(), before);
        assert_eq!(
            listed(&folder.join("pkg")),
            [font, style.clone(), format!("{style}.br"), format!("{style}.gz")]
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn folders_of_public_are_flattened() {
        let folder = folder("public");
        fs::create_dir_all(folder.join("fonts")).unwrap();
        fs::write(folder.join("fonts/sans.woff2"), "font").unwrap();
        fs::write(folder.join(".hidden"), "").unwrap();
        let mut files = Files::default();
        files.add_folder(&folder, "").unwrap();
        assert_eq!(files.names.keys().collect::<Vec<_>>(), ["fonts-sans.woff2"]);
        fs::remove_dir_all(folder).unwrap();
    }
}
