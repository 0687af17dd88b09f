#!/usr/bin/env node
// Decodes Lightning invoices with npm `bolt11`, an independent implementation. It checks no policy: the tests judge the
// fields.
//
//   stdin   one invoice per line (prefixes lnbc, lntb, lnbcrt, lnsb)
//   stdout  one JSON line for each, in order; `{"error": "…"}` for an invalid invoice
//
// Amounts are null for an invoice without an amount; `millisatoshis` is a string, and `satoshis` is null if the amount is
// not a whole number of them. `expiry` is in seconds, `minFinalCltv` in blocks; both default as in BOLT 11.
// `payee` is recovered from the signature, as in wallets: compare it with the expected key.
// Ends when stdin closes.
'use strict';

const crypto = require('node:crypto');
const readline = require('node:readline');
const bolt11 = require('bolt11');
const bech32 = require('bech32');
const secp256k1 = require('secp256k1');

const EXPIRY_DEFAULT = 3600;
const MIN_FINAL_CLTV_DEFAULT = 18;
const SIGNATURE_WORDS = 104;

function decode(line) {
  const invoice = bolt11.decode(line);
  const tags = Object.fromEntries(invoice.tags.map(({ tagName, data }) => [tagName, data]));
  return {
    paymentHash: tags.payment_hash ?? null,
    satoshis: invoice.satoshis ?? null,
    millisatoshis: invoice.millisatoshis ?? null,
    description: tags.description ?? null,
    descriptionHash: tags.purpose_commit_hash ?? null,
    expiry: tags.expire_time ?? EXPIRY_DEFAULT,
    minFinalCltv: tags.min_final_cltv_expiry ?? MIN_FINAL_CLTV_DEFAULT,
    timestamp: invoice.timestamp,
    payee: invoice.payeeNodeKey,
    network: invoice.network.bech32,
    complete: invoice.complete,
    hasValidSignature: hasValidSignature(invoice),
    hasPaymentSecret: 'payment_secret' in tags,
  };
}

// Key recovery succeeds for nearly any signature. This check is stricter and accepts low S only: a reader must accept high S
// too (BOLT 11 "Requirements"), but a good signer never produces it.
function hasValidSignature({ prefix, paymentRequest, signature, payeeNodeKey }) {
  const { words } = bech32.decode(paymentRequest, Number.MAX_SAFE_INTEGER);
  const signed = Buffer.concat([Buffer.from(prefix), wordsToBytes(words.slice(0, -SIGNATURE_WORDS))]);
  const digest = crypto.createHash('sha256').update(signed).digest();
  return secp256k1.ecdsaVerify(Buffer.from(signature, 'hex'), digest, Buffer.from(payeeNodeKey, 'hex'));
}

// Converts 5-bit words to bytes and pads the last byte with zeros.
function wordsToBytes(words) {
  const bits = words.map((word) => word.toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{1,8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => parseInt(byte.padEnd(8, '0'), 2)));
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  let answer;
  try {
    answer = decode(line.trim());
  } catch (error) {
    answer = { error: error.message };
  }
  console.log(JSON.stringify(answer));
});
