//! Command statuses in plain words, for whoever reads why a message failed (SMPP 3.4 §5.1.3, 5.0 §4.7.6).

use crate::status::CommandStatus;

impl CommandStatus {
    /// What the status says, as the end of "the carrier answered that …"; `None` for a code that the standard does not
    /// define.
    #[must_use]
    pub const fn meaning(self) -> Option<&'static str> {
        Some(match self {
            Self::ROK => "it accepted the request",
            Self::RINVMSGLEN => "the text is too long",
            Self::RINVCMDLEN => "the request has a wrong length",
            Self::RINVCMDID => "it does not know the kind of request",
            Self::RINVBNDSTS => "this session may not do that",
            Self::RALYBND => "the account is already connected",
            Self::RINVPRTFLG => "the priority is not valid",
            Self::RINVREGDLVFLG => "the request for a receipt is not valid",
            Self::RSYSERR => "it has a system error",
            Self::RINVSRCADR => "the sender is not valid",
            Self::RINVDSTADR => "the destination is not valid",
            Self::RINVMSGID => "the message id is not valid",
            Self::RBINDFAIL => "it could not connect the session",
            Self::RINVPASWD => "the password is wrong",
            Self::RINVSYSID => "the account name is wrong",
            Self::RCANCELFAIL => "it could not cancel the message",
            Self::RREPLACEFAIL => "it could not replace the message",
            Self::RMSGQFUL => "its queue is full, for this destination or for all",
            Self::RINVSERTYP => "the service type is not allowed",
            Self::RINVNUMDESTS => "the number of destinations is not valid",
            Self::RINVDLNAME => "the distribution list does not exist",
            Self::RINVDESTFLAG => "the kind of destination is not valid",
            Self::RINVSUBREP => "it cannot replace messages on submission",
            Self::RINVESMCLASS => "the message class is not valid",
            Self::RCNTSUBDL => "it cannot send to the distribution list",
            Self::RSUBMITFAIL => "it could not submit the message",
            Self::RINVSRCTON => "the type of the sender's number is not valid",
            Self::RINVSRCNPI => "the numbering plan of the sender is not valid",
            Self::RINVDSTTON => "the type of the destination number is not valid",
            Self::RINVDSTNPI => "the numbering plan of the destination is not valid",
            Self::RINVSYSTYP => "the system type is not valid",
            Self::RINVREPFLAG => "the replace flag is not valid",
            Self::RINVNUMMSGS => "the number of messages is not valid",
            Self::RTHROTTLED => "messages come faster than the account allows",
            Self::RINVSCHED => "the scheduled time is not valid",
            Self::RINVEXPIRY => "the validity period is not valid",
            Self::RINVDFTMSGID => "the predefined message does not exist",
            Self::RX_T_APPN => "its application has a temporary error",
            Self::RX_P_APPN => "its application has a permanent error",
            Self::RX_R_APPN => "its application rejects the message",
            Self::RQUERYFAIL => "it could not answer the query",
            Self::RINVOPTPARSTREAM => "the optional parameters cannot be read",
            Self::ROPTPARNOTALLWD => "an optional parameter is not allowed",
            Self::RINVPARLEN => "a parameter has a wrong length",
            Self::RMISSINGOPTPARAM => "an optional parameter is missing",
            Self::RINVOPTPARAMVAL => "the value of an optional parameter is not valid",
            Self::RDELIVERYFAILURE => "it could not deliver the message",
            Self::RUNKNOWNERR => "it has an error without a name",
            Self::RSERTYPUNAUTH => "the account may not use the service type",
            Self::RPROHIBITED => "the account may not do that",
            Self::RSERTYPUNAVAIL => "the service type is not available now",
            Self::RSERTYPDENIED => "the service type is denied",
            Self::RINVDCS => "the data coding is not valid",
            Self::RINVSRCADDRSUBUNIT => "the sub-unit of the sender is not valid",
            Self::RINVDSTADDRSUBUNIT => "the sub-unit of the destination is not valid",
            Self::RINVBCASTFREQINT => "the broadcast's interval is not valid",
            Self::RINVBCASTALIAS_NAME => "the broadcast's alias is not valid",
            Self::RINVBCASTAREAFMT => "the broadcast's area is not valid",
            Self::RINVNUMBCAST_AREAS => "the number of broadcast areas is not valid",
            Self::RINVBCASTCNTTYPE => "the broadcast's content type is not valid",
            Self::RINVBCASTMSGCLASS => "the broadcast's message class is not valid",
            Self::RBCASTFAIL => "it could not broadcast the message",
            Self::RBCASTQUERYFAIL => "it could not answer the query for the broadcast",
            Self::RBCASTCANCELFAIL => "it could not cancel the broadcast",
            Self::RINVBCAST_REP => "the number of repeats of the broadcast is not valid",
            Self::RINVBCASTSRVGRP => "the broadcast's service group is not valid",
            Self::RINVBCASTCHANIND => "the broadcast's channel is not valid",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_standard_has_a_meaning_and_no_other() {
        for status in (0..0x1000).map(CommandStatus) {
            assert_eq!(status.meaning().is_some(), status.name().is_some(), "{status}");
        }
    }
}
