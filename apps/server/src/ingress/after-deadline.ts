/** After a pause of the whole process, answers that arrived meanwhile come before the deadlines that passed meanwhile. */
export function afterDeadline(ms: number, expire: () => void): { cancel(): void } {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(expire);
  }, ms);
  return {
    cancel() {
      clearTimeout(timer);
      clearImmediate(immediate);
    },
  };
}
