// The released binary on a database of its own, for as long as one test lasts.
import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const END2END = fileURLToPath(new URL('..', import.meta.url));
const BINARY = process.env.WAYFARE_BINARY ?? resolve(END2END, '../target/release/wayfare');
const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 15_000;

/** What is in the database when the test begins: the demo, nothing, or a JSON file (its path starts at `end2end/`). */
export type Seed = 'demo' | 'empty' | (string & {});

export type CommandResult = { code: number; stdout: string; stderr: string };

export class Server {
  /** Everything that the server logged; attached to the report of a failed test. */
  log = '';
  #process: ChildProcess | undefined;
  #url = '';

  private constructor(
    readonly folder: string,
    readonly databasePath: string,
  ) {}

  static async start(seed: Seed): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), 'wayfare-test-'));
    const server = new Server(folder, join(folder, 'wayfare.db'));
    try {
      if (seed === 'demo') await server.#mustSucceed('demo');
      else if (seed !== 'empty') await server.#mustSucceed('import', resolve(END2END, seed));
      await server.#listen('127.0.0.1:0');
    } catch (error) {
      await server.dispose();
      throw error;
    }
    return server;
  }

  /** Without a slash at the end. The same for as long as the test lasts, also after a restart. */
  get url(): string {
    return this.#url;
  }

  get running(): boolean {
    return this.#process !== undefined;
  }

  /** The way an administrator stops it: running requests get to finish. Answers the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** The way a power cut stops it. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Serves the same database at the same address again; stops the server first where it runs. */
  async restart(): Promise<void> {
    await this.stop();
    await this.#listen(new URL(this.#url).host);
  }

  /** Runs another command of the binary on the same database: `server.wayfare('check')`. */
  wayfare(...words: string[]): Promise<CommandResult> {
    return new Promise((done) => {
      const args = [...words, '--database', this.databasePath];
      execFile(BINARY, args, { env: environment(), maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        done({ code, stdout, stderr: error !== null && stderr === '' ? error.message : stderr });
      });
    });
  }

  /** Ends the server and deletes its files. */
  async dispose(): Promise<void> {
    await this.#end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  async #mustSucceed(...words: string[]): Promise<void> {
    const { code, stdout, stderr } = await this.wayfare(...words);
    if (code !== 0) throw new Error(`wayfare ${words.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  }

  async #listen(address: string): Promise<void> {
    const args = ['serve', '--listen', address, '--database', this.databasePath];
    const child = spawn(BINARY, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    child.once('exit', () => {
      if (this.#process === child) this.#process = undefined;
    });
    child.stderr?.on('data', (bytes) => (this.log += bytes));
    this.#url = await new Promise<string>((done, fail) => {
      const seen = (what: string) => new Error(`${what}: ${BINARY} ${args.join(' ')}\n${this.log}`);
      const limit = setTimeout(() => fail(seen('the server did not listen in time')), START_LIMIT_MS);
      let printed = '';
      child.stdout?.on('data', (bytes) => {
        this.log += bytes;
        printed += bytes;
        const line = /^Wayfare is listening on (http:\/\/[^\s]+)$/m.exec(printed);
        if (line) {
          clearTimeout(limit);
          done(line[1]);
        }
      });
      child.once('error', (error) => fail(seen(`the server cannot be started (${error.message})`)));
      child.once('exit', (code, signal) => fail(seen(`the server ended (${signal ?? code}) before it listened`)));
    });
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#process;
    if (child === undefined) return null;
    const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
    child.kill(signal);
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    const code = await ended;
    clearTimeout(limit);
    this.#process = undefined;
    return code;
  }
}

/** Settings of the person who runs the tests must not reach the server. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WAYFARE_')));
}
