"""What schemathesis cannot write by itself."""

import schemathesis


@schemathesis.serializer("application/jsonlines")
def json_lines(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
