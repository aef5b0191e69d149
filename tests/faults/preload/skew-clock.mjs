// Loaded into a process under test: its clock goes wrong by FAULTS_SKEW_MS, as on a host without time synchronization.
const skewMs = Number(process.env.FAULTS_SKEW_MS ?? 0);
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + skewMs);
    else super(...parts);
  }
  static now() {
    return RealDate.now() + skewMs;
  }
};
