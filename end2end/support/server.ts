import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const binary = process.env.WAYFARE_BINARY ?? join(import.meta.dirname, '../../target/release/wayfare');

/** 'demo', 'empty', a number of journeys, or the path of a file to import. */
export type Seed = string | number;

/** The password of every account. */
export const PASSWORD = 'copper lantern drifting moss';

/** Accounts by their address, each with a role in every project; none is local mode. */
export type Accounts = Record<string, 'viewer' | 'creator' | 'publisher' | 'admin'>;

/** The deployable binary on a database of its own. */
export class Server {
  private folder = mkdtempSync(join(tmpdir(), 'wayfare-e2e-'));
  private child?: ChildProcess;
  private flags: string[] = [];
  readonly database = join(this.folder, 'test.db');
  url = '';

  static async start(seed: Seed, accounts: Accounts = {}, flags: string[] = []): Promise<Server> {
    const server = new Server();
    server.flags = flags;
    if (seed === 'demo') server.run('demo');
    else if (typeof seed === 'number') server.run('demo', '--journeys', String(seed));
    else if (seed !== 'empty') {
      server.run('migrate');
      server.run('import', seed);
    }
    for (const [email, role] of Object.entries(accounts)) server.account(email, role);
    await server.serve();
    return server;
  }

  /** Creates an account; its name is the part before the @. */
  account(email: string, role: string, ...further: string[]): void {
    const words = ['user', 'add', email, '--role', role, '--password-stdin', ...further, '--database', this.database];
    execFileSync(binary, words, { input: `${PASSWORD}\n` });
  }

  run(...words: string[]): string {
    return execFileSync(binary, [...words, '--database', this.database], { encoding: 'utf8' });
  }

  async serve(): Promise<void> {
    const listen = this.flags.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
    const words = ['serve', ...listen, '--log', 'warn', '--database', this.database, ...this.flags];
    const child = spawn(binary, words, {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    for await (const line of createInterface({ input: child.stdout! })) {
      const match = line.match(/listening on (http:\S+)/);
      if (match) {
        this.url = match[1]!;
        return;
      }
    }
    throw new Error('the server ended before it listened');
  }

  /** Ends the process as a power cut would. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
