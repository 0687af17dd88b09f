#!/usr/bin/env node
// Verifies webhook signatures with npm `standardwebhooks`, the reference library of the Standard Webhooks specification,
// as a customer's program does. The library refuses timestamps more than five minutes away from this machine's clock,
// and bodies that are not JSON.
//
//   stdin   one JSON line per webhook: {"secret": "whsec_…", "headers": {"webhook-id": "…", "webhook-timestamp": "…",
//           "webhook-signature": "v1,…"}, "body": "the text exactly as received"}
//   stdout  one JSON line for each, in order: {"ok": true} or {"ok": false, "error": "…"}
//
// Ends when stdin closes.
'use strict';

const readline = require('node:readline');
const { Webhook } = require('standardwebhooks');

function verify({ secret, headers, body }) {
  new Webhook(secret).verify(body, headers);
  return { ok: true };
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  let answer;
  try {
    answer = verify(JSON.parse(line));
  } catch (error) {
    answer = { ok: false, error: error.message };
  }
  console.log(JSON.stringify(answer));
});
