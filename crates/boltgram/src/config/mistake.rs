//! What is wrong with a configuration, in words and with its line.

use std::fmt;
use std::path::Path;

/// Whether the file can be used all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Wrong,
    Doubtful,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub weight: Weight,
    /// From 1; `None` when something is missing as a whole.
    pub line: Option<usize>,
    pub text: String,
}

impl Mistake {
    pub(super) fn wrong(line: usize, text: impl Into<String>) -> Self {
        Self { weight: Weight::Wrong, line: Some(line), text: text.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if self.weight == Weight::Doubtful {
            f.write_str("warning: ")?;
        }
        f.write_str(&self.text)
    }
}

/// One line for one mistake, and a line each for more.
pub(super) fn told(path: &Path, mistakes: &[Mistake]) -> String {
    match mistakes {
        [only] => format!("{}: {only}", path.display()),
        many => {
            let lines: String = many.iter().map(|mistake| format!("\n  {mistake}")).collect();
            let wrong = many.iter().filter(|mistake| mistake.weight == Weight::Wrong).count();
            let mistakes = if wrong == 1 { "mistake" } else { "mistakes" };
            format!("{} has {wrong} {mistakes}:{lines}", path.display())
        }
    }
}
