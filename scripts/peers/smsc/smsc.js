#!/usr/bin/env node
// An SMSC for the tests of the SMPP carrier, built on npm `smpp`: an independent implementation, with faults on command.
//
//   smsc.js ['{"password": "p", …}']     options below; all are optional
//   stdin    one JSON command per line, below; each is answered by {"event": "done", "cmd": "…"}
//   stdout   one JSON line per event, the first being {"event": "listening", "port": N}
//
// The last digits of the destination decide a message's outcome:
//
//   …0001  refused, ESME_RINVDSTADR              …0003  accepted, without a receipt
//   …0002  accepted, receipt stat:UNDELIV        …0004  ESME_RTHROTTLED twice, then as others
//   others accepted, receipt stat:DELIVRD
//
// Receipts follow `registered_delivery`, go to any receiving bind of the same system_id, and are kept until answered: after a lost
// connection or a temporary error they are sent again. Sources and destinations are otherwise free.
// Ends when stdin closes.
'use strict';

const fs = require('node:fs');
const readline = require('node:readline');
const smpp = require('smpp');

const options = {
  port: 0,
  system_id: null, // null: any
  password: null, // null: any
  receipt_ms: 50, // delay from the response to the receipt
  receipt_first: false, // the receipt overtakes the response, as with busy carriers
  backwards_ms: 0, // responses to submit_sm are held this long and sent in reverse order; 0: at once, in order
  receipt_always: false, // receipts even if none was requested
  receipt_bind: 'any', // any: the first receiving bind; other: not the one that sent the message
  receipt_id: 'hex', // hex: as in the response; decimal: the same number in decimal, as some carriers do
  receipt_tlvs: true, // receipted_message_id and message_state besides the text
  retry_ms: 200, // delay before a receipt is repeated after a temporary error
  quiet: false, // no event per message or receipt, for measurements; `count` still counts
  tls: null, // {"cert": PATH, "key": PATH}
  ...JSON.parse(process.argv[2] ?? '{}'),
};

// The library decodes texts and dates; without its filters the bytes are reported as received.
for (const command of Object.values(smpp.commands)) {
  for (const param of Object.values(command.params ?? {})) delete param.filter;
}
for (const tlv of Object.values(smpp.tlvs)) delete tlv.filter;

const HEADER = ['command', 'command_length', 'command_id', 'command_status', 'sequence_number'];
const TEMPORARY = [smpp.ESME_RSYSERR, smpp.ESME_RMSGQFUL, smpp.ESME_RTHROTTLED, smpp.ESME_RX_T_APPN];
const SENDS = ['transmitter', 'transceiver'];
const RECEIVES = ['receiver', 'transceiver'];
const REGISTERED = { 0: [], 1: ['DELIVRD', 'UNDELIV'], 2: ['UNDELIV'], 3: ['DELIVRD'] };

const counts = { submitted: 0, accepted: 0, answered: 0 }; // answered: deliver_sm, finally
const throttled = new Map(); // destination → times
const outbox = new Set(); // deliveries not yet answered: {system_id, fields, session: where it was sent, or null, not: never there}
let held = null; // answers kept back while paused
let next_id = Date.now() * 1000; // an SMSC does not repeat itself after a restart

const print = (event) => console.log(JSON.stringify(event));
const report = (event) => options.quiet || print(event);

const server = smpp.createServer(
  options.tls ? { cert: fs.readFileSync(options.tls.cert), key: fs.readFileSync(options.tls.key) } : {},
  serve,
);
const listen = () => server.listen(options.port, '127.0.0.1', () => {
  options.port = server.address().port;
  print({ event: 'listening', port: options.port });
});

// ---- sessions

