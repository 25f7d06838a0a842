import { PlatformError } from '../http/platform-error.ts';

export const tooManyTopics = (): PlatformError =>
  new PlatformError({
    status: 400,
    code: 'notification.subscription.too.many.subscriptions',
    message: 'Too many subscriptions',
  });

export const invalidTopic = (topic: string): PlatformError =>
  new PlatformError({
    status: 400,
    code: 'notification.invalid.topic',
    message: 'The subscription topic is not valid.',
    messageParams: { topic },
    details: [{ errorCode: 'notification.invalid.topic', entityId: topic }],
  });

export const unauthorizedTopic = (topic: string, isDivisioned: boolean): PlatformError =>
  new PlatformError({
    status: 403,
    code: isDivisioned
      ? 'notification.unauthorized.divisioned.topic'
      : 'notification.unauthorized.topic',
    message: isDivisioned
      ? 'No divisioned permissions for this topic.'
      : 'Not authorized for this topic.',
    messageParams: { topic },
    details: [{ errorCode: 'notification.unauthorized.topic', entityId: topic }],
  });
