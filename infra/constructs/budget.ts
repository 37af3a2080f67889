import { ArnFormat, Stack, Tags } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

/** Tag of every resource of a pipeline; its value is the pipeline's name. */
const PIPELINE_TAG = 'perennial';

/** A limit of what a month may cost. */
export interface PipelineBudgetProps {
  readonly monthlyUsd: number;
  /** The pipeline whose costs count; left out: all of the account's. */
  readonly onlyPipeline?: string;
  readonly notices: Topic;
}

/**
 * Tells the topic of notices when the month's costs are forecast to reach 80 % of the limit, and when they have reached it. It
 * stops nothing. Figures of AWS Budgets are up to 12 hours old.
 *
 * Without `onlyPipeline` it counts the whole account: a filter by a tag that was not activated as a cost allocation tag finds no
 * costs at all, and such a budget would be silent for ever.
 */
export class PipelineBudget extends Construct {
  constructor(scope: Construct, id: string, { monthlyUsd, onlyPipeline, notices }: PipelineBudgetProps) {
    super(scope, id);
    const policy = allowBudgetNotices(this, notices);
    const tellAt = (threshold: number, notificationType: 'FORECASTED' | 'ACTUAL') => ({
      notification: { comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE', notificationType },
      subscribers: [{ subscriptionType: 'SNS', address: notices.topicArn }],
    });
    const budget = new CfnBudget(this, 'Monthly', {
      budget: {
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyUsd, unit: 'USD' },
        ...(onlyPipeline ? { costFilters: { TagKeyValue: [`user:${PIPELINE_TAG}$${onlyPipeline}`] } } : {}),
      },
      notificationsWithSubscribers: [tellAt(80, 'FORECASTED'), tellAt(100, 'ACTUAL')],
    });
    // Budgets refuses a topic to which it may not publish.
    if (policy) budget.node.addDependency(policy);
  }
}

/** Tags everything below a pipeline, so that its costs can be told from others. */
export function tagPipeline(scope: Construct, pipelineName: string): void {
  Tags.of(scope).add(PIPELINE_TAG, pipelineName);
}

function allowBudgetNotices(scope: Construct, notices: Topic): Construct | undefined {
  const { account } = Stack.of(scope);
  const budgets = Stack.of(scope).formatArn({
    service: 'budgets',
    region: '',
    resource: '*',
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });
  const { policyDependable } = notices.addToResourcePolicy(
    new PolicyStatement({
      sid: 'Budget',
      principals: [new ServicePrincipal('budgets.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [notices.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': budgets } },
    }),
  );
  return policyDependable as Construct | undefined;
}
