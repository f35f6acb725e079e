import { main } from '../../../cli/main.ts';
import type { FunctionSpec } from '../../../functions/function-spec.ts';
import { openAwsHome } from '../../../platform/aws/home.ts';
import type { Home } from '../../../platform/ports.ts';
import type { EnvironmentOptions, ExecutionEnvironment } from '../../lambda/environment.ts';
import { buildPackages, type Packages } from '../../lambda/packages.ts';
import { createResources } from '../resources.ts';

/** A home on the emulator, and the packaged functions with the variables that the constructs would give them. */
export class Deployment {
  private readonly opened: ExecutionEnvironment[] = [];

  private constructor(
    readonly home: Home,
    private readonly env: NodeJS.ProcessEnv,
    private readonly packages: Packages,
  ) {}

  static async create(): Promise<Deployment> {
    // The command line reads them where a person would have set them.
    const env = Object.assign(process.env, await createResources());
    return new Deployment(await openAwsHome(env), env, await buildPackages());
  }

  /** An environment of a function; it ends with the deployment. */
  async open(
    spec: FunctionSpec,
    variables: Readonly<Record<string, string>> = {},
    changes: Partial<EnvironmentOptions> = {},
  ): Promise<ExecutionEnvironment> {
    const environment = await this.packages.open(
      spec,
      { TRIMTAB_HOME: 'aws', ...this.addresses(), ...variables },
      changes,
    );
    this.opened.push(environment);
    return environment;
  }

  /** Runs the command line on this home. @throws Error with what it said, when it fails */
  async trimtab(...argv: string[]): Promise<string> {
    const [out, err]: [string[], string[]] = [[], []];
    const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: this.env };
    if ((await main(['--home', 'aws', ...argv], io)) !== 0) throw new Error(err.join('\n'));
    return out.join('\n');
  }

  async close(): Promise<void> {
    for (const environment of this.opened) await environment.close();
    this.packages.remove();
    await this.home.close();
  }

  /** Where the home's parts are, and who asks for them. */
  private addresses(): Record<string, string> {
    const wanted =
      /^(TRIMTAB_(ENVIRONMENT|TABLE|BUS|.*_BUCKET)|AWS_ENDPOINT_URL.*|AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY)$/;
    return Object.fromEntries(
      Object.entries(this.env).flatMap(([name, value]) => (wanted.test(name) && value ? [[name, value]] : [])),
    );
  }
}
