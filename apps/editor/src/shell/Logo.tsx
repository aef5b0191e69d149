/** A mill wheel: rim, hub and eight paddles. */
export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="var(--accent)"
      strokeWidth="2"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <circle cx="12" cy="12" r="6.2" />
      <circle cx="12" cy="12" r="1.4" fill="var(--accent)" stroke="none" />
      {[0, 45, 90, 135, 180, 225, 270, 315].map((angle) => (
        <path key={angle} d="M12 2.2v4.6" transform={`rotate(${angle} 12 12)`} />
      ))}
    </svg>
  );
}
