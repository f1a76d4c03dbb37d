//! The browser's half: compiled, bound, and for a release shrunk.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    Profile, npm,
    shell::{call, root, step},
    site::hash_of,
    toolchain::Toolchain,
};

const TARGET: &str = "wasm32-unknown-unknown";
/// What the shrinking may assume of a browser. Spelled out: with everything switched on, the tool writes modules that
/// browsers refuse.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-sign-ext",
    "--enable-mutable-globals",
];

/// The two files that the browser loads.
pub struct BrowserHalf {
    pub script: PathBuf,
    pub module: PathBuf,
}

pub fn build(toolchain: &Toolchain, profile: Profile) -> Result<BrowserHalf> {
    let (cargo_profile, name) = match profile {
        Profile::Dev => ("wasm-dev", "dev"),
        Profile::Release => ("wasm-release", "release"),
    };
    step(&format!("compiling the browser's half ({name})"), || {
        call(
            toolchain
                .cargo()
                .args(["build", "--locked", "--package", "wayfare", "--lib", "--no-default-features", "--features", "hydrate"])
                .args(["--target", TARGET, "--profile", cargo_profile])
                .env("LEPTOS_OUTPUT_NAME", "wayfare"),
        )
    })?;
    let compiled = root().join("target").join(TARGET).join(cargo_profile).join("wayfare.wasm");
    let folder = root().join("target/browser").join(name);
    let half = BrowserHalf { script: folder.join("wayfare.js"), module: folder.join("wayfare.wasm") };
    // The steps after the compiler take half a minute: nothing is done twice.
    let made_from = hash_of(&fs::read(&compiled).with_context(|| format!("{} is missing", compiled.display()))?);
    let stamp = folder.join("made-from");
    let current = fs::read_to_string(&stamp).is_ok_and(|known| known == made_from);
    if !(current && half.script.exists() && half.module.exists()) {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        step("binding it to JavaScript", || bind(&compiled, &folder))?;
        if profile == Profile::Release {
            step("shrinking it", || shrink(&half))?;
        }
        fs::write(stamp, made_from)?;
    }
    Ok(half)
}

fn bind(compiled: &Path, folder: &Path) -> Result<()> {
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(compiled).out_name("wayfare").typescript(false);
    bindgen.web(true).and_then(|bindgen| bindgen.generate(folder)).context("wasm-bindgen refused the module")?;
    fs::rename(folder.join("wayfare_bg.wasm"), folder.join("wayfare.wasm"))?;
    Ok(())
}

fn shrink(half: &BrowserHalf) -> Result<()> {
    npm::ready()?;
    let before = fs::metadata(&half.module)?.len();
    call(Command::new("node").arg(npm::tool("binaryen/bin/wasm-opt")).arg("-Oz").args(WASM_FEATURES).arg(&half.module).arg("-o").arg(&half.module))?;
    call(
        Command::new(npm::bin("esbuild")).arg(&half.script).args(["--minify", "--format=esm", "--allow-overwrite", "--log-level=warning"]).arg(format!("--outfile={}", half.script.display())),
    )?;
    let after = fs::metadata(&half.module)?.len();
    if after >= before {
        bail!("wasm-opt did not shrink the module ({before} → {after} bytes)");
    }
    eprintln!("   {before} → {after} bytes");
    Ok(())
}
