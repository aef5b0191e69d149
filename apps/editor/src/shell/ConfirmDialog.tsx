import { Button, Group, Modal, Text } from "@mantine/core";
import type { ReactNode } from "react";

type Props = {
  isOpen: boolean;
  title: string;
  children: ReactNode;
  confirm: string;
  /** Of the button that confirms; red unless nothing is lost. */
  color?: string;
  isBusy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
};

/** Asks before something that can't be undone. */
export function ConfirmDialog(props: Props) {
  const { isOpen, title, children, confirm, color = "red.8", isBusy = false, onConfirm, onClose } = props;
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
        <Button color={color} autoContrast onClick={onConfirm} loading={isBusy} data-autofocus>
          {confirm}
        </Button>
      </Group>
    </Modal>
  );
}
