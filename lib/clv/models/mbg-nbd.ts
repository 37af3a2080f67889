import { betaGeometric } from './beta-geometric.ts';

/** MBG/NBD: a customer may drop out after every purchase, the first one included. */
export const mbgNbd = betaGeometric('mbg-nbd', 1);

/** Parameters of MBG/NBD. */
export type MbgParams = { readonly r: number; readonly alpha: number; readonly a: number; readonly b: number };
