// Runs before the first paint, so that a dark page never flashes white. A file, because the content policy forbids inline scripts.
try {
  const chosen = localStorage.getItem("millrace-color-scheme");
  const isDark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", isDark ? "dark" : "light");
} catch {
  document.documentElement.setAttribute("data-mantine-color-scheme", "light");
}
