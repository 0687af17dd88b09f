// Counts the segments of texts with an independent calculator: reads one JSON string per line, writes one JSON object
// per line: {"encoding": "GSM-7" | "UCS-2", "segments": n, "graphemes": [UTF-16 units of each]}.
//
// The calculator never splits a grapheme, while a phone network knows only units; the caller needs the graphemes to
// compute the expected result.
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
