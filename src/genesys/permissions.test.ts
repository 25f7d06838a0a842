import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MEDIA_PATHS } from './api/media.ts';
import { describeNeeds, OPERATION_NEEDS } from './permissions.ts';

/** A text that is an operation's name: `getFlow`, or with a medium to be filled in. */
const OPERATION_NAME = /['`]((?:get|head|post|put|patch|delete)[A-Z][^'`]*)['`]/g;

/** The operation names that the API files send, with those of each medium spelled out. */
function operationsInUse(): Set<string> {
  const folder = new URL('./api/', import.meta.url);
  const names = new Set<string>();
  for (const file of readdirSync(folder).filter((name) => !name.endsWith('.test.ts'))) {
    const source = readFileSync(new URL(file, folder), 'utf8');
    for (const [, name = ''] of source.matchAll(OPERATION_NAME)) {
      for (const { singular } of Object.values(MEDIA_PATHS)) {
        names.add(name.replace(/\$\{[^}]*singular\}/, singular));
      }
    }
  }
  return names;
}

interface Operation {
  readonly operationId?: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly 'x-inin-requires-permissions'?: { readonly permissions: readonly string[] };
}

/** Path of an OpenAPI file of the platform; what is checked against it is skipped without. */
const contractPath = process.env['RAPPORT_CONTRACT_OPENAPI'];

function contractOperations(path: string): Map<string, Operation> {
  const contract = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const all = Object.values(contract.paths).flatMap((item) => Object.values(item));
  return new Map(all.map((operation) => [operation.operationId ?? '', operation]));
}

describe('OPERATION_NEEDS', () => {
  it('names every operation that is sent, and none that is not', () => {
    const inUse = operationsInUse();
    expect(inUse.size).toBeGreaterThan(30);
    expect([...OPERATION_NEEDS.keys()].toSorted()).toEqual([...inUse].toSorted());
  });

  it.skipIf(contractPath === undefined)('agrees with the platform’s API description', () => {
    const contract = contractOperations(contractPath ?? '');
    const known = [...OPERATION_NEEDS].filter(([name]) => contract.has(name));
    expect(known.length).toBeGreaterThan(25);
    for (const [name, needs] of known) {
      const operation = contract.get(name);
      const permissions = operation?.['x-inin-requires-permissions']?.permissions ?? [];
      const scopes = operation?.security?.flatMap((entry) => Object.values(entry).flat()) ?? [];
      expect([name, needs.permissions, needs.scopes]).toEqual([name, permissions, scopes]);
    }
  });
});

describe('describeNeeds', () => {
  it('names permission and scope', () => {
    expect(describeNeeds('getConversation')).toBe(
      'getConversation needs permission conversation:communication:view; a user’s token needs scope conversations or conversations:readonly. ',
    );
  });

  it('says nothing of what it does not know', () => {
    expect(describeNeeds('__proto__')).toBe('');
  });
});
