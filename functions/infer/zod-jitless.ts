import * as z from 'zod';

// By default zod compiles a parser for every object schema at its first use, which pays over thousands of parses. A
// function that starts parses a handful of objects once: compiling costs it more than all of them together.
z.config({ jitless: true });
