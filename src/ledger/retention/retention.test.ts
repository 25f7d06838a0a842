import { describe, expect, it } from 'vitest';
import { aRequest, settleOne } from '../ledger.fixture.ts';
import { retentionOptions } from '../options.ts';
import { onBothStores } from '../stores.fixture.ts';

const DAY_MS = 86_400_000;
const never = new AbortController().signal;

onBothStores((open, { clock }) => {
  describe('sweep', () => {
    it('removes each kind of row at its age and keeps the chain verifiable', async () => {
      await using ledger = await open();
      const retention = retentionOptions.parse({});
      await settleOne(ledger, 'old', {
        closed: true,
        feed: [{ kind: 'x', body: 1 }],
        outbox: [{ destination: 'bi', type: 't', body: 1 }],
      });
      const message = (await ledger.outbox.claim(1)).messages[0];
      await ledger.outbox.settle(message?.id ?? '', { kind: 'sent', status: '200' });
      await clock.advance(1_001);
      await ledger.sealAudit();
      expect(await ledger.sweep(retention, never)).toEqual({
        feed: 0,
        requests: 0,
        outcomes: 0,
        outbox: 0,
        conversations: 0,
        audit: 0,
      });
      await clock.advance(31 * DAY_MS);
      await settleOne(ledger, 'new');
      expect(await ledger.sweep(retention, never)).toEqual({
        feed: 1,
        requests: 1,
        outcomes: 1,
        outbox: 1,
        conversations: 1,
        audit: 0,
      });
      await clock.advance(340 * DAY_MS);
      await ledger.sealAudit();
      expect(await ledger.sweep(retention, never)).toMatchObject({ audit: 1, conversations: 1 });
      expect(await ledger.audit.verify()).toMatchObject({ intact: true, rows: 1 });
    });

    it('never removes a request that nobody has answered', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      await clock.advance(4000 * DAY_MS);
      await ledger.sweep(retentionOptions.parse({}), never);
      expect((await ledger.claim(1)).claims[0]?.requests).toHaveLength(1);
    });
  });
});
