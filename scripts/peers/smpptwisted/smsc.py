#!/usr/bin/env python3
"""An SMSC for the client's tests, built on PyPI `smpp.twisted3`, whose strict decoder refuses malformed PDUs.

  smsc.py
  stdin    unused; the program ends when it closes
  stdout   one JSON line per event: {"event": "listening", "port": N} first, then submit_sm and receipt

The account u/p may have two binds. Each message gets a receipt.
"""

import json
import sys

from smpp.pdu import operations, pdu_types
from smpp.twisted.config import SMPPServerConfig
from smpp.twisted.protocol import DataHandlerResponse
from smpp.twisted.server import SMPPServerFactory
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet import reactor
from zope.interface import implementer

OK = pdu_types.CommandStatus.ESME_ROK
messages = 0


def report(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


@implementer(IRealm)
class Realm:
    def requestAvatar(self, avatar, mind, *interfaces):
        return ("SMPP", avatar, lambda: None)


def handle(system_id, smpp, pdu):
    global messages
    messages += 1
    message_id = f"tw-{messages}"
    fields = {name: readable(value) for name, value in pdu.params.items()}
    report("submit_sm", command=pdu.id.name, id=message_id, fields=fields)
    reactor.callLater(0, receipt, smpp, pdu, message_id)
    return DataHandlerResponse(status=OK, message_id=message_id)


def receipt(smpp, pdu, message_id):
    text = f"id:{message_id} sub:001 dlvrd:001 submit date:2611212200 done date:2611212201 stat:DELIVRD err:000 text:"
    deliver = operations.DeliverSM(
        source_addr=pdu.params["destination_addr"],
        destination_addr=pdu.params["source_addr"],
        esm_class=pdu_types.EsmClass(pdu_types.EsmClassMode.DEFAULT, pdu_types.EsmClassType.SMSC_DELIVERY_RECEIPT),
        short_message=text.encode(),
        receipted_message_id=message_id.encode(),
        message_state=pdu_types.MessageState.DELIVERED,
    )
    answer = smpp.sendDataRequest(deliver)
    answer.addCallback(lambda result: report("receipt", id=message_id, status=result.response.status.name))


def readable(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


class EndWithStdin:
    def fileno(self):
        return 0

    def doRead(self):
        if not sys.stdin.buffer.raw.read(1024):
            reactor.stop()

    def connectionLost(self, reason):
        reactor.stop()

    def logPrefix(self):
        return "stdin"


def main():
    accounts = InMemoryUsernamePasswordDatabaseDontUse()
    accounts.addUser("u", "p")
    portal = Portal(Realm())
    portal.registerChecker(accounts)
    config = SMPPServerConfig(msgHandler=handle, systems={"u": {"max_bindings": 2}})
    port = reactor.listenTCP(0, SMPPServerFactory(config, auth_portal=portal), interface="127.0.0.1")
    reactor.addReader(EndWithStdin())
    report("listening", port=port.getHost().port)
    reactor.run()


main()
