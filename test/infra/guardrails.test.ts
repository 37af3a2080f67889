import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { CUSTOM, pipelineTemplate, TWO } from '../support/pipeline-template.ts';

const template = pipelineTemplate();
const custom = pipelineTemplate(CUSTOM);

describe('guardrails', () => {
  it('limit reads and writes of every table', () => {
    const limits = (MaxReadRequestUnits: number, MaxWriteRequestUnits: number) => ({
      BillingMode: 'PAY_PER_REQUEST',
      OnDemandThroughput: { MaxReadRequestUnits, MaxWriteRequestUnits },
    });
    template.allResourcesProperties('AWS::DynamoDB::Table', limits(12_000, 10_000));
    custom.allResourcesProperties('AWS::DynamoDB::Table', limits(2000, 1000));
  });

  it('limit how many items of a Map run at once', () => {
    const definition = (of: typeof template) => JSON.stringify(of.findResources('AWS::StepFunctions::StateMachine'));
    const limits = (of: typeof template) =>
      [...definition(of).matchAll(/\\"MaxConcurrency\\":(\d+)/g)].map(([, found]) => Number(found));
    expect(limits(template)).toEqual([60, 60, 60, 60, 60]);
    expect(limits(custom)).toEqual([7, 7, 7, 7, 7]);
  });

  it('tell when the month is forecast to cost 80 % of 50 dollars, and when it has cost all of it', () => {
    const [topic] = Object.keys(template.findResources('AWS::SNS::Topic'));
    const subscribers = [{ SubscriptionType: 'SNS', Address: { Ref: topic } }];
    const tells = (NotificationType: string, Threshold: number) => ({
      Notification: { ComparisonOperator: 'GREATER_THAN', ThresholdType: 'PERCENTAGE', NotificationType, Threshold },
      Subscribers: subscribers,
    });
    template.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: {
        BudgetType: 'COST',
        TimeUnit: 'MONTHLY',
        BudgetLimit: { Amount: 50, Unit: 'USD' },
        // All of the account: a filter by a tag that is not activated finds nothing, for ever.
        CostFilters: Match.absent(),
      },
      NotificationsWithSubscribers: [tells('FORECASTED', 80), tells('ACTUAL', 100)],
    });
  });

  it('let the budgets of this account publish, before the budget is made', () => {
    const [policy] = Object.keys(template.findResources('AWS::SNS::TopicPolicy'));
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'budgets.amazonaws.com' },
            Action: 'sns:Publish',
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnLike: { 'aws:SourceArn': Match.anyValue() },
            },
          }),
        ]),
      },
    });
    template.hasResource('AWS::Budgets::Budget', { DependsOn: [policy] });
  });

  it('have no budget when none is asked for, and one of the pipeline alone by its tag', () => {
    custom.resourceCountIs('AWS::Budgets::Budget', 0);
    const two = pipelineTemplate(TWO);
    const names = Object.values(two.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.Environment.Variables.PIPELINE_NAME as string,
    );
    const outlet = names.find((name) => name.includes('Outlet'));
    two.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: { BudgetLimit: { Amount: 10, Unit: 'USD' }, CostFilters: { TagKeyValue: [`user:perennial$${outlet}`] } },
    });
  });

  it('tag everything that costs with the name of its pipeline', () => {
    const types = ['AWS::DynamoDB::Table', 'AWS::Lambda::Function', 'AWS::S3::Bucket', 'AWS::StepFunctions::StateMachine'];
    const [lambda] = Object.values(template.findResources('AWS::Lambda::Function'));
    const tag = { Key: 'perennial', Value: lambda?.['Properties'].Environment.Variables.PIPELINE_NAME };
    for (const type of [...types, 'AWS::KMS::Key', 'AWS::Logs::LogGroup', 'AWS::SQS::Queue', 'AWS::SNS::Topic']) {
      template.allResourcesProperties(type, { Tags: Match.arrayWith([tag]) });
    }
  });
});
