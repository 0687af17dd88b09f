//! The request format of each gateway's door, and which response means accepted.

use std::io::Write;
use std::net::SocketAddr;

use crate::http::Message;
use crate::number;

/// The door.
#[derive(Debug, Clone)]
pub(crate) enum Door {
    /// Boltgram's orders door: `POST /createsendorder`, paid from the key's account, with webhooks for final states only,
    /// as with Kannel.
    Orders {
        /// `X-API-Key`.
        key: String,
        /// The sink.
        callback: SocketAddr,
    },
    /// Numbers for one code from Boltgram's orders door: `POST /createorder`, paid from the key's account, with webhooks.
    Numbers {
        /// `X-API-Key`.
        key: String,
        /// The sink.
        callback: SocketAddr,
    },
    /// Boltgram's query door: `GET /sms/api.json`, without callbacks.
    Query {
        /// The account's name.
        user: String,
        key: String,
    },
    /// Kannel's `GET /cgi-bin/sendsms`.
    Kannel {
        /// The sink.
        callback: SocketAddr,
    },
    /// The sink itself, to measure HTTP alone.
    Echo,
}

/// One part in every alphabet; messages differ by their recipient.
const TEXT: &str = "Your code is 314159. Do not share it with anyone, not even with us.";
const TEXT_QUOTED: &str = "Your+code+is+314159.+Do+not+share+it+with+anyone%2C+not+even+with+us.";
/// Delivered, failed or rejected: only final states, so that Kannel makes no further calls.
const DLR_MASK: u8 = 1 | 2 | 16;

impl Door {
    /// Writes the request for message `index`.
    pub(super) fn request(&self, index: usize, body: &mut Vec<u8>, out: &mut Vec<u8>) {
        body.clear();
        let digits = number::digits_of(index);
        let phone = std::str::from_utf8(&digits).unwrap_or_default();
        // Writing to a Vec cannot fail.
        let _ = match self {
            Self::Orders { key, callback } => {
                let _ = write!(
                    body,
                    r#"{{"phone":"+{phone}","message":"{TEXT}","immediate":true,"webhookEvents":"final","webhookUrl":"http://{callback}/b/{index}"}}"#
                );
                let head = "Host: gateway\r\nContent-Type: application/json\r\nX-API-Key: ";
                let length = body.len();
                let _ = write!(
                    out,
                    "POST /createsendorder HTTP/1.1\r\n{head}{key}\r\nContent-Length: {length}\r\n\r\n"
                );
                out.write_all(body)
            }
            Self::Numbers { key, callback } => {
                let _ = write!(
                    body,
                    r#"{{"country":"germany","service":"telegram","immediate":true,"webhookUrl":"http://{callback}/b/{index}"}}"#
                );
                let head = "Host: gateway\r\nContent-Type: application/json\r\nX-API-Key: ";
                let length = body.len();
                let _ = write!(
                    out,
                    "POST /createorder HTTP/1.1\r\n{head}{key}\r\nContent-Length: {length}\r\n\r\n"
                );
                out.write_all(body)
            }
            Self::Query { user, key } => write!(
                out,
                "GET /sms/api.json?user={user}&key={key}&msisdn={phone}&sender=BENCH&text={TEXT_QUOTED} HTTP/1.1\r\n\
                 Host: gateway\r\n\r\n",
            ),
            Self::Kannel { callback } => write!(
                out,
                "GET /cgi-bin/sendsms?username=bench&password=bench&from=Boltgram&to=%2B{phone}&text={TEXT_QUOTED}\
                 &dlr-mask={DLR_MASK}&dlr-url=http%3A%2F%2F{}%3A{}%2Fk%2F{index}%2F%25d HTTP/1.1\r\nHost: gateway\r\n\r\n",
                callback.ip(),
                callback.port(),
            ),
            Self::Echo => write!(out, "GET /k/{index}/1 HTTP/1.1\r\nHost: gateway\r\n\r\n"),
        };
    }

    /// Whether the gateway accepted the message.
    pub(super) fn is_yes(&self, answer: &Message<'_>) -> bool {
        let good = matches!(answer.status(), 200..=299);
        match self {
            // An unpaid order is not an accepted message.
            Self::Orders { .. } | Self::Numbers { .. } => {
                good && memchr::memmem::find(answer.body, b"\"paid\"").is_some()
            }
            // Every answer has status 200.
            Self::Query { .. } => {
                good && memchr::memmem::find(answer.body, b"\"SMS_SENT\"").is_some()
            }
            Self::Kannel { .. } | Self::Echo => good,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Door;
    use crate::http::Message;

    fn said(door: &Door) -> String {
        let (mut body, mut out) = (Vec::new(), Vec::new());
        door.request(42, &mut body, &mut out);
        let message = Message::read(&out).unwrap().expect("the length is right");
        assert_eq!(message.octets, out.len());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_door_hears_number_and_callback() {
        let callback = ([127, 0, 0, 1], 99).into();
        let orders = said(&Door::Orders { key: "k".to_owned(), callback });
        assert!(orders.contains(r#""phone":"+66800000042""#), "{orders}");
        assert!(orders.contains(r#""webhookUrl":"http://127.0.0.1:99/b/42"}"#), "{orders}");
        let numbers = said(&Door::Numbers { key: "k".to_owned(), callback });
        assert!(numbers.contains(r#""webhookUrl":"http://127.0.0.1:99/b/42"}"#), "{numbers}");
        let query = said(&Door::Query { user: "u".to_owned(), key: "k".to_owned() });
        assert!(
            query.contains("?user=u&key=k&msisdn=66800000042&sender=BENCH&text=Your+code"),
            "{query}"
        );
        let kannel = said(&Door::Kannel { callback });
        assert!(kannel.contains("to=%2B66800000042&"), "{kannel}");
        assert!(
            kannel.contains("dlr-url=http%3A%2F%2F127.0.0.1%3A99%2Fk%2F42%2F%25d "),
            "{kannel}"
        );
    }

    #[test]
    fn an_unpaid_order_is_not_taken() {
        let door = Door::Orders { key: String::new(), callback: ([127, 0, 0, 1], 9).into() };
        let yes = |text: &str| door.is_yes(&Message::read(text.as_bytes()).unwrap().unwrap());
        assert!(yes("HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"payreq\":\"paid\"}"));
        assert!(!yes("HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"payreq\":\"lnbc\"}"));
        assert!(!yes("HTTP/1.1 500 No\r\nContent-Length: 6\r\n\r\n\"paid\""));
    }
}
