// Reads mails (a JSON array of Base64 texts on standard input) with two parsers that nobody here
// wrote, and prints what each saw.
import { simpleParser } from "mailparser";
import PostalMime from "postal-mime";

const read = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

const lines = (text) => text.replaceAll("\r\n", "\n");
const seen = [];
for (const text of JSON.parse(await read(process.stdin))) {
  const raw = Buffer.from(text, "base64");
  const one = await PostalMime.parse(raw);
  const other = await simpleParser(raw);
  seen.push({
    "postal-mime": {
      from: one.from, to: one.to, subject: one.subject, text: lines(one.text),
    },
    mailparser: {
      from: other.from.value[0], to: other.to.value, subject: other.subject, text: lines(other.text),
    },
  });
}
console.log(JSON.stringify(seen));
