import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { execute } from './postgres.ts';

const INSTALLED = '/usr/lib/postgresql';

/** Where a whole PostgreSQL is installed, replication included; undefined where none is. */
export function findPostgresBinaries(): string | undefined {
  if (!existsSync(INSTALLED)) return undefined;
  const folders = readdirSync(INSTALLED)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(INSTALLED, version, 'bin'));
  return folders.find((folder) =>
    ['initdb', 'pg_ctl', 'pg_basebackup'].every((name) => existsSync(join(folder, name))),
  );
}

/** A primary with one synchronous standby, reached through an address that moves with the primary. */
export class PostgresCluster implements AsyncDisposable {
  readonly #bin: string;
  readonly #folder: string;
  readonly #address = new MovingAddress();

  private constructor(bin: string) {
    this.#bin = bin;
    this.#folder = mkdtempSync(join(tmpdir(), 'rapport-cluster-'));
    chmodSync(this.#folder, 0o777);
  }

  static async start(bin: string): Promise<PostgresCluster> {
    const cluster = new PostgresCluster(bin);
    try {
      await cluster.#start();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.#address.port}/postgres`;
  }

  /** The primary is gone as in a crash: nothing is written out, nobody is told. */
  crash(): void {
    this.#address.pointAt(undefined);
    this.#run('pg_ctl', ['-D', this.#data('primary'), '-m', 'immediate', '-w', 'stop']);
  }

  /** The standby becomes the primary, and the address leads to it. */
  async promote(): Promise<void> {
    this.#run('pg_ctl', ['-D', this.#data('standby'), '-w', 'promote']);
    this.#address.pointAt(this.#ports.standby);
  }

  #ports = { primary: 0, standby: 0 };

  async #start(): Promise<void> {
    await this.#address.listen();
    this.#ports = { primary: await freePort(), standby: await freePort() };
    this.#run('initdb', ['-D', this.#data('primary'), '-A', 'trust', '-U', 'postgres']);
    this.#launch('primary');
    const { primary } = this.#ports;
    const from = `host=127.0.0.1 port=${primary} user=postgres application_name=standby`;
    const data = this.#data('standby');
    this.#run('pg_basebackup', ['-D', data, '-d', from, '-R', '-X', 'stream', '-c', 'fast']);
    this.#launch('standby');
    const url = `postgres://postgres@127.0.0.1:${primary}/postgres`;
    await execute(url, `alter system set synchronous_standby_names = 'standby'`);
    await execute(url, 'select pg_reload_conf()');
    while (!(await isSynchronous(url))) await wait(50);
    this.#address.pointAt(primary);
  }

  #launch(name: 'primary' | 'standby'): void {
    const data = this.#data(name);
    const lines = [
      `port = ${this.#ports[name]}`,
      `listen_addresses = '127.0.0.1'`,
      `unix_socket_directories = '${this.#folder}'`,
    ];
    appendFileSync(join(data, 'postgresql.conf'), `${lines.join('\n')}\n`);
    const log = join(this.#folder, `${name}.log`);
    this.#run('pg_ctl', ['-D', data, '-l', log, '-w', 'start']);
  }

  #data(name: string): string {
    return join(this.#folder, name);
  }

  /** PostgreSQL refuses to run as root. */
  #run(name: string, args: readonly string[]): void {
    const program = join(this.#bin, name);
    const [command, ...rest] =
      process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--', program] : [program];
    if (command === undefined) return;
    execFileSync(command, [...rest, ...args], { stdio: 'ignore', cwd: this.#folder });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#address[Symbol.asyncDispose]();
    for (const name of ['primary', 'standby']) {
      if (!existsSync(join(this.#data(name), 'postmaster.pid'))) continue;
      this.#run('pg_ctl', ['-D', this.#data(name), '-m', 'immediate', '-w', 'stop']);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function isSynchronous(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ state: string }>(
      'select sync_state as state from pg_stat_replication',
    );
    return rows.some(({ state }) => state === 'sync');
  } finally {
    await client.end();
  }
}

/** What a virtual address or a proxy does in front of a cluster: connections go to one server, or nowhere. */
class MovingAddress implements AsyncDisposable {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #target: number | undefined;

  constructor() {
    this.#server = createServer((socket) => this.#forward(socket));
  }

  get port(): number {
    // A TCP server that listens has an address with a port.
    return (this.#server.address() as AddressInfo).port;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  pointAt(port: number | undefined): void {
    this.#target = port;
    for (const socket of this.#sockets) socket.destroy();
  }

  #forward(socket: Socket): void {
    if (this.#target === undefined) {
      socket.destroy();
      return;
    }
    const onward = connect(this.#target, '127.0.0.1');
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.pointAt(undefined);
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
