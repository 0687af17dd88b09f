//! The tokens of a statement outside of parentheses and quotes: enough to split the program's own
//! statements into clauses.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// Where it begins.
    pub(super) at: usize,
    pub(super) text: &'a str,
}

impl Token<'_> {
    pub(super) const fn end(&self) -> usize {
        self.at + self.text.len()
    }
}

pub(super) fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut begin = None;
    let ends = outside(sql).map(|(at, c)| (at, c.is_whitespace() || matches!(c, '(' | ')' | ',')));
    for (at, is_end) in ends.chain([(sql.len(), true)]) {
        if let Some(from) = begin.filter(|_| is_end) {
            tokens.extend(sql.get(from..at).map(|text| Token { at: from, text }));
            begin = None;
        } else if !is_end {
            begin = begin.or(Some(at));
        }
    }
    tokens
}

/// Characters outside of parentheses and quotes, and these delimiters themselves.
fn outside(sql: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut depth, mut quoted) = (0_u32, false);
    sql.char_indices().filter(move |(_, c)| {
        let before = depth > 0 || quoted;
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        !before || (depth == 0 && !quoted)
    })
}

/// The content of the first parentheses, and the text after them.
pub(super) fn inside(sql: &str) -> Option<(&str, &str)> {
    let (begin, _) = outside(sql).find(|(_, c)| *c == '(')?;
    let (end, _) = outside(sql).find(|(at, c)| *at > begin && *c == ')')?;
    Some((sql.get(begin + 1..end)?, sql.get(end + 1..)?))
}

pub(super) fn comma_separated(list: &str) -> Vec<&str> {
    let commas = outside(list).filter(|(_, c)| *c == ',').map(|(at, _)| at);
    let mut parts = Vec::new();
    let mut begin = 0;
    for end in commas.chain([list.len()]) {
        parts.extend(list.get(begin..end).map(str::trim));
        begin = end + 1;
    }
    parts
}

/// The assigned columns: `a = …, b = …`.
pub(super) fn columns(assignments: &str) -> Vec<&str> {
    let column = |assignment: &&str| assignment.split('=').next().map_or("", str::trim).len();
    comma_separated(assignments).iter().map(|text| &text[..column(text)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_words_outside_of_parentheses_and_quotes() {
        let sql = "UPDATE t SET a = coalesce(?1, (b)), c = 'WHERE (x'\n WHERE k IN (1)";
        let found: Vec<_> = tokens(sql).iter().map(|token| token.text).collect();
        let expected = [
            "UPDATE",
            "t",
            "SET",
            "a",
            "=",
            "coalesce",
            "c",
            "=",
            "'WHERE (x'",
            "WHERE",
            "k",
            "IN",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn divides_lists() {
        assert_eq!(comma_separated("a, coalesce(b, c),\n 'd,e'"), ["a", "coalesce(b, c)", "'d,e'"]);
        assert_eq!(columns(" a = ?1, b_c = coalesce(a, b = 1) "), ["a", "b_c"]);
        assert_eq!(inside("t (a, (b)) VALUES (c)"), Some(("a, (b)", " VALUES (c)")));
        assert_eq!(inside("no"), None);
    }
}
