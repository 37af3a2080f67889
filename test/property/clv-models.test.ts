import { describeModelLaws, describeSpendLaws } from '../support/clv-laws.ts';

describeModelLaws(60);
describeSpendLaws(60);
