import type { IAlias, IKey } from 'aws-cdk-lib/aws-kms';

/**
 * The key itself where an alias was given, which the CDK takes for a key: KMS ignores statements that name an alias as
 * their resource, and log groups take none.
 *
 * @throws Error where only the name of the alias is known
 */
export function keyBehind(key: IKey): IKey;
export function keyBehind(key: IKey | undefined): IKey | undefined;
export function keyBehind(key: IKey | undefined): IKey | undefined {
  return key !== undefined && isAlias(key) ? keyBehind(targetOf(key)) : key;
}

const isAlias = (key: IKey): key is IAlias => 'aliasName' in key;

function targetOf(alias: IAlias): IKey {
  try {
    return alias.aliasTargetKey;
  } catch (cause) {
    throw new Error(
      `${alias.node.path}: a key is given by itself or by an alias whose key is known, received the name of an alias, '${alias.aliasName}': permissions are on keys. Key.fromLookup(scope, id, { aliasName }) finds the key, Key.fromKeyArn takes its ARN`,
      { cause },
    );
  }
}
