//! The ways out: SMPP, SMTP and the sandbox, behind the domain's Carrier port.
