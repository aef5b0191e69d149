import { Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import { BookOpen, Database, Inbox, KeyRound, type LucideIcon, Play, Settings, Workflow } from "lucide-react";
import { meQuery } from "../api/queries.ts";
import classes from "./Navigation.module.css";
import { ThemeSwitch } from "./ThemeSwitch.tsx";

type Entry = { to: LinkProps["to"]; label: string; icon: LucideIcon };

const entries: readonly Entry[] = [
  { to: "/automations", label: "Automations", icon: Workflow },
  { to: "/runs", label: "Runs", icon: Play },
  { to: "/deliveries", label: "Deliveries", icon: Inbox },
  { to: "/connections", label: "Connections", icon: KeyRound },
  { to: "/keyvalue", label: "Key-value", icon: Database },
  { to: "/connectors", label: "Connectors", icon: BookOpen },
];

type Props = {
  isCompact: boolean;
  onNavigate?: () => void;
};

export function Navigation({ isCompact, onNavigate }: Props) {
  const { data: me } = useQuery(meQuery);
  return (
    <nav className={classes.nav} aria-label="Main" data-compact={isCompact || undefined}>
      <ul className={classes.list}>
        {entries.map((entry) => (
          <NavigationLink key={entry.label} entry={entry} isCompact={isCompact} onNavigate={onNavigate} />
        ))}
      </ul>
      <div className={classes.foot}>
        <ul className={classes.list}>
          <NavigationLink
            entry={{ to: "/settings", label: "Settings", icon: Settings }}
            isCompact={isCompact}
            onNavigate={onNavigate}
          />
        </ul>
        <div className={classes.person}>
          {!isCompact && <span className="truncate">{me?.workspace.name}</span>}
          <ThemeSwitch />
        </div>
      </div>
    </nav>
  );
}

type LinkProperties = { entry: Entry; isCompact: boolean; onNavigate: (() => void) | undefined };

function NavigationLink({ entry: { to, label, icon: Icon }, isCompact, onNavigate }: LinkProperties) {
  return (
    <li>
      <Tooltip label={label} position="right" disabled={!isCompact}>
        <Link
          to={to}
          className={classes.link}
          activeProps={{ "data-active": true }}
          aria-label={label}
          onClick={onNavigate}
        >
          <Icon size={16} strokeWidth={1.75} aria-hidden />
          {!isCompact && label}
        </Link>
      </Tooltip>
    </li>
  );
}
