import { betaGeometric } from './beta-geometric.ts';

/** BG/NBD: a customer may drop out after every repeat purchase, so that whoever bought once is alive for ever. */
export const bgNbd = betaGeometric('bg-nbd', 0);