function serve(session) {
  session.kind = null;
  for (const kind of ['transmitter', 'receiver', 'transceiver']) {
    session.on(`bind_${kind}`, (pdu) => bind(session, kind, pdu));
  }
  session.on('submit_sm', (pdu) => submit(session, pdu));
  session.on('enquire_link', (pdu) => {
    print({ event: 'enquire_link' });
    answer(session, pdu);
  });
  session.on('unbind', (pdu) => {
    print({ event: 'unbind', system_id: session.system_id });
    answer(session, pdu, {}, () => session.close());
  });
  session.on('unbind_resp', () => session.close());
  session.on('pdu', (pdu) => {
    if (!pdu.isResponse() && session.listenerCount(pdu.command) === 0) {
      print({ event: 'unknown', command_id: pdu.command_id });
      answer(session, pdu, { command_status: smpp.ESME_RINVCMDID });
    }
  });
  session.on('error', (error) => {
    print({ event: 'error', message: error.message });
    session.destroy();
  });
  session.on('close', () => {
    print({ event: 'close', system_id: session.system_id });
    session.kind = null;
    for (const delivery of outbox) if (delivery.session === session) delivery.session = null;
    deliverAll();
  });
}

function bind(session, kind, pdu) {
  const { system_id, password, system_type, interface_version } = pdu;
  const status = bindStatus(session, system_id, password);
  print({ event: 'bind', kind, system_id, system_type, interface_version, status });
  if (status) return answer(session, pdu, { command_status: status });
  answer(session, pdu, { system_id: 'smsc', sc_interface_version: 0x34 }, () => {
    Object.assign(session, { kind, system_id });
    deliverAll();
  });
}

function bindStatus(session, system_id, password) {
  if (session.kind) return smpp.ESME_RALYBND;
  if (options.system_id !== null && system_id !== options.system_id) return smpp.ESME_RINVSYSID;
  if (options.password !== null && password !== options.password) return smpp.ESME_RINVPASWD;
  return smpp.ESME_ROK;
}

function answer(session, pdu, fields = {}, then = () => {}) {
  const send = () => {
    session.send(pdu.response(fields));
    then();
  };
  if (held) held.push(send);
  else send();
}

// ---- messages

function submit(session, pdu) {
  counts.submitted += 1;
  const status = submitStatus(session, pdu.destination_addr);
  const id = status ? null : (next_id++).toString(16);
  const bind = server.sessions.indexOf(session);
  report({ event: 'submit_sm', system_id: session.system_id, bind, ...readable(pdu), status, id });
  if (status) return answer(session, pdu, { command_status: status });

  counts.accepted += 1;
  const not = options.receipt_bind === 'other' ? session : null;
  const receipt = { system_id: session.system_id, fields: receiptFields(pdu, id), session: null, not };
  if (!owesReceipt(pdu)) return answer(session, pdu, { message_id: id });
  if (options.receipt_first) {
    deliver(receipt);
    return setTimeout(() => answer(session, pdu, { message_id: id }), options.receipt_ms);
  }
  const then = () => setTimeout(() => deliver(receipt), options.receipt_ms);
  if (options.backwards_ms) return backwards(() => answer(session, pdu, { message_id: id }, then));
  answer(session, pdu, { message_id: id }, then);
}

let kept = []; // answers to be sent backwards

function backwards(send) {
  if (kept.length === 0) {
    setTimeout(() => {
      const sends = kept.reverse();
      kept = [];
      sends.forEach((each) => each());
    }, options.backwards_ms);
  }
  kept.push(send);
}

function submitStatus(session, destination) {
  if (!SENDS.includes(session.kind)) return smpp.ESME_RINVBNDSTS;
  if (destination.endsWith('0001')) return smpp.ESME_RINVDSTADR;
  if (destination.endsWith('0004')) {
    const times = (throttled.get(destination) ?? 0) + 1;
    throttled.set(destination, times);
    if (times <= 2) return smpp.ESME_RTHROTTLED;
  }
  return smpp.ESME_ROK;
}

// All fields of a PDU except its header's; bytes as hex, known TLVs by name and others by number.
function readable(pdu) {
  const fields = Object.entries(pdu).filter(([name]) => !HEADER.includes(name));
  return Object.fromEntries(fields.map(([name, value]) => [name, Buffer.isBuffer(value) ? value.toString('hex') : value]));
}

// ---- receipts and messages from phones

const stat = (pdu) => (pdu.destination_addr.endsWith('0002') ? 'UNDELIV' : 'DELIVRD');

function owesReceipt(pdu) {
  if (pdu.destination_addr.endsWith('0003')) return false;
  return options.receipt_always || REGISTERED[pdu.registered_delivery & 3].includes(stat(pdu));
}

