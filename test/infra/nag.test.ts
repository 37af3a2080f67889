import { Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { buildApp } from '../../infra/app.ts';
import { acknowledgements, nagApp, nagFindings } from '../../infra/nag.ts';

describe('AwsSolutions rules over the stack', () => {
  const config = { dropsBuckets: [{ name: 'shop-drops' }] };
  const context = { config, 'aws:cdk:bundling-stacks': [], '@aws-cdk/core:validateAgainstDefaultRules': false };
  const { app, stack } = buildApp({ context });
  const raw = nagFindings(app);
  const meant = acknowledgements(stack.pipeline);

  it('find nothing that is not acknowledged with a reason', () => {
    nagApp(app, stack.pipeline);
    expect(nagFindings(app)).toEqual([]);
    expect(meant.filter(({ reason }) => reason.length < 20)).toEqual([]);
  });

  it('find everything that is acknowledged, once', () => {
    const names = meant.map(({ scope, id }) => `${scope.node.path} ${id}`);
    const unused = meant.filter(
      ({ scope, id }) => !raw.some((finding) => finding.id === id && finding.path.startsWith(`${scope.node.path}/`)),
    );
    expect(unused.map(({ scope, id }) => `${scope.node.path} ${id}`)).toEqual([]);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it('find what is added without a reason', () => {
    const bucket = new Bucket(stack, 'Planted');
    expect(nagFindings(app).map(({ id }) => id)).toEqual(expect.arrayContaining(['AwsSolutions-S1', 'AwsSolutions-S10']));
    Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S1', reason: 'Planted by a test.' });
    expect(nagFindings(app).map(({ id }) => id)).not.toContain('AwsSolutions-S1');
  });
});
