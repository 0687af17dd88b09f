// Says how an independent calculator cuts texts: one JSON string a line in, one JSON object a line
// out: {"encoding": "GSM-7" | "UCS-2", "segments": n, "graphemes": [UTF-16 units of each]}.
//
// The graphemes are told because the calculator never cuts one, while a phone network knows only
// units; the caller needs them to say what the calculator must answer.
"use strict";

const readline = require("node:readline");
const { SegmentedMessage } = require("sms-segments-calculator");

const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
const answers = [];

lines.on("line", (line) => {
  const message = new SegmentedMessage(JSON.parse(line));
  const graphemes = message.graphemes.map((grapheme) => grapheme.length);
  const answer = { encoding: message.encodingName, segments: message.segmentsCount, graphemes };
  answers.push(JSON.stringify(answer));
});

lines.on("close", () => process.stdout.write(answers.join("\n") + "\n"));
