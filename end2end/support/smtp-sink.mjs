// A real SMTP server (smtp-server) as a process of its own, for tests and benchmarks. It takes every message and writes one JSON
// line a message into a file before it says so: {"from","to","messageId","subject","raw"}.
//
//   node smtp-sink.mjs FILE [--port N] [--cert FILE --key FILE] [--tls] [--user NAME --password WORD] [--narrow] [--one-by-one] [--quiet]
//
// With a certificate it offers STARTTLS, with --tls it speaks TLS from the first byte. With a user everybody has to sign in.
// --narrow takes no addresses with letters beyond ASCII. --one-by-one does not offer to take several words at once. --quiet writes no "raw". It prints "listening on PORT" when it is ready.
//
// What stands before the @ of a recipient says how it misbehaves; before the @ of a sender, "refused" is not let send.
//   bounce 550 5.1.1   policy 550 5.7.1   full 552 5.2.2   busy 451 4.3.0   quota 452 4.2.2   spam 554 5.7.1 after the message
//   later 421 and the end of the connection   drop the end of the connection, without a word, in place of the receipt
//   slow a receipt after two seconds   stuck no receipt at all
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SMTPServer } from 'smtp-server';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '0' },
    cert: { type: 'string' },
    key: { type: 'string' },
    tls: { type: 'boolean', default: false },
    user: { type: 'string' },
    password: { type: 'string' },
    narrow: { type: 'boolean', default: false },
    'one-by-one': { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
});
const file = openSync(positionals[0], 'a');

function refusal(code, text) {
  return Object.assign(new Error(text), { responseCode: code });
}

const refusedAtOnce = {
  bounce: [550, '5.1.1 no such user'],
  policy: [550, '5.7.1 blocked by policy'],
  full: [552, '5.2.2 mailbox full'],
  busy: [451, '4.3.0 try again later'],
  quota: [452, '4.2.2 over quota'],
};

const behaviour = (address) => address.split('@')[0].split('+')[0].toLowerCase();

/** The value of a header, unfolded. */
function headerOf(raw, name) {
  const head = raw.split('\r\n\r\n', 1)[0].replace(/\r\n[ \t]+/g, ' ');
  const line = head.split('\r\n').find((line) => line.toLowerCase().startsWith(`${name}:`));
  return line ? line.slice(name.length + 1).trim() : null;
}

// Messages that arrive together are flushed together: each is on the disk before it is acknowledged.
let waiting = [];
function acknowledge(line, done) {
  waiting.push({ line, done });
  if (waiting.length > 1) return;
  setImmediate(() => {
    const batch = waiting;
    waiting = [];
    writeSync(file, batch.map(({ line }) => line).join(''));
    fsyncSync(file);
    for (const { done } of batch) done();
  });
}

const server = new SMTPServer({
  name: 'sink.example.com',
  secure: values.tls,
  ...(values.cert ? { cert: readFileSync(values.cert), key: readFileSync(values.key) } : {}),
  disabledCommands: [...(values.user ? [] : ['AUTH']), ...(values.cert ? [] : ['STARTTLS'])],
  authOptional: !values.user,
  hideSMTPUTF8: values.narrow,
  hidePIPELINING: values['one-by-one'],
  disableReverseLookup: true,
  logger: false,
  onAuth(auth, _session, callback) {
    if (auth.username === values.user && auth.password === values.password) callback(null, { user: auth.username });
    else callback(refusal(535, `5.7.8 wrong password: ${auth.password}`));
  },
  onMailFrom(address, _session, callback) {
    callback(behaviour(address.address) === 'refused' ? refusal(550, '5.7.1 not your address') : null);
  },
  onRcptTo(address, _session, callback) {
    const refused = refusedAtOnce[behaviour(address.address)];
    callback(refused ? refusal(...refused) : null);
  },
  onData(stream, session, callback) {
    const parts = [];
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => {
      const raw = Buffer.concat(parts).toString('utf8');
      const { mailFrom, rcptTo } = session.envelope;
      const how = behaviour(rcptTo[0].address);
      if (how === 'spam') return callback(refusal(554, '5.7.1 this looks like spam'));
      if (how === 'later') return callback(refusal(421, '4.3.2 shutting down'));
      if (how === 'stuck') return;
      if (how === 'drop') {
        for (const connection of server.connections) if (connection.session.id === session.id) connection._socket.destroy();
        return;
      }
      const message = {
        from: mailFrom.address,
        to: rcptTo.map(({ address }) => address),
        messageId: headerOf(raw, 'message-id'),
        subject: headerOf(raw, 'subject'),
        ...(values.quiet ? {} : { raw }),
      };
      const accept = () => acknowledge(`${JSON.stringify(message)}\n`, () => callback(null, `2.0.0 Ok: queued as ${session.id}`));
      if (how === 'slow') setTimeout(accept, 2000);
      else accept();
    });
  },
});

server.on('error', (error) => {
  // A connection that breaks off is what some tests are about.
  if (error.code === 'EADDRINUSE') throw error;
});
server.listen(Number(values.port), '127.0.0.1', () => console.log(`listening on ${server.server.address().port}`));
process.on('exit', () => closeSync(file));
// The process that started it and holds the other end of its input has ended: so does this one.
if (fstatSync(0).isFIFO() || fstatSync(0).isSocket()) process.stdin.on('end', () => process.exit(0)).resume();
