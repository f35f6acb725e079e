/** How a Lambda layer is made, as data. */
export interface LayerDefinition {
  readonly name: 'onnxruntime' | 'duckdb';
  readonly description: string;
  /** Largest size when unpacked, in MB (10^6 bytes); the build fails beyond it. */
  readonly budgetMb: number;
  /** Packages to take files from, by name; versions are those of package-lock.json. */
  packages(architecture: Architecture): readonly LayerPackage[];
}

export interface LayerPackage {
  readonly name: string;
  /** Files and folders of the package that go in; everything else stays out. */
  readonly files: readonly string[];
  /** Files without which the layer is worthless: npm leaves out an optional binding without a word. */
  readonly needed: readonly string[];
}

/** As Node names processors. */
export type Architecture = 'x64' | 'arm64';
