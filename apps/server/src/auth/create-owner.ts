import type { ApiServices } from "../api/services.ts";

export type NewOwner = { email: string; password: string; name: string; workspaceName: string };

type OwnerServices = Pick<ApiServices, "workspaces" | "auth">;

/**
 * The first user. They own the workspace that the first start made, or a new one. Throws EmailTaken; then nothing was
 * created.
 */
export async function createOwner(
  { auth, workspaces }: OwnerServices,
  { email, password, name, workspaceName }: NewOwner,
): Promise<{ userId: string; workspaceId: string }> {
  const { id: userId } = await auth.createUser({ email, password, name });
  try {
    const [existing] = (await workspaces.list({ limit: 1 })).items;
    const workspace = existing
      ? await workspaces.addOwner({ workspaceId: existing.id, userId, name: workspaceName })
      : await workspaces.createWithOwner({ userId, name: workspaceName });
    return { userId, workspaceId: workspace.id };
  } catch (error) {
    // A user without a workspace could neither sign in nor be created again.
    await auth.deleteUser(userId);
    throw error;
  }
}
