import { Button, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { History, RotateCcw } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client.ts";
import { versionsQuery } from "../api/queries.ts";
import { notifyDone, notifyProblem } from "../shell/notify.tsx";
import { momentText } from "../shell/time-text.ts";
import classes from "./EditorBar.module.css";
import { useEditor } from "./editor-model.ts";
import { publishSummary } from "./publish-summary.ts";
import { publishedQuery } from "./published-query.ts";

export function VersionsMenu() {
  const { automation, definition, store } = useEditor();
  const [isOpen, setIsOpen] = useState(false);
  const { data, error, refetch } = useQuery({ ...versionsQuery(automation.id), enabled: isOpen });
  const { data: published } = useQuery(publishedQuery(automation));
  const restore = async (number: number) => {
    try {
      const version = await api.versions.get({ automationId: automation.id, number });
      store.change(version.definition);
      notifyDone(`Version ${number} is in the draft again. Undo brings yours back.`);
    } catch (error) {
      notifyProblem(error instanceof Error ? error : new Error(String(error)), "Not restored");
    }
  };
  return (
    <Menu position="bottom-end" width={300} opened={isOpen} onChange={setIsOpen}>
      <Menu.Target>
        <Button variant="default" size="xs" leftSection={<History size={14} aria-hidden />}>
          Versions
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.summary}>Draft: {isOpen && publishSummary(published?.definition, definition)}</div>
        <Menu.Divider />
        {!data && !error && <Menu.Item disabled>Loading…</Menu.Item>}
        {error && (
          <Menu.Item closeMenuOnClick={false} onClick={() => void refetch()}>
            The versions could not be loaded. Try again
          </Menu.Item>
        )}
        {data?.items.length === 0 && <Menu.Item disabled>Nothing is published yet.</Menu.Item>}
        {data?.items.map(({ id, number, publishedAt, publishedBy }) => (
          <Menu.Item key={id} leftSection={<RotateCcw size={14} aria-hidden />} onClick={() => void restore(number)}>
            <span className="visually-hidden">Restore to the draft: </span>
            Version {number}
            {number === automation.published?.number ? ", live" : ""}
            <div style={{ fontSize: 12, color: "var(--quiet)" }}>
              {momentText(publishedAt)}
              {publishedBy && ` by ${publishedBy}`}
            </div>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
