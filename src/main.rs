//! The binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    wayfare::cli::run_program()
}
