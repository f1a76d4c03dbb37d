//! Finds a compiler that can build both halves, and gets what it lacks.
//!
//! Ordinary machines have rustup and fetch the wasm32 target. Where that cannot be fetched and the
//! system is Debian or Ubuntu, Debian's own compiler stands in (`debian.rs`). One compiler serves
//! both halves: with two, every procedural macro would be built twice.

use std::{
    env, fs,
    io::Write,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    debian,
    shell::{output, root, step, succeeds},
};

pub const TARGET: &str = "wasm32-unknown-unknown";

/// Needs the target's libraries, made by the very compiler that reads them, and its linker: whoever
/// can build this can build the browser's half.
const TRIAL: &str = "#[unsafe(no_mangle)] pub extern \"C\" fn trial() -> usize { \
    std::env::args().map(|word| word.len()).sum() }";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Toolchain {
    /// Whatever `cargo` in the path is.
    Default,
    /// Debian's, in /usr/bin, behind the one in the path.
    Debian,
}

impl Toolchain {
    /// A compiler with everything that is needed; gets it where it is missing.
    pub fn ready() -> Result<Self> {
        if let Some(found) = [Toolchain::Default, Toolchain::Debian]
            .into_iter()
            .find(|toolchain| toolchain.builds_for_browsers())
        {
            return Ok(found);
        }
        let refused = step("fetching the wasm32 target with rustup", || Ok(fetch_target().err()))?;
        match refused {
            None if Toolchain::Default.builds_for_browsers() => return Ok(Toolchain::Default),
            None => eprintln!(
                "   it was fetched, but this compiler cannot use it; trying Debian's compiler"
            ),
            Some(error) => {
                eprintln!("   it cannot be fetched here ({error:#}); trying Debian's compiler")
            }
        }
        debian::install_compiler()?;
        if !Toolchain::Debian.builds_for_browsers() {
            bail!(
                "Debian's compiler is installed, but does not build for {TARGET}; the messages \
                    above may say why"
            );
        }
        Ok(Toolchain::Debian)
    }

    /// `cargo` of this compiler, free of what the outer `cargo` put into the environment.
    pub fn cargo(self) -> Command {
        match self {
            Toolchain::Default => clean(Command::new("cargo")),
            Toolchain::Debian => self.debian_program("/usr/bin/cargo"),
        }
    }

    /// `cargo clippy` or `cargo fmt` of this compiler. `cargo` would look in its own folder first
    /// and find another compiler's.
    pub fn cargo_with(self, subcommand: &str) -> Result<Command> {
        let component = if subcommand == "fmt" { "rustfmt" } else { subcommand };
        let own = match self {
            Toolchain::Default => {
                let mut own = self.cargo();
                own.arg(subcommand);
                own
            }
            Toolchain::Debian => {
                let mut own = self.debian_program(&format!("/usr/bin/cargo-{subcommand}"));
                own.arg(subcommand).env("CARGO", "/usr/bin/cargo");
                own
            }
        };
        if succeeds(same(&own).arg("--version")) {
            return Ok(own);
        }
        // Formatting depends on no compiler: any that is there will do.
        if subcommand == "fmt"
            && self == Toolchain::Default
            && Toolchain::Debian.cargo_with("fmt").is_ok()
        {
            return Toolchain::Debian.cargo_with("fmt");
        }
        if self == Toolchain::Default
            && succeeds(clean(Command::new("rustup")).args(["component", "add", component]))
        {
            return Ok(own);
        }
        bail!("`cargo {subcommand}` is missing. Install it with `rustup component add {component}`")
    }

    /// Tries it: folders full of libraries may belong to another version of the compiler.
    fn builds_for_browsers(self) -> bool {
        self.try_for_browsers().unwrap_or(false)
    }

    fn try_for_browsers(self) -> Result<bool> {
        let folder = env::temp_dir().join(format!("wayfare-trial-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let mut rustc = match self {
            Toolchain::Default => clean(Command::new("rustc")),
            Toolchain::Debian => self.debian_program("/usr/bin/rustc"),
        };
        rustc.args([
            "--edition=2024",
            "--crate-type=cdylib",
            "--crate-name=trial",
            "--target",
            TARGET,
            "-o",
        ]);
        rustc.arg(folder.join("trial.wasm")).arg("-").current_dir(root());
        let mut child =
            rustc.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(TRIAL.as_bytes())?;
        }
        let success = child.wait()?.success();
        fs::remove_dir_all(folder)?;
        Ok(success)
    }

    fn debian_program(self, path: &str) -> Command {
        let mut command = clean(Command::new(path));
        command.env("RUSTC", "/usr/bin/rustc").env("RUSTDOC", "/usr/bin/rustdoc");
        command.env("PATH", format!("/usr/bin:{}", env::var("PATH").unwrap_or_default()));
        command
    }
}

fn fetch_target() -> Result<()> {
    let mut rustup = clean(Command::new("rustup"));
    if env::var_os("RUSTUP_MAX_RETRIES").is_none() {
        // Where there is no way out, the first attempt knows it.
        rustup.env("RUSTUP_MAX_RETRIES", "1");
    }
    // Its reason is one sentence; the way to it inside rustup is not wanted.
    output(rustup.args(["target", "add", TARGET]).env("RUST_BACKTRACE", "0")).map(|_| ())
}

/// Takes away what `cargo run` sets for this program and what would lead another cargo astray.
pub fn clean(mut command: Command) -> Command {
    const NAMES: [&str; 11] = [
        "CARGO",
        "CARGO_BUILD_TARGET",
        "CARGO_BUILD_TARGET_DIR",
        "CARGO_TARGET_DIR",
        "RUSTC",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTDOC",
        "RUSTUP_TOOLCHAIN",
        "RUSTUP_TOOLCHAIN_SOURCE",
        "RUST_RECURSION_COUNT",
        "LD_LIBRARY_PATH",
    ];
    const BEGINNINGS: [&str; 4] = ["CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_MANIFEST_"];
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if NAMES.contains(&name.as_ref())
            || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// A command with the same program, arguments and environment, to ask something first.
fn same(command: &Command) -> Command {
    let mut copy = Command::new(command.get_program());
    copy.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => copy.env(name, value),
            None => copy.env_remove(name),
        };
    }
    copy
}

/// The version of a crate in Cargo.lock.
pub fn locked_version(lock: &str, name: &str) -> Result<String> {
    let entry = lock
        .split("[[package]]")
        .find(|entry| entry.trim_start().starts_with(&format!("name = \"{name}\"\n")));
    let line =
        entry.and_then(|entry| entry.lines().find_map(|line| line.strip_prefix("version = ")));
    let version = line.with_context(|| format!("Cargo.lock does not name {name}"))?;
    Ok(version.trim_matches('"').to_string())
}

#[cfg(test)]
mod tests {
    use super::locked_version;

    #[test]
    fn the_version_of_a_crate_is_read_from_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \
            \"0.2.130\"\n\n[[package]]\nname = \"wasm-bindgen-cli-support\"\nversion = \
            \"0.2.129\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").unwrap(), "0.2.130");
        assert_eq!(locked_version(lock, "wasm-bindgen-cli-support").unwrap(), "0.2.129");
        assert!(locked_version(lock, "wasm").is_err());
    }
}
