import { HttpNoneAuthorizer, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { ROLES } from '../../core/access/roles.ts';
import { apiRoutes } from '../access-routes.ts';

/** What callers may do over the API. */
export type EndpointRole = 'read' | 'predict' | 'explain' | 'truth' | 'operate';

const ENDPOINT_ROLES = ROLES.filter((role): role is EndpointRole => role !== 'metrics');

/** Authorizers of the routes of single roles; what has none goes by the authorizer of the endpoint. */
export interface RoleAuthorizers {
  /** Of names, metadata, statistics, what is released. @default the authorizer of the endpoint */
  readonly read?: IHttpRouteAuthorizer;
  /** Of predictions. @default the authorizer of the endpoint */
  readonly predict?: IHttpRouteAuthorizer;
  /** Of explanations. @default the authorizer of the endpoint */
  readonly explain?: IHttpRouteAuthorizer;
  /** Of ground truth, outcomes and feedback. @default the authorizer of the endpoint */
  readonly truth?: IHttpRouteAuthorizer;
  /** Of loading and unloading. @default the authorizer of the endpoint */
  readonly operate?: IHttpRouteAuthorizer;
}

/** A route of the API with its authorizer. */
export interface AuthorizedRoute {
  readonly method: string;
  readonly path: string;
  readonly authorizer: IHttpRouteAuthorizer;
}

/** IAM is IAM, however often it is said; any other authorizer is itself. */
const isSame = (one: IHttpRouteAuthorizer, other: IHttpRouteAuthorizer): boolean =>
  one === other || [HttpIamAuthorizer, HttpNoneAuthorizer].some((type) => one instanceof type && other instanceof type);

/** Who authorizes which requests to an endpoint. */
export class EndpointAuthorizers {
  private readonly byRole: RoleAuthorizers;

  constructor(
    /** Of whatever has no other. */
    readonly common: IHttpRouteAuthorizer = new HttpIamAuthorizer(),
    byRole: RoleAuthorizers = {},
  ) {
    this.byRole = byRole;
  }

  of(role: EndpointRole): IHttpRouteAuthorizer {
    return this.byRole[role] ?? this.common;
  }

  usesIam(role: EndpointRole): boolean {
    return this.of(role) instanceof HttpIamAuthorizer;
  }

  /** What goes by signatures: roles, and whatever is none of theirs. */
  get signed(): readonly string[] {
    const roles = ENDPOINT_ROLES.filter((role) => this.usesIam(role));
    return this.common instanceof HttpIamAuthorizer ? [...roles, 'all other routes'] : roles;
  }

  /** Roles that everybody has. */
  get open(): readonly EndpointRole[] {
    return ENDPOINT_ROLES.filter((role) => this.of(role) instanceof HttpNoneAuthorizer);
  }

  /**
   * Whether the function has to hold requests to roles: IAM decides by itself, and without an authorizer all may do all;
   * where several go side by side, the function asks each request who let it in.
   */
  get held(): boolean {
    const all = [this.common, ...ENDPOINT_ROLES.map((role) => this.of(role))];
    return !(
      all.every((authorizer) => authorizer instanceof HttpIamAuthorizer) ||
      all.every((authorizer) => authorizer instanceof HttpNoneAuthorizer)
    );
  }

  /**
   * The routes of the API.
   *
   * @throws Error when two roles share a route and have different authorizers
   */
  routes(): AuthorizedRoute[] {
    return apiRoutes().map(({ method, path, roles }) => {
      const [authorizer, ...others] = roles.map((role) => this.of(role));
      if (authorizer === undefined || others.some((other) => !isSame(authorizer, other)))
        throw new Error(
          `${roles.join(' and ')} share the route ${method} ${path}: both have the same authorizer, received different ones`,
        );
      return { method, path, authorizer };
    });
  }
}
