#!/usr/bin/env python3
"""Reads a mail from stdin with Python's own MIME library, and prints {"defects": […], "text": …} as JSON.

Only a mail with `MIME-Version: 1.0` is MIME (RFC 2045 §4): of any other the text is printed as it was transferred, as strict readers show it.
"""

import email
import email.policy
import json
import sys

raw = sys.stdin.buffer.read()
mail = email.message_from_bytes(raw, policy=email.policy.default)
version = mail["MIME-Version"]
if version is not None and version.version == "1.0":
    # The library's own `get_content` normalises line ends.
    text = mail.get_payload(decode=True).decode(mail.get_content_charset())
else:
    text = raw.split(b"\r\n\r\n", 1)[1].decode()
defects = [repr(defect) for part in [mail, *mail.values()] for defect in part.defects]
print(json.dumps({"defects": defects, "text": text}))
