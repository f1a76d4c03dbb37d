//! One style sheet of the many in `style/`: bundled, and for a release minified.

use anyhow::{Result, anyhow};
use lightningcss::{
    bundler::{Bundler, FileProvider},
    stylesheet::{MinifyOptions, ParserOptions, PrinterOptions},
    targets::{Browsers, Targets},
};

use crate::{Profile, shell::root};

/// The oldest browsers that the pages are made for, in the tool's notation.
fn browsers() -> Targets {
    let version = |major: u32, minor: u32| Some(major << 16 | minor << 8);
    Targets::from(Browsers { chrome: version(125, 0), edge: version(125, 0), firefox: version(128, 0), safari: version(17, 5), ..Browsers::default() })
}

pub fn bundle(profile: Profile) -> Result<String> {
    let files = FileProvider::new();
    let main = root().join("style/main.css");
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    // The error's text names the file, the line and the column.
    let mut sheet = bundler.bundle(&main).map_err(|error| anyhow!("the styles cannot be read: {error}"))?;
    let targets = browsers();
    if profile == Profile::Release {
        sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() }).map_err(|error| anyhow!("{error}"))?;
    }
    let options = PrinterOptions { minify: profile == Profile::Release, targets, ..PrinterOptions::default() };
    Ok(sheet.to_css(options).map_err(|error| anyhow!("{error}"))?.code)
}
