import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Names the OpenAPI document of the platform that every answer is held against. */
export const OPENAPI_VARIABLE = 'RAPPORT_CONTRACT_OPENAPI';
/** Names the platform's list of notification topics. */
export const TOPICS_VARIABLE = 'RAPPORT_CONTRACT_TOPICS';

/** What one test file's emulators said. */
export interface TallyPart {
  readonly answers: number;
  /** Of those, the ones whose operation the OpenAPI document describes. */
  readonly answersByDocument: number;
  readonly operations: readonly string[];
  readonly frames: number;
  readonly topics: readonly string[];
}

/** Adds up what was validated in all test files, which run in several processes. */
export class ContractTally implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'rapport-contract-'));

  /** `problem` is set when answers were to be held against a document and none was. */
  read(): { readonly summary: string | undefined; readonly problem: string | undefined } {
    const parts = readdirSync(this.folder).map(
      (file) => JSON.parse(readFileSync(join(this.folder, file), 'utf8')) as TallyPart,
    );
    const total = (of: (part: TallyPart) => number): number =>
      parts.reduce((sum, part) => sum + of(part), 0);
    const distinct = (of: (part: TallyPart) => readonly string[]): number =>
      new Set(parts.flatMap(of)).size;
    const answers = total((part) => part.answers);
    const byDocument = total((part) => part.answersByDocument);
    const isWanted = process.env[OPENAPI_VARIABLE] !== undefined;
    const summary = [
      `Contract: ${answers} answers of ${distinct((part) => part.operations)} operations`,
      `and ${total((part) => part.frames)} events of ${distinct((part) => part.topics)} topics validated;`,
      isWanted
        ? `${byDocument} answers by the OpenAPI document`
        : `${OPENAPI_VARIABLE} is not set: by the SDK's types alone`,
    ].join(' ');
    return {
      summary: answers === 0 && !isWanted ? undefined : summary,
      problem:
        isWanted && answers > 0 && byDocument === 0
          ? `${OPENAPI_VARIABLE} is set, but no answer was validated against it`
          : undefined,
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Leaves one test file's part where the tally will find it. */
export function writeTallyPart(folder: string, name: string, part: TallyPart): void {
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(part));
}
