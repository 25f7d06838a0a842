export { RapportError, isRapportError } from './domain/errors.ts';
