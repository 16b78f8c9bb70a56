// Asks the providers' own libraries to sign or to check: a JSON list of cases comes in, a list of answers goes out.
// It knows nothing of our code; whoever starts it compares.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import jsonwebtoken from "jsonwebtoken";
import plivo from "plivo";
import { Webhook } from "standardwebhooks";
import Telnyx from "telnyx";
import twilio from "twilio";
import { verifySignature } from "@vonage/jwt";

const signTwilio = createRequire(import.meta.url)("twilio/lib/webhooks/webhooks.js");

const accepts = async (attempt) => {
  try {
    return (await attempt()) !== false;
  } catch {
    return false;
  }
};

const sides = {
  "twilio-sign": ({ token, url, params }) => signTwilio.getExpectedTwilioSignature(token, url, params),
  "twilio-hash": ({ body }) => signTwilio.getExpectedBodyHash(body),
  "twilio-check": ({ token, url, params, signature }) =>
    accepts(() => twilio.validateRequest(token, signature, url, params)),
  "plivo-check": ({ method, url, nonce, token, signature, params }) =>
    accepts(() => plivo.validateV3Signature(method, url, nonce, token, signature, params)),
  "vonage-sign": ({ secret, claims }) => jsonwebtoken.sign(claims, secret, { algorithm: "HS256" }),
  "vonage-check": ({ secret, token }) => accepts(() => verifySignature(token, secret)),
  "telnyx-check": ({ key, body, headers }) => {
    const client = new Telnyx({ apiKey: "unused", publicKey: key });
    return accepts(() => client.webhooks.unwrap(body, { headers }));
  },
  "standard-sign": ({ secret, id, time, body }) => new Webhook(secret).sign(id, new Date(time * 1000), body),
  "standard-check": ({ secret, headers, body }) => accepts(() => new Webhook(secret).verify(body, headers)),
};

const cases = JSON.parse(await text(process.stdin));
const answers = await Promise.all(cases.map((one) => sides[one.ask](one)));
process.stdout.write(JSON.stringify(answers));
