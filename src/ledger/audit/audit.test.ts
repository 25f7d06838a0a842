import { describe, expect, it } from 'vitest';
import { settleOne } from '../ledger.fixture.ts';
import { onBothStores } from '../stores.fixture.ts';

onBothStores((open, { tamper, clock }) => {
  describe('the audit', () => {
    it('seals rows into a chain that verifies', async () => {
      await using ledger = await open();
      for (const name of ['a', 'b', 'c']) await settleOne(ledger, name);
      expect(await ledger.sealAudit()).toBe(0);
      expect(await ledger.audit.verify()).toMatchObject({ intact: true, rows: 0, unsealed: 3 });
      await clock.advance(1_001);
      expect(await ledger.sealAudit()).toBe(3);
      const verdict = await ledger.audit.verify();
      expect(verdict).toMatchObject({ intact: true, rows: 3, unsealed: 0, head: { seq: 3 } });
      const lines: string[] = [];
      for await (const line of ledger.audit.export()) lines.push(line);
      expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2, 3]);
    });

    it('shows a changed row and a missing row', async () => {
      await using ledger = await open();
      for (const name of ['a', 'b', 'c', 'd']) await settleOne(ledger, name);
      await clock.advance(1_001);
      await ledger.sealAudit();
      await tamper(`update audit set actor = 'nobody' where seq = 3`);
      expect((await ledger.audit.verify()).brokenAt).toEqual({
        seq: 3,
        reason: 'the row was changed',
      });
      await tamper(`delete from audit where seq = 2`);
      expect((await ledger.audit.verify()).brokenAt).toMatchObject({
        reason: 'rows 2 to 2 are missing',
      });
    });

    it('keeps how an enrichment went under the chain, and verifies rows that tell nothing of it', async () => {
      await using ledger = await open();
      const enrichment = { success: false, error: 'ERR_SOURCE_TIMEOUT', latencyMs: 812 };
      const row = { actor: 'rapport', action: 'failed', keys: [], enrichment };
      await settleOne(ledger, 'a');
      await clock.advance(1);
      await settleOne(ledger, 'b', { audit: [row] });
      await clock.advance(1_001);
      await ledger.sealAudit();
      expect(await ledger.audit.list()).toMatchObject([{ enrichment }, { enrichment: undefined }]);
      expect(await ledger.audit.verify()).toMatchObject({ intact: true, rows: 2 });
      await tamper(`update audit set facts = '{"success":true}' where seq = 2`);
      expect((await ledger.audit.verify()).brokenAt).toMatchObject({ seq: 2 });
    });
  });
});
