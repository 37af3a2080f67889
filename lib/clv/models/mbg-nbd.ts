import { betaGeometric } from './beta-geometric.ts';

/** MBG/NBD: a customer may drop out after every purchase, the first one included. */
export const mbgNbd = betaGeometric('mbg-nbd', 1);
