//! A mistake in a configuration file, with its line.

use std::fmt;
use std::path::Path;

/// An error makes the file unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    Error,
    Warning,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub severity: Severity,
    /// From 1; `None` if a section is missing.
    pub line: Option<usize>,
    pub text: String,
}

impl Mistake {
    pub(super) fn error(line: usize, text: impl Into<String>) -> Self {
        Self { severity: Severity::Error, line: Some(line), text: text.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if self.severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        f.write_str(&self.text)
    }
}

/// All mistakes as text: one line for a single one, else a line for each.
pub(super) fn summary(path: &Path, mistakes: &[Mistake]) -> String {
    match mistakes {
        [only] => format!("{}: {only}", path.display()),
        many => {
            let lines: String = many.iter().map(|mistake| format!("\n  {mistake}")).collect();
            let wrong = many.iter().filter(|mistake| mistake.severity == Severity::Error).count();
            let mistakes = if wrong == 1 { "mistake" } else { "mistakes" };
            format!("{} has {wrong} {mistakes}:{lines}", path.display())
        }
    }
}
