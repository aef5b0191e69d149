import { useQueryClient } from "@tanstack/react-query";
import { WifiOff } from "lucide-react";
import { useEffect } from "react";
import { useConnectivity } from "../api/connectivity.ts";
import { meQuery } from "../api/queries.ts";
import classes from "./ConnectivityBanner.module.css";

/** Says that the server can't be reached, and tries again until it can. */
export function ConnectivityBanner() {
  const connectivity = useConnectivity();
  const queries = useQueryClient();
  useEffect(() => {
    if (connectivity === "online") return;
    const timer = setInterval(() => {
      void queries
        .fetchQuery({ ...meQuery, staleTime: 0, retry: false })
        .then(() => queries.invalidateQueries())
        .catch(() => undefined);
    }, 3_000);
    return () => clearInterval(timer);
  }, [connectivity, queries]);
  if (connectivity === "online") return null;
  return (
    <div className={classes.banner} role="status">
      <WifiOff size={14} aria-hidden />
      {connectivity === "offline"
        ? "You are offline. What you see may be out of date."
        : "Millrace does not answer. Trying again every 3 seconds; what you see may be out of date."}
    </div>
  );
}
