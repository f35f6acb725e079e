/** Decoded messages of the protocol: absent fields have their defaults, 64-bit integers are strings. */

export interface Parameter {
  readonly parameter_choice?: 'bool_param' | 'int64_param' | 'string_param' | 'double_param' | 'uint64_param';
  readonly bool_param?: boolean;
  readonly int64_param?: string;
  readonly string_param?: string;
  readonly double_param?: number;
  readonly uint64_param?: string;
}
export type GrpcParameters = Readonly<Record<string, Parameter>>;

/** Tensor elements in row-major order, in the field of the tensor's datatype. */
export interface Contents {
  readonly bool_contents?: readonly boolean[];
  readonly int_contents?: readonly number[];
  readonly int64_contents?: readonly string[];
  readonly uint_contents?: readonly number[];
  readonly uint64_contents?: readonly string[];
  readonly fp32_contents?: readonly number[];
  readonly fp64_contents?: readonly number[];
  readonly bytes_contents?: readonly Uint8Array[];
}

export interface WireTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly string[];
  readonly parameters?: GrpcParameters;
  readonly contents?: Contents | null;
}

export interface ModelInferRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: GrpcParameters;
  readonly inputs: readonly WireTensor[];
  readonly outputs: readonly { readonly name: string; readonly parameters: GrpcParameters }[];
  readonly raw_input_contents: readonly Uint8Array[];
}

export interface ModelInferResponse {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters?: GrpcParameters;
  readonly outputs: readonly WireTensor[];
  readonly raw_output_contents: readonly Uint8Array[];
}
