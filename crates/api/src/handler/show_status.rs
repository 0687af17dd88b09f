//! `getStatus`, `getStatusV2`, `getFullSms`, `getAllSms`: what came to a number.
//!
//! | the activation | `getStatus` |
//! |---|---|
//! | no number yet, or no message | `STATUS_WAIT_CODE` |
//! | a message came | `STATUS_OK:<code>`; the whole text if no code was found in it |
//! | another one is awaited | `STATUS_WAIT_RETRY:<last code>` |
//! | cancelled or expired | `STATUS_CANCEL` |

use domain::activation::state::ActivationState;
use domain::activation::{Activation, ActivationMessage, State};
use domain::ports::ActivationMessageList;
use serde_json::{Value, json};

use super::answer::{Answer, Answered, Failure};
use super::call::Call;
use super::fields::date_time;
use crate::settings::DoorState;

/// Messages of one activation in one answer.
const MESSAGES_MAX: u32 = 100;

pub(super) async fn get_status(door: &DoorState, call: &Call) -> Answered {
    let activation = find(door, call).await?;
    Ok(Answer::Text(status(&activation)))
}

fn status(activation: &Activation) -> String {
    use ActivationState as S;
    match activation.state {
        State::Activation(S::Code | S::Finished) => format!("STATUS_OK:{}", last_code(activation)),
        State::Activation(S::WaitingNext) => format!("STATUS_WAIT_RETRY:{}", last_code(activation)),
        State::Activation(S::Cancelled | S::Expired) => "STATUS_CANCEL".to_owned(),
        State::Activation(S::Paid | S::Acquiring | S::Unknown | S::Waiting) | State::Rental(_) => {
            "STATUS_WAIT_CODE".to_owned()
        }
    }
}

fn last_code(activation: &Activation) -> String {
    let text = || activation.text.as_ref().map(|text| one_line(text.as_str()));
    let code = activation.code.as_ref().map(|code| code.as_str().to_owned());
    code.or_else(text).unwrap_or_default()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) async fn get_status_v2(door: &DoorState, call: &Call) -> Answered {
    let activation = find(door, call).await?;
    if activation.messages == 0 {
        return Ok(Answer::Text(status(&activation)));
    }
    let last = messages(door, &activation).await?.pop();
    let sms = last.map_or(Value::Null, |message| sms(&message));
    Ok(Answer::Json(json!({ "verificationType": 0, "sms": sms, "call": null })))
}

fn sms(message: &ActivationMessage) -> Value {
    json!({
        "dateTime": date_time(message.at),
        "code": message.code.as_ref().map(|code| code.as_str()),
        "text": message.text.as_str(),
    })
}

pub(super) async fn get_full_sms(door: &DoorState, call: &Call) -> Answered {
    let activation = find(door, call).await?;
    Ok(Answer::Text(match &activation.text {
        Some(text) => format!("FULL_SMS:{}", text.as_str()),
        None => status(&activation),
    }))
}

pub(super) async fn get_all_sms(door: &DoorState, call: &Call) -> Answered {
    let activation = find(door, call).await?;
    let all: Vec<Value> = messages(door, &activation).await?.iter().map(sms).collect();
    Ok(Answer::Json(json!({ "data": all })))
}

/// The last ones, oldest first.
pub(super) async fn messages(
    door: &DoorState,
    activation: &Activation,
) -> Result<Vec<ActivationMessage>, Failure> {
    let after = activation.messages.saturating_sub(MESSAGES_MAX);
    let list = ActivationMessageList { activation: activation.id, after, limit: MESSAGES_MAX };
    Ok(door.engine.activations.messages(list).await?)
}

/// An activation of the caller for one code.
pub(super) async fn find(door: &DoorState, call: &Call) -> Result<Activation, Failure> {
    let found = door.engine.activations.get(call.id()?, Some(call.account)).await?;
    let of_code = found.filter(|found| !found.wanted.is_rental());
    of_code.ok_or_else(|| Failure::word("NO_ACTIVATION"))
}
