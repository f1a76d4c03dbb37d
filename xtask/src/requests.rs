//! Random requests against the description of the API, by Schemathesis: no answer is a fault of the
//! server's, and each is one that `docs/openapi.json` describes. Bounded, and the same at each run.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    bench::target::Target,
    debian,
    shell::{call, root, step, succeeds},
    site::hash_of,
    toolchain::{Toolchain, clean},
};

/// The versions of everything that is installed.
const REQUIREMENTS: &str = "xtask/requests-requirements.txt";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// Random requests for each operation, and seconds for all of them.
const EXAMPLES: &str = "20";
const SECONDS: &str = "150";
const SEED: &str = "15";
/// Journeys that the server has.
const JOURNEYS: usize = 5;

/// Answers whether every answer was as described. Where Python's packages cannot be had, that is
/// said, and only CI (`WAYFARE_REQUIRE_TOOLS`) fails for it.
pub fn run(toolchain: Toolchain) -> Result<bool> {
    let program = match ready() {
        Ok(program) => program,
        Err(error) if env::var_os("WAYFARE_REQUIRE_TOOLS").is_none() => {
            eprintln!("   NOT RUN, since Schemathesis cannot be had: {error:#}");
            return Ok(true);
        }
        Err(error) => return Err(error),
    };
    let mut cargo = toolchain.cargo();
    call(cargo.args([
        "build",
        "--locked",
        "--quiet",
        "--package",
        "wayfare",
        "--bin",
        "wayfare",
        "--features",
        "ssr",
    ]))?;
    let target = Target::start(&root().join("target/debug/wayfare"), JOURNEYS)?;
    let mut command = clean(Command::new(program));
    command.args(["run", &format!("http://{}/api/openapi.json", target.server.address)]);
    command.args([
        "--header",
        &format!("Authorization: Bearer {}", target.key()),
        "--checks",
        CHECKS,
    ]);
    command.args([
        "--phases",
        "examples,coverage,fuzzing",
        "--max-examples",
        EXAMPLES,
        "--max-time",
        SECONDS,
        "--seed",
        SEED,
    ]);
    command.args([
        "--generation-database",
        "none",
        "--suppress-health-check",
        "all",
        "--continue-on-failure",
    ]);
    command.args(["--warnings", "off", "--request-timeout", "30", "--no-color"]);
    let status = command.current_dir(root()).status().context("Schemathesis cannot be started")?;
    Ok(status.success())
}

/// Installs what the requirements say into an environment of its own, once.
fn ready() -> Result<PathBuf> {
    let folder = root().join("target/tools/schemathesis");
    let (program, stamp) = (folder.join("bin/schemathesis"), folder.join(".wayfare-installed"));
    let wanted =
        hash_of(&fs::read(root().join(REQUIREMENTS)).context("the requirements are missing")?);
    if program.exists() && fs::read_to_string(&stamp).is_ok_and(|known| known == wanted) {
        return Ok(program);
    }
    environment(&folder)?;
    step("installing Schemathesis from PyPI", || {
        let mut pip = clean(Command::new(folder.join("bin/python")));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--no-deps",
        ]);
        call(pip.args(["--requirement", REQUIREMENTS]).stdin(Stdio::null()))
    })?;
    fs::write(stamp, wanted)?;
    Ok(program)
}

/// A Python environment; Debian's Python leaves the module out that makes one.
fn environment(folder: &Path) -> Result<()> {
    let make =
        || succeeds(clean(Command::new("python3")).args(["-m", "venv", "--clear"]).arg(folder));
    if make() {
        return Ok(());
    }
    if debian::is_here() {
        step("installing Debian's Python", || debian::install(&["python3", "python3-venv"]))?;
        if make() {
            return Ok(());
        }
    }
    bail!(
        "python3 with its modules venv and pip is missing. Install Python 3.10 or newer and try \
            again"
    )
}
