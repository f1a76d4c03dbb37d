//! The browser's half: compiled, bound to JavaScript, and for a release shrunk.

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
    toolchain::{TARGET, Toolchain, clean, locked_version},
};

/// How hard wasm-opt tries, and what it may assume of a browser. Spelled out: with `--all-features`
/// version 132 writes modules that Chromium refuses. `-Oz` and `-O3` differ by less than a percent
/// once compressed.
const SHRINK: [&str; 7] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-sign-ext",
    "--enable-mutable-globals",
];

/// What one page loads: a module, and the script that binds it to the browser.
pub struct BrowserHalf {
    pub script: PathBuf,
    pub module: PathBuf,
}

/// One compilation of the crate for the browser.
struct Bundle {
    name: &'static str,
    what: &'static str,
    feature: &'static str,
    /// What cargo is to make. The kind of library is named here and not in Cargo.toml, where it
    /// would be built, and linked, for the server too.
    target: &'static [&'static str],
}

const LIST: Bundle = Bundle {
    name: "wayfare",
    what: "the browser's half",
    feature: "hydrate",
    target: &["--lib", "--crate-type", "cdylib"],
};
/// Features of dependencies are the same as the list's, so that they are compiled once.
const EDITOR: Bundle =
    Bundle { name: "editor", what: "the editor", feature: "editor", target: &["--bin", "editor"] };

/// Both modules.
pub struct Modules {
    pub list: BrowserHalf,
    pub editor: BrowserHalf,
}

pub fn build(toolchain: Toolchain, profile: Profile) -> Result<Modules> {
    Ok(Modules {
        list: build_one(toolchain, profile, &LIST)?,
        editor: build_one(toolchain, profile, &EDITOR)?,
    })
}

fn build_one(toolchain: Toolchain, profile: Profile, bundle: &Bundle) -> Result<BrowserHalf> {
    let (cargo_profile, name) = match profile {
        Profile::Dev => ("wasm-dev", "dev"),
        Profile::Release => ("wasm-release", "release"),
    };
    step(&format!("compiling {} ({name})", bundle.what), || {
        let mut cargo = toolchain.cargo();
        cargo.args(["rustc", "--locked", "--package", "wayfare"]).args(bundle.target);
        cargo.args([
            "--no-default-features",
            "--features",
            bundle.feature,
            "--target",
            TARGET,
            "--profile",
            cargo_profile,
        ]);
        call(cargo.env("LEPTOS_OUTPUT_NAME", "wayfare"))
    })?;
    let compiled = root()
        .join("target")
        .join(TARGET)
        .join(cargo_profile)
        .join(format!("{}.wasm", bundle.name));
    let folder = root().join("target/browser").join(name).join(bundle.name);
    let half = BrowserHalf {
        script: folder.join(format!("{}.js", bundle.name)),
        module: folder.join(format!("{}.wasm", bundle.name)),
    };
    // What follows takes half a minute: nothing is done twice. The lock files stand for the
    // versions of the tools.
    let lock = fs::read_to_string(root().join("Cargo.lock")).context("Cargo.lock is missing")?;
    let bindgen = bindgen_version(&lock)?;
    let module =
        fs::read(&compiled).with_context(|| format!("{} is missing", compiled.display()))?;
    let made_from = [hash_of(&module), bindgen, npm::locked()?, SHRINK.join(" ")].join("\n");
    let stamp = folder.join("made-from");
    if fs::read_to_string(&stamp).is_ok_and(|known| known == made_from)
        && half.script.exists()
        && half.module.exists()
    {
        return Ok(half);
    }
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    step("binding it to JavaScript", || bind(&compiled, &folder, bundle.name))?;
    if profile == Profile::Release {
        npm::ready()?;
        step("shrinking it", || shrink(&half))?;
    }
    fs::write(stamp, made_from)?;
    Ok(half)
}

/// The crate and the tool that binds it speak a format which changes with every version.
fn bindgen_version(lock: &str) -> Result<String> {
    let (linked, tool) =
        (locked_version(lock, "wasm-bindgen")?, locked_version(lock, "wasm-bindgen-cli-support")?);
    if linked != tool {
        bail!(
            "the browser's half links wasm-bindgen {linked}, but the task runner binds with \
                {tool}; set `wasm-bindgen-cli-support` in \
             xtask/Cargo.toml to ={linked}"
        );
    }
    Ok(linked)
}

fn bind(compiled: &Path, folder: &Path, name: &str) -> Result<()> {
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen
        .input_path(compiled)
        .out_name(name)
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(folder))
        .context("wasm-bindgen refused the module")?;
    fs::rename(folder.join(format!("{name}_bg.wasm")), folder.join(format!("{name}.wasm")))?;
    Ok(())
}

fn shrink(half: &BrowserHalf) -> Result<()> {
    let size = |path: &Path| -> Result<u64> { Ok(fs::metadata(path)?.len()) };
    let before = size(&half.module)?;
    call(
        clean(Command::new(npm::program("wasm-opt")))
            .args(SHRINK)
            .arg(&half.module)
            .arg("-o")
            .arg(&half.module),
    )?;
    let after = size(&half.module)?;
    if after >= before {
        bail!("wasm-opt did not shrink the module: {before} bytes before, {after} after");
    }
    let mut esbuild = clean(Command::new(npm::program("esbuild")));
    esbuild.arg(&half.script).args([
        "--minify",
        "--format=esm",
        "--target=es2022",
        "--allow-overwrite",
        "--log-level=warning",
    ]);
    call(esbuild.arg(format!("--outfile={}", half.script.display())))?;
    eprintln!("   {before} → {after} bytes");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::bindgen_version;

    #[test]
    fn a_tool_of_another_version_is_refused_with_what_to_do() {
        let lock = |tool: &str| {
            let entry = |name: &str, version: &str| {
                format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\n")
            };
            entry("wasm-bindgen", "0.2.130") + &entry("wasm-bindgen-cli-support", tool)
        };
        assert_eq!(bindgen_version(&lock("0.2.130")).unwrap(), "0.2.130");
        let refused = bindgen_version(&lock("0.2.129")).unwrap_err().to_string();
        assert!(refused.contains("to =0.2.130"), "{refused}");
    }
}
