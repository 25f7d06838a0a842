/**
 * The same ASCII text in memory of its own. What V8 cuts out of a longer text points into that, and keeps all
 * of it for as long as the piece lives: an id out of a request's path, the whole URL.
 */
export const ownCopy = (ascii: string): string => Buffer.from(ascii, 'latin1').toString('latin1');
