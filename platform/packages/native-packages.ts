import type { PinnedPackage } from './pinned-package.ts';

/** A library that holds native code, and that the package therefore does not contain. */
export interface NativeLibrary {
  /** What it is imported by. */
  readonly name: 'onnxruntime-node' | '@duckdb/node-api';
  /** What it is wanted for, after "which". */
  readonly purpose: string;
  /** `<platform>-<processor>`, as Node names them, of every machine that it is built for. */
  readonly platforms: readonly string[];
  /** Its packages for one of them: each is needed by the one before it. */
  packages(platform: string): readonly PinnedPackage[];
}

const ORT = '1.25.1';
const DUCKDB = '1.5.5-r.5';

const BINDINGS: Readonly<Record<string, string>> = {
  'linux-x64': 'sha512-kCyq6BXhn6QXfwF8yVdVKriSSHP+rfVWcJ56cG8qZzlOZpxyvT5WGm6jMshxg4ditLlOsHsIN/D47RYrcjXuHQ==',
  'linux-arm64': 'sha512-CafH2AIvXtpwDynG3KB/4uEOHRGlFoB7auCRMIwH3BKNIobsANV5LSpDJ3tfyRCFIsK6e8AT1eseWVnu2Dv3cw==',
  'darwin-x64': 'sha512-rN0KjX13MwVQ5V5ufykolty/tf4SaafOpGWcUA1Cegf98jPeRdsJsEE1IMXn8n3u6WvMSZEVJmHJ3ma4Hr7Vzg==',
  'darwin-arm64': 'sha512-WJdeLTFy4pRg60rkbp9smtlP1iIQ8ErtIJkxS+2LQtM1ZZMSByyW+3WPpNoKe7IwPtVl2fLlPw7tDmQW4Z974g==',
  'win32-x64': 'sha512-mBGFn8netT/AAhK4TOG6Fw47+Db68CxCVtQ9qfxZc1kZAjds+aYrh17Fd/u5CbTDdxILsrcyuF8q9cUcm54kQA==',
  'win32-arm64': 'sha512-L3Mroc23xhqOowWVElni8LgEmsm5e9DdG1y2pLka/1ug3Pl2vpQMl1Phxwz4UEMF8DOBbMgN5BBNrYwG2BFo+g==',
};

/** Versions and digests are those of package-lock.json, which a test holds them to. */
export const NATIVE_LIBRARIES: readonly NativeLibrary[] = [
  {
    name: 'onnxruntime-node',
    purpose: 'runs models',
    platforms: ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'],
    // One package holds all platforms.
    packages: (platform) => [
      {
        name: 'onnxruntime-node',
        version: ORT,
        integrity: 'sha512-N0M58CGTiTsLkPpx9bxmRFi24GT6r67Qei/GrBEIiDyntcYdXU5vQZp112ypydG9vEKRFgbgUYQJnEi+jll8dg==',
        files: ['package.json', 'dist', `bin/napi-v6/${platform.replace('-', '/')}`],
      },
      {
        name: 'onnxruntime-common',
        version: ORT,
        integrity: 'sha512-kKvYQFdos4LWJqhZ+nmKu3NT8NXzw8I5x9fNUKe1rNKcPfNKnYXUtW7JBpcKFsvLtrJashRgVYSbFap4cHxvNg==',
        files: ['package.json', 'dist/cjs'],
      },
    ],
  },
  {
    name: '@duckdb/node-api',
    purpose: 'reads data files',
    platforms: Object.keys(BINDINGS),
    packages: (platform) => [
      {
        name: '@duckdb/node-api',
        version: DUCKDB,
        integrity: 'sha512-ZMX+sel3DjSKbGuQ44Y5Tp5LwYjlJkhB5faKr+9sSMcxixDMSW+8vaTOD1uRDuN9o0udUoCY/XX9PI1haEZuZg==',
        files: 'all',
      },
      {
        name: '@duckdb/node-bindings',
        version: DUCKDB,
        integrity: 'sha512-sR7x91TfBunLqLbdvrcdiPCU+VGEQFPicxh1STZM402fuHW2ituPTAo2bY3IlntsvJShltrKF4R6B+JYPlAPZg==',
        files: 'all',
      },
      {
        name: `@duckdb/node-bindings-${platform}`,
        version: DUCKDB,
        integrity: BINDINGS[platform]!,
        files: 'all',
      },
    ],
  },
];
