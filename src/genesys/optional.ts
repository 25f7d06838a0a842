/** Members that may be left out or be undefined, as a parser takes them. */
export type Optional<T> = { readonly [Key in keyof T]?: T[Key] | undefined };
