/** The machine's monotonic clock in milliseconds: one for all processes on it. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
