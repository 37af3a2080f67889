import { describeModelLaws, describeSpendLaws } from '../support/clv-laws.ts';

describeModelLaws(20_000);
describeSpendLaws(20_000);
