#!/usr/bin/env node
// An SMPP client for the server's tests, built on npm `smpp` (installed for ../smsc): binds, sends a long message in
// message_payload, receives its receipt, sends enquire_link, unbinds.
//
//   client.js '{"port": N, "system_id": "u", "password": "p", "destination": "45…", "text": "…"}'
//   stdin    unused; the program ends when it closes
//   stdout   one JSON line per event: bound, submitted, receipt, alive, unbound
'use strict';

const smpp = require('../smsc/node_modules/smpp');

const options = JSON.parse(process.argv[2]);
const report = (event, fields) => console.log(JSON.stringify({ event, ...fields }));
process.stdin.on('end', () => process.exit(0)).resume();

const session = smpp.connect({ host: '127.0.0.1', port: options.port });
session.on('error', (error) => {
  report('error', { message: error.message });
  process.exit(1);
});

session.on('connect', () => session.bind_transceiver({ system_id: options.system_id, password: options.password }, (pdu) => {
  report('bound', { status: pdu.command_status, system_id: pdu.system_id, version: pdu.sc_interface_version });
  if (pdu.command_status) return process.exit(0);
  session.submit_sm({
    source_addr_ton: 5,
    source_addr: 'Boltgram',
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: options.destination,
    registered_delivery: 1,
    message_payload: { message: options.text },
    user_message_reference: 7,
  }, (answer) => report('submitted', { status: answer.command_status, id: answer.message_id }));
}));

session.on('deliver_sm', (pdu) => {
  report('receipt', {
    esm_class: pdu.esm_class,
    text: pdu.short_message.message,
    id: pdu.receipted_message_id,
    state: pdu.message_state,
    reference: pdu.user_message_reference,
  });
  session.send(pdu.response());
  session.enquire_link({}, (answer) => {
    report('alive', { status: answer.command_status });
    session.unbind({}, (last) => {
      report('unbound', { status: last.command_status });
      session.close();
      process.exit(0);
    });
  });
});
