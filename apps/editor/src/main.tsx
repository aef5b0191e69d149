import "@fontsource-variable/geist";
import "@fontsource-variable/geist-mono";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./page.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createQueryClient } from "./api/query-client.ts";
import { cspNonce } from "./csp-nonce.ts";
import { createAppRouter } from "./router.tsx";
import { keepFocus } from "./shell/keep-focus.ts";
import { cssVariables, theme } from "./theme.ts";

const colorScheme = localStorageColorSchemeManager({ key: "millrace-color-scheme" });
const queries = createQueryClient(() => {
  const { pathname, href } = router.state.location;
  if (pathname === "/login" || pathname === "/setup") return;
  queries.removeQueries({ queryKey: ["me"] });
  void router.navigate({ to: "/login", search: { return: href } });
});
const router = createAppRouter(queries);
keepFocus();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colorScheme}
      defaultColorScheme="auto"
      getStyleNonce={() => cspNonce}
    >
      <Notifications position="bottom-right" />
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
