import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIGN_IN } from '../fixtures/client.ts';
import { startEmulator } from '../../src/emulator/index.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
let consumer: string;

/** Builds and packs the package as it is published, and installs the tarball beside a consumer. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rapport-package-'));
  const source = join(folder, 'source');
  consumer = join(folder, 'consumer');
  await mkdir(join(consumer, 'node_modules'), { recursive: true });
  await mkdir(source);
  for (const name of ['package.json', 'README.md', 'LICENSE']) {
    await cp(join(root, name), join(source, name));
  }
  await symlink(join(root, 'node_modules'), join(source, 'node_modules'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [
    tsc,
    // What is sound is for `npm run types` to say; here it counts what comes out.
    '--noCheck',
    '-p',
    join(root, 'tsconfig.build.json'),
    '--outDir',
    join(source, 'dist'),
  ]);
  await run(process.execPath, [join(root, 'scripts/bundle-cli.ts'), join(source, 'dist')]);
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: source });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
  await installTarball(join(folder, tarball));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Unpacks into `node_modules`; what the package depends on is linked from this checkout, so no network is needed. */
async function installTarball(tarball: string): Promise<void> {
  const modules = join(consumer, 'node_modules');
  const target = join(modules, 'rapport-cx');
  await mkdir(target);
  await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (!name.startsWith('.') && name !== 'rapport-cx') {
      await symlink(join(root, 'node_modules', name), join(modules, name));
    }
  }
  await writeFile(join(consumer, 'package.json'), '{"type":"module"}');
}

async function runConsumer(code: string): Promise<string> {
  const file = join(consumer, 'consumer.mjs');
  await writeFile(file, code);
  return (await run(process.execPath, [file], { cwd: consumer })).stdout.trim();
}

describe('the package as it is published', () => {
  it('gives its library by name', async () => {
    const names = await runConsumer(
      `import * as rapport from 'rapport-cx'; console.log(Object.keys(rapport).join(' '));`,
    );
    expect(names.split(' ')).toContain('RapportError');
  });

  it('starts the emulator from its own entry point', async () => {
    const answer = await runConsumer(`
      import { startEmulator } from 'rapport-cx/emulator';
      await using emulator = await startEmulator();
      const response = await fetch(emulator.apiUrl + '/api/v2/tokens/me');
      console.log(response.status, (await response.json()).code);
    `);
    expect(answer).toBe('401 authentication.required');
  });

  it('loads neither emulator nor service when the library is imported', async () => {
    const loaded = await runConsumer(`
      import { registerHooks } from 'node:module';
      const urls = [];
      registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
      await import('rapport-cx');
      console.log(urls.filter((url) => /rapport-cx\\/dist/.test(url)).map((url) => url.split('/dist/')[1]).join(' '));
    `);
    expect(loaded).toContain('index.js');
    expect(loaded).not.toMatch(/emulator|service\/|demo\/|cli\//);
  });

  it('runs its command', async () => {
    const bin = join(consumer, 'node_modules/rapport-cx/dist/cli/main.js');
    const { stdout } = await run(process.execPath, [bin, '--version']);
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('has its command in ASCII, of which V8 keeps a byte for a letter', async () => {
    const cli = join(consumer, 'node_modules/rapport-cx/dist/cli');
    const files = (await readdir(cli)).filter((name) => name.endsWith('.js'));
    expect(files).toContain('main.js');
    const texts = await Promise.all(files.map((name) => readFile(join(cli, name), 'utf8')));
    expect(files.filter((_, index) => /[^\0-\x7f]/.test(texts[index] ?? ''))).toEqual([]);
  });

  it('enriches by its command, with the ledger’s thread and a source’s process that lie beside it', async () => {
    await using emulator = await startEmulator({ attributes: { lagMs: 0 } });
    const { conversationId } = emulator.control.start({ from: '+12125550101' });
    const customers = new DatabaseSync(join(consumer, 'crm.db'));
    customers.exec(`create table c (phone text, id text);
      insert into c values ('+12125550101', 'C-1')`);
    customers.close();
    const config = {
      genesys: {
        apiUrl: emulator.apiUrl,
        auth: { ...SIGN_IN, clientSecret: '${CLIENT_SECRET}' },
      },
      sources: {
        crm: { type: 'sqlite', file: 'crm.db', query: 'select id from c where phone = :key' },
      },
      attributes: { 'crm.id': { from: 'crm.id' } },
    };
    await writeFile(join(consumer, 'rapport.yaml'), JSON.stringify(config));
    const bin = join(consumer, 'node_modules/rapport-cx/dist/cli/main.js');
    const { stdout } = await run(process.execPath, [bin, 'enrich', conversationId, '--json'], {
      cwd: consumer,
      env: { ...process.env, CLIENT_SECRET: SIGN_IN.clientSecret },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      conversations: [{ conversationId, result: 'enriched', keys: { 'crm.id': 'visible' } }],
    });
  });

  it('carries types that a strict consumer can use', async () => {
    await writeFile(
      join(consumer, 'consumer.ts'),
      `import { RapportError } from 'rapport-cx';
       import { startEmulator } from 'rapport-cx/emulator';
       const code: string = new RapportError({ code: 'ERR_X', message: 'x' }).code;
       export const start: () => Promise<AsyncDisposable> = () => startEmulator();
       console.log(code);`,
    );
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--lib',
      'es2024,esnext.disposable',
      '--types',
      'node',
      '--skipLibCheck',
    ];
    await run(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'consumer.ts'],
      { cwd: consumer },
    );
  });

  it('carries only what a user needs', async () => {
    const shipped = await readdir(join(consumer, 'node_modules/rapport-cx'));
    expect(shipped.toSorted()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
    const files = await readdir(join(consumer, 'node_modules/rapport-cx/dist'), {
      recursive: true,
    });
    expect(files.filter((file) => /\.test\.|\.fixture\./.test(file))).toEqual([]);
    const licenses = await readFile(
      join(consumer, 'node_modules/rapport-cx/dist/cli/LICENSES.txt'),
      'utf8',
    );
    for (const name of ['fastify', 'undici', 'zod']) expect(licenses).toContain(`${name} (MIT)`);
  });
});
