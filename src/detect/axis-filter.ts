/**
 * Kalman filter of one coordinate that moves at a constant velocity, disturbed by white noise of acceleration.
 * As long as neither noise couples them, the coordinates of a box are independent of each other, so that two of
 * these say the same as the matrices of SORT (Bewley et al. 2016) for a tenth of the arithmetic.
 */
export class AxisFilter {
  position: number;
  velocity = 0;
  /** Covariance of position and velocity: [pp, pv; pv, vv]. */
  #pp: number;
  #pv = 0;
  #vv: number;

  /**
   * @param position the first measurement
   * @param positionStd its standard deviation
   * @param velocityStd standard deviation of the velocity, of which nothing is known but that it has mean 0
   */
  constructor(position: number, positionStd: number, velocityStd: number) {
    this.position = position;
    this.#pp = positionStd ** 2;
    this.#vv = velocityStd ** 2;
  }

  /**
   * Moves on by `seconds`.
   * @param drift by how much the velocity strays in a second, standard deviation
   */
  predict(seconds: number, drift: number): void {
    const q = drift ** 2;
    this.position += this.velocity * seconds;
    this.#pp += seconds * (2 * this.#pv + seconds * this.#vv) + (q * seconds ** 3) / 3;
    this.#pv += seconds * this.#vv + (q * seconds ** 2) / 2;
    this.#vv += q * seconds;
  }

  /** Takes a measurement with this standard deviation. */
  correct(measured: number, std: number): void {
    const total = this.#pp + std ** 2;
    const gain = this.#pp / total;
    const velocityGain = this.#pv / total;
    const innovation = measured - this.position;
    this.position += gain * innovation;
    this.velocity += velocityGain * innovation;
    this.#vv -= velocityGain * this.#pv;
    this.#pv *= 1 - gain;
    this.#pp *= 1 - gain;
  }
}
