import { Button, Group, Modal, Text } from "@mantine/core";
import type { ReactNode } from "react";

type Props = {
  isOpen: boolean;
  title: string;
  children: ReactNode;
  confirm: string;
  isBusy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
};

/** Asks before something is lost for good. */
export function ConfirmDialog({ isOpen, title, children, confirm, isBusy = false, onConfirm, onClose }: Props) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={<strong>{title}</strong>}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Text size="sm" component="div">
        {children}
      </Text>
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button color="red.8" autoContrast onClick={onConfirm} loading={isBusy} data-autofocus>
          {confirm}
        </Button>
      </Group>
    </Modal>
  );
}
