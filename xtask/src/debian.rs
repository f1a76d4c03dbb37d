//! What Debian and Ubuntu offer where the makers' own downloads cannot be reached: a compiler that
//! can be taught to build for browsers, and a browser.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    shell::{call, output, step, succeeds},
    toolchain::{TARGET, Toolchain, clean},
};

/// Compiler, package manager, the library's sources, lints, formatter, and the tools of its LLVM.
const COMPILER: [&str; 6] =
    ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy", "rustfmt-web", "rust-web-llvm"];
/// Debian's name of the linker for WebAssembly: a link to the one of the same LLVM, which is a
/// package of its own.
const LINKER: &str = "/usr/bin/rust-lld";

/// Installs the compiler and builds its standard library for browsers, once.
pub fn install_compiler() -> Result<()> {
    if !is_here() {
        bail!(
            "the compiler cannot build for {TARGET}. Run `rustup target add {TARGET}` where the \
                Rust project's downloads can be \
             reached, or use Debian or Ubuntu as root, whose packages can stand in"
        );
    }
    let programs = ["rustc", "cargo", "cargo-clippy"].map(|name| Path::new("/usr/bin").join(name));
    if !programs.iter().all(|program| program.exists()) || fs::symlink_metadata(LINKER).is_err() {
        step("installing Debian's Rust compiler", || install(&COMPILER))?;
    }
    if !Path::new(LINKER).exists() {
        let linker = fs::read_link(LINKER)
            .context("Debian's compiler came without its linker for WebAssembly")?;
        let package =
            linker.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        step("installing its linker", || install(&[&package]))?;
    }
    step(
        "building its standard library for browsers (about a minute and a half, once)",
        build_standard_library,
    )
}

/// Whether packages of this kind can be installed here at all.
pub fn is_here() -> bool {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let family =
        system.lines().filter(|line| line.starts_with("ID=") || line.starts_with("ID_LIKE="));
    family.into_iter().any(|line| line.contains("debian") || line.contains("ubuntu"))
        && succeeds(Command::new("apt-get").arg("--version"))
}

pub fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

/// Installs packages, as root or through sudo where that asks no question.
pub fn install(packages: &[&str]) -> Result<()> {
    let by_hand = || {
        format!(
            "install these packages as root and try again: apt-get install {}",
            packages.join(" ")
        )
    };
    let apt = |words: &[&str]| -> Result<()> {
        let mut command = as_root("env")?;
        command
            .args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"])
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        call(&mut command)
    };
    // An outdated list is no reason to stop: what is asked for may be in it.
    if let Err(error) = apt(&["update"]) {
        eprintln!("   the list of packages cannot be brought up to date: {error:#}");
    }
    apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat())
        .with_context(by_hand)
}

fn as_root(program: &str) -> Result<Command> {
    if is_root() {
        return Ok(clean(Command::new(program)));
    }
    if !succeeds(Command::new("sudo").args(["-n", "true"])) {
        bail!("this needs root, and sudo is missing or asks for a password");
    }
    let mut command = clean(Command::new("sudo"));
    command.args(["-n", program]);
    Ok(command)
}

/// Builds an empty crate together with its standard library from source, and keeps the libraries.
fn build_standard_library() -> Result<()> {
    let folder = env::temp_dir().join(format!("wayfare-std-{}", std::process::id()));
    fs::create_dir_all(folder.join("src"))?;
    fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[workspace]\n",
    )?;
    fs::write(folder.join("src/lib.rs"), "#![no_std]\n")?;
    let mut cargo = Toolchain::Debian.cargo();
    cargo.args([
        "build",
        "--release",
        "--target",
        TARGET,
        "-Zbuild-std=std,panic_abort,panic_unwind,proc_macro",
        "--manifest-path",
    ]);
    // Building the library needs what only nightly compilers allow. The permission belongs to this
    // one step.
    cargo
        .arg(folder.join("Cargo.toml"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", folder.join("target"));
    call(&mut cargo)?;
    let made = libraries_in(&folder.join("target").join(TARGET).join("release/deps"))?;
    let mut rustc = clean(Command::new("/usr/bin/rustc"));
    let kept = PathBuf::from(output(rustc.args(["--print", "target-libdir", "--target", TARGET]))?);
    // Those of an older compiler would be taken for candidates.
    let old = libraries_in(&kept).unwrap_or_default();
    if !old.is_empty() {
        call(as_root("rm")?.arg("-f").args(old))?;
    }
    call(as_root("install")?.args(["-D", "-m", "644", "-t"]).arg(&kept).args(made))?;
    fs::remove_dir_all(folder)?;
    Ok(())
}

fn libraries_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let files = entries.flatten().map(|entry| entry.path());
    let is_library = |path: &PathBuf| {
        let name =
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.ends_with(".rlib") && !name.starts_with("libempty-")
    };
    Ok(files.filter(is_library).collect())
}
