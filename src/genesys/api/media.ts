import type { MediaType } from '../../domain/conversation.ts';

/** The media that have paths of their own. */
export type PathMedia = Extract<MediaType, 'voice' | 'message' | 'callback' | 'email'>;

/** How each medium is written in paths and in operation names. */
export const MEDIA_PATHS: Readonly<
  Record<PathMedia, { readonly segment: string; readonly singular: string }>
> = {
  voice: { segment: 'calls', singular: 'Call' },
  message: { segment: 'messages', singular: 'Message' },
  callback: { segment: 'callbacks', singular: 'Callback' },
  email: { segment: 'emails', singular: 'Email' },
};
