#!/usr/bin/env python3
"""An SMTP server for the tests of the e-mail carrier, built on PyPI `aiosmtpd`. It stores nothing and prints every mail.

  sink.py ['{"user": "u", "password": "p", "tls": "starttls", "cert": PATH, "key": PATH}']      all optional
  stdin    unused; the program ends when it closes
  stdout   one JSON line per event: {"event": "listening", "port": N} first, then {"event": "mail", …} and {"event": "refused", …}

`tls` is "starttls" (no mail before it) or "implicit"; `user` makes AUTH (PLAIN or LOGIN) mandatory. The beginning of a
recipient's address decides the outcome:

  refused…  550      busy…  451      lost…  the mail is accepted and printed, but the connection is closed without a response

A mail has "from" ("<>" for the empty sender), "to", "user" (null without AUTH), "tls" and "data". `data` is its text as received,
including CRLF; `data_hex` replaces it if the text is not UTF-8.
"""

import asyncio
import json
import logging
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

OPTIONS = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
# The library warns about passwords without TLS and about deprecated features; the tests use both.
warnings.filterwarnings("ignore", module="aiosmtpd")
logging.getLogger("mail.log").setLevel(logging.ERROR)

REFUSALS = {"refused": "550 5.1.1 no such mailbox", "busy": "451 4.2.1 mailbox busy, try again later"}


def report(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


class Sink:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        for beginning, answer in REFUSALS.items():
            if address.startswith(beginning):
                report("refused", to=address, status=int(answer[:3]))
                return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server, session, envelope):
        encrypted = server.transport.get_extra_info("ssl_object") is not None
        user = session.auth_data.login.decode() if session.authenticated else None
        report("mail", **{"from": envelope.mail_from}, to=envelope.rcpt_tos, user=user, tls=encrypted, **text(envelope.content))
        if any(address.startswith("lost") for address in envelope.rcpt_tos):
            server.transport.abort()
        return "250 2.0.0 taken"


def text(content):
    try:
        return {"data": content.decode()}
    except UnicodeDecodeError:
        return {"data_hex": content.hex()}


def authenticate(server, session, envelope, mechanism, credentials):
    wanted = LoginPassword(OPTIONS["user"].encode(), OPTIONS["password"].encode())
    return AuthResult(success=credentials == wanted, handled=False, auth_data=credentials)


def certificate():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(OPTIONS["cert"], OPTIONS["key"])
    return context


def connection():
    starttls = OPTIONS.get("tls") == "starttls"
    return SMTP(
        Sink(),
        hostname="localhost",
        enable_SMTPUTF8=True,
        tls_context=certificate() if starttls else None,
        require_starttls=starttls,
        authenticator=authenticate,
        auth_required="user" in OPTIONS,
        auth_require_tls=starttls,
    )


async def main():
    loop = asyncio.get_running_loop()
    implicit = certificate() if OPTIONS.get("tls") == "implicit" else None
    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=implicit)
    report("listening", port=server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)  # returns when stdin closes


if __name__ == "__main__":
    asyncio.run(main())
