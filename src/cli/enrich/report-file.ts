import { writeFile } from 'node:fs/promises';
import { messageOf, RapportError } from '../../domain/errors.ts';
import { summarize, toRecord } from './report.ts';
import type { Result } from './results.ts';

/** Before anything is done: a run whose report goes nowhere is a run to be repeated. */
export function assertReportFile(file: string): void {
  if (/\.(csv|json)$/i.test(file)) return;
  throw new RapportError({
    code: 'ERR_REPORT_FILE',
    message: `the report ${file} ends neither in .csv nor in .json`,
    nextStep: 'Its ending chooses the form: name it so. Nothing was done.',
  });
}

/** Writes the report as CSV or JSON, by the file's ending. @throws {RapportError} `ERR_REPORT_FILE` */
export async function writeReport(file: string, results: readonly Result[]): Promise<void> {
  const text = file.toLowerCase().endsWith('.csv')
    ? toCsv(results)
    : `${JSON.stringify({ summary: summarize(results), conversations: results.map(toRecord) }, null, 2)}\n`;
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new RapportError({
      code: 'ERR_REPORT_FILE',
      message: `the report could not be written to ${file}: ${messageOf(error)}`,
      nextStep:
        'Name a file in a folder that exists and is writable. The enrichment itself is done.',
      cause: error,
    });
  }
}

const CSV_COLUMNS = [
  'conversationId',
  'traceId',
  'success',
  'result',
  'reason',
  'latencyMs',
  'platformRequests',
  'proofRequests',
  'payloadHash',
  'keys',
] as const;

function toCsv(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const record: Readonly<Record<string, unknown>> = {
      ...toRecord(result),
      keys: [...result.keys].map(([key, state]) => `${key}=${state}`).join(' '),
    };
    return CSV_COLUMNS.map((column) => csvCell(record[column])).join(',');
  });
  return `${[CSV_COLUMNS.join(','), ...rows].join('\r\n')}\r\n`;
}

/** Quoted where needed; a cell that a spreadsheet would run as a formula is made text. */
function csvCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value === 'string' ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
