import { Button, Textarea } from "@mantine/core";
import { ClipboardPaste } from "lucide-react";
import { useState } from "react";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import classes from "./AutomationStarts.module.css";

type Props = { isBusy: boolean; error: Error | null; onCreate: (definition: unknown) => void };

/** A definition from somewhere else, as YAML or JSON (which YAML reads too). */
export function PasteDefinition({ isBusy, error, onCreate }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const [source, setSource] = useState("");
  const [mistake, setMistake] = useState<string>();
  const create = async () => {
    const { parse } = await import("yaml");
    try {
      setMistake(undefined);
      onCreate(parse(source));
    } catch (problem) {
      setMistake(problem instanceof Error ? problem.message : "This is neither YAML nor JSON.");
    }
  };
  return (
    <div className={classes.paste}>
      <div className={classes.blank} style={{ border: 0 }}>
        <ClipboardPaste size={18} aria-hidden color="var(--quiet)" />
        <div className={classes.grow}>
          <strong>Paste a definition</strong>
          <p>YAML or JSON, as the command line pulls it.</p>
        </div>
        {!isOpen && (
          <Button variant="default" onClick={() => setIsOpen(true)}>
            Paste YAML or JSON
          </Button>
        )}
      </div>
      {isOpen && (
        <div className={classes.pasteForm}>
          <Textarea
            label="Definition"
            autosize
            minRows={8}
            maxRows={24}
            autoFocus
            value={source}
            onChange={(event) => setSource(event.currentTarget.value)}
            placeholder={"millrace: 1\nname: Hello\ntrigger:\n  type: webhook\nsteps: []"}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12 } }}
            error={mistake}
            spellCheck={false}
          />
          {error && <ProblemNotice error={error} />}
          <div>
            <Button onClick={() => void create()} disabled={source.trim() === ""} loading={isBusy}>
              Create automation
            </Button>
          </div>
        </div>
      )}
    </div>
  );
}
