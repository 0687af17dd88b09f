#!/usr/bin/env python3
"""An SMPP client for the server's tests, built on PyPI `smpplib`: binds, sends a long message, receives its receipts, unbinds.

  client.py '{"port": N, "system_id": "u", "password": "p", "destination": "45…", "text": "…"}'
  stdin    unused; the program ends when it closes
  stdout   one JSON line per event: bound, submitted, receipt, alive, unbound; or refused with the status, then it ends
"""

import json
import os
import sys
import threading

import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.gsm
import smpplib.smpp

OPTIONS = json.loads(sys.argv[1])


def report(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def end_with_stdin():
    sys.stdin.read()
    os._exit(0)


def bind(client):
    try:
        response = client.bind_transceiver(system_id=OPTIONS["system_id"], password=OPTIONS["password"])
    except smpplib.exceptions.PDUError as error:
        report("refused", status=error.args[1])
        client.disconnect()
        sys.exit()
    version = response.sc_interface_version
    report("bound", system_id=response.system_id.decode(), version=version)


def taken(pdu):
    report(
        "receipt",
        esm_class=pdu.esm_class,
        id=pdu.receipted_message_id.decode().rstrip("\0"),
        state=pdu.message_state,
        text=pdu.short_message.decode("latin-1"),  # the header of a part stands in it
    )
    receipts.append(pdu)
    return smpplib.consts.SMPP_ESME_ROK


receipts, submitted = [], []


def main():
    client = smpplib.client.Client("127.0.0.1", OPTIONS["port"], allow_unknown_opt_params=True, timeout=30)
    client.set_message_sent_handler(lambda pdu: submitted.append(pdu.message_id.decode()) or report("submitted", id=submitted[-1]))
    client.set_message_received_handler(taken)
    client.connect()
    bind(client)
    parts, coding, esm_class = smpplib.gsm.make_parts(OPTIONS["text"])
    for part in parts:
        client.send_message(
            source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
            source_addr_npi=smpplib.consts.SMPP_NPI_UNK,
            source_addr="Boltgram",
            dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
            dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
            destination_addr=OPTIONS["destination"],
            short_message=part,
            data_coding=coding,
            esm_class=esm_class,
            registered_delivery=True,
        )
    while len(receipts) < len(parts) or len(submitted) < len(parts):
        client.read_once()
    client.send_pdu(smpplib.smpp.make_pdu("enquire_link", client=client))
    report("alive", answer=client.read_pdu().command)
    report("unbound", answer=client.unbind().command)
    client.disconnect()


threading.Thread(target=end_with_stdin, daemon=True).start()
main()
