import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';

/**
 * From here on this process is a user that may do everything. The account's root, which is what the emulator's own
 * credentials are, is asked for no permission there, and so would pass by the policies of resources.
 */
export async function becomeAdministrator(): Promise<void> {
  const iam = new IAMClient({});
  const UserName = `administrator-${process.pid}`;
  const everything = { Effect: 'Allow', Action: '*', Resource: '*' };
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(
    new PutUserPolicyCommand({
      UserName,
      PolicyName: 'everything',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [everything] }),
    }),
  );
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  process.env.AWS_ACCESS_KEY_ID = AccessKey!.AccessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = AccessKey!.SecretAccessKey;
}
