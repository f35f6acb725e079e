import * as z from 'zod';
import type { ROLES } from '../../core/access/roles.ts';
import { basePathProblem, WEB_ACL } from './base-path.ts';

const arn = (service: string, resource: string, what: string) =>
  z.string().regex(new RegExp(`^arn:[a-z-]+:${service}:[a-z0-9-]*:(\\d{12})?:${resource}$`), `an ARN of ${what}`);

const KeyArn = arn('kms', 'key/[\\w-]+', 'a key of KMS (no alias)');

/** `encryptionKeyArn` of trimtab.config.json: a key of yours in the place of one that is made. */
export const EncryptionKeyArn = KeyArn;

/** `network` of trimtab.config.json: where the functions run. */
export const NetworkConfig = z.strictObject({
  /** The VPC. */
  vpcId: z.string().regex(/^vpc-[0-9a-f]{8}([0-9a-f]{9})?$/, 'a VPC looks like vpc-0123abcd'),
  /** Its subnets, without a way in from outside. */
  subnetIds: z
    .array(z.string().regex(/^subnet-[0-9a-f]{8}([0-9a-f]{9})?$/, 'a subnet looks like subnet-0123abcd'))
    .min(1),
  /** Security groups of the functions. */
  securityGroupIds: z
    .array(z.string().regex(/^sg-[0-9a-f]{8}([0-9a-f]{9})?$/, 'a security group looks like sg-0123abcd'))
    .min(1),
});
export type NetworkConfig = z.infer<typeof NetworkConfig>;

/** One of `alarmTopics` of trimtab.config.json: a topic that is there already. */
export const AlarmTopic = z.strictObject({
  /** ARN of the topic, which is no FIFO topic: CloudWatch sends to none. */
  arn: arn('sns', '[\\w-]{1,256}', 'a topic of SNS that is not FIFO'),
  /** ARN of its customer-managed key. */
  encryptionKeyArn: KeyArn.optional(),
});
export type AlarmTopic = z.infer<typeof AlarmTopic>;

/** `eventBus` of trimtab.config.json: name of a bus of the account and region. */
export const EventBusName = z
  .string()
  .regex(/^[\w./-]{1,256}$/, 'the name of an event bus is 1 to 256 letters, digits and ._-/')
  .refine((name) => name !== 'default', 'the default bus is the default: leave the member out');

/** `cors` of trimtab.config.json: what pages of other origins may ask. */
export const CorsConfig = z
  .strictObject({
    /** Origins such as https://app.example.com; `*` is any. */
    allowOrigins: z
      .array(z.string().regex(/^(\*|https?:\/\/[^/\s*]+)$/, 'an origin is a scheme and a host, or *'))
      .min(1),
    /** Headers that requests may have; by default those of credentials, content and traces, and of a function's `header`. */
    allowHeaders: z.array(z.string().min(1)).optional(),
    /** Headers of answers that pages may read. */
    exposeHeaders: z.array(z.string().min(1)).default([]),
    /** How long a browser remembers the answer, in seconds. */
    maxAgeSeconds: z.int().min(0).max(86_400).default(600),
    /** Whether pages may send cookies and the browser's own credentials. */
    allowCredentials: z.boolean().default(false),
  })
  .refine(({ allowCredentials, allowOrigins }) => !(allowCredentials && allowOrigins.includes('*')), {
    message: 'allowCredentials goes with origins that are named, and not with *',
  });
export type CorsConfig = z.infer<typeof CorsConfig>;

/** `domain` of trimtab.config.json: a domain of your own for the endpoint. */
export const DomainConfig = z
  .strictObject({
    /** The whole name, such as models.example.com. */
    name: z.string().regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'a name looks like models.example.com'),
    /** ARN of the certificate of a name that is made, of the region of the endpoint. */
    certificateArn: arn('acm', 'certificate/[\\w-]+', 'a certificate of ACM').optional(),
    /** A name that API Gateway has already, as `aws apigatewayv2 get-domain-name` shows it; by default the name is made. */
    existing: z
      .strictObject({
        /** `ApiGatewayDomainName` of it. */
        regionalDomainName: z
          .string()
          .regex(
            /^[\w-]+(\.[\w-]+)+$/,
            'a name of API Gateway looks like d-0abc.execute-api.eu-central-1.amazonaws.com',
          ),
        /** `HostedZoneId` of it. */
        regionalHostedZoneId: z.string().regex(/^Z[A-Z0-9]+$/, 'the id of a hosted zone looks like Z0123ABC'),
      })
      .optional(),
    /** Path under which the endpoint is there, such as `ml`; the root by default. */
    basePath: z
      .string()
      .superRefine((text, { addIssue }) => {
        const message = basePathProblem(text);
        if (message !== undefined) addIssue(message);
      })
      .optional(),
    /** Zone of Route 53 that gets a record of a name that is made; without it, make one yourself. */
    hostedZone: z
      .strictObject({
        id: z.string().regex(/^Z[A-Z0-9]+$/, 'the id of a hosted zone looks like Z0123ABC'),
        name: z.string().min(1),
      })
      .optional(),
  })
  .superRefine(({ certificateArn, existing, hostedZone }, { addIssue }) => {
    if ((certificateArn === undefined) === (existing === undefined))
      addIssue(
        `a name is made with a certificateArn, or there already, as existing says; received ${existing === undefined ? 'neither' : 'both'}`,
      );
    else if (existing !== undefined && hostedZone !== undefined)
      addIssue('a name that is existing has its record already; received hostedZone beside it');
  });
export type DomainConfig = z.infer<typeof DomainConfig>;

/** `webAclArn` of trimtab.config.json: a firewall in front of the endpoint. */
export const WebAclArn = z.string().regex(WEB_ACL, 'an ARN of a global web ACL of WAFv2, in us-east-1');

/** Who authorizes requests: IAM, nobody, tokens of an issuer, or a function. */
export const Authorization = z.union([
  z.enum(['iam', 'none']),
  z.strictObject({
    /** Tokens of an OpenID Connect issuer, whose scopes are roles: `trimtab/predict`. */
    jwt: z.strictObject({
      /** Address of the issuer. */
      issuer: z.url({ protocol: /^https$/ }),
      /** Who the tokens are for; one of them is enough. */
      audience: z.array(z.string().min(1)).min(1),
    }),
  }),
  z.strictObject({
    /** A function of yours, which answers `isAuthorized`, and `roles` in its context. */
    lambda: z.strictObject({
      /** ARN of the function, of this account. */
      functionArn: arn('lambda', 'function:[\\w-]+(:[\\w-]+)?', 'a function of Lambda'),
      /** How long an answer counts for the same credentials, in seconds; 0: not at all. */
      cacheSeconds: z.int().min(0).max(3_600).default(300),
      /** The header of the credentials. */
      header: z
        .string()
        .regex(/^[\w-]+$/, 'the name of a header')
        .default('authorization'),
    }),
  }),
]);
export type Authorization = z.infer<typeof Authorization>;

/** `authorizers` of trimtab.config.json: authorization of single roles. */
export const Authorizers = z.strictObject({
  read: Authorization.optional(),
  predict: Authorization.optional(),
  explain: Authorization.optional(),
  truth: Authorization.optional(),
  operate: Authorization.optional(),
} satisfies Record<Exclude<(typeof ROLES)[number], 'metrics'>, z.ZodType>);
export type Authorizers = z.infer<typeof Authorizers>;
