//! What the state machines share: the refusal, the outcome that decides an order, and the words under
//! which states are stored.

/// The event is not legal in this state; nothing changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event is not legal in this state")]
pub struct Illegal;

/// How the work on what an order bought ended. It decides the order, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Fulfilled,
    CannotBeFulfilled,
}

/// A stored word that no version of ours wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown stored word {0:?}")]
pub struct UnknownWord(pub String);

/// Gives an enum its stored words: `as_str`, `FromStr` and `ALL`, from one list.
macro_rules! stored_as {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word under which it is stored and shown.
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
