const radius = 10;
const aboveJoin = 18;

type Point = { x: number; y: number };

/** Down, across, down, with round corners. Lines that join bend right above the join, clear of what stands beside it. */
export function edgePath(source: Point, target: Point, isJoining: boolean): string {
  const across = target.x - source.x;
  if (Math.abs(across) < 1) return `M${source.x},${source.y} V${target.y}`;
  const bendY = isJoining ? target.y - aboveJoin : (source.y + target.y) / 2;
  const corner = Math.max(0, Math.min(radius, Math.abs(across) / 2, bendY - source.y, target.y - bendY));
  const side = Math.sign(across) * corner;
  return [
    `M${source.x},${source.y}`,
    `V${bendY - corner}`,
    `q0,${corner} ${side},${corner}`,
    `H${target.x - side}`,
    `q${side},0 ${side},${corner}`,
    `V${target.y}`,
  ].join(" ");
}
