import { ActionIcon, Drawer } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { Menu as MenuIcon } from "lucide-react";
import { useEffect } from "react";
import { followLiveEvents } from "../api/live-events.ts";
import classes from "./AppFrame.module.css";
import { ConnectivityBanner } from "./ConnectivityBanner.tsx";
import { Logo } from "./Logo.tsx";
import { Navigation } from "./Navigation.tsx";

/** Screens with three panes need the width: there the navigation shrinks to its icons. */
const widePaths = /^\/(automations\/atm_|runs\/run_)[^/]*$/;

export function AppFrame() {
  const queries = useQueryClient();
  const { pathname } = useLocation();
  const [isOpen, { open, close }] = useDisclosure(false);
  useEffect(() => {
    const watching = new AbortController();
    void followLiveEvents(queries, watching.signal);
    return () => watching.abort();
  }, [queries]);

  return (
    <div className={classes.frame} data-compact={widePaths.test(pathname) || undefined}>
      <a href="#main" className={classes.skip}>
        Skip to content
      </a>
      <aside className={classes.side}>
        <Link to="/automations" className={classes.brand} aria-label="Millrace, automations">
          <Logo />
          <span className={classes.name}>Millrace</span>
        </Link>
        <Navigation isCompact={widePaths.test(pathname)} />
      </aside>
      <header className={classes.top}>
        <ActionIcon onClick={open} aria-label="Open navigation" size="lg">
          <MenuIcon size={18} aria-hidden />
        </ActionIcon>
        <Link to="/automations" className={classes.brand} aria-label="Millrace, automations">
          <Logo />
          <span>Millrace</span>
        </Link>
      </header>
      <Drawer
        opened={isOpen}
        onClose={close}
        size={248}
        padding="md"
        title={<strong>Navigation</strong>}
        closeButtonProps={{ "aria-label": "Close navigation" }}
      >
        <Navigation isCompact={false} onNavigate={close} />
      </Drawer>
      <main id="main" className={classes.main} tabIndex={-1}>
        <ConnectivityBanner />
        <Outlet />
      </main>
    </div>
  );
}
