/** Control characters (C0 and C1), line and paragraph separators, and lone surrogates. */
export const UNPRINTABLE: RegExp = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/u;
