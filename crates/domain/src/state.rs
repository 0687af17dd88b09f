//! Shared by the state machines: the error of an illegal event, the outcome that decides an order, and the stored words
//! of states.

/// The event is not allowed in this state; nothing changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event is not legal in this state")]
pub struct Illegal;

/// How the work on what an order bought ended. It decides the order, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Fulfilled,
    CannotBeFulfilled,
}

/// A stored word that no version has written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown stored word {0:?}")]
pub struct UnknownWord(pub String);

/// Defines the stored words of an enum: `as_str`, `FromStr` and `ALL`.
macro_rules! stored_as {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stored and displayed word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::state::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(crate::state::UnknownWord(word.to_owned())),
                }
            }
        }
    };
}
pub(crate) use stored_as;
