//! Which route a path is of, by the words under which it stands in the log. It agrees with the
//! router: what is written out goes before a parameter.

use std::collections::HashMap;

/// Routes, and roots below which every path is somebody's.
#[derive(Debug)]
pub(super) struct Places<T> {
    written_out: HashMap<&'static str, T>,
    /// With a parameter (`{uuid}`) for some segments.
    with_parameters: Vec<(&'static str, T)>,
    roots: Vec<(&'static str, T)>,
}

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self { written_out: HashMap::new(), with_parameters: vec![], roots: vec![] }
    }
}

impl<T> Places<T> {
    pub(super) fn add(&mut self, route: &'static str, of: T) {
        if route.contains('{') {
            self.with_parameters.push((route, of));
        } else {
            self.written_out.insert(route, of);
        }
    }

    pub(super) fn add_root(&mut self, root: &'static str, of: T) {
        self.roots.push((root, of));
    }

    pub(super) fn extend(&mut self, others: Self) {
        self.written_out.extend(others.written_out);
        self.with_parameters.extend(others.with_parameters);
        self.roots.extend(others.roots);
    }

    /// The route, if it is one, and whose it is.
    pub(super) fn find(&self, path: &str) -> (Option<&'static str>, Option<&T>) {
        if let Some((route, of)) = self.written_out.get_key_value(path) {
            return (Some(route), Some(of));
        }
        let below = |root: &str| {
            path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let Some((_, of)) = self.roots.iter().find(|(root, _)| below(root)) else {
            return (None, None);
        };
        match self.with_parameters.iter().find(|(route, _)| is_of(path, route)) {
            Some((route, of)) => (Some(route), Some(of)),
            None => (None, Some(of)),
        }
    }
}

fn is_of(path: &str, route: &str) -> bool {
    let (mut path, mut route) = (path.split('/'), route.split('/'));
    loop {
        match (path.next(), route.next()) {
            (None, None) => return true,
            (Some(segment), Some(word)) => {
                let fits =
                    if word.starts_with('{') { !segment.is_empty() } else { segment == word };
                if !fits {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_of_its_route_or_of_what_is_around_it() {
        let mut places = Places::default();
        for route in ["/price", "/api/sms", "/api/sms/send", "/api/sms/{uuid}", "/api/sms/{uuid}/x"]
        {
            places.add(route, 'r');
        }
        places.add_root("/api", 'a');
        for (path, route, of) in [
            ("/price", Some("/price"), Some(&'r')),
            ("/prices", None, None),
            ("/", None, None),
            ("/api/sms", Some("/api/sms"), Some(&'r')),
            ("/api/sms/send", Some("/api/sms/send"), Some(&'r')),
            ("/api/sms/sent", Some("/api/sms/{uuid}"), Some(&'r')),
            ("/api/sms/7/x", Some("/api/sms/{uuid}/x"), Some(&'r')),
            ("/api/sms/7/y", None, Some(&'a')),
            ("/api/sms/7/x/", None, Some(&'a')),
            ("/api/sms/", None, Some(&'a')),
            ("/api/sms//x", None, Some(&'a')),
            ("/api", None, Some(&'a')),
            ("/api/", None, Some(&'a')),
            ("/apis", None, None),
        ] {
            assert_eq!(places.find(path), (route, of), "{path}");
        }
    }
}