// SMPP 3.4 appendix B
function receiptFields(pdu, hex_id) {
  const id = options.receipt_id === 'decimal' ? parseInt(hex_id, 16).toString() : hex_id;
  const delivered = stat(pdu) === 'DELIVRD';
  const date = new Date().toISOString().replace(/\D/g, '').slice(2, 12);
  const text = `id:${id} sub:001 dlvrd:00${delivered ? 1 : 0} submit date:${date} done date:${date} `
    + `stat:${stat(pdu)} err:${delivered ? '000' : '001'} text:`;
  const tlvs = { receipted_message_id: id, message_state: delivered ? 2 : 5 };
  return {
    source_addr_ton: pdu.dest_addr_ton,
    source_addr_npi: pdu.dest_addr_npi,
    source_addr: pdu.destination_addr,
    dest_addr_ton: pdu.source_addr_ton,
    dest_addr_npi: pdu.source_addr_npi,
    destination_addr: pdu.source_addr,
    esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
    data_coding: 0,
    short_message: Buffer.from(text, 'latin1'),
    ...(options.receipt_tlvs ? tlvs : {}),
  };
}

// `text` in the default alphabet if possible, else in UCS-2; or `hex`, the bytes of short_message. Other fields are sent unchanged.
function phoneFields({ source, destination, text = '', hex, ...fields }) {
  const encoding = smpp.encodings.detect(text) === 'ASCII' ? 'ASCII' : 'UCS2';
  return {
    source_addr_ton: 1,
    source_addr_npi: 1,
    source_addr: source,
    destination_addr: destination,
    data_coding: encoding === 'UCS2' ? 8 : 0,
    short_message: hex === undefined ? smpp.encodings[encoding].encode(text) : Buffer.from(hex, 'hex'),
    ...fields,
  };
}

function deliver(delivery) {
  outbox.add(delivery);
  send(delivery);
}

function deliverAll() {
  for (const delivery of outbox) send(delivery);
}

// A delivery stays in the outbox until a receiving bind exists and has answered it.
function send(delivery) {
  const { system_id, fields } = delivery;
  const may = (s) => RECEIVES.includes(s.kind) && s !== delivery.not && (system_id === null || s.system_id === system_id);
  const session = server.sessions.find(may);
  if (delivery.session || !session) return;
  delivery.session = session;
  report({ event: 'deliver_sm', bind: server.sessions.indexOf(session), kind: session.kind });
  session.deliver_sm({ ...fields }, (resp) => {
    report({ event: 'deliver_sm_resp', status: resp.command_status, source: fields.source_addr, destination: fields.destination_addr });
    if (TEMPORARY.includes(resp.command_status)) {
      delivery.session = null;
      return setTimeout(() => send(delivery), options.retry_ms);
    }
    counts.answered += 1;
    outbox.delete(delivery);
  });
}

// ---- commands

const dropAll = () => [...server.sessions].forEach((session) => session.destroy());

const commands = {
  drop: dropAll, // destroy every connection
  pause: () => { held ??= []; }, // keep reading, but send no responses
  resume: () => { // send the held responses in order
    const waiting = held ?? [];
    held = null;
    waiting.forEach((send) => send());
  },
  close: () => { // stop listening, and drop
    dropAll();
    server.close();
  },
  listen, // again, on the same port
  unbind: () => server.sessions.forEach((session) => session.unbind()),
  deliver: (fields) => deliver({ system_id: null, fields: phoneFields(fields), session: null }), // a message from a phone
  set: (changed) => { Object.assign(options, changed); }, // options, from now on
  count: () => ({ ...counts, sessions: server.sessions.length, outbox: outbox.size, waiting: held?.length ?? 0 }),
};

readline.createInterface({ input: process.stdin }).on('close', () => process.exit(0)).on('line', (line) => {
  try {
    const { cmd, ...fields } = JSON.parse(line);
    if (!Object.hasOwn(commands, cmd)) throw new Error(`no such command: ${cmd}`);
    const result = commands[cmd](fields);
    print({ event: 'done', cmd, ...(cmd === 'count' ? result : {}) });
  } catch (error) {
    print({ event: 'error', message: error.message });
  }
});

server.on('error', (error) => print({ event: 'error', message: error.message }));
listen();
