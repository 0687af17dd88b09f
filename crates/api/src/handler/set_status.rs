//! `setStatus`: the text is on its way, another code, done, cancelled.

use super::answer::{Answer, Answered, Failure};
use super::call::Call;
use super::refusals::not_changed;
use super::show_status::find;
use crate::settings::DoorState;

pub(super) async fn set_status(door: &DoorState, call: &Call) -> Answered {
    let activations = &door.engine.activations;
    let status = call.get("status").unwrap_or_default();
    let activation = find(door, call).await?;
    let (id, account) = (activation.id, Some(call.account));
    let (changed, word) = match status {
        "1" if activation.state.is_final() => return Err(Failure::word("ACTIVATION_NOT_ACTIVE")),
        // Nobody has to know.
        "1" => (Ok(activation), "ACCESS_READY"),
        "3" => (activations.await_next(id, account).await, "ACCESS_RETRY_GET"),
        "6" => (activations.finish(id, account).await, "ACCESS_ACTIVATION"),
        // -1 in the oldest clients.
        "8" | "-1" => (activations.cancel(id, account).await, "ACCESS_CANCEL"),
        _ => return Err(Failure::word("BAD_STATUS")),
    };
    match changed {
        Ok(_) => Ok(Answer::Text(word.to_owned())),
        Err(error) => Err(not_changed(&error)),
    }
}
