import { RapportError } from '../domain/errors.ts';

/** An expression that can't be used: it does not parse, or asks for something that is not allowed. */
export function invalidExpression(
  expression: string,
  problem: string,
  position?: number,
): RapportError {
  const at = position === undefined ? '' : ` at character ${position}`;
  return new RapportError({
    code: 'ERR_EXPRESSION_INVALID',
    message: `expression ${JSON.stringify(shorten(expression))}: ${problem}${at}`,
    nextStep: 'Correct the expression; `rapport test <config>` shows what it gives.',
    details: { position },
  });
}

const shorten = (text: string): string => (text.length <= 120 ? text : `${text.slice(0, 117)}...`);
