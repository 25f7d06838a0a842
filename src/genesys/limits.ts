/**
 * Limits and fixed facts of the platform, each with its source and the day it was checked. What a
 * header of the platform tells us is not here: the allowed rate, above all, is read and never assumed.
 */

/** Largest request body, in bytes (`request.bytes.max`). Source: platform API limits page, checked 2026-11-20. */
export const MAX_REQUEST_BYTES = 512_000;

/** Largest `pageSize` of the listings used here. Source: API reference of queues, flows and users, checked 2026-11-20. */
export const MAX_PAGE_SIZE = 100;

/**
 * Length of a rate-limit window, in milliseconds, as seen in answers (`inin-ratelimit-reset` of 60
 * or 61 at its start). Source: platform API limits page, checked 2026-11-20.
 */
export const RATE_WINDOW_MS = 60_000;
