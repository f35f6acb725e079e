/**
 * Distribution function of the standard normal. W. J. Cody's rational approximations are overkill here: the series and
 * the continued fraction of the error function, to about 1e-12.
 */
export function normalCdf(z: number): number {
  const x = Math.abs(z);
  if (x > 38) return z > 0 ? 1 : 0;
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  let upper: number;
  if (x < 3) {
    let [term, sum] = [x, x];
    for (let i = 1; i < 200 && term > 1e-17 * sum; i++) {
      term *= (x * x) / (2 * i + 1);
      sum += term;
    }
    upper = 0.5 - density * sum;
  } else {
    let fraction = 0;
    for (let i = 60; i > 0; i--) fraction = i / (x + fraction);
    upper = density / (x + fraction);
  }
  return z > 0 ? 1 - upper : upper;
}
