export { RapportError, isRapportError } from './domain/errors.ts';
export { createGenesysClient } from './genesys/client.ts';
export type { GenesysClient, GenesysClientOptions } from './genesys/client.ts';
export { genesysOptionsSchema } from './genesys/options.ts';
export type { GenesysConfig, GenesysOptions } from './genesys/options.ts';
export { InDoubtError, PlatformError } from './genesys/errors.ts';
export { RequestMeter } from './genesys/request-meter.ts';
export type { RequestEvent } from './genesys/request-meter.ts';
