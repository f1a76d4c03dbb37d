//! Finds a compiler that can build both halves, and gets what it lacks.
//!
//! Ordinary machines have rustup and fetch the wasm32 target. Where that cannot be fetched and the system is Debian or
//! Ubuntu, Debian's own compiler is installed and its standard library is built for wasm32 once (`docs/build.md`). One
//! compiler serves both halves: with two, every procedural macro would be built twice.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::shell::{call, output, step, succeeds};

const TARGET: &str = "wasm32-unknown-unknown";
/// Debian's packages: compiler, its sources, lints, formatter, and the linker for wasm.
const DEBIAN_PACKAGES: [&str; 6] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy", "rustfmt-web", "rust-web-llvm"];
const DEBIAN_RUSTLIB: &str = "/usr/lib/rustlib";

#[derive(Clone)]
pub enum Toolchain {
    /// Whatever `cargo` in the path is.
    Default,
    /// Debian's, at /usr/bin.
    Debian,
}

impl Toolchain {
    /// A compiler with everything that is needed; gets it where it is missing.
    pub fn ready() -> Result<Self> {
        if has_target(&Toolchain::Default) {
            return Ok(Toolchain::Default);
        }
        if debian_ready() {
            return Ok(Toolchain::Debian);
        }
        let fetched = step("fetching the wasm32 target with rustup", || {
            Ok(succeeds(clean(&mut Command::new("rustup")).args(["target", "add", TARGET])))
        })?;
        if fetched && has_target(&Toolchain::Default) {
            return Ok(Toolchain::Default);
        }
        eprintln!("   it cannot be fetched here; looking for Debian's compiler instead");
        install_debian()?;
        Ok(Toolchain::Debian)
    }

    /// `cargo` of this compiler, free of what the outer `cargo` put into the environment.
    pub fn cargo(&self) -> Command {
        let mut command = match self {
            Toolchain::Default => Command::new("cargo"),
            Toolchain::Debian => Command::new("/usr/bin/cargo"),
        };
        clean(&mut command);
        if let Toolchain::Debian = self {
            command.env("RUSTC", "/usr/bin/rustc").env("RUSTDOC", "/usr/bin/rustdoc");
            let path = env::var("PATH").unwrap_or_default();
            command.env("PATH", format!("/usr/bin:{path}"));
        }
        command
    }

    fn rustc(&self) -> Command {
        let mut command = match self {
            Toolchain::Default => Command::new("rustc"),
            Toolchain::Debian => Command::new("/usr/bin/rustc"),
        };
        clean(&mut command);
        command
    }
}

/// Takes away what `cargo run` sets for this program and what would lead another cargo astray.
pub fn clean(command: &mut Command) -> &mut Command {
    for name in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN", "RUST_RECURSION_COUNT", "CARGO_TARGET_DIR", "CARGO_MANIFEST_DIR"] {
        command.env_remove(name);
    }
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_BIN_")) {
        command.env_remove(name);
    }
    command
}

fn has_target(toolchain: &Toolchain) -> bool {
    let folder = output(toolchain.rustc().args(["--print", "target-libdir", "--target", TARGET]));
    folder.is_ok_and(|folder| has_core(Path::new(&folder)))
}

fn has_core(folder: &Path) -> bool {
    let Ok(files) = fs::read_dir(folder) else { return false };
    files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
}

fn debian_ready() -> bool {
    ["/usr/bin/cargo", "/usr/bin/rustc", "/usr/bin/cargo-clippy", "/usr/bin/rust-lld"].iter().all(|tool| Path::new(tool).exists())
        && standard_library_is_current()
}

/// Made for exactly the installed compiler? An upgrade of the packages leaves libraries behind that it cannot read.
fn standard_library_is_current() -> bool {
    let folder = debian_libraries();
    let version = output(Toolchain::Debian.rustc().arg("-vV")).unwrap_or_default();
    has_core(&folder) && (fs::read_to_string(folder.join("made-for")).is_ok_and(|made_for| made_for == version))
}

fn debian_libraries() -> PathBuf {
    Path::new(DEBIAN_RUSTLIB).join(TARGET).join("lib")
}

fn install_debian() -> Result<()> {
    if !succeeds(Command::new("apt-get").arg("--version")) {
        bail!(
            "the wasm32 target is missing and cannot be fetched. Run `rustup target add {TARGET}` on a machine with access to the Rust \
             project's downloads, or use Debian or Ubuntu, whose packages can stand in"
        );
    }
    let packages_there = ["/usr/bin/cargo", "/usr/bin/rustc", "/usr/bin/cargo-clippy", "/usr/bin/rust-lld"]
        .iter()
        .all(|tool| Path::new(tool).exists());
    if !packages_there {
        step("installing Debian's Rust compiler", || apt_install(&DEBIAN_PACKAGES))?;
    }
    if !standard_library_is_current() {
        step("building the standard library for wasm32 (about a minute)", build_standard_library)?;
    }
    if !debian_ready() {
        bail!("Debian's compiler is installed but incomplete; look at the messages above");
    }
    Ok(())
}

/// Installs Debian packages, as root or through sudo.
pub fn apt_install(packages: &[&str]) -> Result<()> {
    let apt = |words: &[&str]| {
        let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0");
        let mut command = if is_root { Command::new("apt-get") } else { Command::new("sudo") };
        if !is_root {
            command.args(["-n", "apt-get"]);
        }
        command.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdout(std::process::Stdio::null());
        command
    };
    call(&mut apt(&["update", "-qq"])).context("the list of packages cannot be fetched")?;
    let mut words = vec!["install", "-y", "-qq", "--no-install-recommends"];
    words.extend(packages);
    call(&mut apt(&words)).with_context(|| format!("install these packages by hand and try again: {}", packages.join(" ")))
}

/// Builds an empty crate with its standard library from source and keeps the libraries. `RUSTC_BOOTSTRAP` belongs to this
/// step alone.
fn build_standard_library() -> Result<()> {
    let folder = env::temp_dir().join(format!("wayfare-std-{}", std::process::id()));
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n")?;
    fs::write(folder.join("src/lib.rs"), "#![no_std]\n")?;
    let mut cargo = Toolchain::Debian.cargo();
    cargo.args(["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort,panic_unwind,proc_macro", "--manifest-path"]);
    cargo.arg(folder.join("Cargo.toml")).env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", folder.join("target"));
    call(&mut cargo)?;
    let libraries = debian_libraries();
    let _ = fs::remove_dir_all(&libraries);
    fs::create_dir_all(&libraries).context("the compiler's folder cannot be written; run once as root")?;
    for file in fs::read_dir(folder.join("target").join(TARGET).join("release/deps"))?.flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty") {
            fs::copy(file.path(), libraries.join(name))?;
        }
    }
    fs::write(libraries.join("made-for"), output(Toolchain::Debian.rustc().arg("-vV"))?)?;
    let _ = fs::remove_dir_all(folder);
    Ok(())
}
