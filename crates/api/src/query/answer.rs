//! What an endpoint answers: a word for success, or a word for the error, and an object beside it.

use std::borrow::Cow;

use domain::ports::PortError;

use super::tree::Node;

/// An answer that is no error.
#[derive(Debug)]
pub(super) enum Success {
    /// `{"status":"success","success":"<word>","<name>":…}`
    Word { word: &'static str, object: Option<(&'static str, Node)> },
    /// A page of a list, and beside it `"page":{"page":1,"next":2}`; `next` is null on the last one.
    Page { word: &'static str, object: (&'static str, Node), page: u32, has_next: bool },
    /// The tree alone.
    Bare(Node),
}

/// `{"status":"error","error":"<word>","<name>":{…}}`. What the documented errors of the old service lack
/// is explained by a `reason` for people.
#[derive(Debug)]
pub(super) struct Failure {
    word: &'static str,
    /// Repeats the input that is wrong.
    object: Option<(&'static str, Node)>,
    reason: Option<Cow<'static, str>>,
}

/// Characters of an input that an answer repeats.
const ECHO_CHARS_MAX: usize = 100;

impl Success {
    /// A word alone.
    pub(super) const fn word(word: &'static str) -> Self {
        Self::Word { word, object: None }
    }

    pub(super) const fn of(word: &'static str, name: &'static str, object: Node) -> Self {
        Self::Word { word, object: Some((name, object)) }
    }

    pub(super) fn into_tree(self) -> Node {
        match self {
            Self::Bare(tree) => tree,
            Self::Word { word, object } => succeeded(word, object),
            Self::Page { word, object, page, has_next } => {
                let next = has_next.then(|| page.saturating_add(1));
                let next = next.map_or(Node::Null, |next| u64::from(next).into());
                let page = Node::object([("page", u64::from(page).into()), ("next", next)]);
                succeeded(word, [object, ("page", page)])
            }
        }
    }
}

fn succeeded(word: &'static str, objects: impl IntoIterator<Item = (&'static str, Node)>) -> Node {
    let mut fields = vec![("status", "success".into()), ("success", word.into())];
    fields.extend(objects);
    Node::Object(fields)
}

impl Failure {
    pub(super) const fn new(word: &'static str) -> Self {
        Self { word, object: None, reason: None }
    }

    /// With the object `name`, and in it the wrong input; `None`: it is missing.
    pub(super) fn echo(
        word: &'static str,
        name: &'static str,
        field: &'static str,
        input: Option<&str>,
    ) -> Self {
        Self::new(word).with(name, Node::object([(field, shown(input))]))
    }

    pub(super) fn with(self, name: &'static str, object: Node) -> Self {
        Self { object: Some((name, object)), ..self }
    }

    pub(super) fn because(self, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    pub(super) fn into_tree(self) -> Node {
        let mut fields = vec![("status", "error".into()), ("error", self.word.into())];
        fields.extend(self.object);
        fields.extend(self.reason.map(|reason| ("reason", reason.as_ref().into())));
        Node::Object(fields)
    }
}

/// An input as an answer repeats it.
pub(super) fn shown(input: Option<&str>) -> Node {
    input.map_or(Node::Null, |text| Node::Text(text.chars().take(ECHO_CHARS_MAX).collect()))
}

impl From<&PortError> for Failure {
    fn from(error: &PortError) -> Self {
        tracing::warn!(%error, "the store could not serve a request");
        Self::new("INTERNAL_ERROR").because("it could not be done right now; try again")
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self::from(&error)
    }
}
