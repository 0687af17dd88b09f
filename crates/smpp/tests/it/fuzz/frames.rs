//! However a stream is split into reads, the same PDUs come out, whole and in order, and none is lost before an error.

use bytes::BytesMut;
use smpp::frame;

const OCTETS_MAX: usize = 4_096;

/// The first octet determines how the rest is split.
pub(crate) fn run(data: &[u8]) {
    let Some((cut, stream)) = data.split_first() else { return };
    let mut whole = BytesMut::from(stream);
    let measured = frame::measure(stream, OCTETS_MAX);
    let (frames, error) = frame::split(&mut whole, OCTETS_MAX);
    let at_once: Vec<_> = frames.map(|pdu| pdu.bytes().clone()).collect();
    assert_eq!(measured.error, error);
    assert_eq!(at_once.concat(), stream[..measured.octets]);
    assert_eq!(whole, stream[measured.octets..]);

    let (mut input, mut in_pieces, mut failed) = (BytesMut::new(), Vec::new(), None);
    for piece in stream.chunks(usize::from(*cut) + 1) {
        input.extend_from_slice(piece);
        let (frames, error) = frame::split(&mut input, OCTETS_MAX);
        in_pieces.extend(frames.map(|pdu| pdu.bytes().clone()));
        if error.is_some() {
            failed = error;
            break;
        }
    }
    assert_eq!(in_pieces, at_once);
    // The sequence number may not have arrived yet.
    assert_eq!(failed.map(|error| error.length), error.map(|error| error.length));
}
