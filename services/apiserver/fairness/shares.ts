/**
 * How the server's seats are divided among the priority levels: nominal shares, what a level lends
 * and borrows, and the division that follows demand. Pure; the rules are those of Kubernetes'
 * KEP-1040.
 */

/** What a priority level is configured to have. */
export interface LevelShares {
  readonly exempt: boolean;
  readonly nominalShares: number;
  readonly lendablePercent: number;
  /** Undefined: it may borrow all that others lend. */
  readonly borrowingLimitPercent: number | undefined;
}

/** Seats of a level. */
export interface SeatLimits {
  readonly nominal: number;
  /** What it never lends. */
  readonly lower: number;
  readonly upper: number;
}

/** The limits of every level out of `seats` of the whole server, in the given order. */
export function seatLimits(levels: readonly LevelShares[], seats: number): SeatLimits[] {
  const sharesSum = levels.reduce((sum, { nominalShares }) => sum + nominalShares, 0);
  return levels.map(({ exempt, nominalShares, lendablePercent, borrowingLimitPercent }) => {
    const nominal = sharesSum === 0 ? 0 : Math.ceil((seats * nominalShares) / sharesSum);
    const lower = nominal - Math.round((nominal * lendablePercent) / 100);
    const unbounded = exempt || borrowingLimitPercent === undefined;
    const borrowed = Math.round((nominal * (borrowingLimitPercent ?? 0)) / 100);
    return { nominal, lower, upper: unbounded ? seats : nominal + borrowed };
  });
}

/** Seats that were wanted during a period, taken or waited for. */
export interface Demand {
  readonly average: number;
  readonly deviation: number;
  readonly high: number;
}

/** How much of the smoothed demand of a period survives into the next. */
const smoothing = 0.977;

/** Demand that rises counts at once, demand that falls is forgotten slowly. */
export function smoothedDemand(before: number, { average, deviation, high }: Demand): number {
  const envelope = Math.min(high, average + deviation);
  return Math.max(envelope, smoothing * before + (1 - smoothing) * envelope);
}

export interface LevelDemand extends SeatLimits {
  readonly exempt: boolean;
  readonly high: number;
  readonly smoothed: number;
}

/**
 * The seats that each level gets until the next look, in the given order. A level keeps what it
 * uses of its nominal seats; what is left goes where the demand is, in proportion.
 */
export function divideSeats(levels: readonly LevelDemand[], seats: number): number[] {
  const floors = levels.map(floorOf);
  const exempt = sum(levels.map((level, index) => (level.exempt ? (floors[index] ?? 0) : 0)));
  const limited = levels.filter((level) => !level.exempt);
  const left = Math.max(0, seats - exempt);
  const portions = portionsOf(limited, left);
  let next = 0;
  return levels.map((level, index) =>
    level.exempt ? (floors[index] ?? 0) : (portions[next++] ?? 0),
  );
}

const floorOf = ({ lower, nominal, high }: LevelDemand): number =>
  Math.max(lower, Math.min(nominal, high));

function portionsOf(levels: readonly LevelDemand[], seats: number): number[] {
  const floors = levels.map(floorOf);
  const lowers = levels.map(({ lower }) => lower);
  if (sum(lowers) >= seats) return lowers;
  if (sum(floors) >= seats) {
    const part = (seats - sum(lowers)) / (sum(floors) - sum(lowers));
    return floors.map((floor, index) => {
      const lower = lowers[index] ?? 0;
      return Math.round(lower + part * (floor - lower));
    });
  }
  const fraction = fairFraction(levels, floors, seats);
  return levels.map((level, index) => Math.round(portionAt(level, floors[index] ?? 0, fraction)));
}

function portionAt({ upper, smoothed }: LevelDemand, floor: number, fraction: number): number {
  // A level without any demand still counts as one that wants a seat: nobody is left with none.
  const target = Math.max(floor, smoothed, 1);
  return Math.min(Math.max(upper, floor), Math.max(floor, fraction * target));
}

const bisections = 60;

/** The multiple of everybody's demand that just uses up the seats. */
function fairFraction(
  levels: readonly LevelDemand[],
  floors: readonly number[],
  seats: number,
): number {
  const used = (fraction: number) =>
    sum(levels.map((level, index) => portionAt(level, floors[index] ?? 0, fraction)));
  let low = 0;
  let high = seats;
  for (let step = 0; step < bisections; step += 1) {
    const middle = (low + high) / 2;
    if (used(middle) > seats) high = middle;
    else low = middle;
  }
  return low;
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
