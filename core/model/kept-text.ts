/**
 * Whether a text reaches a graph, a query or a file as it is: ONNX Runtime's strings and SQL stop at NUL, and half a
 * surrogate pair has no UTF-8. What would be cut off or replaced in silence is refused.
 */
export const isKept = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
