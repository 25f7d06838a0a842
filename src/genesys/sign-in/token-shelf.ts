import type { NewToken, SealedToken } from '../../domain/sharing.ts';

/** Where several instances keep the one access token that they all use. */
export interface TokenShelf {
  /** What is kept there; sealed tokens are bound to it. */
  readonly name: string;
  read(): Promise<SealedToken | undefined>;
  /** Puts a token there, unless another instance has put one of that generation: then false. */
  replace(token: NewToken): Promise<boolean>;
  /** The right to sign in for all, for so long; false while another instance has it. */
  hold(forMs: number): Promise<boolean>;
  drop(): Promise<void>;
}
