import type { Connector } from "@millrace/contract";
import {
  Bell,
  Bot,
  Calendar,
  CreditCard,
  Database,
  Globe,
  type LucideIcon,
  Mail,
  MessageSquare,
  Phone,
  Rss,
  Send,
  ShoppingBag,
  Sparkles,
  Table2,
  Users,
  Webhook,
} from "lucide-react";
import classes from "./ConnectorIcon.module.css";

/** The icons that connectors name; all of Lucide would be half a megabyte. */
const icons: Record<string, LucideIcon> = {
  bell: Bell,
  bot: Bot,
  calendar: Calendar,
  "credit-card": CreditCard,
  database: Database,
  globe: Globe,
  mail: Mail,
  "message-square": MessageSquare,
  phone: Phone,
  rss: Rss,
  send: Send,
  "shopping-bag": ShoppingBag,
  sparkles: Sparkles,
  "table-2": Table2,
  users: Users,
  webhook: Webhook,
};

type Props = { connector: Connector | undefined; id: string; size?: number };

/** The service's own mark, a known icon, or its first letter. */
export function ConnectorIcon({ connector, id, size = 28 }: Props) {
  return (
    <span className={classes.icon} style={{ width: size, height: size, fontSize: size * 0.46 }} aria-hidden>
      <Mark icon={connector?.icon ?? ""} title={connector?.title ?? id} size={Math.round(size * 0.56)} />
    </span>
  );
}

function Mark({ icon, title, size }: { icon: string; title: string; size: number }) {
  const Known = icons[icon];
  if (Known) return <Known size={size} strokeWidth={1.75} />;
  // As an image, SVG runs no scripts and fetches nothing.
  if (icon.startsWith("<svg"))
    return <img src={`data:image/svg+xml,${encodeURIComponent(icon)}`} alt="" width={size} height={size} />;
  return title.slice(0, 1).toUpperCase();
}
