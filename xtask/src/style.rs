//! Two style sheets of the many in `style/`, one for every page and one for the editor: bundled,
//! and for a release minified.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::{
    bundler::{Bundler, FileProvider},
    stylesheet::{MinifyOptions, ParserOptions, PrinterOptions},
    targets::{Browsers, Features, Targets},
};

use crate::{Profile, shell::root};

/// The oldest browsers that the pages are made for. What they lack is filled in, but for nesting
/// and `light-dark()`: the stand-in for the latter follows the system's colours only, and an
/// element could no longer choose its own.
fn targets() -> Targets {
    let version = |major: u32, minor: u32| Some(major << 16 | minor << 8);
    let browsers = Browsers {
        chrome: version(111, 0),
        edge: version(111, 0),
        firefox: version(113, 0),
        safari: version(16, 4),
        ios_saf: version(16, 4),
        ..Browsers::default()
    };
    Targets {
        browsers: Some(browsers),
        include: Features::empty(),
        exclude: Features::Nesting | Features::LightDark,
    }
}

/// A sheet of `style/` with all that it imports.
pub fn bundle(name: &str, profile: Profile) -> Result<String> {
    bundle_file(&root().join("style").join(name), profile)
}

fn bundle_file(main: &Path, profile: Profile) -> Result<String> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(main).map_err(|error| {
        // Editors count lines from one; the parser from zero.
        let place = error
            .loc
            .as_ref()
            .map_or(String::new(), |at| format!("{}:{}:{}: ", at.filename, at.line + 1, at.column));
        anyhow!("{place}{}", error.kind)
    })?;
    let (targets, minify) = (targets(), profile == Profile::Release);
    sheet
        .minify(MinifyOptions { targets, ..MinifyOptions::default() })
        .map_err(|error| anyhow!("the styles: {error}"))?;
    let options = PrinterOptions { minify, targets, ..PrinterOptions::default() };
    Ok(sheet.to_css(options).map_err(|error| anyhow!("the styles: {error}"))?.code)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::bundle_file;
    use crate::Profile;

    /// Bundles files of a folder of its own; the first is the main one.
    fn bundle(test: &str, files: &[(&str, &str)], profile: Profile) -> anyhow::Result<String> {
        let folder =
            std::env::temp_dir().join(format!("wayfare-style-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
        let done = bundle_file(&folder.join(files[0].0), profile);
        fs::remove_dir_all(folder).unwrap();
        done
    }

    #[test]
    fn imports_keep_their_layers() {
        let files = [
            ("main.css", "@layer reset, base;\n@import \"base.css\" layer(base);"),
            ("base.css", "a { color: red }"),
        ];
        let css = bundle("imports", &files, Profile::Release).unwrap();
        assert_eq!(css.trim(), "@layer reset;@layer base{a{color:red}}");
    }

    #[test]
    fn what_the_pages_rely_on_survives() {
        let kept = [
            ".card{& .title{color:red}&:hover{color:#00f}}",
            ":root{color-scheme:light dark;--ink:light-dark(#111,#eee)}",
            "p{color:light-dark(#000,#fff)}",
            "[popover]:popover-open{inset:auto}",
            "button{anchor-name:--menu}",
            ".menu{position-anchor:--menu;position-area:block-end \
                span-inline-end;position-try:flip-block,flip-inline}",
            ".menu{position-try-fallbacks:--above}@position-try --above{position-area:block-start}",
            "dialog::backdrop{background:#0008}",
            "@starting-style{dialog{opacity:0}}",
            "dialog{transition:display .1s allow-discrete}",
            ".row{container:row/inline-size}@container row (width>30rem){p{display:grid}}",
            "a:has(>img){text-wrap:balance}",
            ".x{width:anchor-size(width);field-sizing:content;interpolate-size:allow-keywords}",
        ];
        for text in kept {
            let css = bundle("survives", &[("main.css", text)], Profile::Release).unwrap();
            assert_eq!(css.trim(), text);
        }
    }

    #[test]
    fn a_fault_is_told_with_its_file_and_line() {
        let files = [
            ("main.css", "@import \"broken.css\";"),
            ("broken.css", "a { color: red }\n\na::: { color: red }\n"),
        ];
        for profile in [Profile::Dev, Profile::Release] {
            let error = bundle("fault", &files, profile).unwrap_err().to_string();
            assert!(error.contains("broken.css:3:"), "{error}");
        }
        let missing =
            bundle("missing", &[("main.css", "\n@import \"nowhere.css\";")], Profile::Dev)
                .unwrap_err()
                .to_string();
        assert!(missing.contains("main.css:2:") || missing.contains("nowhere.css"), "{missing}");
    }
}
