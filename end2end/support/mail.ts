import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A mail as the server took it. */
export type Mail = { from: string; to: string[]; messageId: string; subject: string; raw: string };

/** A mail server in a process of its own; `smtp-sink.mjs` says how it misbehaves. */
export class MailServer {
  private folder = mkdtempSync(join(tmpdir(), 'wayfare-mail-'));
  private file = join(this.folder, 'mails.jsonl');
  private child?: ChildProcess;
  port = 0;

  static async start(): Promise<MailServer> {
    const server = new MailServer();
    // It ends when the other end of its input is closed, also where this process is killed.
    const child = spawn(process.execPath, [join(import.meta.dirname, 'smtp-sink.mjs'), server.file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    server.child = child;
    for await (const line of createInterface({ input: child.stdout! })) {
      const match = line.match(/listening on (\d+)/);
      if (match) {
        server.port = Number(match[1]);
        return server;
      }
    }
    throw new Error('the mail server ended before it listened');
  }

  /** What it has acknowledged for an address, in the order of arrival. */
  mailsTo(address: string): Mail[] {
    const lines = readFileSync(this.file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Mail).filter((mail) => mail.to.includes(address));
  }

  async stop(): Promise<void> {
    const child = this.child;
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The HTML of a mail: the part of that type, decoded. */
export function htmlOf(mail: Mail): string {
  const [, part] = mail.raw.split(/content-type: text\/html/i);
  if (!part) throw new Error(`no HTML in ${mail.raw}`);
  const start = part.indexOf('\r\n\r\n');
  const encoding = (mail.raw + part.slice(0, start)).match(/content-transfer-encoding: (\S+)/gi)!.at(-1)!.split(': ')[1]!.toLowerCase();
  const body = part.slice(start + 4).split('\r\n--')[0]!;
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body;
  const bytes = body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Where the link with this text leads. */
export function linkIn(html: string, text: string): string {
  const match = html.match(new RegExp(`href="([^"]+)"[^>]*>${text}<`));
  if (!match) throw new Error(`no link “${text}” in ${html}`);
  return match[1]!.replace(/&amp;/g, '&');
}
