import type { World } from '../world/world.ts';
import type { DeliverySettings } from './settings.ts';

export interface DeliveredEvent {
  readonly id: string;
  /** With the conversation's id in it. */
  readonly topic: string;
  /** With `{id}` in its place. */
  readonly template: string;
  readonly correlationId: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The JSON that is posted for an event. */
export function envelopeOf(
  world: World,
  shape: DeliverySettings['shape'],
  event: DeliveredEvent,
): Readonly<Record<string, unknown>> {
  const time = new Date(event.at).toISOString();
  if (shape === 'data-action') {
    return { topicName: event.topic, eventType: event.template.split('{id}.')[1], ...event.body };
  }
  return {
    version: '0',
    id: event.id,
    'detail-type': event.template,
    source: `aws.partner/genesys.com/cloud/${world.organization.id}/emulated`,
    account: '000000000000',
    time,
    region: 'us-east-1',
    resources: [],
    detail: {
      topicName: event.topic,
      version: '2',
      eventBody: event.body,
      metadata: { CorrelationId: event.correlationId },
      timestamp: time,
    },
  };
}
