//! The SMPP protocol, 3.4 and 5.0: PDUs, sessions, windows, client and server. Knows nothing of Boltgram.
